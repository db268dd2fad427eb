"""Changes of a signal's timing that a search tries, one at a time."""

import numba
import numpy as np

from cityloop.kernels.streets import Ints, Stock, Timings

CYCLE_S_MIN = 30
REPEATS = np.array([1, 2, 4], np.int32)
"""How often a signal may run its cycle in a master cycle. Where most run two, one that runs once
has a double cycle, and one that runs four has a half one."""

STEPS_S = np.array([1, 2, 4, 8, 16], np.int32)
SHIFT, GIVE, SWAP, DROP, INSERT, REPEAT, REPLACE = 0, 1, 2, 3, 4, 5, 6
"""Kinds of moves: the offset; green from one stage to another; two stages' places; a stage left
out, put in, or put in another's place; another number of cycles in the master cycle."""

OFFSETS, GREENS, STAGES = 0, 1, 2
"""How deep a search goes."""


@numba.njit(cache=True, nogil=True)
def fit_greens(s: int, cycle_s: int, stock: Stock, timings: Timings) -> bool:
    """Make the greens of a signal fill its cycle, in place; none falls below its least.

    What is missing or left over is shared out in proportion to what each has above its least.

    Parameters
    ----------
    s
        The signal.
    cycle_s
        Its cycle. [s]
    stock
        The stages.
    timings
        How signals are timed; the signal's greens are written.

    Returns
    -------
    Whether the cycle is long enough.
    """
    n, start = timings.length[s], stock.stage_start[s]
    stages = stock.stage_start[s + 1] - start
    spare, above = cycle_s, 0
    for k in range(n):
        here, after = timings.order[s, k], timings.order[s, (k + 1) % n]
        least_s = stock.least_s[start + here]
        if n > 1:
            spare -= stock.clear_s[stock.clear_start[s] + here * stages + after]
        spare -= least_s
        timings.green_s[s, k] = max(timings.green_s[s, k], least_s)
        above += timings.green_s[s, k] - least_s
    if spare < 0:
        return False
    given, largest = 0, 0
    for k in range(n):
        least_s = stock.least_s[start + timings.order[s, k]]
        over = timings.green_s[s, k] - least_s
        share = spare * over // above if above > 0 else spare // n
        timings.green_s[s, k] = least_s + share
        given += share
        if timings.green_s[s, k] > timings.green_s[s, largest]:
            largest = k
    timings.green_s[s, largest] += spare - given
    return True


@numba.njit(cache=True, nogil=True)
def _serves_all(s: int, stock: Stock, timings: Timings) -> bool:
    """Whether every group that must be served has green in some stage, and no stage comes twice."""
    start, n = stock.stage_start[s], timings.length[s]
    first = start + timings.order[s, 0]
    # All stages of a signal have one entry for each of its groups.
    groups = stock.served_start[first + 1] - stock.served_start[first]
    for g in range(groups):
        found = False
        for k in range(n):
            found = found or stock.served[stock.served_start[start + timings.order[s, k]] + g] == 1
        if not found:
            return False
    for k in range(n):
        if n > 1 and timings.order[s, k] == timings.order[s, (k + 1) % n]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _starts_once(s: int, stock: Stock, timings: Timings) -> bool:
    """Whether no group has two greens in a cycle."""
    start, n = stock.stage_start[s], timings.length[s]
    first = start + timings.order[s, 0]
    groups = stock.served_start[first + 1] - stock.served_start[first]
    for g in range(groups):
        begins = 0
        for k in range(n):
            here = stock.served_start[start + timings.order[s, k]] + g
            before = stock.served_start[start + timings.order[s, (k + n - 1) % n]] + g
            begins += stock.served[here] == 1 and stock.served[before] == 0
        if begins > 1:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def change(s: int, move: Ints, master_s: int, stock: Stock, timings: Timings) -> bool:
    """Change a signal's timing in place.

    Parameters
    ----------
    s
        The signal.
    move
        (4,) kind, two places or a stage and a place, and a step.
    master_s
        The master cycle. [s]
    stock
        The stages.
    timings
        How signals are timed; the signal's are written.

    Returns
    -------
    Whether the result may be shown.
    """
    kind, a, b, step_s = move[0], move[1], move[2], move[3]
    n = timings.length[s]
    # A list of moves is made once: after a stage was left out its last places are void.
    if b >= n or (a >= n and kind not in (INSERT, REPLACE)):
        return False
    cycle_s = master_s // timings.repeat[s]
    if kind == SHIFT:
        timings.offset_s[s] = (timings.offset_s[s] + step_s) % cycle_s
        return True
    if kind == GIVE:
        green_s = timings.green_s[s]
        green_s[a] -= step_s
        green_s[b] += step_s
        return bool(green_s[a] >= stock.least_s[stock.stage_start[s] + timings.order[s, a]])
    if kind == REPEAT:
        if step_s == timings.repeat[s] or master_s % step_s or master_s // step_s < CYCLE_S_MIN:
            return False
        timings.repeat[s] = step_s
        cycle_s = master_s // step_s
        timings.offset_s[s] = timings.offset_s[s] % cycle_s
        done = True
    else:
        done = _redraw_stages(s, kind, a, b, timings)
    if done and kind in (INSERT, REPLACE) and not _starts_once(s, stock, timings):
        return False
    return done and _serves_all(s, stock, timings) and fit_greens(s, cycle_s, stock, timings)


@numba.njit(cache=True, nogil=True)
def _redraw_stages(s: int, kind: int, a: int, b: int, timings: Timings) -> bool:
    """Change which stages a signal has, or their order."""
    n = timings.length[s]
    order, green_s = timings.order[s], timings.green_s[s]
    if kind == SWAP:
        order[a], order[b] = order[b], order[a]
        green_s[a], green_s[b] = green_s[b], green_s[a]
    elif kind == DROP:
        order[a : n - 1] = order[a + 1 : n].copy()
        green_s[a : n - 1] = green_s[a + 1 : n].copy()
        timings.length[s] = n - 1
    elif kind == INSERT:
        if n >= len(order):
            return False
        order[b + 1 : n + 1] = order[b:n].copy()
        green_s[b + 1 : n + 1] = green_s[b:n].copy()
        order[b] = a
        green_s[b] = 0
        timings.length[s] = n + 1
    else:
        order[b] = a
    return bool(timings.length[s] > 0)


@numba.njit(cache=True, nogil=True)
def _put(moves: Ints, at: int, kind: int, a: int, b: int, step_s: int) -> None:
    moves[at, 0], moves[at, 1], moves[at, 2], moves[at, 3] = kind, a, b, step_s


@numba.njit(cache=True, nogil=True)
def list_moves(s: int, depth: int, stock: Stock, timings: Timings) -> Ints:
    """List the changes that are worth a try.

    Parameters
    ----------
    s
        The signal.
    depth
        `OFFSETS`, `GREENS` or `STAGES`.
    stock
        The stages.
    timings
        How signals are timed.

    Returns
    -------
    (changes, 4) as `change` takes them.
    """
    n = timings.length[s]
    if depth == STAGES:
        return _list_stage_moves(n, stock.stage_start[s + 1] - stock.stage_start[s])
    steps = len(STEPS_S)
    count = 0
    if depth == GREENS:
        moves = np.zeros(((steps - 1) * n * (n - 1), 4), np.int32)
        for step in range(steps - 2, -1, -1):
            for a in range(n):
                for b in range(n):
                    if a != b:
                        _put(moves, count, GIVE, a, b, STEPS_S[step])
                        count += 1
        return moves
    moves = np.zeros((2 * steps, 4), np.int32)
    for step in range(steps - 1, -1, -1):
        _put(moves, count, SHIFT, 0, 0, STEPS_S[step])
        _put(moves, count + 1, SHIFT, 0, 0, -STEPS_S[step])
        count += 2
    return moves


@numba.njit(cache=True, nogil=True)
def _list_stage_moves(n: int, stages: int) -> Ints:
    """List the changes of which stages there are, their order, and the cycle."""
    moves = np.zeros((n * (n - 1) // 2 + n + 2 * stages * n + len(REPEATS), 4), np.int32)
    count = 0
    for a in range(n):
        for b in range(a + 1, n):
            _put(moves, count, SWAP, a, b, 0)
            count += 1
    # From the last on: those before keep their places when one is left out.
    for a in range(n - 1, -1, -1):
        _put(moves, count, DROP, a, 0, 0)
        count += 1
    for a in range(stages):
        for b in range(n):
            _put(moves, count, INSERT, a, b, 0)
            _put(moves, count + 1, REPLACE, a, b, 0)
            count += 2
    for repeat in REPEATS:
        _put(moves, count, REPEAT, 0, 0, repeat)
        count += 1
    return moves
