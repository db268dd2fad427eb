"""Who waits: for how long the lanes on which somebody stands have had no green."""

import numpy as np

from cityloop.city.network import Ints, Network
from cityloop.city.signals import Bools, GroupKind, Lamp, Lamps, Signals
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View

# Plain figures: an enumeration is slow to ask.
GREEN, GREEN_YIELD = int(Lamp.GREEN), int(Lamp.GREEN_YIELD)
NEAR_M = 30.0
SLOW_M_S = 2.0
MISSED_S = 12
"""For how long somebody who is not seen any more may still be there: cameras miss, and some
controllers look only now and then. [s]"""
LONG_AGO_S = -100_000
NOBODY_S = 1_000_000_000


class RedWaits:
    """Keeps, lane by lane, since when there was no green, and whether somebody was seen to wait.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        What the sensors cover.
    """

    def __init__(self, network: Network, signals: Signals, view: View) -> None:
        approach_of = np.full(len(network.lane_ids), -1)
        approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
        group = signals.stream_group[: network.connector_count]
        # Streams in the order of their groups: the longest wait of each is then one run of them.
        stream = np.argsort(group, kind="stable")[np.count_nonzero(group < 0) :]
        self._group = group[stream]
        self._approach = approach_of[network.connector_from_lane[stream]]
        self._served, self._first = np.unique(self._group, return_index=True)
        self._walk = np.flatnonzero(signals.group_kind == GroupKind.WALK)
        self._view = view
        self._groups = signals.group_count
        self._seen_s = np.full(len(view.approach_lane), LONG_AGO_S, np.int32)
        self._held_since_s = np.full(len(view.approach_lane), NOBODY_S, np.int32)
        self._red_since_s: Ints | None = None
        self._lamp = np.zeros(0, np.uint8)
        self._green = np.zeros(0, bool)
        self._green_lanes = np.zeros(0, np.intp)

    def update(self, observation: Observation, lamps: Lamps, blind: Bools | None = None) -> Ints:
        """Take in one second.

        Parameters
        ----------
        observation
            What has been seen; lanes of signals that were not looked at keep what was known.
        lamps
            What is shown now, with the second.
        blind
            (approaches,) lanes of which nothing is known: there somebody may always wait.

        Returns
        -------
        (groups,) the longest time for which a lane of the group has had no green of any kind while
        somebody has been seen to wait on it, 0 where nobody does. A walk counts as always asked
        for, since nothing sees pedestrians. [s]
        """
        now_s = lamps.now_s
        if self._red_since_s is None:
            self._red_since_s = np.full(len(self._seen_s), now_s, np.int32)
        if not np.array_equal(lamps.lamp, self._lamp):
            self._lamp = lamps.lamp
            self._green = (lamps.lamp == GREEN) | (lamps.lamp == GREEN_YIELD)
            self._green_lanes = self._approach[self._green[self._group]]
        self._red_since_s[self._green_lanes] = now_s
        if observation.looked_at.any():
            seen = self._seen_to_wait(observation)
            if blind is not None:
                seen |= blind
            self._held_since_s[seen & (now_s - self._seen_s > MISSED_S)] = now_s
            self._seen_s[seen] = now_s
            # A lane that was looked at and found empty for long enough holds nobody.
            looked = observation.looked_at[self._view.approach_signal]
            gone = looked & (now_s - self._seen_s > MISSED_S)
            self._held_since_s[gone] = NOBODY_S
        since_s = np.maximum(self._red_since_s, self._held_since_s)
        lane_s = np.maximum(now_s - since_s, 0)
        waited_s = np.zeros(self._groups, np.int32)
        if self._first.size:
            waited_s[self._served] = np.maximum.reduceat(lane_s[self._approach], self._first)
        if self._walk.size:
            red_s = now_s - lamps.since_s[self._walk]
            waited_s[self._walk] = np.where(self._green[self._walk], 0, red_s)
        return waited_s

    def _seen_to_wait(self, observation: Observation) -> np.ndarray:
        """Tell on which approach lanes somebody stands or crawls near the line."""
        near = (observation.vehicle_distance_m <= NEAR_M) & (
            observation.vehicle_speed_m_s < SLOW_M_S
        )
        seen = observation.vehicle_view[near]
        # A vehicle upstream of a split has not yet reached the line: only the lane itself counts.
        at_line = seen[self._view.offset_m[seen] == 0]
        held = np.zeros(len(self._seen_s), bool)
        held[self._view.feed_approach[self._view.feed_start[at_line]]] = True
        return np.asarray(held | (observation.stop_occupied > 0))
