"""Seeds as a person writes them."""

import re
from typing import Final

from cityloop.city.errors import InputError

SEEDS_MAX: Final = 1000
_SEEDS: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse_seeds(text: str, option: str = "--seeds") -> list[int]:
    """Read a list of seeds.

    Parameters
    ----------
    text
        Whole numbers and ranges with commas between: `1-5`, `1,2,7`, `1-3,11-13`.
    option
        Where it was given.

    Returns
    -------
    The seeds, each once, in order.

    Raises
    ------
    InputError
        If it is something else, or more than 1,000.
    """
    seeds: dict[int, None] = {}
    for part in text.split(","):
        match = _SEEDS.fullmatch(part.strip())
        first = int(match[1]) if match else 0
        last = int(match[2] or match[1]) if match else -1
        if not match or last < first or last - first >= SEEDS_MAX:
            raise InputError(
                file=option,
                place="",
                cause=f"{part.strip()!r} is no seed and no range of at most {SEEDS_MAX}",
                remedy="give such as 1-5 or 1,2,7",
            )
        seeds |= dict.fromkeys(range(first, last + 1))
    return list(seeds)
