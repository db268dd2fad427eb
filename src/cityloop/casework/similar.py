"""How alike two complaints are: by place, by time, and by words of two Chinese characters."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

EARTH_M: Final = 6_371_000.0
NEAR_M: Final = 150.0
"""At this distance two places count 1/e of what one place counts. [m]"""
RECENT_D: Final = 14.0
"""After so many days two times count 1/e of what one time counts. [d]"""
ALIKE: Final = 0.35
"""From here on a person is asked whether it is the same."""
CELL_DEG: Final = 0.005
"""Side of a cell in which neighbours are looked for, some 500 m. [°]"""
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+")
_LATIN: Final = re.compile(r"[^\W_\u3400-\u9fff\U00020000-\U0003134f]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a complaint says, as far as likeness goes.

    Attributes
    ----------
    words
        From `words`.
    at
        When.
    lon, lat
        Where; None when nobody said. [°]
    service
        The service's key.
    """

    words: frozenset[str]
    at: datetime
    lon: float | None
    lat: float | None
    service: str


def words(text: str) -> frozenset[str]:
    """Cut a text into words that can be looked up.

    Chinese has no spaces: every two neighbouring characters are a word, and one that stands alone
    is one. Other scripts are cut at what is no letter or digit.

    Parameters
    ----------
    text
        What somebody wrote.

    Returns
    -------
    The words, in lower case.
    """
    found: set[str] = set()
    for run in _HAN.findall(text):
        found.update(run[i : i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.add(run)
    found.update(word.casefold() for word in _LATIN.findall(text))
    return frozenset(found)


def likeness(one: Said, other: Said) -> float:
    """Say how alike two complaints are.

    Parameters
    ----------
    one
        The one.
    other
        The other.

    Returns
    -------
    0 to 1: the share of words in common (the overlap coefficient), times closeness in time, and in
    place where both have one; without a place the same service counts half.
    """
    fewest = min(len(one.words), len(other.words))
    common = len(one.words & other.words) / fewest if fewest else 0.0
    text = 0.25 + 0.75 * common if one.service == other.service else common
    days = abs((one.at - other.at).total_seconds()) / 86_400
    return text * math.exp(-days / RECENT_D) * _closeness(one, other)


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Measure between two places over the sphere, in metres."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def cell(lon: float, lat: float) -> tuple[int, int]:
    """Find the cell of a place; what is within 300 m of it lies in this or a neighbouring cell."""
    return math.floor(lon / CELL_DEG), math.floor(lat / CELL_DEG)


def _closeness(one: Said, other: Said) -> float:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return 0.5
    return math.exp(-distance_m(one.lon, one.lat, other.lon, other.lat) / NEAR_M)
