"""Which rows are whose, and how one is locked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from cityloop.casework.states import OPEN
from cityloop.store.records.cases.models import Case

Cases = QuerySet[Case]


def cases_of_citizen(account: int | None, numbers: Sequence[str]) -> Cases:
    """Find a citizen's own: by their account, and by the receipts that they hold."""
    mine = Q(number__in=numbers)
    if account is not None:
        mine |= Q(citizen_id=account)
    return Case.objects.filter(mine)


def cases_of_desks(departments: frozenset[str]) -> Cases:
    """Find what lies on the desks of departments."""
    return Case.objects.filter(department__in=departments)


def cases_to_ring(now: datetime, levels: Mapping[str, Sequence[int]]) -> list[str]:
    """List the open cases for which an alarm is due that has not been entered.

    Parameters
    ----------
    now
        The moment.
    levels
        By limit, hours after the deadline at which each next level up is told. [h]

    Returns
    -------
    Their numbers, those that are due first.
    """
    silent = Q(warned=False, due_at__gte=now) | Q(overdue=False, due_at__lt=now)
    for limit, hours in levels.items():
        for level, after_h in enumerate(hours):
            last = now - timedelta(hours=after_h)
            silent |= Q(limit=limit, overdue=True, level=level, due_at__lte=last)
    due = Case.objects.filter(silent, state__in=OPEN, warn_at__lte=now).order_by("due_at")
    return list(due.values_list("number", flat=True))


def lock_case(among: Cases, number: str) -> Case | None:
    """Lock a row until the transaction ends; None when it is not among those."""
    return among.select_for_update(of=("self",)).filter(number=number).first()
