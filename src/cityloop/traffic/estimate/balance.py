"""Volumes that agree with counts as well as all can: weighted least squares."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

from cityloop.city.network import Floats

DENSE_MAX: Final = 4000


class Balance:
    """Gathers what sums of volumes should be, and how exactly.

    Parameters
    ----------
    count
        Number of volumes. Each must be told of on its own at least once, if only roughly.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows: list[int] = []
        self._cols: list[int] = []
        self._wanted: list[float] = []
        self._sd: list[float] = []

    def add(self, parts: Sequence[int], want: float, sd: float) -> None:
        """Say what a sum of volumes should be.

        Parameters
        ----------
        parts
            Which volumes.
        want
            Their sum.
        sd
            Its standard deviation, above 0.
        """
        self._rows.extend([len(self._wanted)] * len(parts))
        self._cols.extend(parts)
        self._wanted.append(want)
        self._sd.append(sd)

    def solve(self) -> tuple[Floats, Floats]:
        """Find the volumes that agree best; some may be negative.

        Returns
        -------
        (count,) volumes and their variances. Weighted least squares, assuming
        independent errors; Van Zuylen, H. J. and Branston, D. M. (1982), Consistent link flow
        estimation from counts, Transportation Research Part B 16(6).
        """
        shape = (len(self._wanted), self._count)
        matrix = csr_array((np.ones(len(self._rows)), (self._rows, self._cols)), shape=shape)
        weight = 1.0 / np.square(self._sd)
        scaled = csr_array((weight[self._rows], (self._rows, self._cols)), shape=shape)
        normal = csc_array(matrix.T @ scaled)
        solver = splu(normal)
        volume = np.asarray(solver.solve(matrix.T @ (weight * np.array(self._wanted))), float)
        if self._count <= DENSE_MAX:
            variance = np.diag(np.linalg.inv(np.asarray(normal.todense(), float)))
        else:
            variance = 1.0 / np.asarray(normal.diagonal(), float)
        return volume, variance
