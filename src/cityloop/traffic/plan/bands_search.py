"""The widest pair of opposite bands, proven: a search over the cycle with exact bounds.

Once the two places of a band at a signal are replaced by one depth (`bands_linear`), what is left
of an arterial is a chain: the place of the outbound band against the inbound one moves on from
signal to signal by the travel times both ways. For one cycle the places that can be reached with a
given sum of bands are a few arcs, found in one pass (`kernels.bands.reach`), stage orders and
ranges of speed included. For a range of cycles the same pass with the loosest times of the range
bounds it from above. So ranges of the cycle are halved until none can hold anything wider: Land, A.
H. and Doig, A. G. (1960), An automatic method of solving discrete programming problems,
Econometrica 28(3), 497-520, doi:10.2307/1910129, with one variable to branch on however long the
arterial is.

Each pattern of integers that a pass finds is handed to HiGHS, which gives its best cycle and speeds
exactly. A limit to how much speeds may change from link to link is left out of the passes; where
the timing that is found breaks it, HiGHS proves the rest on the mixed-integer programme.
"""

from collections import deque
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.kernels.bands import reach, widest_reach
from cityloop.traffic.plan.bands_arterial import Aim, Arterial
from cityloop.traffic.plan.bands_linear import (
    Pattern,
    Timing,
    best_pattern,
    best_timing,
    saved,
    shifts,
)

TOLERANCE: Final = 1e-6
"""Bands wider by less are not looked for, share of the cycle."""

_FIRST_RANGES: Final = 32
_LEFT_RANGES: Final = 64
_RANGES_MAX: Final = 200_000
_LIMIT_S: Final = 60.0


class Search(NamedTuple):
    """What a search has found.

    Attributes
    ----------
    timing
        The best timing; None if no two bands pass.
    bound
        Sum of bands that no timing exceeds, share of the cycle.
    ranges
        How many ranges of the cycle were looked at.
    """

    timing: Timing | None
    bound: float
    ranges: int


class _Chain(NamedTuple):
    """An arterial as the kernels take it."""

    shift: Floats
    orders: Ints
    room: Floats
    least_s: Floats
    most_s: Floats
    saved: Floats
    cap: float

    def times(self, low: float, high: float) -> tuple[Floats, Floats]:
        """Give bounds of the moves on each link for a range of the cycle's inverse."""
        return self.least_s * low - self.saved, self.most_s * high - self.saved


def search_bands(arterial: Arterial, aim: Aim, known: float = 0.0) -> Search:
    """Find the largest sum of two opposite bands over cycle, speeds and stage orders.

    Parameters
    ----------
    arterial
        The signals; must have passed `check_arterial`.
    aim
        What is wanted; direction and weight do not matter here.
    known
        A sum of bands below which nothing is wanted.

    Returns
    -------
    The best timing and its bound.
    """
    found = _search(arterial, aim, known)
    limited = aim.slowness_change_s_m < np.inf
    if not limited or (found.timing and found.bound - found.timing.total <= 2 * TOLERANCE):
        return found
    best, bound = found.timing, known
    chain = _chain(arterial)
    for low, high in _left(chain, aim, max(known, best.total) if best else known):
        passed = max(known, best.total) if best else known
        within = replace(aim, cycle_s_min=1 / high, cycle_s_max=1 / low)
        timing, most = best_pattern(arterial, within, (passed + TOLERANCE, found.bound), _LIMIT_S)
        bound = max(bound, most)
        if timing and (best is None or timing.total > best.total):
            best = timing
    passed = max(known, best.total) if best else known
    return Search(best, max(bound, passed + TOLERANCE), found.ranges)


def _left(chain: _Chain, aim: Aim, passed: float) -> list[tuple[float, float]]:
    """List ranges of the cycle's inverse that may hold wider bands, neighbours joined."""
    if aim.cycle_s_min == aim.cycle_s_max:
        return [(1 / aim.cycle_s_max, 1 / aim.cycle_s_min)]
    ends = np.linspace(1 / aim.cycle_s_max, 1 / aim.cycle_s_min, _LEFT_RANGES + 1)
    left: list[tuple[float, float]] = []
    for low, high in pairwise(ends.tolist()):
        if not _passes(chain, low, high, passed + TOLERANCE):
            continue
        joined = left and left[-1][1] == low
        left.append((left.pop()[0] if joined else low, high))
    return left


def _search(arterial: Arterial, aim: Aim, known: float) -> Search:
    """Search without a limit of the change of speed, though timings that are kept obey it."""
    chain = _chain(arterial)
    ends = np.linspace(1 / aim.cycle_s_max, 1 / aim.cycle_s_min, _FIRST_RANGES + 1)
    if aim.cycle_s_min == aim.cycle_s_max:
        ends = np.full(2, 1 / aim.cycle_s_min)
    waiting = deque(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
    best: Timing | None = None
    passed, looked = known, 0
    while waiting and passed < chain.cap - TOLERANCE and looked < _RANGES_MAX:
        low, high = waiting.popleft()
        looked += 1
        if not _passes(chain, low, high, passed + TOLERANCE):
            continue
        middle = (low + high) / 2
        if _passes(chain, middle, middle, passed + TOLERANCE):
            times = chain.times(middle, middle)
            total = widest_reach(*chain[:3], *times, (passed, chain.cap))
            timing = best_timing(arterial, aim, _pattern(chain, times, total))
            if timing and (best is None or timing.total > best.total):
                best = timing
            # Without a limit the pattern is at least as good as what the pass has shown.
            passed = max(passed, total, timing.total if timing else 0.0)
        if high - low > 1e-12 * high:
            waiting += [(low, middle), (middle, high)]
    bound = min(chain.cap, passed + TOLERANCE)
    for low, high in waiting:
        if passed >= chain.cap - TOLERANCE:
            break
        bound = max(bound, widest_reach(*chain[:3], *chain.times(low, high), (passed, chain.cap)))
    if best and best.total >= chain.cap - TOLERANCE:
        bound = chain.cap
    return Search(best, bound, looked)


def _chain(arterial: Arterial) -> _Chain:
    least_s = arterial.out_m / arterial.out_speed_max_m_s
    least_s = least_s + arterial.in_m / arterial.in_speed_max_m_s
    most_s = arterial.out_m / arterial.out_speed_min_m_s
    most_s = most_s + arterial.in_m / arterial.in_speed_min_m_s
    return _Chain(
        shift=shifts(arterial),
        orders=arterial.orders,
        room=arterial.green_out + arterial.green_in,
        least_s=least_s,
        most_s=most_s,
        saved=saved(arterial),
        cap=float(arterial.green_out.min() + arterial.green_in.min()),
    )


def _passes(chain: _Chain, low: float, high: float, total: float) -> bool:
    return bool(reach(*chain[:3], *chain.times(low, high), total)[1][-1])


def _pattern(chain: _Chain, times: tuple[Floats, Floats], total: float) -> Pattern:
    """Go back from the last signal and tell by which orders and turns the bands have come."""
    low, high = times
    arcs, counts = reach(*chain[:3], low, high, total - 1e-9)
    count = len(counts)
    first = arcs[-1, 0]
    place = float(first[0] + first[1]) / 2
    order, depth, moved = np.zeros(count, np.int32), np.zeros(count), np.zeros(count - 1)
    for i in range(count - 1, -1, -1):
        deep = (place + chain.shift[i, : chain.orders[i]]) % 1.0
        deep[deep > 1.0 - 1e-8] -= 1.0
        order[i] = int(np.argmin(deep))
        depth[i] = deep[order[i]]
        if i == 0:
            break
        back = place - low[i - 1]
        later = np.array(
            [0.0 if (back - a) % 1.0 <= e - a else (back - e) % 1.0 for a, e in
             arcs[i - 1, : counts[i - 1]]]
        )  # fmt: skip
        moved[i - 1] = low[i - 1] + float(later.min())
        place = (back - float(later.min())) % 1.0
    chosen = chain.shift[np.arange(count), order]
    turns = np.round(moved + np.diff(chosen) - np.diff(depth))
    return Pattern(order, turns.astype(np.int32))
