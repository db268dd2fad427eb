"""All estimates of one source's detectors, window by window."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.windows import SUMS, VEHICLES
from cityloop.traffic.estimate.live.gaps import FIGURES, SLOTS, GapFiller, Method
from cityloop.traffic.estimate.live.service import Names, service_of_speed
from cityloop.traffic.estimate.live.sites import Sites
from cityloop.traffic.estimate.live.sliding import Sliding
from cityloop.traffic.estimate.live.soundness import Ailment, Soundness
from cityloop.traffic.estimate.live.turning import Turn, balance_turns
from cityloop.traffic.estimate.windows import flow_veh_h, mean_occupancy, mean_speed_m_s

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.int8]

_HOUR_S: Final = 3600.0
_DAY_US: Final = 86_400 * 10**6
_SATURDAY: Final = 5
_KEPT: Final = (
    *(
        ("soundness", name)
        for name in ("last", "told_once", "empty", "same", "covered", "usual", "share", "drift")
    ),
    *(("filler", name) for name in ("pairs", "profile", "held", "age")),
    *(("sliding", name) for name in ("ring", "total")),
)
JUMP_MAX: Final = 1440
"""After a longer gap than so many windows nothing is taken to have gone on. [windows]"""


@dataclass(frozen=True, kw_only=True)
class RoadRules:
    """How estimates are made.

    Attributes
    ----------
    window_us
        Length of a window. [us]
    panes
        Length of a sliding window over it.
    utc_offset_us
        Local time less UTC, by which days and weekends are told. [us]
    """

    window_us: int = 60 * 10**6
    panes: int = 15
    utc_offset_us: int = 0


@record
class Estimate:
    """What is known of one window, and of the sliding window that ends with it.

    Attributes
    ----------
    begin_us
        When the window begins. [us since 1970]
    sums
        (detectors, SUMS) of the window, as told.
    slid
        (detectors, SUMS) of the sliding window, as told.
    slid_windows
        How many windows the sliding one holds: fewer at the beginning.
    ailment
        (detectors,) an `Ailment`.
    values
        (FIGURES, detectors) flow [veh/h], occupancy [0-1] and speed [m/s] of the window, gaps
        filled; NaN where nothing is known.
    method
        (FIGURES, detectors) a `Method` of each value.
    movement_values
        (FIGURES, movements) of the sliding window, gaps filled.
    movement_measured
        (movements,) share of their flow's windows that was measured, not filled, 0-1.
    movement_service
        (movements,) level of service, A to F, empty where it is not known.
    """

    begin_us: int
    sums: Longs
    slid: Longs
    slid_windows: int
    ailment: Bytes
    values: Doubles
    method: Bytes
    movement_values: Doubles
    movement_measured: Doubles
    movement_service: Names


class Road:
    """Goes on from window to window; the same windows in one piece or in many give the same.

    Parameters
    ----------
    sites
        Where the detectors are.
    rules
        How estimates are made.
    """

    def __init__(self, sites: Sites, rules: RoadRules) -> None:
        self.sites, self.rules = sites, rules
        count = len(sites.detectors)
        self.soundness = Soundness(sites.lanes, rules.window_us / 1e6)
        self.filler = GapFiller(sites.neighbours)
        self.sliding = Sliding(rules.panes, count)
        # Filled values of the last windows, and whether each flow was measured.
        self.ring: Doubles = np.full((rules.panes, FIGURES, count), np.nan)
        self.measured: npt.NDArray[np.bool_] = np.zeros((rules.panes, count), np.bool_)
        self.next_us = -1
        self._detectors_of = [
            np.flatnonzero(sites.movement_of == m) for m in range(len(sites.movements))
        ]
        self._movement_free_m_s = np.array(
            [_mean(sites.free_m_s[its]) for its in self._detectors_of], np.float64
        )

    def take(self, begin_us: int, sums: Longs) -> list[Estimate]:
        """Take in a window that has closed.

        Parameters
        ----------
        begin_us
            When it begins; later than the last one. [us since 1970]
        sums
            (detectors, SUMS) zeros where nothing was told.

        Returns
        -------
        Its estimate, and before it those of the windows that were left out, in which nobody told
        anything.

        Raises
        ------
        ValueError
            If the window is not later than the last one.
        """
        window_us = self.rules.window_us
        if begin_us < self.next_us:
            raise ValueError("windows come in order")
        passed = (begin_us - self.next_us) // window_us if self.next_us >= 0 else 0
        nothing = np.zeros((len(self.sites.detectors), SUMS), np.int64)
        out = []
        if passed <= JUMP_MAX:
            out = [self._step(begin_us - k * window_us, nothing) for k in range(passed, 0, -1)]
        else:
            self._begin_anew()
        out.append(self._step(begin_us, sums))
        self.next_us = begin_us + window_us
        return out

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that is kept from window to window.

        Returns
        -------
        Name to array; what `restore` takes.
        """
        kept = {f"{part}.{name}": getattr(getattr(self, part), name) for part, name in _KEPT}
        counts = np.array([self.sliding.taken, self.next_us], np.int64)
        return kept | {"ring": self.ring, "measured": self.measured, "counts": counts}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what was kept, perhaps of fewer detectors: the first of those there are now.

        Parameters
        ----------
        state
            From `state`, by the same rules.
        """
        for part, name in _KEPT:
            _fill(getattr(getattr(self, part), name), state[f"{part}.{name}"])
        _fill(self.ring, state["ring"])
        _fill(self.measured, state["measured"])
        self.sliding.taken, self.next_us = state["counts"].tolist()

    def _begin_anew(self) -> None:
        self.sliding = Sliding(self.rules.panes, len(self.sites.detectors))
        self.ring[:] = np.nan
        self.measured[:] = False
        self.soundness.empty[:] = 0
        self.filler.age[:] = JUMP_MAX

    def _step(self, begin_us: int, sums: Longs) -> Estimate:
        rules = self.rules
        found = self.soundness.judge(sums)
        told = self.soundness.tells(sums, found)
        ailment = self.soundness.judge_drift(sums, self._beside(sums, found, told), found)
        flow = np.where(told, flow_veh_h(sums, rules.window_us), np.nan)
        values = np.stack([flow, mean_occupancy(sums), mean_speed_m_s(sums)])
        slot, weekend = time_of_day(begin_us + rules.utc_offset_us)
        good = told & (ailment == Ailment.SOUND)
        filled, method = self.filler.fill(values, good, slot, weekend=weekend)
        place = self.sliding.taken % rules.panes
        slid = self.sliding.take(sums)
        self.ring[place] = filled
        self.measured[place] = method[0] == Method.MEASURED
        slid_windows = self.sliding.windows()
        moved, measured = self._movements(slid_windows)
        return Estimate(
            begin_us=begin_us,
            sums=sums,
            slid=slid,
            slid_windows=slid_windows,
            ailment=ailment,
            values=filled,
            method=method,
            movement_values=moved,
            movement_measured=measured,
            movement_service=service_of_speed(moved[2], self._movement_free_m_s),
        )

    def turns(self, estimate: Estimate) -> list[Turn]:
        """Balance the turning flows of all junctions, over the sliding window of an estimate.

        Parameters
        ----------
        estimate
            From `take`.

        Returns
        -------
        The turns, junction by junction.
        """
        movements = self.sites.movements
        window_s = self.rules.window_us / 1e6
        vehicles = estimate.movement_values[0] * estimate.slid_windows * window_s / _HOUR_S
        junctions = dict.fromkeys(each.junction for each in movements)
        return [turn for name in junctions for turn in balance_turns(movements, vehicles, name)]

    def _beside(self, sums: Longs, found: Bytes, told: npt.NDArray[np.bool_]) -> Doubles:
        """Sum up the vehicles of each detector's neighbours, NaN where they do not all tell."""
        near = self.sites.neighbours
        sound = told & (found == Ailment.SOUND)
        all_tell = (sound[near] | (near < 0)).all(axis=1) & (near >= 0).any(axis=1)
        vehicles = np.where(near >= 0, sums[:, VEHICLES][near], 0).sum(axis=1)
        return np.where(all_tell, vehicles, np.nan)

    def _movements(self, slid_windows: int) -> tuple[Doubles, Doubles]:
        """Bring the last windows of each movement's detectors together."""
        count = len(self.sites.movements)
        values = np.full((FIGURES, count), np.nan)
        measured = np.zeros(count)
        order = (self.sliding.taken - 1 - np.arange(slid_windows)) % self.rules.panes
        last = self.ring[np.sort(order)]
        for m, its in enumerate(self._detectors_of):
            flow, occupancy, speed = last[:, 0, its], last[:, 1, its], last[:, 2, its]
            known = np.isfinite(flow)
            if known.any(axis=0).all():
                # Lanes side by side add up; each is as it was on average while it was known.
                values[0, m] = _means(flow).sum()
            values[1, m] = _mean(occupancy)
            values[2, m] = _weighed(speed, flow)
            measured[m] = self.measured[np.sort(order)][:, its].mean()
        return values, measured


def _fill(room: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
    room[tuple(slice(0, length) for length in values.shape)] = values


def time_of_day(local_us: int) -> tuple[int, bool]:
    """Tell a moment's half hour of the day, and whether it is a weekend.

    Parameters
    ----------
    local_us
        Microseconds since 1970 by the local clock. [us]

    Returns
    -------
    0 up to `SLOTS`, and whether it is a Saturday or Sunday.
    """
    slot = local_us % _DAY_US * SLOTS // _DAY_US
    day = datetime.fromtimestamp(local_us // 10**6, UTC).weekday()
    return slot, day >= _SATURDAY


def _mean(values: Doubles) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan


def _means(values: Doubles) -> Doubles:
    known = np.isfinite(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _weighed(speed_m_s: Doubles, flow: Doubles) -> float:
    """Mean speed, each vehicle weighing the same."""
    known = np.isfinite(speed_m_s) & np.isfinite(flow) & (flow > 0)
    weight = flow[known].sum()
    return float((speed_m_s[known] * flow[known]).sum() / weight) if weight else math.nan
