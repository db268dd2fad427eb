"""Queues of a corridor's lanes over a cycle, and platoons that drive from signal to signal."""

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def fill_queues(
    arrivals: Floats, capacity: Floats, cycles: int, waits: Floats, gone: Floats
) -> None:
    """Let queues fill and empty, second by second; the last of some cycles is written down.

    Parameters
    ----------
    arrivals
        (lanes, cycle) who comes, >= 0. [veh/s]
    capacity
        (lanes, cycle) who may leave, >= 0. [veh/s]
    cycles
        How many cycles, >= 1.
    waits
        (lanes, cycle) written: who waits in each second, on average. [veh]
    gone
        (lanes, cycle) written: who left in it. [veh]
    """
    lanes, cycle_s = arrivals.shape
    for i in range(lanes):
        queue = 0.0
        for _ in range(cycles):
            for t in range(cycle_s):
                there = queue + arrivals[i, t]
                leaves = min(there, capacity[i, t])
                left = there - leaves
                # Who comes and goes within the same second does not wait.
                waits[i, t] = (queue + left) / 2 if left > 0 else queue / 2
                gone[i, t] = leaves
                queue = left


@numba.njit(cache=True, nogil=True)
def smooth_platoon(head: Floats, share: float, cycles: int, came: Floats) -> None:
    """Draw a cyclic platoon out: each second takes a share of what came, and keeps the rest.

    Parameters
    ----------
    head
        (cycle,) what would come if all drove alike. [veh/s]
    share
        0 < share <= 1.
    cycles
        How many cycles, >= 1; the last is written down.
    came
        (cycle,) written. [veh/s]
    """
    last = head.mean()
    for _ in range(cycles):
        for t in range(len(head)):
            last += share * (head[t] - last)
            came[t] = last
