"""Sensors that fail: silent, stuck at what they last saw, or seconds late."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.signals import Bools
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View

BEGIN_S: Final = 300
"""When they fail, after the first second. [s]"""
LATE_S: Final = 3


class Fault(StrEnum):
    """How a sensor fails."""

    SILENT = "silent"
    STUCK = "stuck"
    LATE = "late"


class SensorFaults:
    """Lets the sensors of some approach lanes fail.

    Parameters
    ----------
    view
        What the sensors cover.
    shares
        How great a part of the approach lanes fails in each way, 0-1; together at most 1.
    rng
        Chooses the lanes.
    """

    def __init__(self, view: View, shares: Mapping[Fault, float], rng: np.random.Generator) -> None:
        count = len(view.approach_lane)
        order = rng.permutation(count)
        begin = 0
        self.fails: dict[Fault, Bools] = {}
        for fault in Fault:
            end = begin + round(shares.get(fault, 0.0) * count)
            chosen = np.zeros(count, bool)
            chosen[order[begin:end]] = True
            self.fails[fault] = chosen
            begin = end
        # A lane upstream of a split counts as the first of the lanes that it feeds.
        self._approach = view.feed_approach[view.feed_start[:-1]]
        self._begin_s: int | None = None
        self._frozen: Observation | None = None
        self._kept: deque[Observation] = deque(maxlen=LATE_S + 1)

    def spoil(self, observation: Observation) -> Observation:
        """Give what arrives of what the sensors saw in one second.

        Parameters
        ----------
        observation
            What they would report if none had failed.

        Returns
        -------
        What they report.
        """
        self._begin_s = observation.seen_s if self._begin_s is None else self._begin_s
        self._kept.append(observation)
        if observation.seen_s - self._begin_s < BEGIN_S:
            return observation
        self._frozen = self._frozen or observation
        fails = self.fails
        told = _put(observation, None, fails[Fault.SILENT], self._approach)
        told = _put(told, self._frozen, fails[Fault.STUCK], self._approach)
        return _put(told, self._kept[0], fails[Fault.LATE], self._approach)


def _put(told: Observation, other: Observation | None, lanes: Bools, owner: Ints) -> Observation:
    """Report of some lanes what another second's report has, or nothing."""
    if not lanes.any():
        return told
    kept = ~lanes[owner[told.vehicle_view]]
    there = np.zeros(0, bool) if other is None else lanes[owner[other.vehicle_view]]

    def vehicles(of: str) -> Any:  # noqa: ANN401  arrays of three types
        values = getattr(told, of)[kept]
        return values if other is None else np.concatenate([values, getattr(other, of)[there]])

    def figures(of: str) -> Any:  # noqa: ANN401
        values = getattr(told, of)
        failed = -1 if other is None else getattr(other, of)
        return np.where(lanes, failed, values).astype(values.dtype)

    return replace(
        told,
        vehicle_view=vehicles("vehicle_view"),
        vehicle_distance_m=vehicles("vehicle_distance_m"),
        vehicle_speed_m_s=vehicles("vehicle_speed_m_s"),
        vehicle_is_bus=vehicles("vehicle_is_bus"),
        crossed=figures("crossed"),
        stop_occupied=figures("stop_occupied"),
        advance_count=figures("advance_count"),
        advance_occupancy=figures("advance_occupancy"),
    )
