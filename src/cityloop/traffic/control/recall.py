"""Lanes on which nobody sees who comes: what their own green is made for, and what surely goes.

Signal Timing Manual, 2nd ed. (2015), NCHRP Report 812, chapter 5: a phase whose detector fails is
called in every cycle (recall). The plan is what is known of the lane's traffic from before.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from cityloop.city.network import Floats, Ints, Network
from cityloop.city.signals import Bools, Plan, Signals
from cityloop.traffic.control.stage_table import StageTable
from cityloop.traffic.observe.view import View

USED: Final = 0.6
"""A programme is taken to be made for so much of what its green has room for. [-]"""


def planned_flow(
    network: Network, signals: Signals, view: View, table: StageTable, plans: Iterable[Plan]
) -> Floats:
    """Say what each lane's own green is made for.

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
    planned_veh_s = np.zeros(len(table.approach))
    most = _most_by_lane(table)
    for plan in plans:
        s = signals.signal_ids.index(plan.signal_id)
        part = signals.groups_of(s)
        green = np.average(plan.stages, axis=0, weights=plan.green_s)
        time_share = green * plan.green_s.sum() / plan.cycle_s
        for lane in range(int(table.lane_start[s]), int(table.lane_start[s + 1])):
            starts = network.connector_from_lane == view.approach_lane[table.approach[lane]]
            own = np.unique(group[starts & (group >= 0)]) - part.start
            planned_veh_s[lane] = USED * most[lane] * time_share[own].mean()
    return planned_veh_s


class Unseen:
    """Takes off what a stage may not let go where nobody sees whether it does.

    A turn that yields lets go what it finds gaps for, and a lane with green for one of its ways may
    be blocked by who takes the other. Where that is seen it is learnt; where not, a stage that lets
    go half of the most is taken for half as good as that.

    Parameters
    ----------
    table
        What each stage lets go.
    """

    def __init__(self, table: StageTable) -> None:
        self._lane = lane = entry_lanes(table)
        self._sure = table.rate / np.maximum(_most_by_lane(table)[lane], 1e-9)

    def limit(self, rate: Floats, blind: Bools) -> Floats:
        """Say what surely goes.

        Parameters
        ----------
        rate
            As `StageTable.rate`, learnt. [veh/s]
        blind
            (lanes,) that nobody sees.

        Returns
        -------
        The same, less on these lanes. [veh/s]
        """
        return rate * np.where(blind[self._lane], self._sure, 1.0)

    def expect(self, rate: Floats, there: Floats) -> Floats:
        """Say what goes, where it is not sure that anybody is there.

        Parameters
        ----------
        rate
            As `StageTable.rate`. [veh/s]
        there
            (lanes,) how likely it is.

        Returns
        -------
        The same, on the mean. [veh/s]
        """
        return rate * there[self._lane]


def entry_lanes(table: StageTable) -> Ints:
    """Give the lane of each entry of `StageTable.rate`.

    Parameters
    ----------
    table
        The table.

    Returns
    -------
    (entries,) lanes.
    """
    lane = np.zeros(len(table.rate), np.int32)
    for s in range(len(table.lane_start) - 1):
        part = slice(int(table.rate_start[s]), int(table.rate_start[s + 1]))
        lanes = np.arange(table.lane_start[s], table.lane_start[s + 1])
        lane[part] = np.resize(lanes, part.stop - part.start)
    return lane


def _most_by_lane(table: StageTable) -> Floats:
    """Give the most that any stage lets go on each lane. [veh/s]."""
    most = np.zeros(len(table.approach))
    np.maximum.at(most, entry_lanes(table), table.rate)
    return most
