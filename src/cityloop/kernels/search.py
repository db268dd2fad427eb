"""Bounded Dijkstra from points along the chains of a folded network."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.chains import NEVER, NOWHERE, Chains

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Points(NamedTuple):
    """Where things stand along the chains, sorted by chain.

    Attributes
    ----------
    chain_start
        (chains + 1,) the points of each chain.
    chain
        (points,) the chain of each point.
    along_ab, along_ba
        (points,) cost from end A to the point, and back. [ms]
    access
        (points,) cost between the point and what stands beside it. [ms]
    from_a, from_b
        (points,) cost from either end of the chain to what stands there, access included. [ms]
    order
        (points,) which point of the caller's this is.
    """

    chain_start: Ints
    chain: Ints
    along_ab: Ints
    along_ba: Ints
    access: Ints
    from_a: Ints
    from_b: Ints
    order: Ints


class Search(NamedTuple):
    """What one search after the other writes on.

    `size` holds how many junctions of `order` and chains of `touched` the last search left; all
    other junctions have a `cost` of `NEVER`, all other chains are not `seen`.
    """

    cost: Ints
    label: Ints
    heap: Longs
    order: Ints
    touched: Ints
    seen: Bools
    size: Ints


@numba.njit(cache=True, nogil=True)
def new_search(chains: Chains) -> Search:
    """Make room for searches."""
    junctions, n = len(chains.start) - 1, len(chains.end_a)
    return Search(
        np.full(junctions, NEVER, np.int32),
        np.full(junctions, NOWHERE, np.int32),
        # Each arc lowers a cost once at most, each place two.
        np.empty(len(chains.to) + junctions + 2, np.int64),
        np.empty(junctions, np.int32),
        np.empty(n, np.int32),
        np.zeros(n, np.bool_),
        np.zeros(2, np.int32),
    )


@numba.njit(cache=True, nogil=True)
def start_from(chains: Chains, at: Points, s: int, cutoff: int, search: Search) -> None:
    """Let a search begin at a place, too."""
    c = at.chain[s]
    to_a, to_b = to_ends(chains, at, s)
    for end, cost in ((chains.end_a[c], to_a), (chains.end_b[c], to_b)):
        if end >= 0 and cost <= cutoff and cost < search.cost[end]:
            if search.cost[end] == NEVER:
                search.order[search.size[0]] = end
                search.size[0] += 1
            search.cost[end], search.label[end] = cost, s


@numba.njit(cache=True, nogil=True)
def spread(chains: Chains, cutoff: int, search: Search) -> None:
    """Find the cost from where the search began to every junction within the cutoff (Dijkstra)."""
    start, to, step = chains.start, chains.to, chains.cost
    cost, label, order, heap = search.cost, search.label, search.order, search.heap
    labelled, size = search.size[0], 0
    for i in range(labelled):
        size = _push(heap, size, int(cost[order[i]]), order[i])
    while size > 0:
        key = heap[0]
        size = _pop(heap, size)
        here, j = np.int32(key >> 32), np.int32(key & 0xFFFFFFFF)
        if here > cost[j]:
            continue
        for i in range(start[j], start[j + 1]):
            onward, k = np.int32(here + step[i]), to[i]
            if onward < cost[k] and onward <= cutoff:
                if cost[k] == NEVER:
                    order[labelled] = k
                    labelled += 1
                cost[k], label[k] = onward, label[j]
                size = _push(heap, size, int(onward), k)
    search.size[0] = labelled


@numba.njit(cache=True, nogil=True)
def search_from(chains: Chains, doors: Points, own: Ints, cutoff: int, search: Search) -> int:
    """Search from the doors of one place; give the number of chains that it touches."""
    for i in range(search.size[0]):
        search.cost[search.order[i]] = NEVER
    for i in range(search.size[1]):
        search.seen[search.touched[i]] = False
    search.size[0] = 0
    for s in own:
        start_from(chains, doors, s, cutoff, search)
    spread(chains, cutoff, search)
    at_start, at_chain = chains.at_start, chains.at_chain
    seen, touched, order = search.seen, search.touched, search.order
    n = 0
    for s in own:
        c = doors.chain[s]
        if not seen[c]:
            seen[c] = True
            touched[n] = c
            n += 1
    for i in range(search.size[0]):
        for e in range(at_start[order[i]], at_start[order[i] + 1]):
            c = at_chain[e]
            if not seen[c]:
                seen[c] = True
                touched[n] = c
                n += 1
    search.size[1] = n
    return n


@numba.njit(cache=True, nogil=True)
def to_ends(chains: Chains, at: Points, s: int) -> tuple[int, int]:
    """Give the cost from a place to both ends of its chain, its access included."""
    c = at.chain[s]
    to_a = at.along_ba[s] + at.access[s] if chains.total_ba[c] < NEVER else NEVER
    shut = chains.total_ab[c] >= NEVER
    return to_a, NEVER if shut else chains.total_ab[c] - at.along_ab[s] + at.access[s]


@numba.njit(cache=True, nogil=True)
def _push(heap: Longs, size: int, cost: int, j: int) -> int:
    """Put a junction on the heap; cost and number share 64 bits, so that one comparison does."""
    key = (np.int64(cost) << 32) | np.int64(j)
    i = size
    while i > 0 and heap[(i - 1) >> 1] > key:
        heap[i] = heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i] = key
    return size + 1


@numba.njit(cache=True, nogil=True)
def _pop(heap: Longs, size: int) -> int:
    """Take the cheapest junction, which is the first, off the heap."""
    size -= 1
    key = heap[size]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = key
    return size
