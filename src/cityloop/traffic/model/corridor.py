"""What a corridor's vehicles lose with given offsets: platoons from signal to signal, by the cycle.

Departures of one signal arrive at the next one later and drawn out (Robertson, D. I. (1969),
TRANSYT: a traffic network study tool, RRL Report LR 253, no DOI). Whoever comes from elsewhere
comes evenly. A queue is vertical and forgets nothing; without platoons its delay is that of uniform
arrivals, the first term of Webster, F. V. (1958), Traffic signal settings, Road Research Technical
Paper 39 (no DOI). Chance, spillback and turns that block one another are left out: it is quick, and
it ranks; the model of `cityloop traffic plan` knows more.
"""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.kernels.corridor import fill_queues, smooth_platoon

ALPHA: Final = 0.35
BETA: Final = 0.8
"""Robertson's dispersion, and the share of the travel time after which a platoon's head arrives."""

CYCLES: Final = 3
"""So many cycles are gone through; the last one counts."""


class Approach(NamedTuple):
    """The lanes that end at one stop line of a corridor.

    Attributes
    ----------
    rate_veh_s
        (lanes,) arrivals, >= 0. [veh/s]
    capacity_veh_s
        (lanes, cycle) what may leave in each second of the master cycle, >= 0. [veh/s]
    upstream
        Index of the approach from which its platoons come; -1 where everybody comes evenly. It
        stands before this one in the list.
    drive_s
        From there to here. [s]
    """

    rate_veh_s: Floats
    capacity_veh_s: Floats
    upstream: int
    drive_s: float


def corridor_delay(approaches: list[Approach]) -> Floats:
    """Work out the time that is lost at each approach.

    Parameters
    ----------
    approaches
        In an order in which each comes after the one upstream; all of one cycle.

    Returns
    -------
    (approaches,) time lost in a second, which is vehicles that wait on average. [veh]
    """
    lost = np.zeros(len(approaches))
    leaving: list[Floats] = []
    for i, approach in enumerate(approaches):
        arrivals = _arrivals(approach, leaving)
        queue, gone = follow_queues(arrivals, approach.capacity_veh_s)
        lost[i] = queue.sum() / max(queue.shape[1], 1)
        leaving.append(gone.sum(axis=0))
    return lost


def follow_queues(arrivals: Floats, capacity: Floats) -> tuple[Floats, Floats]:
    """Let queues fill and empty, second by second.

    Parameters
    ----------
    arrivals
        (lanes, cycle) [veh/s]
    capacity
        (lanes, cycle) [veh/s]

    Returns
    -------
    (lanes, cycle) who waits at the end of each second of the last cycle, and who left in it. [veh]
    """
    waits, gone = np.zeros_like(arrivals), np.zeros_like(arrivals)
    fill_queues(arrivals, capacity, CYCLES, waits, gone)
    return waits, gone


def disperse(leaving: Floats, drive_s: float) -> Floats:
    """Let a cyclic platoon drive: it comes later, and drawn out.

    Parameters
    ----------
    leaving
        (cycle,) departures. [veh/s]
    drive_s
        Travel time, >= 0. [s]

    Returns
    -------
    (cycle,) arrivals, as many as left. [veh/s]
    """
    share = 1.0 / (1.0 + ALPHA * BETA * drive_s)
    head = np.roll(leaving, round(BETA * drive_s))
    came = np.zeros_like(head)
    smooth_platoon(head, share, CYCLES, came)
    return came


def _arrivals(approach: Approach, leaving: list[Floats]) -> Floats:
    total = float(approach.rate_veh_s.sum())
    cycle_s = approach.capacity_veh_s.shape[1]
    profile = np.full(cycle_s, total)
    if approach.upstream >= 0 and total > 0:
        platoon = disperse(leaving[approach.upstream], approach.drive_s)
        mean = float(platoon.mean())
        part = min(total, mean)
        if mean > 0:
            profile = platoon * (part / mean) + (total - part)
    share = approach.rate_veh_s / total if total > 0 else approach.rate_veh_s
    return np.asarray(share[:, None] * profile[None, :])
