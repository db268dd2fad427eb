"""What is usual on each approach lane, and how strange it is when nobody comes.

The clock here is the traffic itself: it goes on by one when the mean lane of the network has let
one vehicle go. A street that fills in the morning with all others, and empties with them at night,
is as usual as ever.
"""

from typing import Final

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.city.signals import Bools

PACE_S: Final = 180.0
"""Over what time the clock's pace is taken. [s]"""
START_PACE_VEH_S: Final = 0.02
"""Its pace before anything is counted. [veh/s]"""
MEMORY_VEH: Final = 50.0
"""For how long, by this clock, counts are remembered. [veh]"""
PRIOR_VEH: Final = 3.0
"""Beforehand each lane is taken for the mean lane, as if that had been counted so long. [veh]"""
SURE_SD: Final = 1.3
"""At most so many standard deviations above the mean come: too long a green costs less than a queue
that nobody knows of."""
QUIET_S: Final = 30
"""Shorter gaps between vehicles tell nothing: who comes, comes in platoons. [s]"""
UNUSED_SHARE: Final = 0.25
"""Part of the lanes that nobody takes, of those on which nobody has been seen."""
FROZEN_SHARE: Final = 0.01
"""Part of the cameras that stand still on an empty road, before anything is known of them."""
MOST_FROZEN_SHARE: Final = 0.5

WATCHED, PASSED, EMPTY, FILLED = range(4)


class Usual:
    """Learns what crosses each line, and how long its picture stays empty.

    Both are Poisson processes with gamma priors: vehicles that cross the line, and vehicles that
    end a long silence. Bayes' rule tells from the second how likely it is that a silence is no
    empty road, but a camera that stands still.

    Parameters
    ----------
    count
        Number of approach lanes.

    Attributes
    ----------
    pace_veh_s
        How fast the clock goes: what the mean lane lets go. [veh/s]
    counts
        (4, approaches) by that clock: time for which the lane was watched, vehicles that passed in
        it, time in long silences, and how many of these have ended. [veh]
    used
        (approaches,) on which somebody has been seen.
    veh_s, most_veh_s
        (approaches,) what crosses each line at the present pace; the same, at most. [veh/s]
    doubt
        (approaches,) how likely it is that the camera shows an empty road and stands still.
    """

    def __init__(self, count: int) -> None:
        self.pace_veh_s = START_PACE_VEH_S
        self.counts: Floats = np.full((4, count), PRIOR_VEH)
        self.used: Bools = np.zeros(count, bool)
        self.doubt: Floats = np.zeros(count)
        self.veh_s: Floats = np.full(count, START_PACE_VEH_S)
        self.most_veh_s = self.veh_s.copy()
        self._empty_s = np.zeros(count, int)
        self._silence: Floats = np.zeros(count)

    def update(self, crossed: Ints, alive: Bools, watched: Bools, frozen_share: float) -> None:
        """Take in one second.

        Parameters
        ----------
        crossed
            (approaches,) vehicles counted at the line.
        alive
            (approaches,) whose picture shows somebody, or that counted somebody.
        watched
            (approaches,) that were looked at by cameras that tell what they see.
        frozen_share
            Part of the cameras that are likely to stand still, as far as their pictures tell.
        """
        if not watched.any():
            return
        passed = float(crossed[watched].mean())
        self.pace_veh_s += (passed - self.pace_veh_s) / PACE_S
        woke = watched & alive & (self._empty_s >= QUIET_S)
        self.used = self.used | (watched & alive)
        self._empty_s = np.where(watched & ~alive, self._empty_s + 1, 0)
        quiet = self._empty_s >= QUIET_S
        # A silence counts when it ends: until then nobody knows that it was one.
        over = np.where(woke, self._silence, 0.0)
        seen = np.where(watched & ~quiet, passed + over, 0.0)
        came = np.where(watched & ~quiet, crossed, 0.0)
        fades = np.minimum(np.stack([seen, seen, over, over]) / MEMORY_VEH, 1.0)
        self.counts = self.counts - (self.counts - PRIOR_VEH) * fades
        self.counts += np.stack([seen, came, over, woke])
        self._silence = np.where(quiet, self._silence + passed, 0.0)
        self.doubt = np.where(quiet, self._doubt(frozen_share), 0.0)
        self.veh_s = self.pace_veh_s * self.counts[PASSED] / self.counts[WATCHED]
        likely = self.counts[PASSED] + SURE_SD * np.sqrt(self.counts[PASSED])
        self.most_veh_s = self.pace_veh_s * likely / self.counts[WATCHED]

    def _doubt(self, frozen_share: float) -> Floats:
        """Weigh a still camera against an empty road."""
        empty, filled = self.counts[EMPTY], self.counts[FILLED]
        by_chance = (empty / (empty + self._silence)) ** filled
        unused = np.where(self.used, 0.0, UNUSED_SHARE)
        empty_road = unused + (1.0 - unused) * by_chance
        still = min(FROZEN_SHARE + frozen_share, MOST_FROZEN_SHARE)
        return np.asarray(still / (still + (1.0 - still) * empty_road))
