"""What cameras have counted, second by second, kept for as long as was watched."""

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.city.signals import Bools
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View

Shorts = npt.NDArray[np.int16]
Singles = npt.NDArray[np.float32]

NEAR_M = 60.0
SLOW_M_S = 2.0


@record
class Counts:
    """A time of watching.

    Attributes
    ----------
    begin_s
        The second before the first that was watched. [s]
    crossed
        (seconds, approaches) vehicles that crossed the stop line.
    near
        (seconds, approaches) vehicles in view in the last `NEAR_M` metres before it.
    queued
        (seconds, approaches) vehicles in view that stand or crawl.
    green
        (seconds, groups) whether a group had green.
    """

    begin_s: int
    crossed: Shorts
    near: Singles
    queued: Singles
    green: Bools


class Counter:
    """Takes in observations one by one.

    Parameters
    ----------
    view
        What the cameras cover.
    begin_s
        The second before the first observation. [s]
    """

    def __init__(self, view: View, begin_s: int) -> None:
        self._view = view
        self._begin_s = begin_s
        self._feeds = np.diff(view.feed_start)
        self._crossed: list[Shorts] = []
        self._near: list[Singles] = []
        self._queued: list[Singles] = []
        self._green: list[Bools] = []

    def add(self, observation: Observation, green: Bools) -> None:
        """Take in one second.

        Parameters
        ----------
        observation
            What the cameras saw.
        green
            (groups,) what had green in that second.
        """
        view = self._view
        lanes = len(view.approach_lane)
        of = observation.vehicle_view
        counts = self._feeds[of]
        vehicle = np.repeat(np.arange(len(of)), counts)
        place = np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts, counts)
        entry = np.repeat(view.feed_start[of], counts) + place
        lane, share = view.feed_approach[entry], view.feed_weight[entry]
        near = observation.vehicle_distance_m[vehicle] < NEAR_M
        slow = observation.vehicle_speed_m_s[vehicle] < SLOW_M_S
        self._crossed.append(np.maximum(observation.crossed, 0).astype(np.int16))
        self._near.append(np.bincount(lane[near], share[near], lanes).astype(np.float32))
        self._queued.append(np.bincount(lane[slow], share[slow], lanes).astype(np.float32))
        self._green.append(green.copy())

    def counts(self) -> Counts:
        """Give all that was taken in.

        Returns
        -------
        The counts.
        """
        lanes = len(self._view.approach_lane)
        groups = len(self._green[0]) if self._green else 0
        return Counts(
            begin_s=self._begin_s,
            crossed=np.array(self._crossed, np.int16).reshape(-1, lanes),
            near=np.array(self._near, np.float32).reshape(-1, lanes),
            queued=np.array(self._queued, np.float32).reshape(-1, lanes),
            green=np.array(self._green, bool).reshape(-1, groups),
        )
