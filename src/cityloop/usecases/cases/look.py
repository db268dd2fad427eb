"""Looking: at a desk's inbox, at neighbours that may be the same, at what is published."""

from datetime import date, datetime, timedelta

from cityloop.casework.rules import Rules
from cityloop.casework.satisfaction import Outcome, Share, published
from cityloop.casework.similar import ALIKE, RECENT_D, Said, cell, likeness, words
from cityloop.casework.states import OPEN, Rating
from cityloop.casework.topics import Topic, hot_topics
from cityloop.store.records.cases.models import Case
from cityloop.store.records.cases.rows import Cases
from cityloop.usecases.cases.actors import Actor, cases_for

NEIGHBOURS_MAX = 400
"""Cases that are compared for one look; the latest are taken."""


def list_cases(actor: Actor, **filters: str) -> Cases:
    """List the cases that somebody may see.

    Parameters
    ----------
    actor
        Who looks.
    **filters
        `state`, `service`, `area`, `officer`; `words` that stand in the text; `open` for those in
        which an answer is owed; `overdue`. Empty ones do not count.

    Returns
    -------
    The cases, those that are due first.
    """
    found = cases_for(actor)
    for key in ("state", "service", "area", "officer"):
        if filters.get(key):
            found = found.filter(**{key: filters[key]})
    if filters.get("open"):
        found = found.filter(state__in=OPEN)
    if filters.get("overdue"):
        found = found.filter(overdue=True, state__in=OPEN)
    for part in filters.get("words", "").split():
        found = found.filter(text__icontains=part)
    return found.order_by("due_at", "pk")


def find_alike(
    said: Said, now: datetime, among: Cases | None = None, count: int = 5
) -> list[tuple[float, Case]]:
    """Find open cases that may be on the same thing.

    Parameters
    ----------
    said
        What is said, where and when.
    now
        The moment.
    among
        The cases that may be shown; all open ones when None.
    count
        How many at most.

    Returns
    -------
    Likeness and case, the most alike first.
    """
    found = (Case.objects.all() if among is None else among).filter(
        state__in=OPEN, received_at__gte=now - timedelta(days=3 * RECENT_D)
    )
    if said.lon is not None and said.lat is not None:
        x, y = cell(said.lon, said.lat)
        found = found.filter(cell_x__range=(x - 1, x + 1), cell_y__range=(y - 1, y + 1))
    else:
        found = found.filter(service=said.service)
    pairs = [
        (likeness(said, said_by(row)), row)
        for row in found.order_by("-received_at")[:NEIGHBOURS_MAX]
    ]
    pairs = [pair for pair in pairs if pair[0] >= ALIKE]
    return sorted(pairs, key=lambda pair: -pair[0])[:count]


def said_by(row: Case) -> Said:
    """Tell what a case says, for likeness."""
    return Said(
        words=words(row.text), at=row.received_at, lon=row.lon, lat=row.lat, service=row.service
    )


def count_topics(rules: Rules, week: date, *, public: bool) -> list[Topic]:
    """Count hot topics of a week; the public sees no small counts."""
    monday = week - timedelta(days=week.weekday())
    begin = datetime.combine(monday - timedelta(days=7), datetime.min.time(), rules.zone)
    rows = Case.objects.filter(
        received_at__gte=begin, received_at__lt=begin + timedelta(days=14)
    ).values_list("area", "service", "received_at")
    cases = ((area, service, at.astimezone(rules.zone).date()) for area, service, at in rows)
    return hot_topics(cases, week, public=public)


def published_shares(begin: datetime, end: datetime, now: datetime) -> list[Share]:
    """Work out the published shares of all cases that came between two moments."""
    rows = Case.objects.filter(received_at__gte=begin, received_at__lt=end).exclude(
        state__in=("withdrawn", "rejected")
    )
    return published(
        (
            Outcome(
                due=row.first_due_at,
                answered=row.answered_at,
                first=Rating(row.first_rating),
                last=Rating(row.rating),
            )
            for row in rows.iterator()
        ),
        now,
    )


def list_public(
    numbers: tuple[str, ...],
    services: tuple[str, ...],
    begin: datetime,
    end: datetime,
    open_: bool | None,  # noqa: FBT001  open, closed or both
) -> Cases:
    """List cases for everybody; what is shown of them is for the caller to choose.

    Parameters
    ----------
    numbers
        Public numbers; they override everything else.
    services
        Service codes; none for all.
    begin
        From when on the cases came.
    end
        Until when.
    open_
        Those in which an answer is owed, the others, or both when None.

    Returns
    -------
    The cases, the latest first.
    """
    found = Case.objects.filter(erased=False)
    if numbers:
        return found.filter(number__in=numbers).order_by("-pk")
    found = found.filter(received_at__gte=begin, received_at__lte=end)
    if services:
        found = found.filter(service__in=services)
    if open_ is not None:
        found = found.filter(state__in=OPEN) if open_ else found.exclude(state__in=OPEN)
    return found.order_by("-pk")
