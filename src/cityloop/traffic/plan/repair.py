"""A shipped programme made into a plan that keeps the safety table."""

import numpy as np

from cityloop.city.signals import Bools, Lamp, Plan, Programme, SafetyTable, Signals
from cityloop.traffic.plan.stages import green_phases
from cityloop.traffic.plan.switch import clearance_s


def repair_programme(
    signals: Signals,
    table: SafetyTable,
    signal: int,
    programme: Programme,
    stages: list[Bools],
) -> Plan:
    """Keep a programme's stages, cycle and offset as far as the safety table lets them.

    Greens are kept where they are long enough. What the table's clearances take is taken from the
    greens that are above their minimum, in proportion; where that is not enough the cycle grows.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    signal
        Index of the signal.
    programme
        As shipped.
    stages
        The signal's allowed stages in the order in which they are to run, at least one. A phase's
        green goes to the first stage that shares most groups with it.

    Returns
    -------
    The plan.
    """
    part = signals.groups_of(signal)
    count = len(stages)
    greens = np.array(stages, bool).reshape(count, -1)
    wanted_s, begins_s = _green_by_stage(programme, greens)
    clearances = [
        clearance_s(signals, table, signal, greens[i], greens[(i + 1) % count])
        for i in range(count)
    ]
    least_s = np.array([least_green_s(table.min_green_s[part], greens, i) for i in range(count)])
    budget_s = max(round(programme.cycle_s) - sum(clearances), int(least_s.sum()))
    green_s = share_out(wanted_s, least_s, budget_s)
    cycle_s = int(green_s.sum()) + sum(clearances)
    return Plan(
        signal_id=signals.signal_ids[signal],
        table_version=table.version[signal],
        cycle_s=cycle_s,
        # A programme's offset is where its first phase begins, a plan's where its first green does.
        offset_s=round(programme.offset_s + begins_s) % cycle_s,
        stages=greens,
        green_s=green_s.astype(np.int32),
        clearance_s=np.array(clearances, np.int32),
    )


def _green_by_stage(programme: Programme, greens: Bools) -> tuple[np.ndarray, float]:
    """Sum the phases of a programme by the stage that they are most like.

    Tell also when, after the begin of the first phase, the green of the first stage begins.
    """
    wanted_s = np.zeros(len(greens))
    if programme.lamps.shape[1] != greens.shape[1]:
        return wanted_s, 0.0
    shown = (programme.lamps == Lamp.GREEN) | (programme.lamps == Lamp.GREEN_YIELD)
    phases = green_phases(programme)
    of_phase = []
    for phase in phases:
        alike = (greens & shown[phase]).sum(axis=1) - (greens & ~shown[phase]).sum(axis=1)
        of_phase.append(int(np.argmax(alike)))
        wanted_s[of_phase[-1]] += programme.phase_s[phase]
    before_s = np.cumsum(programme.phase_s) - programme.phase_s
    begins = [
        float(before_s[phase])
        for i, phase in enumerate(phases)
        if of_phase[i] == 0 and of_phase[i - 1] != 0
    ]
    return wanted_s, begins[0] if begins else 0.0


def least_green_s(min_green_s: np.ndarray, greens: Bools, stage: int) -> int:
    """Give the shortest green that lets each group that starts or ends with the stage finish.

    Parameters
    ----------
    min_green_s
        (groups of the signal,) minimum greens. [s]
    greens
        (stages, groups of the signal) the stages in their order.
    stage
        Which of them.

    Returns
    -------
    The least green of the stage, at least 1. [s]
    """
    count = len(greens)
    alone = greens[stage] & ~(greens[stage - 1] & greens[(stage + 1) % count])
    return int(min_green_s[alone].max(initial=1))


def share_out(wanted_s: np.ndarray, least_s: np.ndarray, budget_s: int) -> np.ndarray:
    """Divide whole seconds in proportion to what is wanted, none below its least.

    Parameters
    ----------
    wanted_s
        (stages,) what each would have. [s]
    least_s
        (stages,) what each must have; their sum is at most the budget. [s]
    budget_s
        What there is. [s]

    Returns
    -------
    (stages,) whole seconds whose sum is the budget. [s]
    """
    spare_s = budget_s - int(least_s.sum())
    above_s = np.maximum(wanted_s - least_s, 0.0)
    share = (
        above_s / above_s.sum() if above_s.sum() > 0 else np.full(len(least_s), 1 / len(least_s))
    )
    exact_s = least_s + spare_s * share
    green_s = np.floor(exact_s).astype(int)
    # Whole seconds that rounding took go to the largest remainders.
    for i in np.argsort(green_s - exact_s, kind="stable")[: budget_s - int(green_s.sum())]:
        green_s[i] += 1
    return np.asarray(green_s)
