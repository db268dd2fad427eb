"""How sensors fail, as it is written on the command line."""

import math

from cityloop.city.errors import InputError
from cityloop.field.sensor_faults import Fault


def parse_faults(text: str) -> list[tuple[Fault, float]]:
    """Read how great a part of the sensors fails in each way.

    Parameters
    ----------
    text
        Such as `silent=0.2,late=0.1`; empty for none.

    Returns
    -------
    Faults and shares, 0-1.

    Raises
    ------
    InputError
        If a fault is unknown, or the shares are not from 0 to 1 in all.
    """
    faults = []
    for part in filter(None, text.split(",")):
        name, _, share = part.partition("=")
        try:
            faults.append((Fault(name.strip()), float(share)))
        except ValueError:
            faults.append((Fault.LATE, math.nan))
    shares = [share for _, share in faults]
    if not (all(share >= 0 for share in shares) and sum(shares) <= 1):
        raise InputError(
            file="--sensor-faults",
            place=text,
            cause="it names no faults with shares from 0 to 1 in all",
            remedy="write such as silent=0.2,stuck=0.1,late=0.1",
        )
    return faults
