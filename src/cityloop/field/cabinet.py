"""What the controllers at the roadside do by themselves: carry out switches, second by second."""

import numpy as np

from cityloop.city.network import Bytes
from cityloop.city.signals import Lamp, Lamps, SafetyTable, Signals
from cityloop.kernels.lamps import advance_lamps
from cityloop.traffic.safety.approval import Approved


class Cabinets:
    """All signals' cabinets of a field, at all-red when they start.

    What was shown before nobody knows, so the first greens wait for the all-red of each pair, too.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    now_s
        The first second. [s]
    """

    def __init__(self, signals: Signals, table: SafetyTable, now_s: int) -> None:
        groups = signals.group_count
        self._signals = signals
        self._table = table
        self._now_s = now_s
        self._lamp = np.full(groups, Lamp.RED, np.uint8)
        self._since_s = np.full(groups, now_s, np.int32)
        self._ended_s = np.full(groups, now_s, np.int32)
        self._target = np.zeros(groups, bool)
        self._switching = np.zeros(len(signals.signal_ids), bool)
        self._owner = np.searchsorted(signals.group_start, np.arange(groups), "right") - 1
        self._flashing = np.zeros(len(signals.signal_ids), bool)
        self._longest_s = np.array(
            [signals.square(table.all_red_s, s).max(initial=0) for s in range(len(self._flashing))]
        )
        self._last_sequence = -1

    def lamps(self) -> Lamps:
        """Tell what is shown now.

        Returns
        -------
        The lamps.
        """
        return Lamps(
            now_s=self._now_s,
            lamp=self.shown.copy(),
            since_s=self._since_s.copy(),
            target=self._target.copy(),
            switching=self._switching.copy(),
        )

    @property
    def shown(self) -> Bytes:
        """(groups,) the `Lamp` of each, not to be written."""
        if not self._flashing.any():
            return self._lamp
        # Who is to flash does so once all its groups have been red for the longest all-red.
        red_s = np.where(self._lamp == Lamp.RED, self._now_s - self._ended_s, -1)
        busy = np.bincount(self._owner, red_s < self._longest_s[self._owner], len(self._flashing))
        flashes = (self._flashing & (busy == 0))[self._owner]
        return np.where(flashes, np.uint8(Lamp.FLASHING), self._lamp)

    def apply(self, approved: Approved) -> None:
        """Take over the approved targets, once.

        Parameters
        ----------
        approved
            From the gate.
        """
        commands = approved.commands
        if commands.sequence <= self._last_sequence or self._now_s >= approved.valid_until_s:
            return
        if not approved.intact or commands.table_version != self._table.version:
            return
        self._last_sequence = commands.sequence
        spoken_to = commands.addressed[self._owner]
        np.copyto(self._target, commands.green, where=spoken_to)
        if commands.flash is not None:
            self._flashing |= commands.flash & commands.addressed
        self._target &= ~self._flashing[self._owner]

    def advance(self) -> None:
        """Show what belongs to the present second, then let it pass."""
        signals, table = self._signals, self._table
        advance_lamps(
            self._now_s, self._target, self._lamp, self._since_s, self._ended_s, self._switching,
            signals.group_start, signals.pair_start, signals.relation,
            table.yellow_s, table.all_red_s,
        )  # fmt: skip

    def tick(self) -> None:
        """Go on to the next second."""
        self._now_s += 1
