"""What the clock does: alarms, cases that nobody rates, and data whose time is over.

Any number of processes may do it at a time: a case is locked and worked out anew before anything is
entered, so nothing rings twice.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from cityloop.casework.alarms import alarms
from cityloop.casework.log import BrokenLogError
from cityloop.casework.moves import RefusedError, enter, move
from cityloop.casework.replay import replay
from cityloop.casework.rules import Rules
from cityloop.casework.states import Act, Rating, State
from cityloop.store.records.cases.models import Case
from cityloop.store.records.cases.rows import cases_to_ring
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import CLOCK, NoSuchCaseError
from cityloop.usecases.cases.keep import Step, carry, entries_of, lock
from cityloop.usecases.cases.privacy import keep_retention


class Done(NamedTuple):
    """What became of a round over many cases.

    Attributes
    ----------
    entered
        How many entries were made.
    failed
        Cases that could not be treated, and why; the others were.
    """

    entered: int
    failed: tuple[str, ...]


class Round(NamedTuple):
    """What one round of the clock did: entries made, cases closed, cases that lost personal data.

    Attributes
    ----------
    alarms, closed, erased
        How many.
    failed
        As in `Done`.
    """

    alarms: int
    closed: int
    erased: int
    failed: tuple[str, ...]


def go_round(rules: Rules, now: datetime, *, retention: bool) -> Round:
    """Do all that the clock has to do at a moment.

    Parameters
    ----------
    rules
        The city's rules.
    now
        The moment.
    retention
        Whether data whose time is over are looked for, too; that takes longer.

    Returns
    -------
    What was done.
    """
    rung, closed = ring_alarms(rules, now), close_unrated(rules, now)
    erased = keep_retention(rules, now) if retention else 0
    return Round(rung.entered, closed.entered, erased, rung.failed + closed.failed)


def ring_alarms(rules: Rules, now: datetime) -> Done:
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
    levels = {limit.key: limit.escalate_after_h for limit in rules.limits.values()}
    return _each(cases_to_ring(now, levels), lambda number: _ring(number, rules, now))


def close_unrated(rules: Rules, now: datetime) -> Done:
    """Close cases that were answered and not rated for as long as the rules say."""
    last = now - timedelta(days=rules.rating_days)
    silent = Case.objects.filter(state=State.ANSWERED, updated_at__lte=last)
    numbers = list(silent.values_list("number", flat=True))
    return _each(numbers, lambda number: _close(number, last, now))


def _each(numbers: Iterable[str], step: Callable[[str], int]) -> Done:
    """Do the same for each case; one that cannot be treated keeps no other one waiting."""
    count, failed = 0, []
    for number in numbers:
        try:
            count += step(number)
        except (BrokenLogError, RefusedError, NoSuchCaseError) as error:
            failed.append(f"{number}: {error}")
    return Done(count, tuple(failed))


def _ring(number: str, rules: Rules, now: datetime) -> int:
    with changing(now):
        row = lock(CLOCK, number)
        if row.limit not in rules.limits:
            raise RefusedError(
                "the rules have no limit {limit} any longer; put it back", limit=row.limit
            )
        told = replay(entries_of(row))
        called = alarms(told, rules.limits[row.limit], now)
        for act, level in called:
            carry(row, _alarm(act, level, now))
        if not called and row.warned != told.warned:
            row.warned = told.warned
            row.save(update_fields=["warned"])
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
