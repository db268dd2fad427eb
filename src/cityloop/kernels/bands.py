"""Which phases between two opposite bands lead through every signal of an arterial.

All times are shares of the common cycle, so they lie on a circle of length 1. A *place* is where
the front of the outbound band passes a signal after the tail of the inbound band, on that circle. A
signal admits the places in windows of it; a link moves the place on by a time between two bounds.
Windows are kept as sorted arcs within [0, 1]; one that runs over 1 is kept in two parts.
"""

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

EDGE = 1e-9
"""What may be missing at an edge through rounding, as a share of the cycle."""


@numba.njit(cache=True, nogil=True)
def widest_sum(shift: Floats, orders: Ints, room: Floats) -> tuple[float, float]:
    """Find the largest sum of two opposite bands where cycle and speeds are fixed.

    The sum as a function of the place falls with slope 1 and jumps up where some signal's window
    begins, so one of those begins is best.

    Parameters
    ----------
    shift
        (signals, orders) what is added to the place to give how deep it lies in the window.
    orders
        (signals,) how many stage orders each signal has.
    room
        (signals,) sum of both greens.

    Returns
    -------
    The sum, and the place. The sum may be negative: then no two bands of any width exist.
    """
    best, best_place = -2.0, 0.0
    for i in range(len(room)):
        for k in range(orders[i]):
            place = -shift[i, k]
            least = 2.0
            for j in range(len(room)):
                most = -2.0
                for m in range(orders[j]):
                    depth = (place + shift[j, m]) % 1.0
                    if depth > 1.0 - EDGE:
                        depth -= 1.0
                    most = max(most, room[j] - depth)
                least = min(least, most)
                if least <= best:
                    break
            if least > best:
                best, best_place = least, place % 1.0
    return best, best_place


@numba.njit(cache=True, nogil=True)
def _add(arcs: Floats, count: int, begin: float, length: float) -> int:
    """Lay an arc onto the circle, in two parts if it runs over its end; unsorted."""
    begin %= 1.0
    end = begin + length
    arcs[count, 0], arcs[count, 1] = begin, min(end, 1.0)
    count += 1
    if end > 1.0:
        arcs[count, 0], arcs[count, 1] = 0.0, end - 1.0
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _merge(arcs: Floats, count: int) -> int:
    """Sort arcs by insertion, since they are few, and join those that touch."""
    for i in range(1, count):
        begin, end = arcs[i, 0], arcs[i, 1]
        j = i - 1
        while j >= 0 and arcs[j, 0] > begin:
            arcs[j + 1, 0], arcs[j + 1, 1] = arcs[j, 0], arcs[j, 1]
            j -= 1
        arcs[j + 1, 0], arcs[j + 1, 1] = begin, end
    kept = 0
    for i in range(count):
        if kept and arcs[i, 0] <= arcs[kept - 1, 1]:
            arcs[kept - 1, 1] = max(arcs[kept - 1, 1], arcs[i, 1])
        else:
            arcs[kept, 0], arcs[kept, 1] = arcs[i, 0], arcs[i, 1]
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _windows(arcs: Floats, shift: Floats, orders: int, length: float) -> int:
    """Give the places that one signal admits when its windows have a length."""
    if length < 0.0:
        return 0
    if length >= 1.0:
        arcs[0, 0], arcs[0, 1] = 0.0, 1.0
        return 1
    count = 0
    for k in range(orders):
        count = _add(arcs, count, -shift[k], length)
    return _merge(arcs, count)


@numba.njit(cache=True, nogil=True)
def _moved(arcs: Floats, old: Floats, count: int, low: float, high: float) -> int:
    """Give where places may be after a time between two bounds."""
    new = 0
    for i in range(count):
        length = old[i, 1] - old[i, 0] + high - low
        if length >= 1.0:
            arcs[0, 0], arcs[0, 1] = 0.0, 1.0
            return 1
        new = _add(arcs, new, old[i, 0] + low, length)
    return _merge(arcs, new)


@numba.njit(cache=True, nogil=True)
def _common(arcs: Floats, one: Floats, ones: int, other: Floats, others: int) -> int:
    """Give what two sets of arcs have in common."""
    i = j = count = 0
    while i < ones and j < others:
        begin = max(one[i, 0], other[j, 0])
        end = min(one[i, 1], other[j, 1])
        if begin <= end + EDGE * 1e-3:
            arcs[count, 0], arcs[count, 1] = begin, max(begin, end)
            count += 1
        if one[i, 1] < other[j, 1]:
            i += 1
        else:
            j += 1
    return count


@numba.njit(cache=True, nogil=True)
def reach(
    shift: Floats, orders: Ints, room: Floats, low: Floats, high: Floats, total: float
) -> tuple[Floats, Ints]:
    """Find every place from which two bands of a given sum can have come so far.

    Parameters
    ----------
    shift
        (signals, orders) as in `widest_sum`, but links are not added up.
    orders
        (signals,) how many stage orders each signal has.
    room
        (signals,) sum of both greens.
    low
        (signals - 1,) least time by which a link moves the place.
    high
        (signals - 1,) the most, at least `low`.
    total
        Sum of both bands.

    Returns
    -------
    (signals, arcs, 2) arcs of places that can be reached, and (signals,) how many each has; all 0
    from the first signal on that no pair of bands of that sum passes.
    """
    signals = len(room)
    most = 2 * signals * (shift.shape[1] + 2) + 4
    arcs = np.zeros((signals, most, 2))
    counts = np.zeros(signals, np.int32)
    window = np.zeros((2 * shift.shape[1] + 2, 2))
    moved = np.zeros((most, 2))
    counts[0] = _windows(arcs[0], shift[0], orders[0], room[0] - total)
    for i in range(1, signals):
        if counts[i - 1] == 0:
            break
        there = _moved(moved, arcs[i - 1], counts[i - 1], low[i - 1], high[i - 1])
        windows = _windows(window, shift[i], orders[i], room[i] - total)
        counts[i] = _common(arcs[i], moved, there, window, windows)
    return arcs, counts


@numba.njit(cache=True, nogil=True)
def widest_reach(
    shift: Floats,
    orders: Ints,
    room: Floats,
    low: Floats,
    high: Floats,
    between: tuple[float, float],
) -> float:
    """Find the largest sum of two bands that passes all signals, by halving.

    Parameters
    ----------
    shift
        As in `reach`.
    orders
        As in `reach`.
    room
        As in `reach`.
    low
        As in `reach`.
    high
        As in `reach`.
    between
        A sum that passes or is not wanted, and one that is not to be exceeded.

    Returns
    -------
    The largest sum within 1e-12; the first of `between` where none above it passes.
    """
    known, above = between
    if reach(shift, orders, room, low, high, above)[1][-1]:
        return above
    while above - known > 1e-12:  # noqa: PLR2004  far below what a clock can show
        middle = (known + above) / 2
        if reach(shift, orders, room, low, high, middle)[1][-1]:
            known = middle
        else:
            above = middle
    return known


@numba.njit(cache=True, nogil=True)
def widest_parts(
    shift: Floats, orders: Ints, room: Floats, low: Floats, high: Floats, within: float
) -> Floats:
    """Find the largest sum of two bands for every run of signals of an arterial.

    Parameters
    ----------
    shift
        As in `reach`.
    orders
        As in `reach`.
    room
        As in `reach`.
    low
        As in `reach`.
    high
        As in `reach`.
    within
        How exactly.

    Returns
    -------
    (signals, signals) the sum for the run from the row to the column, both included, short of the
    largest by `within` at most; 0 where nothing passes or the column is before the row.
    """
    signals = len(room)
    sums = np.zeros((signals, signals))
    for i in range(signals):
        sums[i, i] = above = room[i]
        for j in range(i + 1, signals):
            part = slice(i, j + 1)
            # A longer run is never wider, and mostly as wide: that is tried first.
            known, above = 0.0, min(above, room[j])
            links = (low[i:j], high[i:j])
            if reach(shift[part], orders[part], room[part], *links, above)[1][-1]:
                known = above
            while above - known > within:
                middle = (known + above) / 2
                if reach(shift[part], orders[part], room[part], *links, middle)[1][-1]:
                    known = middle
                else:
                    above = middle
            sums[i, j] = above = known
            if known == 0.0:
                break
            above = min(1.0 + room[i], known + within)
    return sums
