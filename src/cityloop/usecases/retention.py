"""For how long events are kept: a setting per kind."""

import re
from typing import Final

from cityloop.city.errors import InputError
from cityloop.traffic.observe.events import KINDS, ColumnType

HOURS: Final = {"h": 1, "d": 24, "y": 366 * 24}
TOKEN_HOURS_MAX: Final = 72
"""Where single vehicles are told apart nothing is kept for longer. [h]"""
_YEARS_MAX: Final = 100


def read_retention(said: str) -> dict[str, int]:
    """Read for how long events are kept.

    Parameters
    ----------
    said
        Such as `detector=2y,hires=90d,passage=12h`; empty for what each kind has by itself.

    Returns
    -------
    Kind to hours, all kinds. [h]

    Raises
    ------
    InputError
        If it cannot be read, or vehicles would be kept for too long.
    """
    found = {kind.name: kind.retention_h for kind in KINDS.values()}
    for part in filter(None, (each.strip() for each in said.split(","))):
        name, _, span = (each.strip() for each in part.partition("="))
        given = re.fullmatch(r"([0-9]{1,6})([hdy])", span, re.ASCII)
        if name not in KINDS or given is None or not int(given[1]):
            raise InputError(
                file="--keep",
                place=part[:80],
                cause="this is no kind with a time",
                remedy=f"write such as detector=2y,passage=12h; kinds are {', '.join(KINDS)}",
            )
        hours = int(given[1]) * HOURS[given[2]]
        tokens = any(column.type is ColumnType.TOKEN for column in KINDS[name].columns)
        longest = TOKEN_HOURS_MAX if tokens else _YEARS_MAX * HOURS["y"]
        if hours > longest:
            raise InputError(
                file="--keep",
                place=part[:80],
                cause=f"{name} events are kept for {longest} h at most"
                + (", since they speak of single vehicles" if tokens else ""),
                remedy="give a shorter time",
            )
        found[name] = hours
    return found
