"""Where SUMO's netconvert is: it comes with the simulator's package."""

import importlib.util
from pathlib import Path


def find_netconvert() -> Path | None:
    """Find netconvert.

    Returns
    -------
    The program; None if the simulator is not installed.
    """
    found = importlib.util.find_spec("sumo")
    for place in (found and found.submodule_search_locations) or ():
        for name in ("netconvert", "netconvert.exe"):
            if (Path(place) / "bin" / name).is_file():
                return Path(place) / "bin" / name
    return None
