"""One second of every signal's lamps on their way to the commanded greens."""

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4
FREE, FORBIDDEN, YIELDS = 0, 1, 2


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
    starts when each group in conflict with it has been red for the all-red of that ordered pair; it
    may join one that is green if one of the two yields. Green that yields is told from green by
    whether a group with priority over it is green or yellow now.

    Parameters
    ----------
    now_s
        The second. [s]
    target
        (groups,) greens that are wanted.
    lamp
        (groups,) what is shown; written.
    since_s
        (groups,) since when it is shown, whichever kind of green; written. [s]
    ended_s
        (groups,) the second in which the last yellow ended; written. [s]
    switching
        (signals,) whether some group is not at its target after this second; written.
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
    """
    for s in range(len(group_start) - 1):
        part = slice(group_start[s], group_start[s + 1])
        n = group_start[s + 1] - group_start[s]
        square = slice(pair_start[s], pair_start[s] + n * n)
        switching[s] = advance_signal(
            now_s, target[part], lamp[part], since_s[part], ended_s[part],
            relation[square].reshape(n, n), yellow_s[part], all_red_s[square].reshape(n, n),
        )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def advance_signal(  # noqa: PLR0913
    now_s: int,
    target: Bools,
    lamp: Bytes,
    since_s: Ints,
    ended_s: Ints,
    relation: Bytes,
    yellow_s: Ints,
    all_red_s: Ints,
) -> bool:
    """Bring one signal's lamps to what they show in second `now_s`, in place.

    Parameters
    ----------
    now_s
        The second. [s]
    target
        (n,) greens that are wanted.
    lamp
        (n,) what is shown; written.
    since_s
        (n,) since when; written. [s]
    ended_s
        (n,) the second in which the last yellow ended; written. [s]
    relation
        (n, n) as in `Signals`.
    yellow_s
        (n,) as in `SafetyTable`. [s]
    all_red_s
        (n, n) as in `SafetyTable`. [s]

    Returns
    -------
    Whether some group is not at its target after this second.
    """
    _end_greens(now_s, target, lamp, since_s, ended_s, yellow_s)
    _start_greens(now_s, target, lamp, since_s, ended_s, relation, all_red_s)
    _tell_who_yields(lamp, relation)
    switching = False
    for g in range(len(lamp)):
        switching |= lamp[g] == YELLOW or (lamp[g] == RED and target[g])
    return switching


@numba.njit(cache=True, nogil=True)
def _end_greens(
    now_s: int, target: Bools, lamp: Bytes, since_s: Ints, ended_s: Ints, yellow_s: Ints
) -> None:
    """Begin the yellows and end those that have had their time; a yellow of 0 s does both."""
    for g in range(len(lamp)):
        if (lamp[g] == GREEN or lamp[g] == GREEN_YIELD) and not target[g]:
            lamp[g] = YELLOW
            since_s[g] = now_s
        if lamp[g] == YELLOW and now_s - since_s[g] >= yellow_s[g]:
            lamp[g] = RED
            since_s[g] = now_s
            ended_s[g] = now_s


@numba.njit(cache=True, nogil=True)
def _start_greens(
    now_s: int,
    target: Bools,
    lamp: Bytes,
    since_s: Ints,
    ended_s: Ints,
    relation: Bytes,
    all_red_s: Ints,
) -> None:
    """Begin each green whose conflicts are cleared."""
    for g in range(len(lamp)):
        if lamp[g] != RED or not target[g]:
            continue
        ready = True
        for other in range(len(lamp)):
            if not ready:
                break
            if other == g or relation[other, g] == FREE:
                continue
            if lamp[other] == RED:
                ready = now_s - ended_s[other] >= all_red_s[other, g]
            else:
                ready = lamp[other] != YELLOW and relation[other, g] != FORBIDDEN
        if ready:
            lamp[g] = GREEN
            since_s[g] = now_s


@numba.njit(cache=True, nogil=True)
def _tell_who_yields(lamp: Bytes, relation: Bytes) -> None:
    """Tell green that yields from green that need not."""
    for g in range(len(lamp)):
        if lamp[g] == GREEN or lamp[g] == GREEN_YIELD:
            lamp[g] = GREEN
            for other in range(len(lamp)):
                if relation[g, other] == YIELDS and lamp[other] != RED:
                    lamp[g] = GREEN_YIELD
