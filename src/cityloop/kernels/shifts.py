"""How many arrivals would meet green if the greens came earlier or later."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]

GREEN = 1


@numba.njit(cache=True, nogil=True)
def shift_greens(
    arrival_us: Longs, at: Longs, state: Shorts, cycle: Longs, shift_us: Longs
) -> tuple[Ints, Ints]:
    """Count, cycle by cycle, the arrivals that meet green when all greens are shifted.

    Parameters
    ----------
    arrival_us
        (arrivals,) rising. [us]
    at
        (changes,) when the phase changed, rising. [us]
    state
        (changes,) what it showed since.
    cycle
        (changes,) number of the cycle, from 0 on.
    shift_us
        (shifts,) by how much later the greens come, negative for earlier. [us]

    Returns
    -------
    (cycles,) arrivals by the cycle in which they came; (cycles, shifts) those that meet green.
    """
    cycles = cycle[-1] + 1 if len(cycle) else 1
    total = np.zeros(cycles, np.int32)
    hits = np.zeros((cycles, len(shift_us)), np.int32)
    came = np.zeros(len(arrival_us), np.int64)
    k = -1
    for i in range(len(arrival_us)):
        while k + 1 < len(at) and at[k + 1] <= arrival_us[i]:
            k += 1
        came[i] = cycle[k] if k >= 0 else 0
        total[came[i]] += 1
    for s in range(len(shift_us)):
        k = -1
        for i in range(len(arrival_us)):
            t_us = arrival_us[i] - shift_us[s]
            while k + 1 < len(at) and at[k + 1] <= t_us:
                k += 1
            if k >= 0 and state[k] == GREEN:
                hits[came[i], s] += 1
    return total, hits
