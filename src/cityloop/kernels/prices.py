"""What first steps would have cost that the programme has dropped on its way."""

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.horizon import plan_step, space_for
from cityloop.kernels.horizon_tables import Network, Weights
from cityloop.kernels.problems import cut_problem

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


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
    """Price what `best_steps` has left without a price: to hold, and switches that may begin now.

    Parameters
    ----------
    network
        The tables.
    weights
        What it costs.
    grid_s
        (times,) ascending from 0. [s]
    due
        (signals,) whose prices are wanted.
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
    space = space_for(network, due, len(grid_s), came.shape[1])
    costs = np.empty(len(network.least_s) + 1)
    for s in range(len(due)):
        k0, k1 = network.stage_start[s], network.stage_start[s + 1]
        i0, i1 = network.lane_start[s], network.lane_start[s + 1]
        if not due[s] or k1 - k0 < 2:  # noqa: PLR2004  nothing to choose
            continue
        problem = cut_problem(network, s, grid_s, earliest_s, came)
        for k in range(k1 - k0):
            holds = k == now_stage[s]
            slot = k1 - k0 if holds else k
            if (holds or earliest_s[k0 + k] <= 0) and first_cost[k0 + s + slot] == np.inf:
                its = costs[: k1 - k0 + 1]
                plan_step(space, problem, weights, now_stage[s], queue[i0:i1], k, its)
                first_cost[k0 + s + slot] = its[slot]
