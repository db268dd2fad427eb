"""The gate's loops over all signals: one command each, and one second of lamps each."""

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4
FREE, FORBIDDEN = 0, 1

BROKEN_NAMES: Final = {
    1: "two conflicting groups green together",
    2: "a green too soon after a conflicting group",
    3: "a green that ended without its full yellow",
}


@numba.njit(cache=True, nogil=True)
def check_commands(  # noqa: PLR0913
    now_s: int,
    addressed: Bools,
    green: Bools,
    target: Bools,
    lamp: Bytes,
    since_s: Ints,
    switching: Bools,
    waited_s: Ints,
    group_start: Ints,
    pair_start: Ints,
    relation: Bytes,
    min_green_s: Ints,
    max_red_s: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Find the first rule that each signal's command breaks, in the order 1, 8, 5.

    Parameters
    ----------
    now_s
        The second. [s]
    addressed
        (signals,) whose commands are judged.
    green
        (groups,) greens that are wanted.
    target
        (groups,) greens that are under way or shown.
    lamp
        (groups,) what is shown.
    since_s
        (groups,) since when. [s]
    switching
        (signals,) whether a switch is under way.
    waited_s
        (groups,) for how long somebody has waited at red, 0 for nobody. [s]
    group_start
        (signals + 1,) as in `Signals`.
    pair_start
        (signals + 1,) as in `Signals`.
    relation
        (pairs,) as in `Signals`.
    min_green_s
        (groups,) as in `SafetyTable`. [s]
    max_red_s
        (groups,) as in `SafetyTable`. [s]

    Returns
    -------
    (signals,) number of the rule broken, 0 for none; and the one or two groups that break it, -1
    for none.
    """
    count = len(group_start) - 1
    rule = np.zeros(count, np.int32)
    group = np.full(count, -1, np.int32)
    other = np.full(count, -1, np.int32)
    for s in range(count):
        if not addressed[s]:
            continue
        first, last = group_start[s], group_start[s + 1]
        n = last - first
        relations = relation[pair_start[s] : pair_start[s] + n * n].reshape(n, n)
        a, b = _forbidden_pair(green[first:last], relations)
        if a >= 0:
            rule[s], group[s], other[s] = 1, first + a, first + b
            continue
        changed = not np.array_equal(green[first:last], target[first:last])
        if switching[s]:
            rule[s] = 8 if changed else 0
            continue
        ripe = True
        overdue, helps = -1, False
        for g in range(first, last):
            if lamp[g] == GREEN or lamp[g] == GREEN_YIELD:
                young = now_s - since_s[g] < min_green_s[g]
                ripe = ripe and not young
                if young and not green[g] and rule[s] == 0:
                    rule[s], group[s] = 5, g
            elif lamp[g] == RED and waited_s[g] >= max_red_s[g]:
                helps = helps or green[g]
                if overdue < 0:
                    overdue = g
        # Of those who have waited for the maximum one must be next, as soon as a switch may begin.
        if rule[s] == 0 and overdue >= 0 and not helps and (changed or ripe):
            rule[s], group[s] = 5, overdue
    return rule, group, other


@numba.njit(cache=True, nogil=True)
def _forbidden_pair(green: Bools, relation: Bytes) -> tuple[int, int]:
    """Find the first two greens that may not be together, or one that may not be at all."""
    for a in range(len(green)):
        if not green[a]:
            continue
        for b in range(a, len(green)):
            if green[b] and relation[a, b] == FORBIDDEN:
                return a, b
    return -1, -1


@numba.njit(cache=True, nogil=True)
def check_lamps(  # noqa: PLR0913
    now_s: int,
    before: Bytes,
    since_s: Ints,
    after: Bytes,
    group_start: Ints,
    pair_start: Ints,
    relation: Bytes,
    yellow_s: Ints,
    all_red_s: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Find the first rule, of 1 to 3, that each signal's lamps broke in one second.

    Parameters
    ----------
    now_s
        The second. [s]
    before
        (groups,) lamps in the second before it.
    since_s
        (groups,) since when `before` was shown. [s]
    after
        (groups,) lamps in second `now_s`.
    group_start
        (signals + 1,) as in `Signals`.
    pair_start
        (signals + 1,) as in `Signals`.
    relation
        (pairs,) as in `Signals`.
    yellow_s
        (groups,) as in `SafetyTable`. [s]
    all_red_s
        (pairs,) as in `SafetyTable`. [s]

    Returns
    -------
    (signals,) number of the rule broken, 0 for none; and the one or two groups that broke it, -1
    for none. Rule 2 names the group that became green first.
    """
    count = len(group_start) - 1
    rule = np.zeros(count, np.int32)
    group = np.full(count, -1, np.int32)
    other = np.full(count, -1, np.int32)
    green = (after == GREEN) | (after == GREEN_YIELD)
    was_green = (before == GREEN) | (before == GREEN_YIELD)
    for s in range(count):
        first, last = group_start[s], group_start[s + 1]
        part = slice(first, last)
        n = last - first
        square = slice(pair_start[s], pair_start[s] + n * n)
        relations = relation[square].reshape(n, n)
        a, b = _forbidden_pair(green[part], relations)
        if a >= 0:
            rule[s], group[s], other[s] = 1, first + a, first + b
            continue
        if np.array_equal(before[part], after[part]):
            continue
        # For how long each conflicting group will have been red when a green begins now.
        red_s = np.where(before[part] == RED, now_s - since_s[part], 0)
        a, b = _too_soon(
            green[part] & ~was_green[part],
            after[part],
            red_s,
            relations,
            all_red_s[square].reshape(n, n),
        )
        if a >= 0:
            rule[s], group[s], other[s] = 2, first + a, first + b
            continue
        for g in range(last - 1, first - 1, -1):
            cut = was_green[g] and not green[g] and after[g] != YELLOW and yellow_s[g] > 0
            yellow_ended = before[g] == YELLOW and after[g] != YELLOW
            if cut or (yellow_ended and now_s - since_s[g] < yellow_s[g]):
                rule[s], group[s] = 3, g
    return rule, group, other


@numba.njit(cache=True, nogil=True)
def _too_soon(
    started: Bools, after: Bytes, red_s: Ints, relation: Bytes, all_red_s: Ints
) -> tuple[int, int]:
    """Find the first group that became green before a conflicting group was red long enough."""
    for a in range(len(after)):
        if not started[a]:
            continue
        for b in range(len(after)):
            if a == b or relation[b, a] == FREE:
                continue
            if after[b] == YELLOW or (after[b] == RED and red_s[b] < all_red_s[b, a]):
                return a, b
    return -1, -1
