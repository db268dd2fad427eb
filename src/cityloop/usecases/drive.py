"""The loop: sense, work out, prove, act, once a second."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter_ns
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.signals import Commands, Lamp, Lamps
from cityloop.field.protocol import Field
from cityloop.traffic.control.protocol import Controller
from cityloop.traffic.estimate.waiting import RedWaits
from cityloop.traffic.evaluate.runs import FallbackTaken
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.safety.fallback import Fallback
from cityloop.traffic.safety.gate import Verdict, prove_commands, watch_lamps
from cityloop.usecases.handover import Handover

REFUSALS_KEPT: Final = 20
HOLD_S: Final = 3


class LoopRecord(NamedTuple):
    """What the loop has to tell of itself.

    Attributes
    ----------
    decision_ms
        (seconds,) wall time of each decision of the whole network. [ms]
    proven, refused
        Number of single signals' commands.
    broken
        Number of seconds in which a signal's lamps broke a rule, as the monitor saw it.
    refusals
        The first refusals, one line each.
    stage_changes
        (signals,) switches begun.
    fallbacks
        Who was taken from the controller, when and why.
    """

    decision_ms: npt.NDArray[np.float64]
    proven: int
    refused: int
    broken: int
    refusals: tuple[str, ...]
    stage_changes: npt.NDArray[np.int64]
    fallbacks: tuple[FallbackTaken, ...] = ()


class Loop:
    """The loop over one field, a second at a time.

    Parameters
    ----------
    field
        What is seen and switched.
    controller
        Who decides.
    fallbacks
        What each signal runs when the controller fails; if None, a signal keeps its greens, and
        what a controller raises is raised.
    """

    def __init__(
        self, field: Field, controller: Controller, fallbacks: tuple[Fallback, ...] | None = None
    ) -> None:
        signals = field.signals
        self._field, self._controller, self._fallbacks = field, controller, fallbacks
        self._waits = RedWaits(field.network, signals, field.view)
        self._took_ns: list[int] = []
        self._count: Counter[str] = Counter()
        self._refusals: list[str] = []
        self._stage_changes = np.zeros(len(signals.signal_ids), np.int64)
        self._owner = np.searchsorted(signals.group_start, np.arange(signals.group_count), "right")
        self._owner -= 1
        self._handover = self._new_handover()
        self._before = field.lamps()
        self._next: Controller | None = None
        self._sequence = self._base = 0

    @property
    def controller(self) -> Controller:
        """Who decides now."""
        return self._controller

    @property
    def lamps(self) -> Lamps:
        """What is shown now."""
        return self._before

    @property
    def taken(self) -> tuple[FallbackTaken, ...]:
        """Which signals were taken from the controller, when and why."""
        return () if self._handover is None else tuple(self._handover.taken)

    def change_controller(self, controller: Controller) -> None:
        """Let another controller decide, as soon as every green has had its minimum.

        Until then all signals keep their greens. Signals that had fallen back are given to it, too.

        Parameters
        ----------
        controller
            The other one.
        """
        self._next = controller

    def second(self) -> Verdict:
        """Let one second pass.

        Returns
        -------
        What the gate has said to its commands.
        """
        field, before = self._field, self._before
        observation = field.observe()
        waited_s = self._waits.update(observation, before)
        if self._next is not None and self._settled(before):
            self._controller, self._next = self._next, None
            self._handover, self._base = self._new_handover(), self._sequence
        started_ns = perf_counter_ns()
        commands = self._hold(before) if self._next else self._decide(observation, before)
        self._took_ns.append(perf_counter_ns() - started_ns)
        verdict = prove_commands(field.signals, field.table, before, commands, waited_s)
        if self._handover is not None and self._next is None:
            self._handover.learn(verdict, before.now_s)
        field.apply(verdict.approved)
        field.step(self._controller.look_at(before))
        self._take_note(verdict, before, field.lamps())
        return verdict

    def record(self) -> LoopRecord:
        """Give what the loop has to tell of itself.

        Returns
        -------
        The record.
        """
        return LoopRecord(
            decision_ms=np.array(self._took_ns, float) / 1e6,
            proven=self._count["proven"],
            refused=self._count["refused"],
            broken=self._count["broken"],
            refusals=tuple(self._refusals[:REFUSALS_KEPT]),
            stage_changes=self._stage_changes,
            fallbacks=self.taken,
        )

    def _take_note(self, verdict: Verdict, before: Lamps, after: Lamps) -> None:
        broken = watch_lamps(self._field.signals, self._field.table, before, after)
        self._count["proven"] += int(verdict.approved.commands.addressed.sum())
        self._count["refused"] += len(verdict.refusals)
        self._count["broken"] += len(broken)
        if len(self._refusals) < REFUSALS_KEPT:
            self._refusals += map(str, (*verdict.refusals, *broken))
        if not np.array_equal(before.target, after.target):
            lost = before.target & ~after.target
            self._stage_changes += (
                np.bincount(self._owner[lost], minlength=len(self._stage_changes)) > 0
            )
        self._before = after

    def _new_handover(self) -> Handover | None:
        if self._fallbacks is None:
            return None
        return Handover(self._field.signals, self._field.table, self._fallbacks)

    def _decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Ask the controller; if it fails, its signals' fallbacks take over."""
        if self._handover is None:
            return self._numbered(self._controller.decide(observation, lamps))
        commands, failure = None, ""
        try:
            commands = self._numbered(self._controller.decide(observation, lamps))
        except Exception as error:  # noqa: BLE001  whatever it is, the signals go on
            failure = f"the controller failed: {type(error).__name__}: {error}"
        return self._kept(self._handover.merge(commands, observation, lamps, failure))

    def _numbered(self, commands: Commands) -> Commands:
        """Count a controller's commands on after those of the ones before it."""
        return self._kept(
            replace(commands, sequence=commands.sequence + self._base) if self._base else commands
        )

    def _kept(self, commands: Commands) -> Commands:
        self._sequence = max(self._sequence, commands.sequence)
        return commands

    def _settled(self, lamps: Lamps) -> bool:
        """Tell whether no switch runs and every green has had its minimum."""
        lit = (lamps.lamp == Lamp.GREEN) | (lamps.lamp == Lamp.GREEN_YIELD)
        young = lit & (lamps.now_s - lamps.since_s < self._field.table.min_green_s)
        return not lamps.switching.any() and not young.any()

    def _hold(self, lamps: Lamps) -> Commands:
        """Let every signal keep its greens."""
        self._sequence += 1
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=HOLD_S,
            sequence=self._sequence,
            addressed=np.ones(len(self._field.signals.signal_ids), bool),
            green=lamps.target.copy(),
            table_version=self._field.table.version,
        )


def drive(
    field: Field,
    controller: Controller,
    every_second: Callable[[int], None],
    fallbacks: tuple[Fallback, ...] | None = None,
    after_proof: Callable[[Verdict], None] | None = None,
) -> LoopRecord:
    """Run a controller on a field until the field's time is over.

    Parameters
    ----------
    field
        What is seen and switched.
    controller
        Who decides.
    every_second
        Told the second that has been reached.
    fallbacks
        As `Loop` takes them.
    after_proof
        Told what the gate has said to each second's commands, once they are carried out.

    Returns
    -------
    The record of the loop.
    """
    loop = Loop(field, controller, fallbacks)
    while not field.ended:
        verdict = loop.second()
        if after_proof is not None:
            after_proof(verdict)
        every_second(field.now_s)
    return loop.record()
