"""Signals half way to a stage: who is on a link that holds nobody is let out of it first."""

import numpy as np

from cityloop.city.signals import Bools, Lamps, SafetyTable, Signals
from cityloop.traffic.plan.inner import InnerLinks, change_stage


class HalfWay:
    """Takes signals to their stages in two steps where that is needed.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    links
        Links inside junctions that hold nobody.

    Attributes
    ----------
    until_s
        (signals,) the second from which the stage itself may be asked for; 0 for who is not half
        way. [s]
    """

    def __init__(self, signals: Signals, table: SafetyTable, links: InnerLinks) -> None:
        self._signals, self._table, self._links = signals, table, links
        self.until_s = np.zeros(len(signals.signal_ids), np.int64)

    @property
    def busy(self) -> Bools:
        """(signals,) that are half way."""
        return self.until_s > 0

    def begin(self, signal: int, now_s: int, shown: Bools, wanted: Bools) -> Bools:
        """Begin a change.

        Parameters
        ----------
        signal
            Whose.
        now_s
            The second. [s]
        shown
            (groups of the signal,) greens that are shown.
        wanted
            (groups of the signal,) greens of the stage.

        Returns
        -------
        (groups of the signal,) greens to ask for at first.
        """
        change = change_stage(self._signals, self._table, self._links, signal, shown, wanted)
        self.until_s[signal] = now_s + change.late_s if change.late_s else 0
        return change.first

    def end(self, lamps: Lamps) -> list[int]:
        """End the changes that are due.

        Parameters
        ----------
        lamps
            What is shown.

        Returns
        -------
        The signals whose stage itself is to be asked for.
        """
        ready = self.busy & (self.until_s <= lamps.now_s) & ~lamps.switching
        self.until_s[ready] = 0
        return [int(s) for s in np.flatnonzero(ready)]
