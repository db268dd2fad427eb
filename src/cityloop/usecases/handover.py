"""Who takes over when a controller fails: each signal's verified fallback."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from cityloop.city.signals import Commands, Lamp, Lamps, SafetyTable, Signals
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.evaluate.runs import FallbackTaken
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.safety.fallback import Fallback, FallbackKind
from cityloop.traffic.safety.gate import Verdict

SILENT_S: Final = 3
REFUSED_IN_A_ROW: Final = 3


class Handover:
    """Watches a controller, signal by signal, and takes away from it what it fails at.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    fallbacks
        One a signal, in their order; of a signal that serves nobody none is needed.

    Attributes
    ----------
    taken
        Who was handed over, when and why.
    """

    def __init__(self, signals: Signals, table: SafetyTable, fallbacks: Sequence[Fallback]) -> None:
        count = len(signals.signal_ids)
        self._signals, self._table = signals, table
        self._index = {name: s for s, name in enumerate(signals.signal_ids)}
        self._owner = np.repeat(np.arange(count), np.diff(signals.group_start))
        self._serves = np.bincount(self._owner, signals.group_kind > 0, count) > 0
        self._flash = np.ones(count, bool)
        plans = [f.approved.plan for f in fallbacks if f.approved is not None]
        self._kind = {f.signal_id: f.kind for f in fallbacks}
        self._flash[[self._index[plan.signal_id] for plan in plans]] = False
        self._by_plan = FixedTime(signals, table, tuple(plans))
        self._out = np.zeros(count, bool)
        self._silent_s = np.zeros(count, int)
        self._refused = np.zeros(count, int)
        self._heard = -1
        self._sequence = 0
        self.taken: list[FallbackTaken] = []

    def merge(
        self, commands: Commands | None, observation: Observation, lamps: Lamps, failure: str
    ) -> Commands:
        """Put the fallbacks' commands in place of those of a controller that has failed.

        Parameters
        ----------
        commands
            What the controller wants; None if it has said nothing.
        observation
            What the sensors have delivered.
        lamps
            What is shown now.
        failure
            Why it has said nothing, if that is known.

        Returns
        -------
        What goes to the gate.
        """
        now_s = lamps.now_s
        fresh = (
            commands is not None
            and commands.issued_s <= now_s < commands.issued_s + commands.lifetime_s
            and commands.sequence > self._heard
        )
        spoken = np.zeros(len(self._out), bool)
        if commands is not None and fresh:
            self._heard = commands.sequence
            spoken = commands.addressed
        self._silent_s = np.where(spoken, 0, self._silent_s + 1)
        silent = (self._silent_s >= SILENT_S) & self._serves
        self._take(silent, now_s, failure or f"no command for {SILENT_S} s")
        if commands is not None and not self._out.any():
            return commands
        own = self._by_plan.decide(observation, lamps)
        green = lamps.target.copy()
        versions = self._table.version
        if commands is not None and fresh:
            np.copyto(green, commands.green, where=(spoken & ~self._out)[self._owner])
            if commands.table_version != versions:
                versions = tuple(
                    ours if out else theirs
                    for ours, theirs, out in zip(
                        versions, commands.table_version, self._out, strict=True
                    )
                )
        wanted = own.green & ~self._flash[self._owner]
        lit = (lamps.lamp == Lamp.GREEN) | (lamps.lamp == Lamp.GREEN_YIELD)
        young = lit & ~wanted & (now_s - lamps.since_s < self._table.min_green_s)
        waits = lamps.switching | (np.bincount(self._owner, young, len(self._out)) > 0)
        np.copyto(green, wanted, where=(self._out & ~waits)[self._owner])
        np.copyto(green, lamps.target, where=(self._out & waits)[self._owner])
        self._sequence = max(self._sequence, self._heard) + 1
        return Commands(
            issued_s=now_s,
            lifetime_s=SILENT_S,
            sequence=self._sequence,
            addressed=(spoken & ~self._out) | self._out,
            green=green,
            table_version=versions,
            flash=self._out & self._flash & ~waits,
        )

    def learn(self, verdict: Verdict, now_s: int) -> None:
        """Count what the gate has refused, and hand over who was refused three times in a row.

        Parameters
        ----------
        verdict
            What the gate has said.
        now_s
            The second. [s]
        """
        self._refused[verdict.approved.commands.addressed] = 0
        why = {self._index[refusal.signal_id]: refusal for refusal in verdict.refusals}
        for s, refusal in why.items():
            self._refused[s] += 1
            if self._refused[s] >= REFUSED_IN_A_ROW:
                one = np.zeros(len(self._out), bool)
                one[s] = True
                said = f"refused {REFUSED_IN_A_ROW} times in a row, last by rule {refusal.rule}"
                self._take(one, now_s, said)

    def _take(self, who: np.ndarray, now_s: int, reason: str) -> None:
        for s in np.flatnonzero(who & ~self._out):
            name = self._signals.signal_ids[s]
            runs = self._kind.get(name, FallbackKind.FLASHING).value
            self.taken.append(
                FallbackTaken(signal_id=name, second_s=now_s, reason=reason, runs=runs)
            )
        self._out |= who
