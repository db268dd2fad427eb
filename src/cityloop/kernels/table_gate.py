"""The gate's loop over the safety tables themselves: whether their figures may be kept at all."""

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NOBODY, WALK = 0, 3
FREE = 0
YELLOW_S_MIN, YELLOW_S_MAX = 3, 6
ALL_RED_S_MAX = 6
WALK_S_MIN = 4
GREEN_S_MIN = 1


@numba.njit(cache=True, nogil=True)
def check_tables(  # noqa: PLR0913
    judged: Bools,
    group_kind: Bytes,
    crossing_m: Floats,
    group_start: Ints,
    pair_start: Ints,
    relation: Bytes,
    yellow_s: Ints,
    min_green_s: Ints,
    all_red_s: Ints,
    walk_speed_m_s: Floats,
) -> tuple[Ints, Ints, Floats, Floats]:
    """Find the first figure of each signal's table that is out of its range.

    Parameters
    ----------
    judged
        (signals,) whose tables are judged.
    group_kind
        (groups,) as in `Signals`.
    crossing_m
        (groups,) `group_crossing_m` of `Signals`. [m]
    group_start
        (signals + 1,) as in `Signals`.
    pair_start
        (signals + 1,) as in `Signals`.
    relation
        (pairs,) as in `Signals`.
    yellow_s
        (groups,) as in `SafetyTable`. [s]
    min_green_s
        (groups,) as in `SafetyTable`. [s]
    all_red_s
        (pairs,) as in `SafetyTable`. [s]
    walk_speed_m_s
        (signals,) as in `SafetyTable`, more than 0. [m/s]

    Returns
    -------
    (signals,) the rule, 0 for none; the group or -1; found, and the nearest that is allowed. [s]
    """
    count = len(group_start) - 1
    rule = np.zeros(count, np.int32)
    group = np.full(count, -1, np.int32)
    found_s = np.zeros(count)
    needed_s = np.zeros(count)
    for s in range(count):
        if not judged[s]:
            continue
        first, n = group_start[s], group_start[s + 1] - group_start[s]
        for g in range(n):
            kind = group_kind[first + g]
            if kind == NOBODY:
                continue
            least_s, most_s, meets = 0, 0, False
            for other in range(n):
                at = pair_start[s] + g * n + other
                if relation[at] == FREE or other == g:
                    continue
                least_s = min(least_s, all_red_s[at]) if meets else all_red_s[at]
                most_s = max(most_s, all_red_s[at])
                meets = True
            cross_s = crossing_m[first + g] / walk_speed_m_s[s] if meets else 0.0
            rule[s], found_s[s], needed_s[s] = _out_of_range(
                kind == WALK, yellow_s[first + g], min_green_s[first + g], least_s, most_s, cross_s
            )
            if rule[s]:
                group[s] = first + g
                break
    return rule, group, found_s, needed_s


@numba.njit(cache=True, nogil=True)
def _out_of_range(
    walk: np.bool_, yellow_s: int, min_green_s: int, least_s: int, most_s: int, cross_s: float
) -> tuple[int, float, float]:
    """Judge one group's own figures: rules 3 to 6."""
    least_yellow_s = 0 if walk else YELLOW_S_MIN
    most_yellow_s = 0 if walk else YELLOW_S_MAX
    if not least_yellow_s <= yellow_s <= most_yellow_s:
        needed_s = least_yellow_s if yellow_s < least_yellow_s else most_yellow_s
        return 3, float(yellow_s), float(needed_s)
    if least_s < 0 or (most_s > ALL_RED_S_MAX and not walk):
        return 4, float(least_s if least_s < 0 else most_s), 0.0 if least_s < 0 else 6.0
    green_s = WALK_S_MIN if walk else GREEN_S_MIN
    if min_green_s < green_s:
        return 6 if walk else 5, float(min_green_s), float(green_s)
    # Written so that a length that is no number is refused, too.
    if not least_s >= cross_s:
        return 6, float(least_s), cross_s
    return 0, 0.0, 0.0
