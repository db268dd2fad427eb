"""What a lane is given where nobody sees who comes: a part of its own programme's green.

Signal Timing Manual, 2nd ed. (2015), NCHRP Report 812, chapter 5: a phase whose detector fails is
called in every cycle (recall). The plan is what is known of the lane's traffic from before.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from cityloop.city.network import Floats, Network
from cityloop.city.signals import Plan, Signals
from cityloop.traffic.control.stage_table import StageTable
from cityloop.traffic.observe.view import View

RECALL: Final = 0.3
"""So much of what its own green has room for is taken to come to a lane at least. [-]"""


def least_service(
    network: Network, signals: Signals, view: View, table: StageTable, plans: Iterable[Plan]
) -> Floats:
    """Say what is taken to come to each lane at least, where nobody sees it.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        What the cameras cover.
    table
        What each stage lets go.
    plans
        The city's own, at most one a signal.

    Returns
    -------
    (lanes,) in the order of the table; 0 where a signal has no plan. [veh/s]
    """
    group = signals.stream_group[: network.connector_count]
    least_veh_s = np.zeros(len(table.approach))
    for plan in plans:
        s = signals.signal_ids.index(plan.signal_id)
        part = signals.groups_of(s)
        green = np.average(plan.stages, axis=0, weights=plan.green_s)
        time_share = green * plan.green_s.sum() / plan.cycle_s
        lanes = slice(int(table.lane_start[s]), int(table.lane_start[s + 1]))
        rates = table.rate[table.rate_start[s] : table.rate_start[s + 1]]
        best = rates.reshape(-1, lanes.stop - lanes.start).max(axis=0, initial=0.0)
        for lane, rate in zip(range(lanes.start, lanes.stop), best, strict=True):
            starts = network.connector_from_lane == view.approach_lane[table.approach[lane]]
            own = np.unique(group[starts & (group >= 0)]) - part.start
            least_veh_s[lane] = RECALL * rate * time_share[own].mean()
    return least_veh_s
