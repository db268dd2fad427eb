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
def check_commands(  # noqa: PLR0913, PLR0912, C901
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
    """Find the first rule that each signal's command breaks.

    Parameters
    ----------
    now_s
        The second. [s]
    addressed
        (signals,) whose commands are judged.
    green, target
        (groups,) greens that are wanted, and those that are under way or shown.
    lamp, since_s, switching
        As in `Lamps`.
    waited_s
        (groups,) for how long somebody has waited at red, 0 for nobody. [s]
    group_start, pair_start, relation
        As in `Signals`.
    min_green_s, max_red_s
        As in `SafetyTable`. [s]

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
        changed = False
        for g in range(first, last):
            changed = changed or green[g] != target[g]
        for a in range(first, last):
            if rule[s] != 0 or not green[a]:
                continue
            for b in range(a, last):
                pair = pair_start[s] + (a - first) * n + (b - first)
                if green[b] and relation[pair] == FORBIDDEN:
                    rule[s], group[s], other[s] = 1, a, b
                    break
        if rule[s] != 0:
            continue
        if switching[s]:
            rule[s] = 8 if changed else 0
            continue
        overdue, serves, ripe = -1, False, True
        for g in range(first, last):
            shown_s = now_s - since_s[g]
            if lamp[g] == GREEN or lamp[g] == GREEN_YIELD:
                if shown_s < min_green_s[g]:
                    ripe = False
                    if not green[g]:
                        rule[s], group[s] = 5, g
                        break
            elif lamp[g] == RED and waited_s[g] >= max_red_s[g]:
                serves = serves or green[g]
                if not green[g]:
                    overdue = g
        # Of those who have waited for the maximum, one at least must be next.
        if rule[s] == 0 and overdue >= 0 and not serves and (changed or ripe):
            rule[s], group[s] = 5, overdue
    return rule, group, other


@numba.njit(cache=True, nogil=True)
def check_lamps(  # noqa: PLR0913, PLR0912, C901
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
    """Find the first rule that each signal's lamps broke from one second to the next.

    Parameters
    ----------
    now_s
        The second of `after`. [s]
    before, since_s
        (groups,) lamps one second earlier, and since when. [-], [s]
    after
        (groups,) lamps now.
    group_start, pair_start, relation
        As in `Signals`.
    yellow_s, all_red_s
        As in `SafetyTable`. [s]

    Returns
    -------
    (signals,) number of the rule broken, 0 for none; and the one or two groups that broke it.
    """
    count = len(group_start) - 1
    rule = np.zeros(count, np.int32)
    group = np.full(count, -1, np.int32)
    other = np.full(count, -1, np.int32)
    for s in range(count):
        first, last = group_start[s], group_start[s + 1]
        n = last - first
        for a in range(first, last):
            green_now = after[a] == GREEN or after[a] == GREEN_YIELD
            green_before = before[a] == GREEN or before[a] == GREEN_YIELD
            if green_before and not green_now and yellow_s[a] > 0 and after[a] != YELLOW:
                rule[s], group[s] = 3, a
            if before[a] == YELLOW and after[a] != YELLOW and now_s - since_s[a] < yellow_s[a]:
                rule[s], group[s] = 3, a
            if not green_now:
                continue
            for b in range(first, last):
                pair = pair_start[s] + (b - first) * n + (a - first)
                if relation[pair] == FREE or b == a:
                    continue
                green_b = after[b] == GREEN or after[b] == GREEN_YIELD
                if relation[pair] == FORBIDDEN and (green_b or after[b] == YELLOW):
                    rule[s], group[s], other[s] = 1, a, b
                red_s = now_s - since_s[b] if before[b] == RED else 0
                ended = after[b] == RED and red_s < all_red_s[pair]
                if not green_before and (after[b] == YELLOW or ended):
                    rule[s], group[s], other[s] = 2, a, b
    return rule, group, other
