"""Cutting the problem of one signal out of the tables of a whole network."""

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.horizon_tables import Feeds, Network, Problem

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@numba.njit(cache=True, nogil=True)
def most_of(rates: Floats) -> Floats:
    """Give the most that any stage lets go on each lane.

    Parameters
    ----------
    rates
        (stages, lanes) what each stage lets go. [veh/s]

    Returns
    -------
    (lanes,) the most; 0 without a stage. [veh/s]
    """
    most = np.zeros(rates.shape[1])
    for k in range(rates.shape[0]):
        for i in range(rates.shape[1]):
            most[i] = max(most[i], rates[k, i])
    return most


@numba.njit(cache=True, nogil=True)
def one_signal(stages: int, lanes: int) -> Feeds:
    """Say that a problem is that of one signal: no lane is filled by others of it.

    Parameters
    ----------
    stages
        How many there are.
    lanes
        How many there are.

    Returns
    -------
    Nothing that feeds.
    """
    return Feeds(
        lanes, np.zeros(1, np.int32), np.zeros(0, np.int32), np.zeros(0),
        np.zeros(lanes, np.int32), np.arange(stages).astype(np.int32).reshape(stages, 1),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def cut_problem(network: Network, s: int, grid_s: Ints, earliest_s: Ints, came: Floats) -> Problem:
    """Cut out what one signal faces.

    Parameters
    ----------
    network
        The tables.
    s
        The signal.
    grid_s
        (times,) ascending from 0. [s]
    earliest_s
        (stages,) of all signals. [s]
    came
        (lanes, seconds + 1) of all signals.

    Returns
    -------
    The signal's problem; views.
    """
    k0, k1 = network.stage_start[s], network.stage_start[s + 1]
    i0, i1 = network.lane_start[s], network.lane_start[s + 1]
    stages, lanes = k1 - k0, i1 - i0
    r0, c0 = network.rate_start[s], network.clearance_start[s]
    rates = network.rate[r0 : r0 + stages * lanes].reshape(stages, lanes)
    return Problem(
        grid_s,
        earliest_s[k0:k1],
        came[i0:i1],
        rates,
        network.clearance_s[c0 : c0 + stages * stages].reshape(stages, stages),
        network.least_s[k0:k1],
        network.room[i0:i1],
        network.weight[i0:i1],
        network.startup_s[i0:i1],
        most_of(rates),
        one_signal(stages, lanes),
    )
