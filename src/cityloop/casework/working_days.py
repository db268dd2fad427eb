"""Working days: plain weeks, holidays and make-up days, in one time zone."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkingDays:
    """Which days are worked: all but `weekend` and `off`, and `made_up`.

    Attributes
    ----------
    zone
        Where midnight is taken from.
    off
        Days outside the weekend that are holidays.
    made_up
        Days of the weekend that are worked in exchange.
    years
        For which years the two are announced; other years follow plain weeks.
    weekend
        Days of the week that are not worked, Monday being 0.
    """

    zone: ZoneInfo
    off: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()
    years: frozenset[int] = field(default=frozenset(), compare=False)
    weekend: frozenset[int] = frozenset({5, 6})

    def works(self, day: date) -> bool:
        """Say whether a day is worked."""
        return day in self.made_up or (day.weekday() not in self.weekend and day not in self.off)

    def within(self, begin: datetime, end: datetime) -> "WorkingDays":
        """Keep only what differs from plain weeks between two moments, their days included."""
        first, last = begin.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        return replace(
            self,
            off=frozenset(day for day in self.off if first <= day <= last),
            made_up=frozenset(day for day in self.made_up if first <= day <= last),
        )


def days_of(texts: Iterable[str]) -> frozenset[date]:
    """Read days as they stand in a log."""
    return frozenset(date.fromisoformat(each) for each in texts)


def next_midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """Find the first midnight after a moment, in UTC."""
    day = moment.astimezone(zone).date() + DAY
    return datetime.combine(day, time(), zone).astimezone(UTC)


def advance(begin: datetime, left_s: int, days: WorkingDays | None) -> datetime:
    """Find when a span of counted time that begins at a moment is used up.

    Parameters
    ----------
    begin
        The moment.
    left_s
        The span, >= 0. A working day counts 86,400 by the wall clock of its zone. [s]
    days
        Which days count; None for all time.

    Returns
    -------
    The moment, in UTC; of a span that ends with a day, the midnight after it.
    """
    if days is None:
        return begin.astimezone(UTC) + timedelta(seconds=left_s)
    wall, left = begin.astimezone(days.zone).replace(tzinfo=None), timedelta(seconds=left_s)
    while left > timedelta(0):
        end = datetime.combine(wall.date() + DAY, time())
        if days.works(wall.date()):
            if left <= end - wall:
                end = wall + left
            left -= end - wall
        wall = end
    return wall.replace(tzinfo=days.zone).astimezone(UTC)


def counted_s(begin: datetime, end: datetime, days: WorkingDays | None) -> int:
    """Count the time between two moments.

    Parameters
    ----------
    begin
        The first.
    end
        The second; before the first it counts 0.
    days
        Which days count; None for all time.

    Returns
    -------
    Counted time. [s]
    """
    if days is None:
        return max(0, int((end - begin).total_seconds()))
    wall = begin.astimezone(days.zone).replace(tzinfo=None)
    last = end.astimezone(days.zone).replace(tzinfo=None)
    total = timedelta(0)
    while wall < last:
        until = min(last, datetime.combine(wall.date() + DAY, time()))
        if days.works(wall.date()):
            total += until - wall
        wall = until
    return int(total.total_seconds())
