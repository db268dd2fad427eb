"""Hot topics: cases by area, service and week, against the week before; small counts kept back."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

SMALL: Final = 10
"""Counts under this are not published: too few people stand behind them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """What one area said of one service in one week.

    Attributes
    ----------
    area, service
        Keys.
    week
        Its Monday.
    count, before
        Cases in it and in the week before; None where it is kept back.
    change
        The difference; None where either is kept back.
    """

    area: str
    service: str
    week: date
    count: int | None
    before: int | None
    change: int | None


def hot_topics(cases: Iterable[tuple[str, str, date]], week: date, *, public: bool) -> list[Topic]:
    """Count a week's cases.

    Parameters
    ----------
    cases
        Area, service and local day of each.
    week
        Any day of the week.
    public
        Whether counts under 10 are kept back, 0 among them.

    Returns
    -------
    The topics, most grown first; those that are kept back last.
    """
    monday = week - timedelta(days=week.weekday())
    last = monday - timedelta(days=7)
    now: Counter[tuple[str, str]] = Counter()
    before: Counter[tuple[str, str]] = Counter()
    for area, service, day in cases:
        start = day - timedelta(days=day.weekday())
        if start == monday:
            now[area, service] += 1
        elif start == last:
            before[area, service] += 1
    topics = []
    for area, service in sorted(now | before):
        pair = _shown(now[area, service], public), _shown(before[area, service], public)
        change = pair[0] - pair[1] if pair[0] is not None and pair[1] is not None else None
        topics.append(
            Topic(
                area=area,
                service=service,
                week=monday,
                count=pair[0],
                before=pair[1],
                change=change,
            )
        )
    return sorted(topics, key=lambda each: (each.change is None, -(each.change or 0)))


def _shown(count: int, public: bool) -> int | None:  # noqa: FBT001  one of two readers
    return None if public and count < SMALL else count
