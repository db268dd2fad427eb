"""Which detectors can be believed: silent, stuck, impossible, drifting."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.kernels.windows import (
    EVENTS,
    OCCUPANCY_PPM,
    OCCUPIED_EVENTS,
    SPEED_MM_S,
    SUMS,
    TIMED_VEHICLES,
    VEHICLES,
)

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.int8]

SILENT_LEAST: Final = 5
"""No shorter silence is told. [windows]"""
SILENT_EVENTS: Final = 20.0
"""Nobody comes while so many events were expected: no chance, even in an evening that gets calm."""
REGULAR_SHARE: Final = 0.98
REGULAR_MEMORY: Final = 60.0
"""Who has told something in so great a part of the last windows tells all the time. [windows]"""
NEVER_TOLD: Final = 15
"""A detector that is known to exist and has told nothing since the beginning. [windows]"""
USUAL_MEMORY: Final = 15.0
"""Over how long the usual number of events is taken. [windows]"""
STUCK_LEAST: Final = 15
"""The same figures, of some vehicles, so many times one after the other. [windows]"""
COVERED_LEAST: Final = 10
"""Covered all the time, and counting nobody, for so long. [windows]"""
COVERED_SHARE: Final = 0.98
VEH_H_LANE_MAX: Final = 3600.0
"""A lane lets no more pass: one vehicle a second. [veh/h]"""
JUDGED_VEH: Final = 5
"""Fewer vehicles say little of occupancy and length. [veh]"""
LENGTH_M: Final = (1.0, 60.0)
"""Between these lies the mean length of vehicles that occupancy, speed and flow imply. [m]"""
DRIFT_FAST: Final = 60.0
DRIFT_SLOW: Final = 1440.0
"""Memories that are compared with each other. [windows]"""
DRIFT_RATIO: Final = 1.5
DRIFT_SURE_SD: Final = 3.0
DRIFT_VEH: Final = 30.0
"""Fewer vehicles in the fast memory are not compared. [veh]"""

_HOUR_S: Final = 3600.0


class Ailment(IntEnum):
    """What is wrong with a detector; where several hold, the one that comes first."""

    SOUND = 0
    SILENT = 1
    STUCK = 2
    IMPOSSIBLE = 3
    DRIFTING = 4


class Soundness:
    """Judges each detector once a window, from its own past and from its neighbours.

    Parameters
    ----------
    lanes
        (detectors,) lanes that each covers.
    window_s
        Length of a window. [s]
    """

    def __init__(self, lanes: npt.NDArray[np.int32], window_s: float) -> None:
        count = len(lanes)
        self._vehicles_max = lanes * VEH_H_LANE_MAX * window_s / _HOUR_S
        self.last: Longs = np.zeros((count, SUMS), np.int64)
        self.told_once: Bools = np.zeros(count, np.bool_)
        # Windows since: the last event, the last change, the last time it was not covered.
        self.empty: Longs = np.zeros(count, np.int64)
        self.same: Longs = np.zeros(count, np.int64)
        self.covered: Longs = np.zeros(count, np.int64)
        self.usual: Doubles = np.zeros(count)
        self.share: Doubles = np.zeros(count)
        # Own vehicles and those of the neighbours, in the fast and in the slow memory.
        self.drift: Doubles = np.zeros((2, 2, count))

    def judge(self, sums: Longs) -> Bytes:
        """Judge one window by each detector's own figures.

        Parameters
        ----------
        sums
            (detectors, SUMS) of the window; zeros where nothing was told.

        Returns
        -------
        (detectors,) an `Ailment`, not yet `DRIFTING`.
        """
        told = sums[:, EVENTS] > 0
        # What is usual counts a silence when it ends: until then nobody knows that it was one.
        faded = self.usual * (1.0 - 1.0 / USUAL_MEMORY) ** self.empty
        now = np.where(self.told_once, faded + (sums[:, EVENTS] - faded) / USUAL_MEMORY, 0.0)
        first = told & ~self.told_once
        self.usual = np.where(first, sums[:, EVENTS], np.where(told, now, self.usual))
        share = self.share * (1.0 - 1.0 / REGULAR_MEMORY) ** self.empty
        share = np.where(first, 1.0, share + (1.0 - share) / REGULAR_MEMORY)
        self.share = np.where(told, share, self.share)
        self.told_once = self.told_once | told
        self.empty = np.where(told, 0, self.empty + 1)
        again = told & (sums == self.last).all(axis=1)
        # One vehicle after the other is no wonder where nothing else is told of them.
        some = (sums[:, [OCCUPANCY_PPM, SPEED_MM_S]] > 0).any(axis=1)
        some |= sums[:, VEHICLES] >= JUDGED_VEH
        self.same = np.where(again & some, self.same + 1, np.where(told, 0, self.same))
        self.last = np.where(told[:, None], sums, self.last)
        most = COVERED_SHARE * 1e6 * sums[:, OCCUPIED_EVENTS]
        full = (sums[:, OCCUPIED_EVENTS] > 0) & (sums[:, OCCUPANCY_PPM] >= most)
        full &= sums[:, VEHICLES] == 0
        self.covered = np.where(full, self.covered + 1, np.where(told, 0, self.covered))
        never = ~self.told_once & (self.empty >= NEVER_TOLD)
        missed = (self.empty * self.usual >= SILENT_EVENTS) | (self.share >= REGULAR_SHARE)
        silent = (self.empty >= SILENT_LEAST) & missed & self.told_once
        stuck = told & ((self.same >= STUCK_LEAST) | (self.covered >= COVERED_LEAST))
        found = np.where(self._cannot_be(sums), Ailment.IMPOSSIBLE, Ailment.SOUND)
        found = np.where(stuck, Ailment.STUCK, found)
        return np.where(silent | never, Ailment.SILENT, found).astype(np.int8)

    def tells(self, sums: Longs, found: Bytes) -> Bools:
        """Say who tells something of a window: who does not tell all the time says nobody came.

        Parameters
        ----------
        sums
            As for `judge`.
        found
            From `judge`, of the same window.

        Returns
        -------
        (detectors,)
        """
        at_times = self.told_once & (self.share < REGULAR_SHARE) & (found != Ailment.SILENT)
        return np.asarray((sums[:, EVENTS] > 0) | at_times)

    def judge_drift(self, sums: Longs, beside: Doubles, found: Bytes) -> Bytes:
        """Judge whether detectors count another part of their neighbours' traffic than before.

        Parameters
        ----------
        sums
            As for `judge`.
        beside
            (detectors,) vehicles of the neighbours in the window, NaN where they do not all tell.
        found
            From `judge`, of the same window.

        Returns
        -------
        (detectors,) `found`, with `DRIFTING` where it was sound.
        """
        usable = self.tells(sums, found) & (found == Ailment.SOUND) & np.isfinite(beside)
        counted = np.stack([sums[:, VEHICLES].astype(float), np.where(usable, beside, 0.0)])
        fast, slow = self.drift
        fast = np.where(usable, fast + counted - fast / DRIFT_FAST, fast)
        enough = (fast >= DRIFT_VEH).all(axis=0) & (slow > fast).all(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(fast[0] / fast[1]) - np.log(slow[0] / slow[1])
            sd = np.sqrt(1.0 / fast[0] + 1.0 / fast[1])
            off = enough & (np.abs(ratio) > np.log(DRIFT_RATIO) + DRIFT_SURE_SD * sd)
        # What a drifting detector tells does not become what is usual.
        slow = np.where(usable & ~off, slow + counted - slow / DRIFT_SLOW, slow)
        self.drift = np.stack([fast, slow])
        drifts = off & (found == Ailment.SOUND)
        return np.where(drifts, Ailment.DRIFTING, found).astype(np.int8)

    def _cannot_be(self, sums: Longs) -> Bools:
        vehicles = sums[:, VEHICLES]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = sums[:, OCCUPANCY_PPM] / sums[:, OCCUPIED_EVENTS] / 1e6
            speed_m_s = sums[:, SPEED_MM_S] / sums[:, TIMED_VEHICLES] / 1e3
            flow_veh_s = vehicles / (self._vehicles_max * _HOUR_S / VEH_H_LANE_MAX)
            length_m = share * speed_m_s / flow_veh_s
        many = vehicles >= JUDGED_VEH
        uncovered = many & (share == 0)
        # Detectors that tell speed 0 or no speed tell no length.
        low_m, high_m = LENGTH_M
        odd = many & (speed_m_s > 0) & (share > 0) & ((length_m < low_m) | (length_m > high_m))
        return np.asarray((vehicles > self._vehicles_max) | uncovered | odd)
