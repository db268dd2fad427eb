"""Places that are shared: two-step floating catchment areas and their kin.

A place's capacity is divided by the people who compete for it, and each home adds up what it gets
from the places within its reach. Access times people, summed over all homes, is the capacity of all
places that anybody reaches.
"""

from enum import StrEnum
from typing import Final

import numpy as np

from cityloop.city.ways import Floats, Ints


class Competition(StrEnum):
    """How capacity is divided among those who compete for it."""

    TWO_STEP = "2sfca"
    ENHANCED = "e2sfca"
    THREE_STEP = "3sfca"


ZONES: Final = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))
"""Shares of the time and their weights: Luo and Qi 2009, three zones, slow decay."""


def zone_weights(
    time_ms: Ints, cutoff_ms: int, zones: tuple[tuple[float, float], ...] = ZONES
) -> Floats:
    """Weigh times by zones.

    Parameters
    ----------
    time_ms
        (pairs,) times, at most `cutoff_ms`. [ms]
    cutoff_ms
        The time that bounds all zones. [ms]
    zones
        Until which share of it, itself included, a weight holds; in rising order.

    Returns
    -------
    (pairs,) weights, 0 beyond the last zone.
    """
    ends = np.array([share * cutoff_ms for share, _ in zones])
    weights = np.array([*(weight for _, weight in zones), 0.0])
    return weights[np.searchsorted(ends, time_ms, side="left")]


def two_step(place: Ints, home: Ints, weight: Floats, capacity: Floats, people: Floats) -> Floats:
    """Work out 2SFCA (all weights 1) or E2SFCA (weights by zone).

    Luo and Wang 2003, doi:10.1068/b29120; Luo and Qi 2009, doi:10.1016/j.healthplace.2009.06.002.

    Parameters
    ----------
    place
        (pairs,) place of each pair.
    home
        (pairs,) home of each pair.
    weight
        (pairs,) weight of each pair, 0 or more.
    capacity
        (places,) what each place holds.
    people
        (homes,) who competes.

    Returns
    -------
    (homes,) capacity per person; 0 where nothing is within reach.
    """
    demand = np.bincount(place, weight * people[home], minlength=len(capacity))
    ratio = np.divide(capacity, demand, out=np.zeros(len(capacity)), where=demand > 0)
    return np.asarray(np.bincount(home, weight * ratio[place], minlength=len(people)), np.float64)


def three_step(place: Ints, home: Ints, weight: Floats, capacity: Floats, people: Floats) -> Floats:
    """Work out 3SFCA: a home divides its demand among the places within its reach, by weight.

    Wan, Zou and Sternberg 2012, doi:10.1080/13658816.2011.624987.

    Parameters
    ----------
    place
        (pairs,) place of each pair.
    home
        (pairs,) home of each pair.
    weight
        (pairs,) weight of each pair, 0 or more.
    capacity
        (places,) what each place holds.
    people
        (homes,) who competes.

    Returns
    -------
    (homes,) capacity per person; 0 where nothing is within reach.
    """
    total = np.bincount(home, weight, minlength=len(people))
    chosen = np.divide(weight, total[home], out=np.zeros(len(weight)), where=total[home] > 0)
    return two_step(place, home, weight * chosen, capacity, people)


def share_capacity(
    competition: Competition,
    pairs: tuple[Ints, Ints, Ints],
    cutoff_ms: int,
    capacity: Floats,
    people: Floats,
) -> Floats:
    """Divide capacity among those who compete for it.

    Parameters
    ----------
    competition
        How. E2SFCA and 3SFCA weigh the way by `ZONES`.
    pairs
        (pairs,) place, home and time of all within reach. [-, -, ms]
    cutoff_ms
        The time that bounds reach. [ms]
    capacity
        (places,) what each place holds.
    people
        (homes,) who competes.

    Returns
    -------
    (homes,) capacity per person; 0 where nothing is within reach.
    """
    place, home, time_ms = pairs
    match competition:
        case Competition.TWO_STEP:
            return two_step(place, home, np.ones(len(place)), capacity, people)
        case Competition.ENHANCED:
            return two_step(place, home, zone_weights(time_ms, cutoff_ms), capacity, people)
        case Competition.THREE_STEP:
            return three_step(place, home, zone_weights(time_ms, cutoff_ms), capacity, people)
