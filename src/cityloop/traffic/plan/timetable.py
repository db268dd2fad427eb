"""Plans by time of day."""

from typing import Final

import numpy as np

from cityloop.city.records import record
from cityloop.city.signals import Plan
from cityloop.traffic.plan.mode import Mode

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
