"""What a city publishes of its cases: hot topics, and shares that anybody can check."""

from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cityloop.casework.topics import SMALL
from cityloop.console.pages.cases import named, spoken
from cityloop.console.who import now, officer_of
from cityloop.usecases.cases.look import count_topics, published_shares
from cityloop.usecases.cases.rules import city_rules

DAYS = 90
"""Over how long shares are worked out where nobody says. [d]"""
DAYS_MAX = 366


@require_safe
def topics(request: HttpRequest) -> HttpResponse:
    """Show a week's topics by area, with the change against the week before.

    Parameters
    ----------
    request
        What is asked: `week`, any day of it; the last whole one where it is not given.

    Returns
    -------
    The page; counts under ten are shown to officers alone.
    """
    rules = city_rules()
    today = now().astimezone(rules.zone).date()
    week = _day(request.GET.get("week", "")) or today - timedelta(days=7)
    monday = week - timedelta(days=week.weekday())
    inside = officer_of(request) is not None
    shown = {
        **named(rules),
        "topics": count_topics(rules, monday, public=not inside),
        "inside": inside,
        "small": SMALL,
        "begin": monday,
        "end": monday + timedelta(days=6),
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7) if monday + timedelta(days=7) <= today else None,
    }
    return render(request, "console/cases/topics.html", shown)


@require_safe
def shares(request: HttpRequest) -> HttpResponse:
    """Show how many cases were answered in time and to satisfaction, and of how many.

    Parameters
    ----------
    request
        What is asked: `begin` and `end`, days; the last 90 where they are not given.

    Returns
    -------
    The page.
    """
    rules, at = city_rules(), now()
    today = at.astimezone(rules.zone).date()
    end = min(_day(request.GET.get("end", "")) or today, today)
    begin = _day(request.GET.get("begin", "")) or end - timedelta(days=DAYS)
    begin = min(max(begin, end - timedelta(days=DAYS_MAX)), end)
    first, last = (
        datetime.combine(day, datetime.min.time(), rules.zone)
        for day in (begin, end + timedelta(days=1))
    )
    rows = [
        {
            "key": each.key,
            "numerator": each.numerator,
            "denominator": each.denominator,
            "percent": None if each.value is None else 100 * each.value,
            "definition": spoken(each, "definition"),
        }
        for each in published_shares(first, last, at)
    ]
    shown = {"shares": rows, "begin": begin, "end": end}
    return render(request, "console/cases/figures.html", shown)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 10) <= day <= date(2999, 1, 1) else None
