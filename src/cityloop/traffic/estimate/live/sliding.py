"""Sliding windows beside the tumbling ones: what happened in the last so many windows."""

import numpy as np
import numpy.typing as npt

from cityloop.kernels.windows import SUMS

Longs = npt.NDArray[np.int64]


class Sliding:
    """Keeps the sums over the last windows, up to and with the present one.

    Whole numbers, so that what leaves is taken off without an error.

    Parameters
    ----------
    panes
        Length of a sliding window over that of a tumbling one, at least 1.
    detectors
        How many there are.
    """

    def __init__(self, panes: int, detectors: int) -> None:
        self.ring: Longs = np.zeros((panes, detectors, SUMS), np.int64)
        self.total: Longs = np.zeros((detectors, SUMS), np.int64)
        self.taken = 0

    def take(self, sums: Longs) -> Longs:
        """Go on by one window.

        Parameters
        ----------
        sums
            (detectors, SUMS) of the window.

        Returns
        -------
        (detectors, SUMS) of the sliding window that ends with it; the first ones are shorter.
        """
        place = self.taken % len(self.ring)
        self.total = self.total + sums - self.ring[place]
        self.ring[place] = sums
        self.taken += 1
        return self.total

    def windows(self) -> int:
        """Give how many windows the sliding one holds by now."""
        return min(self.taken, len(self.ring))
