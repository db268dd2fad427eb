"""Plans for green bands: their cycles, orders of stages, and when through traffic has green."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.signals import Bools, Lamp, Plan, SafetyTable, Signals
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.repair import least_green_s, share_out
from cityloop.traffic.plan.switch import clearance_s

ORDERED_STAGES_MAX: Final = 5
"""A plan of more stages keeps their order: 24 orders of five are tried, 120 of six are not."""


class Window(NamedTuple):
    """When a through movement has green in a plan.

    Attributes
    ----------
    start_s
        Start after the plan's first stage. [s]
    green_s
        Its length; 0 where the plan has none. [s]
    """

    start_s: int
    green_s: int


def green_window(signals: Signals, table: SafetyTable, plan: Plan, groups: Sequence[int]) -> Window:
    """Find the longest time of a plan's cycle in which some groups are green together.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    plan
        The plan.
    groups
        Groups of the whole network, all of the plan's signal, at least one.

    Returns
    -------
    The window; it may run over the end of the cycle.
    """
    part = signals.groups_of(signals.signal_ids.index(plan.signal_id))
    lamps = expand_plan(signals, table, plan)[:, np.array(groups) - part.start]
    green = ((lamps == Lamp.GREEN) | (lamps == Lamp.GREEN_YIELD)).all(axis=1)
    if green.all():
        return Window(0, plan.cycle_s)
    if not green.any():
        return Window(0, 0)
    begins = np.flatnonzero(green & ~np.roll(green, 1))
    reds = np.flatnonzero(~green)
    lasts = [int(((reds - begin) % plan.cycle_s).min()) for begin in begins]
    longest = int(np.argmax(lasts))
    return Window(int(begins[longest]), lasts[longest])


def list_orders(stages: Bools) -> list[tuple[int, ...]]:
    """List the orders in which a cycle may run through its stages.

    Parameters
    ----------
    stages
        (stages, groups) of one signal.

    Returns
    -------
    Each order as indices, the first stage always first, the order that there is before all others;
    that one alone where there are more than `ORDERED_STAGES_MAX`.
    """
    count = len(stages)
    own = tuple(range(count))
    if count > ORDERED_STAGES_MAX:
        return [own]
    return [own, *(o for p in permutations(own[1:]) for o in ((0, *p),) if o != own)]


def retime_plan(
    signals: Signals,
    table: SafetyTable,
    plan: Plan,
    *,
    cycle_s: int,
    order: Sequence[int] = (),
    extra_s: Ints | None = None,
) -> Plan | None:
    """Give a plan another cycle and another order of its stages.

    What is above the least greens grows or shrinks in proportion.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    plan
        The plan.
    cycle_s
        The cycle that it shall have. [s]
    order
        The stages in their new order; as they are if empty.
    extra_s
        (stages,) what each stage of the new order must have above its least. [s]

    Returns
    -------
    The plan; None where the cycle is too short for the least greens and the clearances.
    """
    signal = signals.signal_ids.index(plan.signal_id)
    chosen = np.array(order or range(len(plan.stages)), np.intp)
    stages = plan.stages[chosen]
    count = len(stages)
    clear_s = [
        clearance_s(signals, table, signal, stages[i], stages[(i + 1) % count])
        for i in range(count)
    ]
    same = cycle_s == plan.cycle_s and np.array_equal(clear_s, plan.clearance_s[chosen])
    if same and extra_s is None:
        return replace(plan, stages=stages, green_s=plan.green_s[chosen])
    part = signals.groups_of(signal)
    least_s = np.array([least_green_s(table.min_green_s[part], stages, i) for i in range(count)])
    if extra_s is not None:
        least_s = least_s + extra_s
    budget_s = cycle_s - sum(clear_s)
    if budget_s < int(least_s.sum()):
        return None
    scale = budget_s / max(1, int(plan.green_s.sum()))
    green_s = share_out(plan.green_s[chosen] * scale, least_s, budget_s)
    return replace(
        plan,
        cycle_s=cycle_s,
        offset_s=plan.offset_s % cycle_s,
        stages=stages,
        green_s=green_s.astype(np.int32),
        clearance_s=np.array(clear_s, np.int32),
    )


def begin_with(plan: Plan, stage: int) -> Plan:
    """Let a plan begin with another of its stages, and show the same at every second.

    Parameters
    ----------
    plan
        The plan.
    stage
        Index of the stage that becomes the first.

    Returns
    -------
    The plan.
    """
    before_s = int((plan.green_s[:stage] + plan.clearance_s[:stage]).sum())
    return replace(
        plan,
        offset_s=(plan.offset_s + before_s) % plan.cycle_s,
        stages=np.roll(plan.stages, -stage, axis=0),
        green_s=np.roll(plan.green_s, -stage),
        clearance_s=np.roll(plan.clearance_s, -stage),
    )


def coordinated_stage(plan: Plan, groups: Sequence[int], first_group: int) -> int:
    """Choose the stage with which the green of some groups begins.

    Parameters
    ----------
    plan
        The plan.
    groups
        Groups of the whole network.
    first_group
        The first group of the plan's signal.

    Returns
    -------
    Index of the first stage in which all are green and before which not all are; 0 if none.
    """
    green = plan.stages[:, np.array(groups) - first_group].all(axis=1)
    begins = np.flatnonzero(green & ~np.roll(green, 1))
    return int(begins[0]) if len(begins) else 0
