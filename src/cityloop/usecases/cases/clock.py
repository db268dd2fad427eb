"""What the clock does: alarms, cases that nobody rates, and data whose time is over."""

from datetime import datetime, timedelta

from cityloop.casework.alarms import alarms
from cityloop.casework.moves import enter, move
from cityloop.casework.replay import replay
from cityloop.casework.rules import Rules
from cityloop.casework.states import Act, Rating, State
from cityloop.store.records.cases.models import Case
from cityloop.store.records.cases.rows import cases_to_ring
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import CLOCK
from cityloop.usecases.cases.keep import Step, carry, entries_of, lock


def ring_alarms(rules: Rules, now: datetime) -> int:
    """Enter every warning, overdue and escalation that has come since.

    Parameters
    ----------
    rules
        The city's rules.
    now
        The moment.

    Returns
    -------
    How many were entered.
    """
    return sum(_ring(number, rules, now) for number in cases_to_ring(now))


def close_unrated(rules: Rules, now: datetime) -> int:
    """Close cases that were answered and not rated for as long as the rules say."""
    last = now - timedelta(days=rules.rating_days)
    silent = Case.objects.filter(state=State.ANSWERED, updated_at__lte=last)
    return sum(_close(number, last, now) for number in silent.values_list("number", flat=True))


def _ring(number: str, rules: Rules, now: datetime) -> int:
    with changing(now):
        row = lock(CLOCK, number)
        called = alarms(replay(entries_of(row)), rules.limits[row.limit], now)
        for act, level in called:
            carry(row, _alarm(act, level, now))
        return len(called)


def _close(number: str, last: datetime, now: datetime) -> int:
    with changing(now):
        row = lock(CLOCK, number)
        if row.state != State.ANSWERED or row.updated_at > last:
            return 0
        facts = {"rating": str(Rating.NONE)}
        carry(row, lambda case: move(case, State.CLOSED, by="clock", now=now, facts=facts))
        return 1


def _alarm(act: Act, level: int, now: datetime) -> Step:
    return lambda case: enter(case, act, by="clock", now=now, facts={"level": level})
