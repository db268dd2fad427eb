"""One second of every signal's lamps on their way to the commanded greens."""

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4
FREE, YIELDS = 0, 2


@numba.njit(cache=True, nogil=True)
def advance_lamps(  # noqa: PLR0913
    now_s: int,
    target: Bools,
    lamp: Bytes,
    since_s: Ints,
    ended_s: Ints,
    switching: Bools,
    group_start: Ints,
    pair_start: Ints,
    relation: Bytes,
    yellow_s: Ints,
    all_red_s: Ints,
) -> None:
    """Bring all lamps to what they show in second `now_s`, in place.

    A group that loses green shows yellow for its whole time, then red. A group that gains green
    starts when each group in conflict with it is red, has been so for the all-red of that ordered
    pair, and is not about to be green itself. Green that yields is told from green by whether a
    group with priority over it is green or yellow now.

    Parameters
    ----------
    now_s
        The second. [s]
    target
        (groups,) greens that are wanted.
    lamp, since_s
        (groups,) what is shown and since when; written. [-], [s]
    ended_s
        (groups,) the second in which the last yellow ended; written. [s]
    switching
        (signals,) whether some group is not at its target after this second; written.
    group_start, pair_start, relation
        As in `Signals`.
    yellow_s, all_red_s
        As in `SafetyTable`. [s]
    """
    for s in range(len(group_start) - 1):
        first, last = group_start[s], group_start[s + 1]
        n = last - first
        pending = False
        for g in range(first, last):
            green = lamp[g] == GREEN or lamp[g] == GREEN_YIELD
            if green and not target[g]:
                if yellow_s[g] > 0:
                    lamp[g] = YELLOW
                else:
                    lamp[g] = RED
                    ended_s[g] = now_s
                since_s[g] = now_s
                pending = pending or yellow_s[g] > 0
            elif lamp[g] == YELLOW:
                if now_s - since_s[g] >= yellow_s[g]:
                    lamp[g] = RED
                    since_s[g] = now_s
                    ended_s[g] = now_s
                else:
                    pending = True
        for g in range(first, last):
            if lamp[g] != RED or not target[g]:
                continue
            ready = True
            for other in range(first, last):
                pair = pair_start[s] + (other - first) * n + (g - first)
                if other == g or relation[pair] == FREE:
                    continue
                if lamp[other] == YELLOW and not target[other]:
                    ready = False
                elif lamp[other] == RED and now_s - ended_s[other] < all_red_s[pair]:
                    ready = False
            if ready:
                lamp[g] = GREEN
                since_s[g] = now_s
            else:
                pending = True
        switching[s] = pending
        for g in range(first, last):
            if lamp[g] != GREEN and lamp[g] != GREEN_YIELD:
                continue
            yields = False
            for other in range(first, last):
                pair = pair_start[s] + (g - first) * n + (other - first)
                if relation[pair] == YIELDS and lamp[other] != RED:
                    yields = True
            lamp[g] = GREEN_YIELD if yields else GREEN
