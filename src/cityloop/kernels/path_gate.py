"""The gate's check of a path: lamps second by second, whoever made them.

It shares no code with the kernels that make paths.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Breach = tuple[int, int, int, int, int, int]

RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4
FREE, FORBIDDEN = 0, 1
YELLOW_S_MAX = 6
NO_ORDER = 8


class Kept(NamedTuple):
    """What one signal must keep, as (n, n) and (n,) arrays; who walks, and who is served at all."""

    relation: Bytes
    yellow_s: Ints
    all_red_s: Ints
    min_green_s: Ints
    max_red_s: Ints
    walk: Bools
    required: Bools


@numba.njit(cache=True, nogil=True)
def check_path(times: Ints, rows: Bytes, since_s: Ints, kept: Kept) -> Breach:
    """Find the first breach of a rule in what one signal shows.

    Parameters
    ----------
    times
        (rows,) seconds, ascending; the first is the second before the path. [s]
    rows
        (rows, n) lamps from each on.
    since_s
        (n,) since when the first row has been shown; written. [s]
    kept
        What must be kept.

    Returns
    -------
    The rule, 0 for none; the second; the group, the other one or -1; found and needed. [s]
    """
    for k in range(1, len(times)):
        # Two rows of one second would hide what is between the first and the one after it.
        if times[k] <= times[k - 1]:
            return NO_ORDER, times[k], -1, -1, 0, 1
        breach = _breach(times[k], rows[k - 1], rows[k], since_s, kept)
        if breach[0]:
            return breach
        for g in range(len(since_s)):
            was, green = rows[k - 1, g], rows[k, g]
            both = (was in (GREEN, GREEN_YIELD)) and (green in (GREEN, GREEN_YIELD))
            if was != green and not both:
                since_s[g] = times[k]
    return 0, 0, -1, -1, 0, 0


@numba.njit(cache=True, nogil=True)
def _breach(now_s: int, before: Bytes, after: Bytes, since_s: Ints, kept: Kept) -> Breach:
    """Judge one change of lamps, rule 1 first."""
    n = len(after)
    for a in range(n):
        if after[a] not in (GREEN, GREEN_YIELD):
            continue
        for b in range(a, n):
            if kept.relation[a, b] == FORBIDDEN and after[b] in (GREEN, GREEN_YIELD):
                return 1, now_s, a, b, 1, 0
    for g in range(n):
        breach = _own(g, now_s - since_s[g], before[g], after[g], kept)
        if breach[0]:
            return breach[0], now_s, g, -1, breach[1], breach[2]
        if after[g] not in (GREEN, GREEN_YIELD) or before[g] in (GREEN, GREEN_YIELD):
            continue
        for other in range(n):
            if other == g or kept.relation[other, g] == FREE:
                continue
            needed_s = kept.all_red_s[other, g]
            # Red from this very second on is red for 0 s.
            red_s = now_s - since_s[other] if before[other] == RED else 0
            if after[other] == YELLOW or (after[other] == RED and red_s < needed_s):
                return 6 if kept.walk[other] else 2, now_s, other, g, red_s, needed_s
    return 0, 0, -1, -1, 0, 0


@numba.njit(cache=True, nogil=True)
def _own(g: int, age_s: int, before: int, after: int, kept: Kept) -> tuple[int, int, int]:
    """Judge one group's own times: rules 3, 5 and 6."""
    was = before in (GREEN, GREEN_YIELD)
    green = after in (GREEN, GREEN_YIELD)
    if was and not green and age_s < kept.min_green_s[g]:
        return 6 if kept.walk[g] else 5, age_s, kept.min_green_s[g]
    if was and not green and after != YELLOW and kept.yellow_s[g] > 0:
        return 3, 0, kept.yellow_s[g]
    if before == YELLOW and after != YELLOW:
        if age_s < kept.yellow_s[g] or after != RED:
            return 3, age_s, kept.yellow_s[g]
        if age_s > YELLOW_S_MAX:
            return 3, age_s, YELLOW_S_MAX
    if before == RED and kept.required[g] and age_s > kept.max_red_s[g]:
        return 5, age_s, kept.max_red_s[g]
    return 0, 0, 0
