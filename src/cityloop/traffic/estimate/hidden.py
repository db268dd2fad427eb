"""Queues that no camera shows: several guesses of what comes, each with its own queue."""

from typing import Final

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Bools

TIMES: Final = np.array([[0.35], [1.0], [3.0]])
"""A lane's flow may be so many times what is usual on it. [-]"""
PLANNED_CHANCE: Final = 0.2
"""How likely it is that as much comes as the city's own programme is made for. [-]"""
CHANCE: Final = np.array([[0.28], [0.36], [0.16], [PLANNED_CHANCE]])
"""How likely each guess is, that one last; together 1. [-]"""
START_S: Final = 2
"""Green that passes before a queue moves. [s]"""
MOST_GUESSED: Final = 20.0
MOST: Final = 6.0
LEAST: Final = 0.5
"""No guess has a longer queue, all together put no more than this, nor less than that, before a
plan. [veh]"""
SOME: Final = 0.3
"""A guess with less than this has its lane empty. [veh]"""
LEAST_THERE: Final = 0.1

MARGIN: Final = 1.4
MOST_DOUBTED: Final = 4.0
LEAST_DOUBTED: Final = 1.0
"""Where the camera may be right after all there is one guess, a generous one: more comes, and less
leaves, than is usual. It is short, and a part of a vehicle counts for nothing. [-], [veh]"""


class Hidden:
    """Keeps the queues of lanes whose cameras are doubted.

    Where a camera tells nothing, nobody tells when a queue is gone. A single guess is either too
    small, and a queue that nobody knows of grows, or too large, and its lane stays green for
    nobody. Of several, the small ones are gone after a short green, the large ones are not: a
    further second is worth less the longer a green lasts, and most after long red. So the lane is
    given what others do not need.

    Parameters
    ----------
    count
        Number of lanes.

    Attributes
    ----------
    queue
        (lanes,) what is likely to wait there unseen, on the mean of all guesses. [veh]
    there
        (lanes,) how likely it is that anybody is left; 1 where nobody is taken to wait unseen.
    """

    def __init__(self, count: int) -> None:
        self._guesses: Floats = np.zeros((len(CHANCE), count))
        self._generous: Floats = np.zeros(count)
        self._green_s = np.zeros(count, int)
        self.queue: Floats = np.zeros(count)
        self.there: Floats = np.ones(count)

    def update(
        self,
        doubt: Floats,
        blind: Bools,
        seen: Floats,
        usual: Floats,
        planned: Floats,
        green_rate: Floats,
    ) -> None:
        """Let one second pass.

        Parameters
        ----------
        doubt
            (lanes,) how likely it is that somebody is there whom the picture does not show.
        blind
            (lanes,) whose cameras tell nothing.
        seen
            (lanes,) vehicles that are seen to wait; where nothing is doubted, all there are.
        usual
            (lanes,) what usually comes; at most, where the camera may be right. [veh/s]
        planned
            (lanes,) what the city's own programme is made for. [veh/s]
        green_rate
            (lanes,) what the lamps let go now. [veh/s]
        """
        self._green_s = np.where(green_rate > 0.0, self._green_s + 1, 0)
        leaves = np.where(self._green_s > START_S, green_rate, 0.0)
        comes = np.concatenate([TIMES * usual, np.maximum(planned, usual)[None]])
        guesses = np.clip(self._guesses + comes - leaves, 0.0, MOST_GUESSED)
        self._guesses = np.where(doubt > 0.0, guesses, seen)
        generous = np.maximum(self._generous + MARGIN * usual - green_rate / MARGIN, 0.0)
        self._generous = np.where(doubt > 0.0, np.minimum(generous, MOST_DOUBTED), seen)
        mean = np.minimum((CHANCE * self._guesses).sum(axis=0), MOST)
        queue = doubt * np.where(blind, mean, self._generous)
        hidden = (doubt > 0.0) & (queue >= np.where(blind, LEAST, LEAST_DOUBTED))
        self.queue = np.where(hidden, queue, 0.0)
        there = doubt * (CHANCE * (self._guesses > SOME)).sum(axis=0)
        self.there = np.where(hidden & blind, np.maximum(there, LEAST_THERE), 1.0)
