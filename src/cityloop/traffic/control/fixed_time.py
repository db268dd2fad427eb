"""Fixed time: each signal follows its plan by the clock."""

from typing import Final

import numpy as np

from cityloop.city.signals import Bools, Commands, Lamps, Plan, SafetyTable, Signals
from cityloop.traffic.observe.endings import Ending
from cityloop.traffic.observe.observation import Observation, Reading

LIFETIME_S: Final = 3


class FixedTime:
    """Runs one plan a signal; it looks at nothing.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    plans
        At most one a signal. A signal without a plan keeps what it shows.
    """

    name = "fixed-time"
    needs = Reading.NOTHING

    def __init__(self, signals: Signals, table: SafetyTable, plans: tuple[Plan, ...]) -> None:
        self._table = table
        self._signals = signals
        self._nothing = np.zeros(len(signals.signal_ids), bool)
        self._sequence = 0
        self._early_until_s = np.full(len(signals.signal_ids), -1)
        index = {name: s for s, name in enumerate(signals.signal_ids)}
        self._plans = [
            (s, plan, _stage_ends_s(plan), _start_s(signals, table, s, plan))
            for plan in plans
            for s in (index[plan.signal_id],)
        ]
        self._planned = frozenset(s for s, *_ in self._plans)

    def look_at(self, _lamps: Lamps) -> Bools:
        """Look at nothing.

        Parameters
        ----------
        _lamps
            Not needed.

        Returns
        -------
        (signals,) all False.
        """
        return self._nothing

    def ending(self, signal: int, _time_s: float) -> Ending | None:
        """Tell why a signal's green ends: the plan says so.

        Parameters
        ----------
        signal
            Its index.
        _time_s
            Not needed. [s]

        Returns
        -------
        The reason; None without a plan.
        """
        return Ending.FORCE_OFF if signal in self._planned else None

    def decide(self, _observation: Observation, lamps: Lamps) -> Commands:
        """Ask for the stage of the present second, and for the next when its clearance begins.

        Parameters
        ----------
        _observation
            Not needed.
        lamps
            What is shown now; a switch that is still running is waited for.

        Returns
        -------
        One command a signal that has a plan.
        """
        green = lamps.target.copy()
        addressed = self._nothing.copy()
        for s, plan, ends_s, start_s in self._plans:
            at_s = (lamps.now_s - plan.offset_s) % plan.cycle_s
            stage = int(np.searchsorted(ends_s, at_s, side="right")) % len(ends_s)
            part = self._signals.groups_of(s)
            left_s = int(ends_s[stage] - at_s) % plan.cycle_s
            if not lamps.target[part].any() and left_s < start_s[stage]:
                # Who starts so late in a stage that its minimum is out of reach takes the next one.
                self._early_until_s[s] = lamps.now_s + left_s
            if lamps.now_s < self._early_until_s[s]:
                stage = (stage + 1) % len(ends_s)
            addressed[s] = True
            # Who comes from another plan, or late, lets a green have its minimum first.
            young = lamps.target[part] & ~plan.stages[stage]
            young &= lamps.now_s - lamps.since_s[part] < self._table.min_green_s[part]
            if not lamps.switching[s] and not young.any():
                green[part] = plan.stages[stage]
        self._sequence += 1
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=LIFETIME_S,
            sequence=self._sequence,
            addressed=addressed,
            green=green,
            table_version=self._table.version,
        )


def _stage_ends_s(plan: Plan) -> np.ndarray:
    """Give the seconds of the cycle at which the stages end and their clearances begin."""
    before = np.concatenate([[0], np.cumsum(plan.green_s + plan.clearance_s)[:-1]])
    return np.asarray(before + plan.green_s)


def _start_s(signals: Signals, table: SafetyTable, signal: int, plan: Plan) -> np.ndarray:
    """Give what each stage needs from all-red on: that red and its minimum green. [s]."""
    min_green_s = table.min_green_s[signals.groups_of(signal)]
    all_red_s = signals.square(table.all_red_s, signal).max(axis=0, initial=0)
    return np.asarray(np.where(plan.stages, min_green_s + all_red_s, 0).max(axis=1))
