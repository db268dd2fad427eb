"""What a signal shows under plans by time of day, switches included."""

import numpy as np

from cityloop.city.network import Bytes
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.timetable import Timetable
from cityloop.traffic.plan.transition import transition


def show_timetable(
    signals: Signals,
    table: SafetyTable,
    timetable: Timetable,
    signal_id: str,
    begin_s: int,
    end_s: int,
) -> Bytes | None:
    """Work out what a signal shows from one second to another, as its cabinet would.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    timetable
        The plans.
    signal_id
        The signal.
    begin_s
        The first second, in which the period's plan is in step. [s]
    end_s
        The one after the last. [s]

    Returns
    -------
    (end - begin, groups of the signal) a `Lamp` each. None if the signal has no plan in the first
    period.
    """
    own = [
        next((plan for plan in plans if plan.signal_id == signal_id), None)
        for plans in timetable.plans
    ]
    at = timetable.period_at(begin_s)
    running = own[at]
    if running is None:
        return None
    shown = _steady(signals, table, running, begin_s, end_s)
    for now_s in range(begin_s + 1, end_s):
        onward = timetable.period_at(now_s)
        plan = own[onward]
        if onward == at or plan is None:
            continue
        at = onward
        if plan != running:
            way = transition(signals, table, running, plan, now_s, timetable.mode)
            rows = np.searchsorted(way.time_s, np.arange(now_s, end_s), "right") - 1
            shown[now_s - begin_s :] = way.lamp[rows]
            if way.in_step_s < end_s:
                shown[way.in_step_s - begin_s :] = _steady(
                    signals, table, plan, way.in_step_s, end_s
                )
            running = plan
    return shown


def _steady(signals: Signals, table: SafetyTable, plan: Plan, begin_s: int, end_s: int) -> Bytes:
    """Show a plan that is in step."""
    cycle = expand_plan(signals, table, plan)
    return cycle[(np.arange(begin_s, end_s) - plan.offset_s) % len(cycle)].copy()
