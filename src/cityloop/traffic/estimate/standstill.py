"""Signals at which somebody has green and nobody moves: turns block one another inside."""

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints
from cityloop.city.signals import Bools


class Standstill:
    """Counts for how long nobody has moved at each signal while somebody had green and stood.

    Parameters
    ----------
    lane_signal
        (lanes,) whose stop line each ends at.
    signals
        How many signals there are.
    after_s
        For how long nobody moves before a signal is taken for blocked. [s]
    """

    def __init__(self, lane_signal: npt.NDArray[np.integer], signals: int, after_s: int) -> None:
        self._lane_signal, self._after_s = lane_signal, after_s
        self._idle_s = np.zeros(signals, np.int64)

    def update(self, wants: Bools, crossed: Floats | Ints) -> Bools:
        """Take in one second.

        Parameters
        ----------
        wants
            (lanes,) whether somebody was at the line and had green.
        crossed
            (lanes,) vehicles that crossed the line; below 0 where not known.

        Returns
        -------
        (signals,) that are blocked.
        """
        count = len(self._idle_s)
        moved = np.bincount(self._lane_signal, np.maximum(crossed, 0), count) > 0
        asked = np.bincount(self._lane_signal, wants, count) > 0
        self._idle_s = np.where(moved, 0, self._idle_s + asked)
        return np.asarray(self._idle_s >= self._after_s)

    def forget(self, signal: int) -> None:
        """Begin anew at a signal that has been emptied.

        Parameters
        ----------
        signal
            Which.
        """
        self._idle_s[signal] = 0
