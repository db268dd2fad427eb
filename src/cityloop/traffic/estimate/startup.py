"""How much green passes on each lane before its queue moves, learnt green by green."""

from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats

PRIOR_S: Final = 1.5
LEAST_S, MOST_S = 0.0, 4.0
WATCHED_S: Final = 10
"""A green is judged after so long. [s]"""
QUEUED: Final = 2.0
"""Vehicles near the line in each second, so that it is the lamp alone that held them."""
LEARN: Final = 0.05
FORGET_S: Final = 3600.0


class StartUp:
    """Keeps the start-up loss of every lane: what is missing of a green's first seconds.

    Of a green that has a queue for all of its first seconds, the loss is that time less the time
    which those who crossed would have taken at the discharge that has been learnt. Highway Capacity
    Manual, 7th ed. (2022), chapter 31, measures it in the same way, vehicle by vehicle.

    Parameters
    ----------
    lanes
        How many.

    Attributes
    ----------
    loss_s
        (lanes,) from a prior of 1.5 s, 0 to 4 s; goes back to the prior in an hour without a queue.
        [s]
    """

    def __init__(self, lanes: int) -> None:
        self.loss_s: Floats = np.full(lanes, PRIOR_S)
        self._crossed = np.zeros(lanes)
        self._watched_s = np.zeros(lanes, np.int64)

    def update(
        self, green_s: npt.NDArray[np.int64], rate: Floats, present: Floats, crossed: Floats
    ) -> None:
        """Take in one second.

        Parameters
        ----------
        green_s
            (lanes,) for how long the lane's stage had been shown in full; 0 in a switch. [s]
        rate
            (lanes,) what that stage lets go, as learnt; 0 where the lane has red. [veh/s]
        present
            (lanes,) vehicles near the line.
        crossed
            (lanes,) vehicles that crossed the line, -1 where not known.
        """
        goes_on = (rate > 0.0) & (present >= QUEUED) & (crossed >= 0)
        begins = goes_on & (green_s == 1)
        watched = goes_on & (begins | (self._watched_s > 0))
        self._watched_s = np.where(watched, np.where(begins, 0, self._watched_s) + 1, 0)
        self._crossed = np.where(watched, np.where(begins, 0.0, self._crossed) + crossed, 0.0)
        self.loss_s += (PRIOR_S - self.loss_s) / FORGET_S
        done = np.flatnonzero(self._watched_s == WATCHED_S)
        if done.size:
            lost_s = WATCHED_S - self._crossed[done] / rate[done]
            # A green in which a turn was blocked or the way out was full says nothing of the start.
            said = np.clip(lost_s, LEAST_S, MOST_S)
            self.loss_s[done] += LEARN * (said - self.loss_s[done])
            self._watched_s[done] = 0
