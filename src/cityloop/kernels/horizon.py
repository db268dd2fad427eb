"""The rolling-horizon programme of one signal: when to go to which stage, by forward recursion.

A *label* is a way to be in one stage at one time of the grid: its cost so far and the queue on each
lane. From each label the programme goes on with the stage to the next time, or switches: clearance,
then the new stage's minimum green. Of the labels that meet at a time and stage the cheapest few are
kept. The recursion follows Sen, S. and Head, K. L. (1997), Controlled optimization of phases at an
intersection, Transportation Science 31(1), 5-17, doi:10.1287/trsc.31.1.5, with queues as state.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LABELS = 3
HOLD = -1
UNDECIDED = -2
ALIKE = 0.1
"""Labels whose queues differ by less than this, all lanes together, are as good as one. [veh]"""


class Weights(NamedTuple):
    """What a plan of the horizon costs.

    Attributes
    ----------
    stop_s
        Delay that one stop is worth. [s]
    storage
        How much more a queue costs when it fills its lane: 1 + storage * queue / room.
    end_red_s, end_square_s
        At the end of the horizon: for each vehicle on a red lane, and for the square of a queue.
    startup_s
        Green that passes before vehicles move. [s]
    """

    stop_s: float
    storage: float
    end_red_s: float
    end_square_s: float
    startup_s: float


class Problem(NamedTuple):
    """What one signal faces.

    Attributes
    ----------
    grid_s
        (times,) ascending from 0. [s]
    earliest_s
        (stages,) when the running stage may be left for each; beyond the horizon for never. [s]
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    rates
        (stages, lanes) what each stage lets go. [veh/s]
    clearance_s
        (stages, stages) [s]
    least_s
        (stages,) minimum green. [s]
    room
        (lanes,) vehicles that the lane holds.
    weight
        (lanes,) what one vehicle counts.
    """

    grid_s: Ints
    earliest_s: Ints
    came: Floats
    rates: Floats
    clearance_s: Ints
    least_s: Ints
    room: Floats
    weight: Floats


class Labels(NamedTuple):
    """The cheapest ways to each (time, stage).

    Attributes
    ----------
    cost
        (times, stages, LABELS) so far, `inf` for none. [s]
    queue
        (times, stages, LABELS, lanes) vehicles that wait.
    first
        (times, stages, LABELS) the first step: a stage, `HOLD`, or `UNDECIDED` at the start.
    """

    cost: Floats
    queue: Floats
    first: Ints


@numba.njit(cache=True, nogil=True)
def roll(  # noqa: PLR0913
    problem: Problem,
    weights: Weights,
    queue: Floats,
    rate: Floats,
    begin_s: int,
    end_s: int,
    lost_s: float,
    to_queue: Floats,
) -> float:
    """Let time pass in one state of the lamps.

    Parameters
    ----------
    problem
        The signal's problem.
    weights
        What it costs.
    queue
        (lanes,) vehicles that wait at the begin.
    rate
        (lanes,) what the lamps let go. [veh/s]
    begin_s
        First second of the horizon. [s]
    end_s
        Last second. [s]
    lost_s
        Part of the time in which lanes that are served do not move yet. [s]
    to_queue
        (lanes,) written: vehicles that wait at the end.

    Returns
    -------
    The cost of this time. [s]
    """
    cost = 0.0
    length_s = end_s - begin_s
    for i in range(len(queue)):
        before = queue[i]
        new = problem.came[i, end_s] - problem.came[i, begin_s]
        after = before + new
        stopped = new
        if rate[i] > 0.0:
            after = max(after - rate[i] * max(length_s - lost_s, 0.0), 0.0)
            stopped = new * min(before, 1.0)
        to_queue[i] = after
        mean = 0.5 * (before + after)
        crowd = 1.0 + weights.storage * mean / problem.room[i]
        cost += problem.weight[i] * (mean * crowd * length_s + weights.stop_s * stopped)
    return cost


@numba.njit(cache=True, nogil=True)
def end_cost(
    problem: Problem, weights: Weights, queue: Floats, rate: Floats, full: Floats
) -> float:
    """Value what is left at the end of the horizon.

    Parameters
    ----------
    problem
        The signal's problem.
    weights
        What it costs.
    queue
        (lanes,) vehicles that wait.
    rate
        (lanes,) what the last stage lets go. [veh/s]
    full
        (lanes,) the most that any stage lets go. [veh/s]

    Returns
    -------
    The cost. [s]
    """
    cost = 0.0
    for i in range(len(queue)):
        served = rate[i] if rate[i] > 0.0 else full[i]
        square = queue[i] * queue[i]
        clear = weights.end_square_s / max(served, 0.05) + 5.0 * weights.storage / problem.room[i]
        red = weights.end_red_s * queue[i] if rate[i] <= 0.0 else 0.0
        cost += problem.weight[i] * (square * clear + red)
    return cost


@numba.njit(cache=True, nogil=True)
def _keep(labels: Labels, at: int, stage: int, cost: float, queue: Floats, first: int) -> None:
    """Put a label among the cheapest of its time and stage."""
    costs = labels.cost[at, stage]
    worst = 0
    for b in range(LABELS):
        if costs[b] > costs[worst]:
            worst = b
        if costs[b] <= cost and labels.first[at, stage, b] == first:
            apart = 0.0
            for i in range(len(queue)):
                apart += abs(labels.queue[at, stage, b, i] - queue[i])
            if apart < ALIKE:
                return
    if cost < costs[worst]:
        costs[worst] = cost
        labels.queue[at, stage, worst, :] = queue
        labels.first[at, stage, worst] = first


@numba.njit(cache=True, nogil=True)
def _switch(
    problem: Problem, weights: Weights, labels: Labels, t: int, k: int, b: int, m: int
) -> None:
    """Go from label `b` of stage `k` at time `t` to stage `m`: clearance, then minimum green."""
    grid_s = problem.grid_s
    clear_s = grid_s[t] + problem.clearance_s[k, m]
    u = t + 1
    while u < len(grid_s) and grid_s[u] < clear_s + problem.least_s[m]:
        u += 1
    if u >= len(grid_s):
        return
    start = labels.queue[t, k, b]
    # What is green in both stages goes on between them.
    kept = np.minimum(problem.rates[k], problem.rates[m])
    between, after = np.empty_like(kept), np.empty_like(kept)
    cost = labels.cost[t, k, b]
    cost += roll(problem, weights, start, kept, grid_s[t], clear_s, 0.0, between)
    cost += roll(
        problem, weights, between, problem.rates[m], clear_s, grid_s[u], weights.startup_s, after
    )
    first = labels.first[t, k, b]
    _keep(labels, u, m, cost, after, m if first == UNDECIDED else first)


@numba.njit(cache=True, nogil=True)
def best_step(
    problem: Problem, weights: Weights, now_stage: int, queue: Floats, first_cost: Floats
) -> int:
    """Find the first step of the cheapest way through the horizon.

    Parameters
    ----------
    problem
        The signal's problem.
    weights
        What it costs.
    now_stage
        The stage that runs.
    queue
        (lanes,) vehicles that wait now.
    first_cost
        (stages + 1,) written: the least cost for each first step, `inf` for none; the last entry
        is to hold. [s]

    Returns
    -------
    The stage to go to now, or `HOLD`.
    """
    stages, lanes = problem.rates.shape
    times = len(problem.grid_s)
    labels = Labels(
        np.full((times, stages, LABELS), np.inf),
        np.empty((times, stages, LABELS, lanes)),
        np.full((times, stages, LABELS), UNDECIDED, np.int32),
    )
    labels.cost[0, now_stage, 0] = 0.0
    labels.queue[0, now_stage, 0, :] = queue
    after = np.empty(lanes)
    for t in range(times - 1):
        now_s, next_s = problem.grid_s[t], problem.grid_s[t + 1]
        for k in range(stages):
            for b in range(LABELS):
                cost, first = labels.cost[t, k, b], labels.first[t, k, b]
                if cost == np.inf:
                    continue
                start = labels.queue[t, k, b]
                more = roll(problem, weights, start, problem.rates[k], now_s, next_s, 0.0, after)
                _keep(labels, t + 1, k, cost + more, after, HOLD if first == UNDECIDED else first)
                unmoved = k == now_stage and first < 0
                for m in range(stages):
                    if m != k and not (unmoved and now_s < problem.earliest_s[m]):
                        _switch(problem, weights, labels, t, k, b, m)
    return _choose(problem, weights, labels, first_cost)


@numba.njit(cache=True, nogil=True)
def _choose(problem: Problem, weights: Weights, labels: Labels, first_cost: Floats) -> int:
    """Compare the ends of all ways by their first step."""
    stages, lanes = problem.rates.shape
    last = len(problem.grid_s) - 1
    full = np.empty(lanes)
    for i in range(lanes):
        full[i] = problem.rates[:, i].max()
    first_cost[:] = np.inf
    for k in range(stages):
        for b in range(LABELS):
            if labels.cost[last, k, b] < np.inf:
                left = labels.queue[last, k, b]
                total = labels.cost[last, k, b]
                total += end_cost(problem, weights, left, problem.rates[k], full)
                first = labels.first[last, k, b]
                slot = stages if first == HOLD else first
                first_cost[slot] = min(first_cost[slot], total)
    best = stages
    for k in range(stages):
        # Holding wins a tie: a switch must earn its clearance.
        if first_cost[k] < first_cost[best] - 1e-9:
            best = k
    return HOLD if best == stages else best


@numba.njit(cache=True, nogil=True)
def price_step(
    problem: Problem, weights: Weights, now_stage: int, queue: Floats, to_stage: int
) -> float:
    """Find what a way costs at least that begins with a switch.

    `best_step` drops ways that look dear, with them at times all that begin with the same step.
    This one follows no others.

    Parameters
    ----------
    problem
        The signal's problem.
    weights
        What it costs.
    now_stage
        The stage that runs.
    queue
        (lanes,) vehicles that wait now.
    to_stage
        The stage to go to at once.

    Returns
    -------
    The least cost, `inf` if the switch does not end within the horizon. [s]
    """
    stages, lanes = problem.rates.shape
    grid_s, to_rates = problem.grid_s, problem.rates[to_stage]
    clear_s = grid_s[0] + problem.clearance_s[now_stage, to_stage]
    u = 1
    while u < len(grid_s) and grid_s[u] < clear_s + problem.least_s[to_stage]:
        u += 1
    if u >= len(grid_s):
        return np.inf
    kept = np.minimum(problem.rates[now_stage], to_rates)
    between, after = np.empty(lanes), np.empty(lanes)
    cost = roll(problem, weights, queue, kept, grid_s[0], clear_s, 0.0, between)
    cost += roll(problem, weights, between, to_rates, clear_s, grid_s[u], weights.startup_s, after)
    onward = Problem(
        grid_s[u:],
        np.zeros(stages, np.int32),
        problem.came,
        problem.rates,
        problem.clearance_s,
        problem.least_s,
        problem.room,
        problem.weight,
    )
    costs = np.empty(stages + 1)
    best_step(onward, weights, to_stage, after, costs)
    return cost + costs.min()


class Network(NamedTuple):
    """The tables of all signals, laid end to end.

    Attributes
    ----------
    stage_start, lane_start
        (signals + 1,) first stage, and first lane, of each signal.
    rate_start, clearance_start
        (signals + 1,) where each signal's tables begin in `rate` and `clearance_s`.
    rate
        Tables of (stages, lanes). [veh/s]
    clearance_s
        Tables of (stages, stages). [s]
    least_s
        (stages,) minimum green. [s]
    room, weight
        (lanes,) vehicles that the lane holds; what one vehicle counts.
    """

    stage_start: Ints
    lane_start: Ints
    rate_start: Ints
    clearance_start: Ints
    rate: Floats
    clearance_s: Ints
    least_s: Ints
    room: Floats
    weight: Floats


@numba.njit(cache=True, nogil=True)
def _problem(network: Network, s: int, grid_s: Ints, earliest_s: Ints, came: Floats) -> Problem:
    """Cut out what one signal faces."""
    k0, k1 = network.stage_start[s], network.stage_start[s + 1]
    i0, i1 = network.lane_start[s], network.lane_start[s + 1]
    stages, lanes = k1 - k0, i1 - i0
    r0, c0 = network.rate_start[s], network.clearance_start[s]
    return Problem(
        grid_s,
        earliest_s[k0:k1],
        came[i0:i1],
        network.rate[r0 : r0 + stages * lanes].reshape(stages, lanes),
        network.clearance_s[c0 : c0 + stages * stages].reshape(stages, stages),
        network.least_s[k0:k1],
        network.room[i0:i1],
        network.weight[i0:i1],
    )


@numba.njit(cache=True, nogil=True)
def best_steps(  # noqa: PLR0913
    network: Network,
    weights: Weights,
    grid_s: Ints,
    due: Bools,
    now_stage: Ints,
    earliest_s: Ints,
    queue: Floats,
    came: Floats,
    first_cost: Floats,
) -> Ints:
    """Find the first step of every signal that is due.

    Parameters
    ----------
    network
        The tables.
    weights
        What it costs.
    grid_s
        (times,) ascending from 0. [s]
    due
        (signals,) whose step is wanted.
    now_stage
        (signals,) the stage that runs, counted from the signal's first.
    earliest_s
        (stages,) when each stage may begin. [s]
    queue
        (lanes,) vehicles that wait now.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    first_cost
        (stages + signals,) written: least cost of each first step, signal by signal, hold last.

    Returns
    -------
    (signals,) stage to go to, counted from the signal's first, or `HOLD`.
    """
    step = np.full(len(due), HOLD, np.int32)
    for s in range(len(due)):
        k0, k1 = network.stage_start[s], network.stage_start[s + 1]
        i0, i1 = network.lane_start[s], network.lane_start[s + 1]
        if not due[s] or k1 - k0 < 2:  # noqa: PLR2004  nothing to choose
            continue
        problem = _problem(network, s, grid_s, earliest_s, came)
        step[s] = best_step(
            problem, weights, now_stage[s], queue[i0:i1], first_cost[k0 + s : k1 + s + 1]
        )
    return step


@numba.njit(cache=True, nogil=True)
def price_steps(  # noqa: PLR0913
    network: Network,
    weights: Weights,
    grid_s: Ints,
    due: Bools,
    now_stage: Ints,
    earliest_s: Ints,
    queue: Floats,
    came: Floats,
    first_cost: Floats,
) -> None:
    """Price the switches that `best_steps` has left without a price and that may begin now.

    Parameters
    ----------
    network
        The tables.
    weights
        What it costs.
    grid_s
        (times,) ascending from 0. [s]
    due
        (signals,) whose switches are wanted.
    now_stage
        (signals,) the stage that runs, counted from the signal's first.
    earliest_s
        (stages,) when each stage may begin. [s]
    queue
        (lanes,) vehicles that wait now.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    first_cost
        (stages + signals,) as `best_steps` has written it; `inf` is replaced where a price exists.
    """
    for s in range(len(due)):
        k0, k1 = network.stage_start[s], network.stage_start[s + 1]
        i0, i1 = network.lane_start[s], network.lane_start[s + 1]
        if not due[s] or k1 - k0 < 2:  # noqa: PLR2004  nothing to choose
            continue
        problem = _problem(network, s, grid_s, earliest_s, came)
        for k in range(k1 - k0):
            if k != now_stage[s] and earliest_s[k0 + k] <= 0 and first_cost[k0 + s + k] == np.inf:
                first_cost[k0 + s + k] = price_step(problem, weights, now_stage[s], queue[i0:i1], k)
