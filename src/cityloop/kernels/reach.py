"""Bounded searches from every place over a folded network: who reaches what, and in what time."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.chains import NEVER, NOWHERE, Chains
from cityloop.kernels.search import Points, Search, new_search, search_from, spread, start_from

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Places(NamedTuple):
    """Places to search from.

    Attributes
    ----------
    doors
        Where their doors are; a park has many, a pharmacy one.
    door_start
        (places + 1,) the doors of each place, in the caller's order of doors.
    open_start
        (places + 1,) the open times of each place.
    open_from, open_until
        (times,) open for whoever arrives at `open_from` or later and before `open_until`, counted
        from the departure. [ms]
    capacity
        (places,) what is added up for those within reach.
    """

    doors: Points
    door_start: Ints
    open_start: Ints
    open_from: Ints
    open_until: Ints
    capacity: Floats


@numba.njit(cache=True, nogil=True)
def place_points(
    chains: Chains, there: Ints, back: Ints, edge: Ints, along_there: Ints, along_back: Ints,
    access: Ints,
) -> Points:  # fmt: skip
    """Sort points on edges by chain.

    Parameters
    ----------
    chains
        The folded network.
    there
        (edges,) as given to `fold`. [ms]
    back
        (edges,) as given to `fold`. [ms]
    edge
        (points,) the edge of each.
    along_there
        (points,) from the edge's `head` to the point, at most `there`. [ms]
    along_back
        (points,) from the point back to the edge's `head`, at most `back`. [ms]
    access
        (points,) between the point and what stands beside it. [ms]

    Returns
    -------
    The same points, chain after chain; along a shut direction the cost is `NEVER`.
    """
    chain_start = np.zeros(len(chains.end_a) + 1, np.int32)
    for p in range(len(edge)):
        chain_start[chains.edge_chain[edge[p]] + 1] += 1
    for c in range(len(chains.end_a)):
        chain_start[c + 1] += chain_start[c]
    filled = chain_start[:-1].copy()
    n = len(edge)
    chain, order = np.empty(n, np.int32), np.empty(n, np.int32)
    ab, ba = np.empty(n, np.int32), np.empty(n, np.int32)
    beside = np.empty(n, np.int32)
    from_a, from_b = np.empty(n, np.int32), np.empty(n, np.int32)
    for p in range(n):
        e = edge[p]
        c = chains.edge_chain[e]
        i = filled[c]
        filled[c] += 1
        chain[i], order[i], beside[i] = c, p, access[p]
        if chains.edge_turned[e]:
            ab[i] = chains.edge_ab[e] + back[e] - along_back[p] if back[e] < NEVER else NEVER
            ba[i] = chains.edge_ba[e] + there[e] - along_there[p] if there[e] < NEVER else NEVER
        else:
            ab[i] = chains.edge_ab[e] + along_there[p] if there[e] < NEVER else NEVER
            ba[i] = chains.edge_ba[e] + along_back[p] if back[e] < NEVER else NEVER
        from_a[i] = min(NEVER, ab[i] + access[p])
        shut = chains.total_ba[c] >= NEVER or chains.end_b[c] == NOWHERE
        from_b[i] = NEVER if shut else chains.total_ba[c] - ba[i] + access[p]
    return Points(chain_start, chain, ab, ba, beside, from_a, from_b, order)


@numba.njit(cache=True, nogil=True)
def reach(
    chains: Chains, homes: Points, places: Places, cutoff: int, nearest: int
) -> tuple[Ints, Ints, Ints, Floats]:
    """Find for every home the nearest places and what lies within the cutoff.

    One search a place, from all its doors, ended at the cutoff.

    Parameters
    ----------
    chains
        The folded network, directed from places to homes.
    homes
        Where the homes are.
    places
        Where the places are, when they are open and what they hold.
    cutoff
        The longest time that counts, itself included. [ms]
    nearest
        How many nearest places to keep, 0 or more.

    Returns
    -------
    (homes, nearest) times of the nearest, `NEVER` for none [ms]; (homes, nearest) which they are,
    -1 for none, of equals the earlier; (homes,) how many are within the cutoff; (homes,) their
    capacity together. All in the caller's order of homes and places.
    """
    n = len(homes.chain)
    best = np.full((n, nearest), NEVER, np.int32)
    which = np.full((n, nearest), NOWHERE, np.int32)
    count, capacity = np.zeros(n, np.int32), np.zeros(n, np.float64)
    found = np.empty(n, np.int32)
    search = new_search(chains)
    part = np.empty((len(chains.end_a), 2), np.int32)
    sorted_at = _by_caller(places.doors.order)
    for p in range(len(places.capacity)):
        own = sorted_at[places.door_start[p] : places.door_start[p + 1]]
        parts = search_from(chains, places.doors, own, cutoff, search)
        _fill(chains, homes, places.doors, own, search, part, found)
        for w in range(places.open_start[p], places.open_start[p + 1]):
            begin, end = places.open_from[w], min(places.open_until[w], cutoff + 1)
            _add(part[:parts], found, begin, end, count)
            if places.capacity[p] > 0:
                _add_capacity(part[:parts], found, begin, end, places.capacity[p], capacity)
            if nearest > 0:
                _keep_nearest(part[:parts], found, begin, end, p, best, which)
    return _as_called(homes.order, best, which, count, capacity)


@numba.njit(cache=True, nogil=True)
def pairs(chains: Chains, homes: Points, places: Places, cutoff: int) -> tuple[Longs, Ints, Ints]:
    """List every home within the cutoff of every place, at its open times.

    Parameters
    ----------
    chains
        As for `reach`.
    homes
        As for `reach`.
    places
        As for `reach`.
    cutoff
        As for `reach`. [ms]

    Returns
    -------
    (places + 1,) where each place's pairs begin; (pairs,) the home of each; (pairs,) the time
    between. In the caller's order of places; homes in no order. [-, -, ms]
    """
    start = np.zeros(len(places.capacity) + 1, np.int64)
    home, time = np.empty(1024, np.int32), np.empty(1024, np.int32)
    n = 0
    found, order = np.empty(len(homes.chain), np.int32), homes.order
    search = new_search(chains)
    part = np.empty((len(chains.end_a), 2), np.int32)
    sorted_at = _by_caller(places.doors.order)
    for p in range(len(places.capacity)):
        own = sorted_at[places.door_start[p] : places.door_start[p + 1]]
        parts = search_from(chains, places.doors, own, cutoff, search)
        _fill(chains, homes, places.doors, own, search, part, found)
        for i in range(parts):
            lo, hi = part[i, 0], part[i, 1]
            while n + hi - lo > len(home):
                home, time = _doubled(home), _doubled(time)
            for t in range(lo, hi):
                for w in range(places.open_start[p], places.open_start[p + 1]):
                    if places.open_from[w] <= found[t] < min(places.open_until[w], cutoff + 1):
                        home[n], time[n] = order[t], found[t]
                        n += 1
                        break
        start[p + 1] = n
    return start, home[:n].copy(), time[:n].copy()


@numba.njit(cache=True, nogil=True)
def nearest_one(chains: Chains, homes: Points, at: Points, cutoff: int) -> tuple[Ints, Ints]:
    """Find for every home the nearest door, whatever its hours, in one search for all.

    Parameters
    ----------
    chains
        As for `reach`.
    homes
        As for `reach`.
    at
        Where the doors are.
    cutoff
        As for `reach`. [ms]

    Returns
    -------
    (homes,) the time, `NEVER` if none is within the cutoff [ms]; (homes,) which door it is, -1 for
    none. In the caller's order.
    """
    n = len(homes.chain)
    search = new_search(chains)
    for s in range(len(at.chain)):
        start_from(chains, at, s, cutoff, search)
    spread(chains, cutoff, search)
    best, which = np.full(n, NEVER, np.int32), np.full(n, NOWHERE, np.int32)
    for t in range(n):
        c = homes.chain[t]
        a, b = chains.end_a[c], chains.end_b[c]
        nearest, s = search.cost[a] + homes.from_a[t], search.label[a]
        if b >= 0 and search.cost[b] + homes.from_b[t] < nearest:
            nearest, s = search.cost[b] + homes.from_b[t], search.label[b]
        for own in range(at.chain_start[c], at.chain_start[c + 1]):
            straight = _between(chains, homes, t, at, own)
            if straight < nearest:
                nearest, s = straight, own
        if nearest <= cutoff:
            best[homes.order[t]], which[homes.order[t]] = nearest, at.order[s]
    return best, which


@numba.njit(cache=True, nogil=True)
def _between(chains: Chains, homes: Points, t: int, at: Points, s: int) -> int:
    """Give the cost from a place to a home on the same chain, straight along it."""
    c = at.chain[s]
    best = np.int32(NEVER)
    if chains.total_ab[c] < NEVER and homes.along_ab[t] >= at.along_ab[s]:
        best = np.int32(homes.along_ab[t] - at.along_ab[s])
    if chains.total_ba[c] < NEVER and homes.along_ba[t] <= at.along_ba[s]:
        best = min(best, np.int32(at.along_ba[s] - homes.along_ba[t]))
    return int(min(np.int32(NEVER), best + homes.access[t] + at.access[s]))


@numba.njit(cache=True, nogil=True)
def _fill(
    chains: Chains,
    homes: Points,
    doors: Points,
    own: Ints,
    search: Search,
    part: Ints,
    found: Ints,
) -> None:
    """Write the cost of every home along the chains touched, and which part of `found` they are."""
    # Arrays by themselves: a record of arrays in the loop would cost more than the loop.
    end_a, end_b, chain_start = chains.end_a, chains.end_b, homes.chain_start
    from_a, from_b, cost, touched = homes.from_a, homes.from_b, search.cost, search.touched
    for i in range(search.size[1]):
        c = touched[i]
        a = cost[end_a[c]]
        b = np.int32(NEVER) if end_b[c] < 0 else cost[end_b[c]]
        lo, hi = chain_start[c], chain_start[c + 1]
        part[i, 0], part[i, 1] = lo, hi
        for t in range(lo, hi):
            found[t] = min(a + from_a[t], b + from_b[t])
    for s in own:
        c = doors.chain[s]
        for t in range(chain_start[c], chain_start[c + 1]):
            found[t] = min(found[t], _between(chains, homes, t, doors, s))


@numba.njit(cache=True, nogil=True)
def _add(part: Ints, found: Ints, begin: int, end: int, count: Ints) -> None:
    """Count one more place for the homes that reach it in time."""
    low, high = np.int32(begin), np.int32(end)
    for i in range(len(part)):
        for t in range(part[i, 0], part[i, 1]):
            count[t] += np.int32(low <= found[t] < high)


@numba.njit(cache=True, nogil=True)
def _add_capacity(
    part: Ints, found: Ints, begin: int, end: int, more: float, capacity: Floats
) -> None:
    """Add one more place's capacity for the homes that reach it in time."""
    for i in range(len(part)):
        for t in range(part[i, 0], part[i, 1]):
            if begin <= found[t] < end:
                capacity[t] += more


@numba.njit(cache=True, nogil=True)
def _keep_nearest(
    part: Ints, found: Ints, begin: int, end: int, p: int, best: Ints, which: Ints
) -> None:
    """Keep one more place for the homes that it is among the nearest of."""
    last = best.shape[1] - 1
    for i in range(len(part)):
        for t in range(part[i, 0], part[i, 1]):
            if found[t] < best[t, last] and begin <= found[t] < end:
                _keep(best[t], which[t], found[t], p)


@numba.njit(cache=True, nogil=True)
def _keep(best: Ints, which: Ints, cost: int, p: int) -> None:
    """Put one more place where it belongs among the nearest."""
    i = len(best) - 1
    while i > 0 and best[i - 1] > cost:
        best[i], which[i] = best[i - 1], which[i - 1]
        i -= 1
    best[i], which[i] = cost, p


@numba.njit(cache=True, nogil=True)
def _by_caller(order: Ints) -> Ints:
    """Give the points in the caller's order."""
    sorted_at = np.empty_like(order)
    for s in range(len(order)):
        sorted_at[order[s]] = s
    return sorted_at


@numba.njit(cache=True, nogil=True)
def _as_called(
    order: Ints, best: Ints, which: Ints, count: Ints, capacity: Floats
) -> tuple[Ints, Ints, Ints, Floats]:
    """Bring results over sorted homes into the caller's order."""
    of = _by_caller(order)
    return best[of], which[of], count[of], capacity[of]


@numba.njit(cache=True, nogil=True)
def _doubled(values: Ints) -> Ints:
    """Give the same values with as much room again."""
    wide = np.empty(2 * len(values), np.int32)
    wide[: len(values)] = values
    return wide
