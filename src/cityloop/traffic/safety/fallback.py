"""What a signal runs when its controller fails: proven beforehand."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import GroupKind, Lamp, Plan, Programme, SafetyTable, Signals
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.repair import repair_programme
from cityloop.traffic.plan.stages import programme_stages
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal
from cityloop.traffic.safety.plan_proof import prove_plan

CYCLES_S: Final = (0.0, 150.0, 120.0, 90.0, 60.0)
"""Cycles that a repair is tried with, one after the other; 0 is the programme's own. [s]"""

_CLEARANCES: Final = (2, 6)
"""The rules that a stage breaks which is too short for what must clear while it runs."""

STRETCH_S_MAX: Final = 40
"""A walk may take longer to clear than the stage after it lasts: so much is added at most. [s]"""


class FallbackKind(StrEnum):
    """Where a fallback comes from."""

    OWN = "own"
    REPAIRED = "repaired"
    FLASHING = "flashing"


class Fallback(NamedTuple):
    """What one signal runs when its controller fails.

    Attributes
    ----------
    signal_id
        The signal.
    kind
        Its own programme as it is, the programme repaired, or all-way flashing.
    approved
        The plan with its proof; None for flashing.
    reason
        Why it is not its own programme as it is; empty if it is.
    """

    signal_id: str
    kind: FallbackKind
    approved: ApprovedPlan | None
    reason: str


def find_fallbacks(
    network: Network, signals: Signals, table: SafetyTable, programmes: Iterable[Programme]
) -> tuple[Fallback, ...]:
    """Find each signal's fallback: its own programme, the same repaired, or flashing.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What they must keep.
    programmes
        As shipped; the last of a signal counts.

    Returns
    -------
    One a signal, in the order of the signals.
    """
    shipped = {programme.signal_id: programme for programme in programmes}
    return tuple(
        _fallback(network, signals, table, s, shipped.get(name))
        for s, name in enumerate(signals.signal_ids)
    )


def _fallback(
    network: Network, signals: Signals, table: SafetyTable, signal: int, own: Programme | None
) -> Fallback:
    name = signals.signal_ids[signal]
    if own is None or not len(own.phase_s):
        return Fallback(name, FallbackKind.FLASHING, None, "it has no programme")
    stages = programme_stages(signals, signal, own)
    if not stages:
        return Fallback(name, FallbackKind.FLASHING, None, "its programme has no green stage")
    first: Refusal | None = None
    for cycle_s in CYCLES_S:
        scaled = own
        if cycle_s:
            scaled = replace(own, phase_s=own.phase_s * (cycle_s / own.cycle_s))
        plan = repair_programme(signals, table, signal, scaled, stages)
        said = prove_plan(network, signals, table, None, plan)
        for _ in range(STRETCH_S_MAX):
            if isinstance(said, ApprovedPlan) or said.rule not in _CLEARANCES:
                break
            plan = _stretched(plan, said.second_s)
            said = prove_plan(network, signals, table, None, plan)
        if isinstance(said, ApprovedPlan):
            if not cycle_s and _same(signals, table, signal, plan, own):
                return Fallback(name, FallbackKind.OWN, said, "")
            return Fallback(
                name, FallbackKind.REPAIRED, said, str(first or "the table's clearances")
            )
        first = first or said
    return Fallback(name, FallbackKind.FLASHING, None, str(first))


def _stretched(plan: Plan, second_s: int) -> Plan:
    """Make the stage that ends before a second of the cycle longer by a second."""
    lasts_s = plan.green_s + plan.clearance_s
    late = int(np.searchsorted(np.cumsum(lasts_s) - lasts_s, second_s))
    green_s = plan.green_s.copy()
    green_s[(late - 1) % len(green_s)] += 1
    return replace(plan, green_s=green_s, cycle_s=plan.cycle_s + 1)


def _same(signals: Signals, table: SafetyTable, signal: int, plan: Plan, own: Programme) -> bool:
    """Tell whether the plan shows what the programme shows, second by second."""
    phase_s = np.round(own.phase_s).astype(int)
    if int(phase_s.sum()) != plan.cycle_s or not np.allclose(phase_s, own.phase_s):
        return False
    served = signals.group_kind[signals.groups_of(signal)] != GroupKind.NOBODY
    if own.lamps.shape[1] != len(served):
        return False
    shown = np.repeat(own.lamps, phase_s, axis=0)[:, served]
    planned = expand_plan(signals, table, plan)[:, served]
    planned = np.roll(planned, plan.offset_s - round(own.offset_s), axis=0)
    shown = np.where(shown == Lamp.GREEN_YIELD, Lamp.GREEN, shown)
    planned = np.where(planned == Lamp.GREEN_YIELD, Lamp.GREEN, planned)
    return bool(np.array_equal(shown, planned))
