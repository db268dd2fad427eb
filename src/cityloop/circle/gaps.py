"""Gaps: people without a service within the standard, and why."""

from enum import IntEnum

import numpy as np

from cityloop.circle.competition import Competition, share_capacity
from cityloop.circle.persons import Person, Wheels
from cityloop.circle.reach import Reach, Web, Windows, always, list_pairs, nearest, reach
from cityloop.circle.standard import FacilityType, cutoff_ms, people_of_age
from cityloop.city.people import Homes
from cityloop.city.places import Places, choose
from cityloop.city.records import record
from cityloop.city.ways import Bools, Bytes, Floats, Ints, Wheelchair
from cityloop.kernels.chains import NEVER
from cityloop.kernels.search import Points

ENOUGH = 1.0 - 1e-9


class Status(IntEnum):
    """How a home stands with one kind of place."""

    SERVED = 0
    FULL = 1
    CLOSED = 2
    NOT_USABLE = 3
    TOO_FAR = 4
    NONE_EXISTS = 5
    BEYOND_RIM = 6
    """None within the survey, but the home's reach goes beyond it: unknown."""


@record
class TypeGaps:
    """How homes stand with one kind of place.

    Parameters
    ----------
    kind
        The facility type.
    known
        Whether there are data at all; without them nothing else says anything.
    place_ids
        The places of this kind that are in the survey; `reach.which` counts them.
    cutoff_ms
        The time that the standard allows this person. [ms]
    status
        (homes,) `Status`.
    reach
        What is open and usable within the time.
    anywhere_ms
        (homes,) the time to the nearest usable place, whatever its hours and however far. [ms]
    concerned
        (homes,) people whom this kind is for.
    per_1000
        (homes,) capacity per 1,000 people who compete for it; NaN where no capacity is known.
    """

    kind: FacilityType
    known: bool
    place_ids: tuple[str, ...]
    cutoff_ms: int
    status: Bytes
    reach: Reach
    anywhere_ms: Ints
    concerned: Floats
    per_1000: Floats


def usable(places: Places, person: Person) -> Bools:
    """Tell which places a person can use; of what is unknown, the best is assumed.

    Parameters
    ----------
    places
        Some places.
    person
        Who goes.

    Returns
    -------
    (places,) whether each is usable.
    """
    if person.wheels is not Wheels.WHEELCHAIR:
        return np.ones(len(places.place_ids), bool)
    return np.asarray(places.wheelchair != Wheelchair.NO)


def find_gaps(  # noqa: PLR0913  all of it makes the question
    web: Web,
    free: Web,
    stands: tuple[Points, Points],
    homes: Homes,
    kind: FacilityType,
    places: Places,
    windows: Windows,
    competition: Competition,
    known: bool,  # noqa: FBT001
) -> TypeGaps:
    """Find who lacks a kind of place, and why.

    Parameters
    ----------
    web
        The ways as the person goes them.
    free
        The ways as someone as fast goes them whom nothing stops.
    stands
        The homes on both.
    homes
        The homes.
    kind
        The facility type.
    places
        The places of this kind.
    windows
        When each is open.
    competition
        How capacity is divided.
    known
        Whether there are data on this kind.

    Returns
    -------
    One status a home. A reason holds where no milder one does, in the order of `Status`.
    """
    person, limit = web.person, cutoff_ms(kind, web.person)
    at, at_free = stands
    fit = usable(places, person)
    fit_places = choose(places, fit)
    opened = tuple(times for times, good in zip(windows, fit, strict=True) if good)
    found = reach(web, at, fit_places, opened, limit)
    whichever = np.flatnonzero(fit).astype(np.int32)
    which = (
        np.where(found.which >= 0, whichever[found.which], -1) if len(whichever) else found.which
    )
    anywhere_ms, _ = nearest(web, at, fit_places)
    unhindered_ms, _ = nearest(free, at_free, places, limit)
    status = np.full(len(homes.lon), Status.NONE_EXISTS, np.uint8)
    status[anywhere_ms < NEVER] = Status.TOO_FAR
    rim_ms = 1000 * homes.to_rim_m / person.speed_m_s
    status[rim_ms < limit] = Status.BEYOND_RIM
    status[unhindered_ms <= limit] = Status.NOT_USABLE
    status[anywhere_ms <= limit] = Status.CLOSED
    status[found.count > 0] = Status.SERVED
    per_1000 = _shares(web, at, homes, kind, fit_places, competition)
    if kind.per_1000 > 0:
        status[(status == Status.SERVED) & (per_1000 < kind.per_1000 * ENOUGH)] = Status.FULL
    return TypeGaps(
        kind=kind,
        known=known,
        place_ids=places.place_ids,
        cutoff_ms=limit,
        status=status,
        reach=Reach(
            nearest_ms=found.nearest_ms,
            which=which.astype(np.int32),
            count=found.count,
            capacity=found.capacity,
        ),
        anywhere_ms=anywhere_ms,
        concerned=people_of_age(homes.people, homes.ages, kind.age),
        per_1000=per_1000,
    )


def _shares(
    web: Web,
    at: Points,
    homes: Homes,
    kind: FacilityType,
    places: Places,
    competition: Competition,
) -> Floats:
    """Divide known capacity among those who compete for it; NaN unless every one is known."""
    if len(places.place_ids) == 0 or np.isnan(places.capacity).any():
        return np.full(len(homes.lon), np.nan)
    people = people_of_age(homes.people, homes.ages, kind.per_1000_age)
    limit = cutoff_ms(kind, web.person)
    pairs = list_pairs(web, at, places, always(places), limit)
    return 1000 * share_capacity(competition, pairs, limit, places.capacity, people)


def lacking(gaps: TypeGaps) -> Bools:
    """Tell which homes have a gap for certain.

    Parameters
    ----------
    gaps
        How homes stand with one kind of place.

    Returns
    -------
    (homes,) whether each lacks it; nobody does where there are no data.
    """
    if not gaps.known:
        return np.zeros(len(gaps.status), bool)
    return np.asarray((gaps.status != Status.SERVED) & (gaps.status != Status.BEYOND_RIM))


def unsure(gaps: TypeGaps) -> Bools:
    """Tell of which homes nobody knows.

    Parameters
    ----------
    gaps
        How homes stand with one kind of place.

    Returns
    -------
    (homes,) whether data end before their reach does.
    """
    return np.asarray((gaps.status == Status.BEYOND_RIM) & gaps.known)
