"""Times of day: when flows differ, and which plan is worth running when."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from cityloop.city.network import Floats
from cityloop.kernels.streets import Streets

ALIKE: Final = 2.0
"""Neighbours are one time of day while their flows differ by less than so many variances, on
average; chance alone makes it 1."""

STRETCHES_MAX: Final = 8
SWITCH_S: Final = 120.0
"""A switch is taken to cost as much as so long a time under the plan. [s]"""


def find_stretches(
    volume_veh_h: Floats, sd_veh_h: Floats, most: int = STRETCHES_MAX
) -> list[tuple[int, int]]:
    """Join neighbouring periods while their flows are alike, the most alike first.

    Parameters
    ----------
    volume_veh_h
        (periods, queues) flows. [veh/h]
    sd_veh_h
        (periods, queues) their standard deviations, > 0. [veh/h]
    most
        So many are left at most, alike or not.

    Returns
    -------
    First period of each and the one after its last, in order.
    """
    stretches = [(w, w + 1) for w in range(len(volume_veh_h))]

    def apart(a: tuple[int, int], b: tuple[int, int]) -> float:
        means = [volume_veh_h[slice(*each)].mean(axis=0) for each in (a, b)]
        spread = [
            np.square(sd_veh_h[slice(*each)]).mean(axis=0) / (each[1] - each[0]) for each in (a, b)
        ]
        return float(np.mean(np.square(means[0] - means[1]) / (spread[0] + spread[1])))

    while len(stretches) > 1:
        gaps = [apart(a, b) for a, b in pairwise(stretches)]
        k = int(np.argmin(gaps))
        if gaps[k] > ALIKE and len(stretches) <= most:
            break
        stretches[k : k + 2] = [(stretches[k][0], stretches[k + 1][1])]
    return stretches


def cut_periods(streets: Streets, stretch: tuple[int, int]) -> Streets:
    """Take some of the periods.

    Parameters
    ----------
    streets
        Queues and flows.
    stretch
        The first of them and the one after the last.

    Returns
    -------
    The same for those alone.
    """
    return streets._replace(flat=np.ascontiguousarray(streets.flat[slice(*stretch)]))


def choose_plans(cost: Floats, switch_cost: Sequence[float]) -> list[int]:
    """Choose a plan for each stretch, so that costs and what switches cost are least together.

    Bellman's recursion over the stretches.

    Parameters
    ----------
    cost
        (plans, stretches) of each plan in each stretch. [veh s]
    switch_cost
        (stretches,) of a switch as the stretch begins; the first is not counted. [veh s]

    Returns
    -------
    (stretches,) the plan of each.
    """
    plans, stretches = cost.shape
    best = cost[:, 0].copy()
    came = np.zeros((stretches, plans), int)
    for w in range(1, stretches):
        cheapest = int(np.argmin(best))
        switched = best[cheapest] + switch_cost[w]
        came[w] = np.where(best <= switched, np.arange(plans), cheapest)
        best = np.minimum(best, switched) + cost[:, w]
    chosen = [int(np.argmin(best))]
    for w in range(stretches - 1, 0, -1):
        chosen.append(int(came[w, chosen[-1]]))
    return chosen[::-1]
