"""Filling what detectors did not tell, each value marked with how it was found."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.int8]

FIGURES: Final = 3
"""Flow, occupancy, speed."""
SLOTS: Final = 48
"""Half hours of a day."""
PAIR_MEMORY: Final = 1440.0
"""Over how long a detector is compared with its neighbours. [windows]"""
PAIR_LEAST: Final = 15.0
"""For how long both must have told. [windows]"""
HELD_MOST: Final = 15
"""The last good value is used for no longer. [windows]"""


class Method(IntEnum):
    """How a value was found."""

    MEASURED = 0
    NEIGHBOURS = 1  # from those beside it, times the usual ratio to them
    HISTORY = 2  # what is usual at that half hour, on such a day
    HELD = 3  # the last good value
    NONE = 4  # not at all


class GapFiller:
    """Keeps what is usual, and fills in what is missing.

    Parameters
    ----------
    neighbours
        (detectors, k) indices of detectors that see much the same traffic, -1 for none.
    """

    def __init__(self, neighbours: Ints) -> None:
        count, near = neighbours.shape
        self._near = np.where(neighbours >= 0, neighbours, 0)
        self._is_near = neighbours >= 0
        # Own and neighbour's values while both were good, and for how long that was.
        self.pairs: Doubles = np.zeros((3, FIGURES, count, near))
        # On working days and at weekends, by slot: sums of good values, and of how many.
        self.profile: Doubles = np.zeros((2, 2, SLOTS, FIGURES, count))
        self.held: Doubles = np.full((FIGURES, count), np.nan)
        self.age: Longs = np.zeros((FIGURES, count), np.int64)

    def fill(
        self, values: Doubles, good: Bools, slot: int, *, weekend: bool
    ) -> tuple[Doubles, Bytes]:
        """Take in one window, and fill it.

        Parameters
        ----------
        values
            (FIGURES, detectors) as measured, NaN where nothing was.
        good
            (detectors,) whose values are believed.
        slot
            The half hour of the day.
        weekend
            Whether it is a Saturday or Sunday.

        Returns
        -------
        (FIGURES, detectors) values, NaN where there is no way; and the `Method` of each.
        """
        known = good & np.isfinite(values)
        beside = self._from_neighbours(values, known)
        total, days = self.profile[int(weekend), :, slot]
        with np.errstate(invalid="ignore"):
            usual = total / days
        self.age = np.where(known, 0, self.age + 1)
        held = np.where(self.age <= HELD_MOST, self.held, np.nan)
        filled = np.where(known, values, np.nan)
        method = np.where(known, Method.MEASURED, Method.NONE).astype(np.int8)
        for how, found in (
            (Method.NEIGHBOURS, beside),
            (Method.HISTORY, usual),
            (Method.HELD, held),
        ):
            use = (method == Method.NONE) & np.isfinite(found)
            filled[use] = found[use]
            method[use] = how
        self._learn(values, known, slot, weekend=weekend)
        return filled, method

    def _from_neighbours(self, values: Doubles, known: Bools) -> Doubles:
        own, other, both = self.pairs
        near = values[:, self._near]
        use = self._is_near & known[:, self._near] & (both >= PAIR_LEAST) & (other > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(use, own / other * near, 0.0)
            found = each.sum(axis=2) / use.sum(axis=2)
        return np.asarray(found)

    def _learn(self, values: Doubles, known: Bools, slot: int, *, weekend: bool) -> None:
        both = known[:, :, None] & known[:, self._near] & self._is_near
        own = np.broadcast_to(values[:, :, None], both.shape)
        now = np.stack([own, values[:, self._near], np.ones(both.shape)])
        faded = self.pairs - self.pairs / PAIR_MEMORY
        self.pairs = np.where(both, faded + np.where(both, now, 0.0), self.pairs)
        part = self.profile[int(weekend), :, slot]
        part[0] += np.where(known, values, 0.0)
        part[1] += known
        self.held = np.where(known, values, self.held)
