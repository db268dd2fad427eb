"""The rolling-horizon programme of one signal: when to go to which stage, by forward recursion.

A *label* is a way to be in one stage at one time of the grid: its cost so far and the queue on each
lane. From each label the programme goes on with the stage to the next time, or switches: clearance,
then the new stage's minimum green. Of the labels that meet at a time and stage the cheapest few are
kept, and always one that began by holding. The recursion follows Sen, S. and Head, K. L. (1997),
Controlled optimization of phases at an intersection, Transportation Science 31(1), 5-17,
doi:10.1287/trsc.31.1.5, with queues as state.

Signals do not know each other here, so several threads may plan parts of a city at once: each names
its own signals as due, and all write into one array of costs.
"""

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.horizon_tables import Feeds, Network, Problem, Space, Weights
from cityloop.kernels.problems import cut_problem

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

LABELS = 3
HOLD = -1
UNDECIDED = -2
ALIKE = 0.1
"""Labels whose queues differ by less than this, all lanes together, are as good as one. [veh]"""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def make_space(times: int, stages: int, lanes: int, seconds: int) -> Space:
    """Make room for signals up to a size.

    Parameters
    ----------
    times
        Length of the grid.
    stages
        The most that a signal has.
    lanes
        The most that a signal has.
    seconds
        Columns of `came`.

    Returns
    -------
    The space, not yet written.
    """
    labels = times * stages * LABELS
    return Space(
        np.empty(labels),
        np.empty(labels, np.int32),
        np.empty((labels, lanes)),
        np.empty((seconds, lanes)),
        np.empty((stages, lanes)),
        np.empty((stages * stages, lanes)),
        np.zeros((1 + stages * stages, lanes)),
        np.empty(stages * stages, np.int32),
        np.empty(lanes),
        np.empty(lanes),
        np.empty(lanes),
        np.empty((2, lanes)),
        np.empty(lanes),
        np.empty(lanes),
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fill(space: Space, problem: Problem) -> None:
    """Copy a signal's problem into the space, and forget all labels."""
    stages, lanes = problem.rates.shape
    feeds = problem.feeds
    for i in range(lanes):
        space.room[i] = problem.room[i]
        space.weight[i] = problem.weight[i]
        for second in range(problem.came.shape[1]):
            space.came[second, i] = problem.came[i, second]
        space.full[i] = problem.full[i]
    for k in range(stages):
        for i in range(lanes):
            space.rates[k, i] = problem.rates[k, i]
    for k in range(stages):
        for m in range(stages):
            space.moved[k * stages + m] = 0
            for i in range(lanes):
                kept = min(space.rates[k, i], space.rates[m, i])
                space.kept[k * stages + m, i] = kept
                # A switch costs its signal a start-up on every lane, those included that have
                # green all along: otherwise it would switch too lightly.
                part = feeds.part[i]
                moves = feeds.side[k, part] != feeds.side[m, part]
                space.moved[k * stages + m] += moves
                space.lost[1 + k * stages + m, i] = problem.startup_s[i] if moves else 0.0
    labels = len(problem.grid_s) * stages * LABELS
    space.cost[:labels] = np.inf
    space.first[:labels] = UNDECIDED


@numba.njit(inline="always", error_model="numpy")
def _roll(  # noqa: PLR0913
    space: Space,
    weights: Weights,
    feeds: Feeds,
    lanes: int,
    queue: Floats,
    q: int,
    rates: Floats,
    r: int,
    begin_s: int,
    end_s: int,
    late: int,
    part: int,
) -> float:
    """Let time pass in one state of the lamps, from the queues `queue[q]` to `after[part]`.

    Lanes from `feeds.outer` on are filled by others of the same problem: what leaves these comes to
    those at once.

    `rates[r]` is what the lamps let go, after the seconds `space.lost[late]` in which a lane that
    begins does not yet move. Gives the cost of this time.
    """
    length_s = end_s - begin_s
    # Lane by lane without a branch, and without the sum: the compiler takes several at once.
    for i in range(feeds.outer):
        before = queue[q, i]
        rate = rates[r, i]
        new = space.came[end_s, i] - space.came[begin_s, i]
        moving_s = max(length_s - space.lost[late, i], 0.0)
        after = max(before + new - rate * moving_s, 0.0)
        stopped = new * (min(before, 1.0) if rate > 0.0 else 1.0)
        space.left[i] = before + new - after
        space.after[part, i] = after
        mean = 0.5 * (before + after)
        crowd = 1.0 + weights.storage * mean / space.room[i]
        space.term[i] = space.weight[i] * (mean * crowd * length_s + weights.stop_s * stopped)
    for i in range(feeds.outer, lanes):
        before = queue[q, i]
        rate = rates[r, i]
        new = space.came[end_s, i] - space.came[begin_s, i]
        for f in range(feeds.start[i - feeds.outer], feeds.start[i - feeds.outer + 1]):
            new += feeds.share[f] * space.left[feeds.source[f]]
        moving_s = max(length_s - space.lost[late, i], 0.0)
        after = max(before + new - rate * moving_s, 0.0)
        stopped = new * (min(before, 1.0) if rate > 0.0 else 1.0)
        space.after[part, i] = after
        mean = 0.5 * (before + after)
        crowd = 1.0 + weights.storage * mean / space.room[i]
        space.term[i] = space.weight[i] * (mean * crowd * length_s + weights.stop_s * stopped)
    cost = 0.0
    for i in range(lanes):
        cost += space.term[i]
    return cost


@numba.njit(inline="always", error_model="numpy")
def _place(space: Space, slot: int, first: int) -> tuple[int, float]:
    """Say which of the labels from `slot` on makes way for one with this first step.

    The dearest, but the last that began by holding only for another such: what a switch is worth is
    its gain over them. Gives the label, and the cost from which on nobody needs to come.
    """
    held = 0
    for b in range(slot, slot + LABELS):
        held += space.first[b] == HOLD
    holds = first < 0
    worst, cost = slot, -1.0
    for b in range(slot, slot + LABELS):
        kept = held == 1 and not holds and space.first[b] == HOLD
        if not kept and space.cost[b] > cost:
            worst, cost = b, space.cost[b]
    return worst, np.inf if holds and held == 0 else cost


@numba.njit(inline="always", error_model="numpy")
def _keep(space: Space, lanes: int, slot: int, cost: float, part: int, first: int) -> None:
    """Put a label with the queues `after[part]` among the cheapest of its time and stage."""
    worst, limit = _place(space, slot, first)
    for b in range(slot, slot + LABELS):
        if space.cost[b] <= cost and space.first[b] == first:
            apart = 0.0
            for i in range(lanes):
                apart += abs(space.queue[b, i] - space.after[part, i])
                if apart >= ALIKE:
                    break
            if apart < ALIKE:
                return
    if cost < limit:
        space.cost[worst] = cost
        space.first[worst] = first
        for i in range(lanes):
            space.queue[worst, i] = space.after[part, i]


@numba.njit(inline="always", error_model="numpy")
def _go_on(
    space: Space, problem: Problem, weights: Weights, now_stage: int, only: int, t: int, k: int
) -> None:
    """Carry on the labels of stage `k` at time `t`: with the stage, or by a switch to another."""
    stages, lanes = problem.rates.shape
    grid_s, feeds = problem.grid_s, problem.feeds
    now_s, next_s = grid_s[t], grid_s[t + 1]
    here = (t * stages + k) * LABELS
    told = t == 0 and only != HOLD
    for b in range(here, here + LABELS):
        cost, first = space.cost[b], space.first[b]
        if cost == np.inf:
            continue
        slot = here + stages * LABELS
        if (not told or only == k) and cost < _place(space, slot, first)[1]:
            more = _roll(
                space, weights, feeds, lanes, space.queue, b, space.rates, k, now_s, next_s, 0, 0
            )
            _keep(space, lanes, slot, cost + more, 0, HOLD if first == UNDECIDED else first)
        unmoved = k == now_stage and first < 0
        for m in range(stages):
            if m == k or (told and m != only) or (unmoved and now_s < problem.earliest_s[m]):
                continue
            clear_s = now_s + problem.clearance_s[k, m]
            u = t + 1
            while u < len(grid_s) and grid_s[u] < clear_s + problem.least_s[m]:
                u += 1
            if u >= len(grid_s):
                continue
            slot = (u * stages + m) * LABELS
            begins = m if first == UNDECIDED else first
            limit = _place(space, slot, begins)[1]
            # Time never costs less than nothing: who is too dear already will not be kept.
            if cost >= limit:
                continue
            price = weights.switch_s * space.moved[k * stages + m]
            # What is green in both stages goes on between them.
            total = cost + price + _roll(
                space, weights, feeds, lanes, space.queue, b, space.kept, k * stages + m,
                now_s, clear_s, 0, 0,
            )  # fmt: skip
            if total >= limit:
                continue
            total += _roll(
                space, weights, feeds, lanes, space.after, 0, space.rates, m,
                clear_s, grid_s[u], 1 + k * stages + m, 1,
            )  # fmt: skip
            _keep(space, lanes, slot, total, 1, begins)


@numba.njit(cache=True, nogil=True, error_model="numpy")
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
    space = make_space(len(problem.grid_s), stages, lanes, problem.came.shape[1])
    return plan_step(space, problem, weights, now_stage, queue, HOLD, first_cost)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def plan_step(
    space: Space,
    problem: Problem,
    weights: Weights,
    now_stage: int,
    queue: Floats,
    only: int,
    first_cost: Floats,
) -> int:
    """Do what `best_step` says, in a space that is large enough.

    Parameters
    ----------
    space
        Where to plan; written.
    problem
        The signal's problem.
    weights
        What it costs.
    now_stage
        The stage that runs.
    queue
        (lanes,) vehicles that wait now.
    only
        A stage to follow no ways but those that go there at once, or stay if it runs; `HOLD` for
        all ways.
    first_cost
        (stages + 1,) written, as `best_step` says. [s]

    Returns
    -------
    The stage to go to now, or `HOLD`.
    """
    stages, lanes = problem.rates.shape
    _fill(space, problem)
    start = now_stage * LABELS
    space.cost[start] = 0.0
    for i in range(lanes):
        space.queue[start, i] = queue[i]
    for t in range(len(problem.grid_s) - 1):
        for k in range(stages):
            _go_on(space, problem, weights, now_stage, only, t, k)
    return _choose(space, problem, weights, first_cost)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _choose(space: Space, problem: Problem, weights: Weights, first_cost: Floats) -> int:
    """Compare the ends of all ways by their first step."""
    stages, lanes = problem.rates.shape
    last = (len(problem.grid_s) - 1) * stages * LABELS
    first_cost[:] = np.inf
    for k in range(stages):
        for b in range(last + k * LABELS, last + (k + 1) * LABELS):
            if space.cost[b] < np.inf:
                total = space.cost[b] + _end_cost(space, weights, lanes, b, k)
                first = space.first[b]
                slot = stages if first == HOLD else first
                first_cost[slot] = min(first_cost[slot], total)
    best = stages
    for k in range(stages):
        # Holding wins a tie: a switch must earn its clearance.
        if first_cost[k] < first_cost[best] - 1e-9:
            best = k
    return HOLD if best == stages else best


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _end_cost(space: Space, weights: Weights, lanes: int, b: int, stage: int) -> float:
    """Value what a label leaves in its stage at the end of the horizon."""
    cost = 0.0
    for i in range(lanes):
        left, rate = space.queue[b, i], space.rates[stage, i]
        served = rate if rate > 0.0 else space.full[i]
        square = left * left
        clear = weights.end_square_s / max(served, 0.05) + 5.0 * weights.storage / space.room[i]
        red = weights.end_red_s * left if rate <= 0.0 else 0.0
        cost += space.weight[i] * (square * clear + red)
    return cost


@numba.njit(cache=True, nogil=True)
def space_for(network: Network, due: Bools, times: int, seconds: int) -> Space:
    """Make room for the largest signal that is due.

    Parameters
    ----------
    network
        The tables.
    due
        (signals,) who is.
    times
        Length of the grid.
    seconds
        Columns of `came`.

    Returns
    -------
    The space, not yet written.
    """
    stages, lanes = 0, 0
    for s in range(len(due)):
        if due[s]:
            stages = max(stages, network.stage_start[s + 1] - network.stage_start[s])
            lanes = max(lanes, network.lane_start[s + 1] - network.lane_start[s])
    return make_space(times, stages, lanes, seconds)


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
    space = space_for(network, due, len(grid_s), came.shape[1])
    for s in range(len(due)):
        k0, k1 = network.stage_start[s], network.stage_start[s + 1]
        i0, i1 = network.lane_start[s], network.lane_start[s + 1]
        if not due[s] or k1 - k0 < 2:  # noqa: PLR2004  nothing to choose
            continue
        problem = cut_problem(network, s, grid_s, earliest_s, came)
        step[s] = plan_step(
            space,
            problem,
            weights,
            now_stage[s],
            queue[i0:i1],
            HOLD,
            first_cost[k0 + s : k1 + s + 1],
        )
    return step
