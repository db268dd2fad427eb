"""How far the ways out of a signal are blocked."""

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.traffic.observe.observation import Observation

MEMORY_S = 12.0


class ExitBlocks:
    """Keeps for every exit lane the share of recent seconds in which it was full.

    Parameters
    ----------
    exits
        Number of exit lanes.
    outlet_entry
        (pairs,) entry of a table of stages and lanes.
    outlet_exit
        (pairs,) exit lane that what goes there leads to.
    entries
        Number of entries of the table.
    """

    def __init__(self, exits: int, outlet_entry: Ints, outlet_exit: Ints, entries: int) -> None:
        self._full = np.zeros(exits)
        self._entry, self._exit = outlet_entry, outlet_exit
        self._count = np.maximum(np.bincount(outlet_entry, minlength=entries), 1)

    def update(self, observation: Observation) -> Floats:
        """Take in one second.

        Parameters
        ----------
        observation
            What was seen; exits that were not looked at keep what was known.

        Returns
        -------
        (entries,) for each entry of the table the share of its ways out that is blocked, 0-1.
        """
        full = observation.exit_full
        step = (np.maximum(full, 0) - self._full) / MEMORY_S
        self._full += np.where(full >= 0, step, 0.0)
        blocked = np.bincount(self._entry, self._full[self._exit], len(self._count))
        return np.asarray(blocked / self._count)
