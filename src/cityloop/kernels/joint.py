"""Two signals that hold no queue between them, planned as one by the programme of one signal.

A stage of the two is one stage of each. Of each signal the stage that runs is tried, and those that
were cheapest when it was planned alone. A lane between the two is filled by what leaves the others.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.horizon import HOLD, make_space, plan_step
from cityloop.kernels.horizon_tables import Feeds, Network, Problem, Weights

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TRIED = 5
"""Stages of each signal that are tried, with the one that runs."""


class PairLanes(NamedTuple):
    """Pairs of signals and their lanes: first those that come from elsewhere, then those between.

    Attributes
    ----------
    first, second
        (pairs,) signals.
    start
        (pairs + 1,) first entry of each pair in `lane`.
    outer
        (pairs,) how many of its lanes come from elsewhere.
    lane
        (entries,) number of a lane.
    fill_start
        (lanes between + 1,) first feed of each lane between, pair by pair.
    source
        (feeds,) a lane of the same pair, counted from the pair's first.
    """

    first: Ints
    second: Ints
    start: Ints
    outer: Ints
    lane: Ints
    fill_start: Ints
    source: Ints


@numba.njit(cache=True, nogil=True)
def plan_pairs(  # noqa: PLR0913
    network: Network,
    weights: Weights,
    grid_s: Ints,
    pairs: PairLanes,
    share: Floats,
    due: Bools,
    now_stage: Ints,
    earliest_s: Ints,
    queue: Floats,
    came: Floats,
    seen: Floats,
    first_cost: Floats,
    step: Ints,
) -> Bools:
    """Plan pairs of signals of which both are due, and put their steps in the place of their own.

    Parameters
    ----------
    network
        The tables.
    weights
        What it costs.
    grid_s
        (times,) ascending from 0. [s]
    pairs
        Who is planned together.
    share
        (feeds,) what of a lane's discharge comes to the lane that it feeds, 0-1.
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
    seen
        (lanes, seconds + 1) as `came`, of those alone who are in view: the rest is planned here.
    first_cost
        (stages + signals,) what each step costs where a signal is planned alone.
    step
        (signals,) the steps of `best_steps`; written.

    Returns
    -------
    (signals,) whose step has been planned with another's.
    """
    joint = np.zeros(len(due), np.bool_)
    fills = 0
    for p in range(len(pairs.first)):
        a, b = pairs.first[p], pairs.second[p]
        here = pairs.lane[pairs.start[p] : pairs.start[p + 1]]
        inner = len(here) - pairs.outer[p]
        filled = pairs.fill_start[fills : fills + inner + 1]
        fills += inner
        if not (due[a] and due[b]):
            continue
        of_a = _tried(network, a, now_stage[a], first_cost)
        of_b = _tried(network, b, now_stage[b], first_cost)
        if len(of_a) * len(of_b) < 2:  # noqa: PLR2004  nothing to choose
            continue
        feeds = Feeds(
            pairs.outer[p],
            (filled - filled[0]).astype(np.int32),
            pairs.source[filled[0] : filled[-1]],
            share[filled[0] : filled[-1]],
            np.zeros(len(here), np.int32),
            np.zeros((len(of_a) * len(of_b), 2), np.int32),
        )
        problem = _join(network, grid_s, earliest_s, (a, b), (of_a, of_b), here, came, seen, feeds)
        stages, lanes = problem.rates.shape
        costs = np.empty(stages + 1)
        space = make_space(len(grid_s), stages, lanes, came.shape[1])
        best = plan_step(space, problem, weights, 0, queue[here], HOLD, costs)
        best = 0 if best == HOLD else best
        to_a, to_b = of_a[best // len(of_b)], of_b[best % len(of_b)]
        step[a] = HOLD if to_a == now_stage[a] else to_a
        step[b] = HOLD if to_b == now_stage[b] else to_b
        joint[a] = joint[b] = True
    return joint


@numba.njit(cache=True, nogil=True)
def _tried(network: Network, signal: int, now_stage: int, first_cost: Floats) -> Ints:
    """List the stage that runs, and the cheapest others."""
    k0, k1 = network.stage_start[signal], network.stage_start[signal + 1]
    cost = first_cost[k0 + signal : k1 + signal].copy()
    cost[now_stage] = -np.inf
    order = np.argsort(cost)
    count = 0
    while count < min(len(order), TRIED) and cost[order[count]] < np.inf:
        count += 1
    return order[:count].astype(np.int32)


@numba.njit(cache=True, nogil=True)
def _join(  # noqa: PLR0913
    network: Network,
    grid_s: Ints,
    earliest_s: Ints,
    signals: tuple[int, int],
    tried: tuple[Ints, Ints],
    here: Ints,
    came: Floats,
    seen: Floats,
    feeds: Feeds,
) -> Problem:
    """Put the problems of two signals together."""
    a, b = signals
    of_a, of_b = tried
    stages, lanes = len(of_a) * len(of_b), len(here)
    rates = np.zeros((stages, lanes))
    earliest = np.zeros(stages, np.int32)
    least_s = np.zeros(stages, np.int32)
    clearance_s = np.zeros((stages, stages), np.int32)
    for k in range(stages):
        x, y = k // len(of_b), k % len(of_b)
        for i in range(lanes):
            owner, stage = (a, of_a[x]) if _is_of(network, a, here[i]) else (b, of_b[y])
            feeds.part[i] = 0 if owner == a else 1
            n = network.lane_start[owner + 1] - network.lane_start[owner]
            at = here[i] - network.lane_start[owner]
            rates[k, i] = network.rate[network.rate_start[owner] + stage * n + at]
        ka, kb = network.stage_start[a] + of_a[x], network.stage_start[b] + of_b[y]
        feeds.side[k, 0], feeds.side[k, 1] = x, y
        # The stages that run come first.
        earliest[k] = max(earliest_s[ka] if x else 0, earliest_s[kb] if y else 0)
        least_s[k] = max(network.least_s[ka], network.least_s[kb])
        for m in range(stages):
            clearance_s[k, m] = max(
                _clearance_s(network, a, of_a[x], of_a[m // len(of_b)]),
                _clearance_s(network, b, of_b[y], of_b[m % len(of_b)]),
            )
    full = np.zeros(lanes)
    for i in range(lanes):
        owner = a if _is_of(network, a, here[i]) else b
        n = network.lane_start[owner + 1] - network.lane_start[owner]
        at = network.rate_start[owner] + here[i] - network.lane_start[owner]
        for k in range(network.stage_start[owner + 1] - network.stage_start[owner]):
            full[i] = max(full[i], network.rate[at + k * n])
    own = came[here]
    own[feeds.outer :] = seen[here[feeds.outer :]]
    return Problem(
        grid_s, earliest, own, rates, clearance_s, least_s, network.room[here],
        network.weight[here], network.startup_s[here], full, feeds,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def _is_of(network: Network, signal: int, lane: int) -> bool:
    return bool(network.lane_start[signal] <= lane < network.lane_start[signal + 1])


@numba.njit(cache=True, nogil=True)
def _clearance_s(network: Network, signal: int, before: int, after: int) -> int:
    count = network.stage_start[signal + 1] - network.stage_start[signal]
    return int(network.clearance_s[network.clearance_start[signal] + before * count + after])
