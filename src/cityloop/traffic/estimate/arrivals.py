"""Queues and arrivals to come on every approach lane, from what the cameras see."""

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints, Network
from cityloop.city.signals import Bools, Signals
from cityloop.traffic.estimate.health import Health
from cityloop.traffic.estimate.hidden import Hidden
from cityloop.traffic.estimate.upstream import PLANNED_S, Upstream
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
    signals
        Their signals.
    view
        What the sensors cover.
    lane_of
        (approaches,) number of each approach lane in the order that is wanted.
    horizon_s
        How far ahead. [s]
    bus_weight
        How many vehicles a bus counts for.
    looks_upstream
        Whether what comes from beyond the view is told by the signals upstream; else it is taken to
        come at the usual rate.

    Attributes
    ----------
    weight
        (lanes,) what a vehicle in view counts, on the mean; 1 where there is none.
    queue
        (lanes,) vehicles that stand or crawl.
    near
        (lanes,) vehicles of any speed in the last metres before the line.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    seen
        (lanes, seconds + 1) the same, of those alone who are in view where somebody looks.
    rate
        (lanes,) usual arrivals. [veh/s]
    planned_veh_s
        (lanes,) what the city's own programme is made for; may be set. [veh/s]
    upstream, health, hidden
        What comes from the signals upstream; whose cameras are believed, and what is usual; who
        waits unseen.
    blind, dark
        (lanes,) whose cameras are not believed, or hardly; which of them tell nothing, or what
        cannot be.
    """

    def __init__(
        self,
        network: Network,
        signals: Signals,
        view: View,
        lane_of: Ints,
        horizon_s: int,
        *,
        bus_weight: float = 1.0,
        looks_upstream: bool = True,
    ) -> None:
        lanes = len(lane_of)
        self.planned_veh_s: Floats = np.zeros(lanes)
        self._left: Floats = np.zeros(lanes)
        self._view = view
        self._lane_of = lane_of
        self._horizon_s = horizon_s
        self._bus_weight, self._looks_upstream = bus_weight, looks_upstream
        self.weight: Floats = np.ones(lanes)
        self._feeds = np.diff(view.feed_start)
        self.queue: Floats = np.zeros(lanes)
        self.near: Floats = np.zeros(lanes)
        self.came: Floats = np.zeros((lanes, horizon_s + 2))
        self.seen: Floats = np.zeros((lanes, horizon_s + 2))
        self.rate: Floats = np.full(lanes, 0.02)
        speed_m_s = np.empty(lanes)
        speed_m_s[lane_of] = network.lane_speed_m_s[view.approach_lane]
        self._speed_m_s = speed_m_s
        self._beyond_s = np.minimum(VIEW_M / speed_m_s, horizon_s).astype(int)
        seconds = np.arange(horizon_s + 2)
        self.upstream = Upstream(network, signals, view, horizon_s)
        nearest_s = np.empty(lanes)
        nearest_s[lane_of] = self.upstream.nearest_s()
        if looks_upstream:
            self._beyond_s = np.minimum(self._beyond_s, nearest_s)
        self._approach = np.argsort(lane_of)
        self.health = Health(view)
        self.hidden = Hidden(lanes)
        self._next: Floats = np.zeros(lanes)
        self.blind: Bools = np.zeros(lanes, bool)
        self.dark: Bools = np.zeros(lanes, bool)
        self._beyond: npt.NDArray[np.bool_] = seconds[None, :] > self._beyond_s[:, None]

    def update(self, observation: Observation, now_s: int, green_rate: Floats) -> None:
        """Take in one second.

        Where a lane's camera is not believed, its queue goes on by what is expected to come and to
        leave.

        Parameters
        ----------
        observation
            What was seen, a little while ago.
        now_s
            The present second. [s]
        green_rate
            (lanes,) what the lamps let go now. [veh/s]
        """
        seconds = np.arange(PLANNED_S + 1)
        waiting = self.queue[:, None] + self.came[:, : PLANNED_S + 1]
        leaving = self._limit(np.diff(np.minimum(waiting, green_rate[:, None] * seconds), axis=1))
        self.health.update(observation)
        health, approach = self.health, self._approach
        new = self._see(observation, now_s)
        doubt = health.doubt[approach]
        self.blind, self.dark = health.unseen[approach], health.dark[approach]
        self.hidden.update(
            doubt, self.blind, self.queue, self._next, self.planned_veh_s, green_rate
        )
        self.queue = np.where(doubt > 0.0, self.hidden.queue, self.queue)
        crossed = self.crossed(observation)
        self.rate += np.where(crossed >= 0, crossed - self.rate, 0.0) / MEMORY_S
        usual = health.usual.veh_s[approach]
        self.rate = np.where(self.blind, usual, self.rate)
        self.upstream.update(
            crossed[self._lane_of],
            leaving[self._lane_of],
            usual[self._lane_of],
            observation.seen_s,
        )
        expected = self.upstream.expect(now_s, leaving[self._lane_of], self.rate[self._lane_of])
        expected = expected[self._approach]
        if not self._looks_upstream:
            expected = np.broadcast_to(self.rate[:, None], expected.shape)
        most = health.usual.most_veh_s[approach]
        self._next = np.where(self.blind, expected[:, 1], most)
        far = expected * (self._beyond | self.dark[:, None])
        self.came = np.cumsum(new + far, axis=1)
        self.seen = np.where(self.blind[:, None], self.came, np.cumsum(new, axis=1))

    def _limit(self, leaving: Floats) -> Floats:
        """Let no more leave a lane that nobody sees than is believed to come to it, on the mean.

        What the lamps would let go is a bound: two such lanes in a row would fill one another.
        """
        passes = np.where(self.blind, leaving[:, 0], self.rate)
        self._left += (passes - self._left) / MEMORY_S
        part = np.minimum(self.rate / np.maximum(self._left, 1e-6), 1.0)
        return np.asarray(leaving * np.where(self.blind, part, 1.0)[:, None])

    def _see(self, observation: Observation, now_s: int) -> Floats:
        """Count who waits and who is near; give when those who move will come to the line."""
        lanes = len(self.queue)
        view = self._view
        lateness_s = now_s - observation.seen_s
        counts = self._feeds[observation.vehicle_view]
        vehicle = np.repeat(np.arange(len(observation.vehicle_view)), counts)
        start = np.repeat(view.feed_start[observation.vehicle_view], counts)
        entry = start + np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts, counts)
        lane = self._lane_of[view.feed_approach[entry]]
        share = np.where(self.blind[lane], 0.0, view.feed_weight[entry])
        way_m = observation.vehicle_distance_m[vehicle].astype(float)
        speed_m_s = observation.vehicle_speed_m_s[vehicle].astype(float)
        bus = observation.vehicle_is_bus[vehicle]
        if self._bus_weight != 1.0 and bus.any():
            extra = np.bincount(lane, share * bus * (self._bus_weight - 1.0), lanes)
            self.weight = 1.0 + extra / np.maximum(np.bincount(lane, share, lanes), 1e-9)
        else:
            self.weight = np.ones(lanes)
        slow = speed_m_s < SLOW_M_S
        self.queue = np.bincount(lane[slow], share[slow], lanes).astype(float)
        close = way_m < NEAR_M
        self.near = np.bincount(lane[close], share[close], lanes).astype(float)
        moving = ~slow
        free_m_s = self._speed_m_s[lane[moving]]
        eta_s = way_m[moving] / np.maximum(LEAST_SPEED_M_S, 0.5 * (speed_m_s[moving] + free_m_s))
        second = np.clip(np.ceil(eta_s - lateness_s), 0, self._horizon_s).astype(int) + 1
        cell = lane[moving] * self.came.shape[1] + second
        new = np.bincount(cell, share[moving], self.came.size).astype(float)
        return new.reshape(self.came.shape)

    def crossed(self, observation: Observation) -> npt.NDArray[np.float64]:
        """Give the vehicles that crossed the line, lane by lane; -1 where nothing can be believed.

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
        return np.where(self.blind, -1.0, crossed)
