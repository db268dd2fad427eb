"""Queues and arrivals to come on every approach lane, from what the cameras see."""

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints, Network
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import VIEW_M, View

SLOW_M_S = 2.0
LEAST_SPEED_M_S = 4.0
NEAR_M = 45.0
MEMORY_S = 180.0


class Arrivals:
    """Keeps queue, vehicles to come and the usual rate of every approach lane.

    Lanes are ordered as `lane_of` says.

    Parameters
    ----------
    network
        The roads.
    view
        What the sensors cover.
    lane_of
        (approaches,) number of each approach lane in the order that is wanted.
    horizon_s
        How far ahead. [s]

    Attributes
    ----------
    queue
        (lanes,) vehicles that stand or crawl.
    near
        (lanes,) vehicles of any speed in the last metres before the line.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    rate
        (lanes,) usual arrivals. [veh/s]
    """

    def __init__(self, network: Network, view: View, lane_of: Ints, horizon_s: int) -> None:
        lanes = len(lane_of)
        self._view = view
        self._lane_of = lane_of
        self._horizon_s = horizon_s
        self._feeds = np.diff(view.feed_start)
        self.queue: Floats = np.zeros(lanes)
        self.near: Floats = np.zeros(lanes)
        self.came: Floats = np.zeros((lanes, horizon_s + 2))
        self.rate: Floats = np.full(lanes, 0.02)
        speed_m_s = np.empty(lanes)
        speed_m_s[lane_of] = network.lane_speed_m_s[view.approach_lane]
        self._speed_m_s = speed_m_s
        self._beyond_s = np.minimum(VIEW_M / speed_m_s, horizon_s).astype(int)
        seconds = np.arange(horizon_s + 2)
        self._unseen_s: Floats = np.maximum(seconds[None, :] - self._beyond_s[:, None], 0.0)

    def update(self, observation: Observation, now_s: int) -> None:
        """Take in one second.

        Parameters
        ----------
        observation
            What was seen, a little while ago.
        now_s
            The present second. [s]
        """
        lanes = len(self.queue)
        view = self._view
        lateness_s = now_s - observation.seen_s
        vehicle = np.repeat(
            np.arange(len(observation.vehicle_view)), self._feeds[observation.vehicle_view]
        )
        start = view.feed_start[observation.vehicle_view]
        counts = self._feeds[observation.vehicle_view]
        offset = np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts, counts)
        entry = np.repeat(start, counts) + offset
        lane = self._lane_of[view.feed_approach[entry]]
        share = view.feed_weight[entry]
        way_m = observation.vehicle_distance_m[vehicle].astype(float)
        speed_m_s = observation.vehicle_speed_m_s[vehicle].astype(float)
        slow = speed_m_s < SLOW_M_S
        self.queue = np.bincount(lane[slow], share[slow], lanes).astype(float)
        close = way_m < NEAR_M
        self.near = np.bincount(lane[close], share[close], lanes).astype(float)
        moving = ~slow
        free_m_s = self._speed_m_s[lane[moving]]
        eta_s = way_m[moving] / np.maximum(LEAST_SPEED_M_S, 0.5 * (speed_m_s[moving] + free_m_s))
        second = np.clip(np.ceil(eta_s - lateness_s), 0, self._horizon_s).astype(int) + 1
        new = np.bincount(
            lane[moving] * self.came.shape[1] + second, share[moving], self.came.size
        ).reshape(self.came.shape)
        counted = observation.crossed >= 0
        crossed = np.zeros(lanes)
        crossed[self._lane_of[counted]] = observation.crossed[counted]
        self.rate += (crossed - self.rate) / MEMORY_S
        self.came = np.cumsum(new, axis=1) + self._unseen_s * self.rate[:, None]

    def crossed(self, observation: Observation) -> npt.NDArray[np.float64]:
        """Give the vehicles that crossed the line, lane by lane; -1 where that is not known.

        Parameters
        ----------
        observation
            What was seen.

        Returns
        -------
        (lanes,) counts.
        """
        crossed = np.empty(len(self.queue))
        crossed[self._lane_of] = observation.crossed
        return crossed
