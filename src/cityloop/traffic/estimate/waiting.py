"""Who waits: groups with a vehicle that stands or crawls near their stop line."""

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import Bools, GroupKind, Signals
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View

NEAR_M = 30.0
SLOW_M_S = 2.0


class WaitingGroups:
    """Keeps, for every group, whether somebody was waiting when its sensors were last read.

    Parameters
    ----------
    network, signals, view
        The city and what its sensors cover.
    """

    def __init__(self, network: Network, signals: Signals, view: View) -> None:
        approach_of = np.full(len(network.lane_ids), -1)
        approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
        group = signals.stream_group[: network.connector_count]
        signalled = group >= 0
        self._group = group[signalled]
        self._approach = approach_of[network.connector_from_lane[signalled]]
        self._owner = (
            np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
        )
        self._walk = signals.group_kind == GroupKind.WALK
        self._view = view
        self.waiting: Bools = self._walk.copy()

    def update(self, observation: Observation) -> Bools:
        """Take in one second of observations.

        Parameters
        ----------
        observation
            Only the signals that were looked at change. A walk counts as always asked for, since
            nothing sees pedestrians.

        Returns
        -------
        (groups,) whether somebody waits.
        """
        looked = observation.looked_at[self._owner]
        if not looked.any():
            return self.waiting
        view = self._view
        near = (observation.vehicle_distance_m <= NEAR_M) & (
            observation.vehicle_speed_m_s < SLOW_M_S
        )
        # Only the approach lane itself is told to wait: vehicles upstream are not yet at the line.
        seen = observation.vehicle_view[near]
        at_line = seen[view.offset_m[seen] == 0]
        held = np.zeros(len(view.approach_lane), bool)
        held[view.feed_approach[view.feed_start[at_line]]] = True
        held |= observation.stop_occupied > 0
        asked = self._walk.copy()
        asked[self._group[held[self._approach]]] = True
        self.waiting = np.where(looked, asked, self.waiting)
        return self.waiting
