"""Which controllers there are, by name."""

from typing import Final

from cityloop.city.errors import InputError

REFERENCES: Final = ("native", "actuated")
"""Controls that SUMO runs by itself; they pass no gate."""

COMMANDED: Final = ("adaptive", "max-pressure", "fixed-time", "coordinated")
"""Controls of ours, through the gate."""

RUNS_PLANS: Final = ("fixed-time", "coordinated")
"""Those of ours that run plans."""

CONTROLS: Final = (*REFERENCES, *COMMANDED)
BEST_CONTROL: Final = "adaptive"


def check_control(name: str) -> str:
    """Check the name of a controller.

    Parameters
    ----------
    name
        As a person gives it.

    Returns
    -------
    The same name.

    Raises
    ------
    InputError
        If there is no such controller.
    """
    if name not in CONTROLS:
        raise InputError(
            file="--control",
            place="",
            cause=f"there is no controller {name!r}",
            remedy=f"choose from {', '.join(CONTROLS)}",
        )
    return name
