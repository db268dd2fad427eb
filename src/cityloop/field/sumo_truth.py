"""What a run is judged by, read from the simulator and never shown to a controller."""

from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Network
from cityloop.city.signals import Bools, GroupKind, Signals
from cityloop.traffic.observe.view import View

AT_LINE_M: Final = 10.0
STANDING_M_S: Final = 0.1
SAMPLE_S: Final = 30


class SumoTruth:
    """Longest red and queues of a run, from the simulator's own state.

    *Longest red* is judged lane by lane: for how long the first vehicle has stood at the stop line
    while none of the lane's movements had green. SUMO keeps every vehicle's standing time, so only
    lanes that have been red for longer than the longest so far need a look. Of a *walk* it is the
    longest time without green: nobody has waited for longer than that to cross.

    Parameters
    ----------
    sumo
        The running libsumo.
    network
        The roads.
    signals
        Their signals.
    view
        What their sensors cover.
    now_s
        The first second. [s]
    """

    def __init__(
        self, sumo: ModuleType, network: Network, signals: Signals, view: View, now_s: int
    ) -> None:
        self._sumo = sumo
        self._now_s = now_s
        self._lanes = [network.lane_ids[lane] for lane in view.approach_lane]
        self._length_m = network.lane_length_m[view.approach_lane]
        self._signal = view.approach_signal
        approach_of = np.full(len(network.lane_ids), -1)
        approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
        group = signals.stream_group[: network.connector_count]
        self._stream_group = group[group >= 0]
        self._stream_approach = approach_of[network.connector_from_lane[group >= 0]]
        self._red_since_s = np.full(len(self._lanes), now_s)
        self._look_again_s = np.full(len(self._lanes), now_s)
        self._green = np.zeros(len(self._lanes), bool)
        self._group_green = np.zeros(signals.group_count, bool)
        self.longest_red_s = 0.0
        self.longest_red_lane = ""
        self._walks = np.flatnonzero(signals.group_kind == GroupKind.WALK)
        self._walk_red_s = np.zeros(len(self._walks), np.int64)
        self.longest_walk_red_s = 0.0
        self.queue_time_s: list[int] = []
        self.queue: list[npt.NDArray[np.int32]] = []
        self._signals = len(signals.signal_ids)

    def after_step(self, now_s: int, green: Bools) -> None:
        """Go on to the next second; take samples when they are due.

        Parameters
        ----------
        now_s
            The second that has been reached. [s]
        green
            (groups,) what had green in the second that has passed.
        """
        self._now_s = now_s
        if self._walks.size:
            self._walk_red_s = np.where(green[self._walks], 0, self._walk_red_s + 1)
            longest_s = float(self._walk_red_s.max())
            self.longest_walk_red_s = max(self.longest_walk_red_s, longest_s)
        if not np.array_equal(green, self._group_green):
            self._group_green = green
            lane_green = np.zeros(len(self._lanes), bool)
            lane_green[self._stream_approach[green[self._stream_group]]] = True
            self._red_since_s[self._green & ~lane_green] = now_s - 1
            self._green = lane_green
        red_s = now_s - self._red_since_s
        due = ~self._green & (red_s > self.longest_red_s) & (self._look_again_s <= now_s)
        for a in np.flatnonzero(due).tolist():
            stood_s = self._judge(a, int(red_s[a]))
            # Nobody can have stood for longer than the longest so far before that has passed.
            self._look_again_s[a] = now_s + max(int(self.longest_red_s - stood_s), 1)
        if now_s % SAMPLE_S == 0:
            halting = self._sumo.lane.getLastStepHaltingNumber
            counts = np.array([halting(lane) for lane in self._lanes], np.int32)
            self.queue_time_s.append(now_s)
            self.queue.append(np.bincount(self._signal, counts, self._signals).astype(np.int32))

    def _judge(self, approach: int, red_s: int) -> float:
        """Take note of how long the lane's first vehicle has stood at its line. [s]."""
        names = self._sumo.lane.getLastStepVehicleIDs(self._lanes[approach])
        if not names:
            return 0.0
        vehicle = self._sumo.vehicle
        first = names[-1]
        if self._length_m[approach] - vehicle.getLanePosition(first) > AT_LINE_M:
            return 0.0
        if vehicle.getSpeed(first) >= STANDING_M_S:
            return 0.0
        stood_s = min(float(vehicle.getWaitingTime(first)), float(red_s))
        if stood_s > self.longest_red_s:
            self.longest_red_s = stood_s
            self.longest_red_lane = self._lanes[approach]
        return stood_s
