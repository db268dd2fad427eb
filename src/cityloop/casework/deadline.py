"""Deadlines: a span of counted time that runs, waits for the citizen, and is extended."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from cityloop.casework.working_days import WorkingDays, advance, counted_s, next_midnight

HOUR_S: Final = 3_600
DAY_S: Final = 86_400


class Unit(StrEnum):
    """What a limit is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How long a case of one kind may take: data of a city, never code.

    Attributes
    ----------
    key
        Its name in the rules.
    amount, unit
        Hours count from the receipt. Days and working days count from the next midnight, so that
        the last one is whole (Civil Code of China, articles 201 and 202).
    warn_left_percent
        What share of the span is left when the officer is warned. [%]
    extension
        What one extension adds, in the same unit; 0 for none.
    extensions_max
        How often.
    escalate_after_h
        Hours after the deadline at which the next level up is told, rising. [h]
    name_zh, name_en
        What people read.
    source
        Where the figure is from.
    """

    key: str
    amount: int
    unit: Unit
    name_zh: str
    name_en: str
    source: str
    warn_left_percent: int = 25
    extension: int = 0
    extensions_max: int = 1
    escalate_after_h: tuple[int, ...] = (24,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """Where a case stands against its deadline.

    Attributes
    ----------
    limit
        The limit's key.
    unit
        What counts.
    begin
        From when `left_s` counts.
    left_s
        Counted time that was left at `begin`. [s]
    running
        False while one waits for the citizen, and after the answer.
    due
        When the time is used up; while the clock stands, when it last would have been.
    warn
        When the officer is warned.
    warn_left_s
        Counted time left at the warning. [s]
    days
        The working days between `begin` and `due`, and no more: what a log has to hold.
    """

    limit: str
    unit: Unit
    begin: datetime
    left_s: int
    running: bool
    due: datetime
    warn: datetime
    warn_left_s: int
    days: WorkingDays


def span_s(amount: int, unit: Unit) -> int:
    """Convert an amount of a limit to counted seconds."""
    return amount * (HOUR_S if unit is Unit.HOURS else DAY_S)


def start(limit: Limit, at: datetime, days: WorkingDays) -> Clock:
    """Start the clock.

    Parameters
    ----------
    limit
        How long the case may take.
    at
        When it was received, or reopened.
    days
        The working days.

    Returns
    -------
    The clock, running.
    """
    begin = at if limit.unit is Unit.HOURS else next_midnight(at, days.zone)
    left = span_s(limit.amount, limit.unit)
    clock = Clock(
        limit=limit.key,
        unit=limit.unit,
        begin=begin,
        left_s=left,
        running=True,
        due=begin,
        warn=begin,
        warn_left_s=left * limit.warn_left_percent // 100,
        days=days,
    )
    return _run(clock, begin, left, days)


def pause(clock: Clock, at: datetime) -> Clock:
    """Stop counting: what was left at `at` stays. After the deadline nothing is left."""
    return replace(clock, begin=max(at, clock.begin), left_s=left_s(clock, at), running=False)


def resume(clock: Clock, at: datetime, days: WorkingDays) -> Clock:
    """Go on counting what was left. A deadline that had passed stays where it was."""
    if clock.left_s == 0:
        return replace(clock, running=True)
    begin = max(at, clock.begin)
    return _run(clock, begin, clock.left_s, days)


def extend(clock: Clock, amount: int, at: datetime, days: WorkingDays) -> Clock:
    """Add to a running clock that has not run out.

    Parameters
    ----------
    clock
        The clock.
    amount
        What is added, in its unit.
    at
        When.
    days
        The working days.

    Returns
    -------
    The clock with its new deadline.

    Raises
    ------
    ValueError
        If it stands, or has run out.
    """
    if not clock.running:
        raise ValueError("the clock stands; a deadline is extended while it runs")
    if at > clock.due:
        raise ValueError("the deadline has passed; it can be extended only before")
    begin = max(at, clock.begin)
    return _run(clock, begin, left_s(clock, at) + span_s(amount, clock.unit), days)


def recount(clock: Clock, at: datetime, days: WorkingDays) -> Clock:
    """Count anew what is left, when the working days of a year have been announced."""
    begin = max(at, clock.begin)
    return _run(clock, begin, left_s(clock, at), days) if at <= clock.due else clock


def left_s(clock: Clock, at: datetime) -> int:
    """Tell how much counted time is left at a moment, >= 0, in seconds."""
    if not clock.running:
        return clock.left_s
    return max(0, clock.left_s - counted_s(clock.begin, at, _counting(clock.unit, clock.days)))


def _counting(unit: Unit, days: WorkingDays) -> WorkingDays | None:
    match unit:
        case Unit.HOURS:
            return None
        case Unit.DAYS:
            return WorkingDays(zone=days.zone, weekend=frozenset())
        case Unit.WORKING_DAYS:
            return days


def _run(clock: Clock, begin: datetime, left: int, days: WorkingDays) -> Clock:
    counting = _counting(clock.unit, days)
    due = advance(begin, left, counting)
    return replace(
        clock,
        begin=begin,
        left_s=left,
        running=True,
        due=due,
        warn=advance(begin, max(0, left - clock.warn_left_s), counting),
        days=days.within(begin, due),
    )
