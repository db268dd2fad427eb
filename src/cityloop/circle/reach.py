"""Who reaches what: minutes to the nearest places and what is within the time, exactly."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.circle.persons import Person, edge_times
from cityloop.city.places import Places
from cityloop.city.records import record
from cityloop.city.ways import Floats, Ints, Spots, Ways
from cityloop.kernels import reach as kernel
from cityloop.kernels.chains import NEVER, NOWHERE, Chains, fold
from cityloop.kernels.search import Points

ALWAYS: Final = ((0, NEVER),)
Windows = tuple[tuple[tuple[int, int], ...], ...]
"""Of each place, when it is open: from and until, counted from the departure. [ms]"""


class Web(NamedTuple):
    """The ways as one person goes them, folded, directed from places to homes.

    Attributes
    ----------
    person
        Who goes.
    chains
        The folded network.
    there, back
        (edges,) time that a home's way to a place takes from tail to head, and from head to
        tail: searches run from the places, against the walk. [ms]
    """

    person: Person
    chains: Chains
    there: Ints
    back: Ints


@record
class Reach:
    """What every home reaches of one kind of place.

    Parameters
    ----------
    nearest_ms
        (homes, k) times to the nearest, `NEVER` for none. [ms]
    which
        (homes, k) which place each is, -1 for none.
    count
        (homes,) places within the time.
    capacity
        (homes,) their capacity together; unknown ones count 0.
    """

    nearest_ms: Ints
    which: Ints
    count: Ints
    capacity: Floats


def weave(ways: Ways, person: Person) -> Web:
    """Fold the ways for a person.

    Parameters
    ----------
    ways
        The network.
    person
        Who goes.

    Returns
    -------
    What searches run on.
    """
    ahead, behind = edge_times(ways, person)
    # Copies, since a record's arrays are read-only, which would be another kernel to compile.
    chains = fold(len(ways.node_lon), ways.head.copy(), ways.tail.copy(), behind, ahead)
    return Web(person, chains, behind, ahead)


def stand(web: Web, spots: Spots) -> Points:
    """Set spots on the folded network.

    Parameters
    ----------
    web
        The folded network.
    spots
        Spots that all face an edge.

    Returns
    -------
    The same as points.
    """
    there, back = web.there[spots.edge], web.back[spots.edge]
    return kernel.place_points(
        web.chains,
        web.there,
        web.back,
        spots.edge.copy(),
        np.round(spots.share * there).astype(np.int32),
        np.round(spots.share * back).astype(np.int32),
        np.round(1000 * spots.access_m / web.person.speed_m_s).astype(np.int32),
    )


def reach(
    web: Web, homes: Points, places: Places, windows: Windows, cutoff_ms: int, k: int = 3
) -> Reach:
    """Find for every home the nearest open places and all within the time, in one bounded pass.

    Parameters
    ----------
    web
        The folded network.
    homes
        Homes on it.
    places
        The places of one kind.
    windows
        When each is open.
    cutoff_ms
        The time, itself included. [ms]
    k
        How many of the nearest to name.

    Returns
    -------
    Exactly what an unbounded search would find within the time.
    """
    found = kernel.reach(web.chains, homes, _sources(web, places, windows), cutoff_ms, k)
    return Reach(nearest_ms=found[0], which=found[1], count=found[2], capacity=found[3])


def list_pairs(
    web: Web, homes: Points, places: Places, windows: Windows, cutoff_ms: int
) -> tuple[Ints, Ints, Ints]:
    """List all pairs of a place and a home within the time.

    Parameters
    ----------
    web
        The folded network.
    homes
        Homes on it.
    places
        The places of one kind.
    windows
        When each is open.
    cutoff_ms
        The time, itself included. [ms]

    Returns
    -------
    (pairs,) place, home and time between. [-, -, ms]
    """
    start, home, time = kernel.pairs(web.chains, homes, _sources(web, places, windows), cutoff_ms)
    place = np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))
    return place, home, time


def nearest(
    web: Web, homes: Points, places: Places, cutoff_ms: int = NEVER - 1
) -> tuple[Ints, Ints]:
    """Find for every home the nearest place, whatever its hours.

    Parameters
    ----------
    web
        The folded network.
    homes
        Homes on it.
    places
        The places of one kind.
    cutoff_ms
        The time, itself included. [ms]

    Returns
    -------
    (homes,) the time, `NEVER` for none, and which place, -1 for none. [ms, -]
    """
    time, door = kernel.nearest_one(web.chains, homes, stand(web, places.doors), cutoff_ms)
    owner = np.repeat(np.arange(len(places.place_ids)), np.diff(places.door_start))
    which = np.full(len(time), NOWHERE, np.int32)
    which[door >= 0] = owner[door[door >= 0]]
    return time, which


def always(places: Places) -> Windows:
    """Let every place be open always.

    Parameters
    ----------
    places
        Some places.

    Returns
    -------
    Their windows.
    """
    return (ALWAYS,) * len(places.place_ids)


def _sources(web: Web, places: Places, windows: Windows) -> kernel.Places:
    flat = np.array([time for times in windows for time in times], np.int32).reshape(-1, 2)
    return kernel.Places(
        stand(web, places.doors),
        places.door_start.copy(),
        np.cumsum([0, *map(len, windows)]).astype(np.int32),
        flat[:, 0].copy(),
        flat[:, 1].copy(),
        np.nan_to_num(places.capacity),
    )
