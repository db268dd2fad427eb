"""Plans by time of day, and what a signal shows under them, switches included."""

from typing import Final

import numpy as np

from cityloop.city.network import Bytes
from cityloop.city.records import record
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.transition import Mode, transition

DAY_S: Final = 86_400


@record
class Timetable:
    """Which plans run when; every day is alike.

    Attributes
    ----------
    begin_s
        (periods,) second of the day in which each begins, ascending, in `[0, 86400)`. Before the
        first the last one runs. [s]
    plans
        (periods,) at most one plan a signal.
    mode
        How signals get into step with a new plan.
    """

    begin_s: tuple[int, ...]
    plans: tuple[tuple[Plan, ...], ...]
    mode: Mode = Mode.SHORT_WAY

    def period_at(self, now_s: int) -> int:
        """Find the period of a second.

        Parameters
        ----------
        now_s
            The second, of this day or a later one. [s]

        Returns
        -------
        Its index.
        """
        return int(np.searchsorted(self.begin_s, now_s % DAY_S, "right") - 1) % len(self.begin_s)


def always(plans: tuple[Plan, ...]) -> Timetable:
    """Make a timetable of plans that always run.

    Parameters
    ----------
    plans
        At most one a signal.

    Returns
    -------
    The timetable.
    """
    return Timetable(begin_s=(0,), plans=(plans,))


def list_switches(timetable: Timetable) -> list[tuple[Plan, Plan]]:
    """List every switch of every signal in a day.

    Parameters
    ----------
    timetable
        The plans.

    Returns
    -------
    The plan before it and the plan after it; signals that go on with equal plans are left out, and
    so are those without one of the two.
    """
    found: list[tuple[Plan, Plan]] = []
    if len(timetable.plans) == 1:
        return found
    for k, plans in enumerate(timetable.plans):
        before = {plan.signal_id: plan for plan in timetable.plans[k - 1]}
        for plan in plans:
            running = before.get(plan.signal_id)
            if running is not None and running != plan:
                found.append((running, plan))
    return found


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
