"""Which approach lanes' cameras can be believed."""

import numpy as np

from cityloop.city.network import Floats
from cityloop.traffic.estimate.usual import FROZEN_SHARE, Usual
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View

SILENT_S = 3
"""A camera that has told nothing for so long is silent. [s]"""
FROZEN_S = 5
"""A picture of vehicles that is the same to the last digit for so long is frozen. [s]"""
ENDLESS_S = 12
"""No lane lets somebody go in every second for so long. [s]"""
SHARE_S = 60
"""Over what time the part of the pictures that stand still is taken. [s]"""
SURE_DOUBT = 0.9
"""Where others are known to stand still, a camera that is doubted so much is not used. [-]"""
BELIEVE_S = 10
"""For how long a camera must be sound before it is believed again. [s]"""


class Health:
    """Doubts cameras that are silent, frozen, or count what cannot be.

    A camera that is only late is not found out, and little suffers from it. A picture of an empty
    road is doubted the more the longer it stays so, measured by what is usual there. Of pictures
    that show somebody it is known how many stand still; of those that show nobody, as many do.

    Parameters
    ----------
    view
        What the sensors cover.

    Attributes
    ----------
    blind
        (approaches,) whose cameras are not believed now.
    unseen
        (approaches,) that are blind, or as good as.
    dark
        (approaches,) whose cameras tell nothing, or what cannot be.
    doubt
        (approaches,) how likely it is that somebody is there whom the picture does not show: 1
        where blind, 0 where somebody is seen.
    usual
        What crosses each line, over the time in which its camera was believed.
    """

    def __init__(self, view: View) -> None:
        count = len(view.approach_lane)
        self._view = view
        self._feeds = np.diff(view.feed_start)
        self._signal = view.approach_signal
        self._silent_s = np.zeros(count, int)
        self._same_s = np.zeros(count, int)
        self._endless_s = np.zeros(count, int)
        self._sound_s = np.full(count, BELIEVE_S)
        self._picture: Floats = np.zeros(count)
        self._shown, self._frozen = 0.0, 0.0
        self.blind = np.zeros(count, bool)
        self.unseen = np.zeros(count, bool)
        self.dark = np.zeros(count, bool)
        self.usual = Usual(count)
        self.doubt: Floats = np.zeros(count)

    def update(self, observation: Observation) -> None:
        """Take in one second.

        Parameters
        ----------
        observation
            What was seen; lanes of signals that were not looked at keep what was known.
        """
        looked = observation.looked_at[self._signal]
        told = observation.crossed >= 0
        picture = self._sum_up(observation)
        empty = picture == 0.0
        same = (picture == self._picture) & ~empty
        self._picture = np.where(looked, picture, self._picture)
        self._silent_s = np.where(looked & ~told, self._silent_s + looked, 0)
        self._same_s = np.where(same, self._same_s + looked, 0)
        self._endless_s = np.where(observation.crossed > 0, self._endless_s + looked, 0)
        self.dark = (
            (self._silent_s >= SILENT_S)
            | (self._same_s >= FROZEN_S)
            | (self._endless_s >= ENDLESS_S)
        )
        self._sound_s = np.where(self.dark, 0, self._sound_s + looked)
        self.blind = self._sound_s < BELIEVE_S
        alive = ~empty | (observation.crossed > 0) | (observation.stop_occupied > 0)
        frozen = self._same_s >= FROZEN_S
        watched = looked & told & ~self.blind
        self._shown += (np.count_nonzero(~empty) - self._shown) / SHARE_S
        self._frozen += (np.count_nonzero(frozen) - self._frozen) / SHARE_S
        frozen_share = self._frozen / max(self._shown, 1.0)
        self.usual.update(observation.crossed, alive, watched, frozen_share)
        self.doubt = np.where(self.blind, 1.0, self.usual.doubt)
        still = frozen_share > FROZEN_SHARE
        self.unseen = self.blind | ((self.doubt >= SURE_DOUBT) & still)

    def _sum_up(self, observation: Observation) -> Floats:
        """Give one figure for each lane's picture: 0 when it is empty, else never twice the same.

        A camera's error is drawn anew every second, so that two pictures of a queue differ.
        """
        views = observation.vehicle_view
        counts = self._feeds[views]
        vehicle = np.repeat(np.arange(len(views)), counts)
        first = np.repeat(self._view.feed_start[views], counts)
        entry = first + np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts, counts)
        size = 1.0 + observation.vehicle_distance_m + observation.vehicle_speed_m_s
        of_lane = np.bincount(
            self._view.feed_approach[entry], size[vehicle].astype(float), len(self._signal)
        )
        return of_lane.astype(float)
