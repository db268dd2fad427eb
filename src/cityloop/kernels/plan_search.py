"""Descent over the timings of a network: what a change of a signal touches is worked out anew.

A change of one signal touches its own queues and those of other signals that its vehicles come to
next. What lies beyond is brought up to date by `settle`, which also is the check of the whole.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.profiles import (
    Ints,
    Profiles,
    Stock,
    Streets,
    Timings,
    bring,
    open_parts,
    serve,
)

CYCLE_S_MIN = 30
TWICE = 2
STEPS_S = np.array([1, 2, 4, 8, 16], np.int32)
SHIFT, GIVE, SWAP, DROP, INSERT, HALVE, REPLACE = 0, 1, 2, 3, 4, 5, 6
"""Kinds of moves: the offset; green from one stage to another; two stages' places; a stage left
out, put in, or put in another's place; another number of cycles in the master cycle."""

OFFSETS, GREENS, STAGES = 0, 1, 2
"""How deep a search goes."""

LAPS = 6
HOPE = 0.3
"""A change that costs a signal more than this share of what its neighbours cost is not followed."""

NEGLIGIBLE = 1e-3


class Room(NamedTuple):
    """What is kept of a signal and its neighbours while a change is tried.

    Attributes
    ----------
    open, sneak, come, go
        As in `Profiles`, with rows for the most that any signal touches.
    cost, delay
        As in `Profiles`.
    order, green_s
        (most,) as in `Timings`, of one signal.
    rate
        (3, master) work space.
    """

    open: npt.NDArray[np.float64]
    sneak: npt.NDArray[np.float64]
    come: npt.NDArray[np.float64]
    go: npt.NDArray[np.float64]
    cost: npt.NDArray[np.float64]
    delay: npt.NDArray[np.float64]
    order: Ints
    green_s: Ints
    rate: npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def settle(
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles, sweeps: int
) -> float:
    """Work out all profiles of a network, sweep after sweep, until no more changes.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written; what is in `go` is where it starts.
    sweeps
        At most.

    Returns
    -------
    Cost of the network. [veh s]
    """
    rate = np.zeros((3, master_s), np.float64)
    signals = len(streets.queue_start) - 1
    for s in range(signals):
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
    before = -1.0
    for _ in range(sweeps):
        for s in range(signals):
            for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
                bring(q, streets, profiles.go, profiles.come)
            _serve_signal(s, streets, profiles, rate)
        total = profiles.cost.sum()
        if abs(total - before) <= 1e-9 * abs(total):
            break
        before = total
    return float(profiles.cost.sum())


@numba.njit(cache=True, nogil=True)
def settle_alone(
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles,
    volume: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Work out all profiles as if vehicles came evenly everywhere.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written.
    volume
        (periods, queues) arrivals. [veh/s]

    Returns
    -------
    Cost of the network. [veh s]
    """
    rate = np.zeros((3, master_s), np.float64)
    for s in range(len(streets.queue_start) - 1):
        for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
            for w in range(len(volume)):
                profiles.come[w, q] = volume[w, q]
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
        _serve_signal(s, streets, profiles, rate)
    return float(profiles.cost.sum())


@numba.njit(cache=True, nogil=True)
def _serve_signal(
    s: int, streets: Streets, profiles: Profiles, rate: npt.NDArray[np.float64]
) -> None:
    """Serve the queues of a signal: first those with the right of way; the others twice.

    Two queues that give way to each other need both rounds.
    """
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    patient = False
    for q in range(first, last):
        if streets.patient[q] == 0:
            serve(q, streets, profiles, rate)
        else:
            patient = True
    if patient:
        for _ in range(2):
            for q in range(first, last):
                if streets.patient[q] == 1:
                    serve(q, streets, profiles, rate)


@numba.njit(cache=True, nogil=True)
def retime(
    s: int, master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles,
    rate: npt.NDArray[np.float64],
) -> float:  # fmt: skip
    """Work out anew what a change of one signal touches.

    Parameters
    ----------
    s
        The signal.
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    profiles
        Written for the signal, and for the queues that it leads to.
    rate
        (3, master) work space.

    Returns
    -------
    Cost of what was touched. [veh s]
    """
    open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
    _serve_signal(s, streets, profiles, rate)
    _serve_below(s, streets, profiles, rate)
    return own_cost(s, streets, profiles) + below_cost(s, streets, profiles)


@numba.njit(cache=True, nogil=True)
def _serve_below(
    s: int, streets: Streets, profiles: Profiles, rate: npt.NDArray[np.float64]
) -> None:
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        q = streets.below_queue[b]
        bring(q, streets, profiles.go, profiles.come)
        serve(q, streets, profiles, rate)


@numba.njit(cache=True, nogil=True)
def own_cost(s: int, streets: Streets, profiles: Profiles) -> float:
    """Sum the cost of a signal's queues.

    Parameters
    ----------
    s
        The signal.
    streets
        What is fixed.
    profiles
        What was worked out.

    Returns
    -------
    The cost. [veh s]
    """
    cost = 0.0
    for q in range(streets.queue_start[s], streets.queue_start[s + 1]):
        cost += profiles.cost[q]
    return cost


@numba.njit(cache=True, nogil=True)
def below_cost(s: int, streets: Streets, profiles: Profiles) -> float:
    """Sum the cost of the queues of other signals that a signal leads to.

    Parameters
    ----------
    s
        The signal.
    streets
        What is fixed.
    profiles
        What was worked out.

    Returns
    -------
    The cost. [veh s]
    """
    cost = 0.0
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        cost += profiles.cost[streets.below_queue[b]]
    return cost


@numba.njit(cache=True, nogil=True)
def _swap_own(s: int, streets: Streets, profiles: Profiles, room: Room, back: int) -> None:
    """Copy what a change of a signal writes there, or copy it back."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    part, part_end = streets.part_start[first], streets.part_start[last]
    n, m = part_end - part, last - first
    if back == 1:
        profiles.open[part:part_end] = room.open[:n]
        profiles.sneak[part:part_end] = room.sneak[:n]
        profiles.go[:, part:part_end] = room.go[:, :n]
        profiles.cost[first:last] = room.cost[:m]
        profiles.delay[first:last] = room.delay[:m]
    else:
        room.open[:n] = profiles.open[part:part_end]
        room.sneak[:n] = profiles.sneak[part:part_end]
        room.go[:, :n] = profiles.go[:, part:part_end]
        room.cost[:m] = profiles.cost[first:last]
        room.delay[:m] = profiles.delay[first:last]


@numba.njit(cache=True, nogil=True)
def _swap_below(s: int, streets: Streets, profiles: Profiles, room: Room, back: int) -> None:
    """Copy what a change of a signal writes at others, or copy it back."""
    first, last = streets.queue_start[s], streets.queue_start[s + 1]
    at, i = streets.part_start[last] - streets.part_start[first], last - first
    for b in range(streets.below_start[s], streets.below_start[s + 1]):
        q = streets.below_queue[b]
        p, end = streets.part_start[q], streets.part_start[q + 1]
        if back == 1:
            profiles.come[:, q] = room.come[:, i]
            profiles.go[:, p:end] = room.go[:, at : at + end - p]
            profiles.cost[q] = room.cost[i]
            profiles.delay[q] = room.delay[i]
        else:
            room.come[:, i] = profiles.come[:, q]
            room.go[:, at : at + end - p] = profiles.go[:, p:end]
            room.cost[i] = profiles.cost[q]
            room.delay[i] = profiles.delay[q]
        at += end - p
        i += 1


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
def _draw(s: int, move: Ints, master_s: int, stock: Stock, timings: Timings) -> bool:
    """Change a signal's timing in place; say whether the result may be shown.

    A move is a kind, two places or a stage and a place, and a step.
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
    if kind == HALVE:
        timings.repeat[s] = TWICE + 1 - timings.repeat[s]
        cycle_s = master_s // timings.repeat[s]
        timings.offset_s[s] = timings.offset_s[s] % cycle_s
        done = master_s % TWICE == 0 and cycle_s >= CYCLE_S_MIN
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
def _try(  # noqa: PLR0913
    s: int, move: Ints, master_s: int, streets: Streets, stock: Stock, timings: Timings,
    profiles: Profiles, room: Room, alone: int,
) -> bool:  # fmt: skip
    """Try a change; keep it if it makes what it touches cheaper. Tell whether it was kept."""
    n, offset_s, repeat = timings.length[s], timings.offset_s[s], timings.repeat[s]
    room.order[:] = timings.order[s]
    room.green_s[:] = timings.green_s[s]
    if _draw(s, move, master_s, stock, timings):
        own = own_cost(s, streets, profiles)
        below = 0.0 if alone == 1 else below_cost(s, streets, profiles)
        limit = (own + below) * (1.0 - 1e-5) - NEGLIGIBLE
        _swap_own(s, streets, profiles, room, 0)
        open_parts(s, master_s, streets, stock, timings, profiles.open, profiles.sneak)
        _serve_signal(s, streets, profiles, room.rate)
        cost = own_cost(s, streets, profiles)
        # What is lost at the signal itself is hardly ever won at the next ones.
        if alone == 1:
            if cost < limit:
                return True
        elif cost < own + HOPE * below:
            _swap_below(s, streets, profiles, room, 0)
            _serve_below(s, streets, profiles, room.rate)
            if cost + below_cost(s, streets, profiles) < limit:
                return True
            _swap_below(s, streets, profiles, room, 1)
        _swap_own(s, streets, profiles, room, 1)
    timings.length[s], timings.offset_s[s], timings.repeat[s] = n, offset_s, repeat
    timings.order[s] = room.order
    timings.green_s[s] = room.green_s
    return False


@numba.njit(cache=True, nogil=True)
def _put(moves: npt.NDArray[np.int32], at: int, kind: int, a: int, b: int, step_s: int) -> None:
    moves[at, 0], moves[at, 1], moves[at, 2], moves[at, 3] = kind, a, b, step_s


@numba.njit(cache=True, nogil=True)
def _list_moves(s: int, depth: int, stock: Stock, timings: Timings) -> npt.NDArray[np.int32]:
    """List the changes that are worth a try: (changes, 4) of kind, a, b and step."""
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
def _list_stage_moves(n: int, stages: int) -> npt.NDArray[np.int32]:
    """List the changes of which stages there are, their order, and the cycle."""
    moves = np.zeros((n * (n - 1) // 2 + n + 2 * stages * n + 1, 4), np.int32)
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
    _put(moves, count, HALVE, 0, 0, 0)
    return moves


@numba.njit(cache=True, nogil=True)
def descend(  # noqa: PLR0913
    master_s: int, streets: Streets, stock: Stock, timings: Timings, profiles: Profiles, room: Room,
    turns: Ints, depth: int, alone: int,
) -> int:  # fmt: skip
    """Improve the timings signal by signal; what is kept makes its surroundings cheaper.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        Written.
    profiles
        Settled; written.
    room
        Work space.
    turns
        Signals in the order in which they take their turns.
    depth
        0: offsets alone; 1: and greens; 2: and stages, their order, and half cycles.
    alone
        1: each signal looks at nothing but its own queues, as if all came evenly; 0: as it is.

    Returns
    -------
    Number of changes that were kept.
    """
    kept = 0
    for s in turns:
        for level in range(depth, GREENS - 1 if alone == 1 else OFFSETS - 1, -1):
            for _ in range(LAPS):
                moves = _list_moves(s, level, stock, timings)
                before, i = kept, 0
                while i < len(moves):
                    better = _try(
                        s, moves[i], master_s, streets, stock, timings, profiles, room, alone
                    )
                    kept += better
                    # An offset that helps goes on in its direction.
                    i += level != OFFSETS or not better
                if level == STAGES or kept == before:
                    break
    return kept
