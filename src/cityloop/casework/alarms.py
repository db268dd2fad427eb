"""What a deadline calls for now: a warning, the word overdue, the next level up."""

from datetime import datetime, timedelta

from cityloop.casework.deadline import Limit
from cityloop.casework.states import OPEN, Act, Case


def alarms(case: Case, limit: Limit, now: datetime) -> list[tuple[Act, int]]:
    """List what has to be entered for a case and has not been.

    Parameters
    ----------
    case
        The case.
    limit
        Its limit.
    now
        The moment.

    Returns
    -------
    Acts in their order, each with its level: 0, or for an escalation 1 and up.
    """
    clock = case.clock
    if case.state not in OPEN or not (clock.running or clock.left_s == 0):
        return []
    called: list[tuple[Act, int]] = []
    late = now > clock.due
    if now >= clock.warn and not late and not case.warned:
        called.append((Act.WARNED, 0))
    if late and not case.overdue:
        called.append((Act.OVERDUE, 0))
    called += [
        (Act.ESCALATED, level)
        for level, hours in enumerate(limit.escalate_after_h, start=1)
        if late and level > case.level and now >= clock.due + timedelta(hours=hours)
    ]
    return called
