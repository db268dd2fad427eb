"""The loop: sense, work out, prove, act, once a second."""

from collections import Counter
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.signals import Commands, Lamps
from cityloop.field.protocol import Field
from cityloop.traffic.control.protocol import Controller
from cityloop.traffic.estimate.waiting import RedWaits
from cityloop.traffic.evaluate.runs import FallbackTaken
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.safety.fallback import Fallback
from cityloop.traffic.safety.gate import Verdict, prove_commands, watch_lamps
from cityloop.usecases.handover import Handover

REFUSALS_KEPT: Final = 20


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
        What each signal runs when the controller fails; if None, a signal keeps its greens, and
        what a controller raises is raised.
    after_proof
        Told what the gate has said to each second's commands.

    Returns
    -------
    The record of the loop.
    """
    signals, table = field.signals, field.table
    waits = RedWaits(field.network, signals, field.view)
    took_ns: list[int] = []
    count: Counter[str] = Counter()
    refusals: list[str] = []
    stage_changes = np.zeros(len(signals.signal_ids), np.int64)
    owner = np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
    handover = None if fallbacks is None else Handover(signals, table, fallbacks)
    before = field.lamps()
    while not field.ended:
        observation = field.observe()
        waited_s = waits.update(observation, before)
        started_ns = perf_counter_ns()
        commands = _decide(controller, observation, before, handover)
        took_ns.append(perf_counter_ns() - started_ns)
        verdict = prove_commands(signals, table, before, commands, waited_s)
        if handover is not None:
            handover.learn(verdict, before.now_s)
        if after_proof is not None:
            after_proof(verdict)
        field.apply(verdict.approved)
        field.step(controller.look_at(before))
        after = field.lamps()
        broken = watch_lamps(signals, table, before, after)
        count["proven"] += int(verdict.approved.commands.addressed.sum())
        count["refused"] += len(verdict.refusals)
        count["broken"] += len(broken)
        refusals += map(str, (*verdict.refusals, *broken)) if len(refusals) < REFUSALS_KEPT else ()
        if not np.array_equal(before.target, after.target):
            lost = before.target & ~after.target
            stage_changes += np.bincount(owner[lost], minlength=len(stage_changes)) > 0
        before = after
        every_second(field.now_s)
    return LoopRecord(
        decision_ms=np.array(took_ns, float) / 1e6,
        proven=count["proven"],
        refused=count["refused"],
        broken=count["broken"],
        refusals=tuple(refusals[:REFUSALS_KEPT]),
        stage_changes=stage_changes,
        fallbacks=() if handover is None else tuple(handover.taken),
    )


def _decide(
    controller: Controller, observation: Observation, lamps: Lamps, handover: Handover | None
) -> Commands:
    """Ask the controller; if it fails, its signals' fallbacks take over."""
    if handover is None:
        return controller.decide(observation, lamps)
    commands, failure = None, ""
    try:
        commands = controller.decide(observation, lamps)
    except Exception as error:  # noqa: BLE001  whatever it is, the signals go on
        failure = f"the controller failed: {type(error).__name__}: {error}"
    return handover.merge(commands, observation, lamps, failure)
