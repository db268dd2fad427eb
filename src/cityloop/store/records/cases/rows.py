"""Which rows are whose, and how one is locked."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError
from django.db.models import Q, QuerySet

from cityloop.casework.states import OPEN
from cityloop.store.records.cases.models import Case

Cases = QuerySet[Case]
TakenError = IntegrityError
"""A row that must be the only one is there already."""


def cases_of_citizen(account: int | None, numbers: Sequence[str]) -> Cases:
    """Find a citizen's own: by their account, and by the receipts that they hold."""
    mine = Q(number__in=numbers)
    if account is not None:
        mine |= Q(citizen_id=account)
    return Case.objects.filter(mine)


def cases_of_desks(departments: frozenset[str]) -> Cases:
    """Find what lies on the desks of departments."""
    return Case.objects.filter(department__in=departments)


def cases_to_ring(now: datetime) -> list[str]:
    """List the open cases whose warning or deadline has come."""
    late = Case.objects.filter(Q(warn_at__lte=now) | Q(due_at__lt=now), state__in=OPEN)
    return list(late.values_list("number", flat=True))


def lock_case(among: Cases, number: str) -> Case | None:
    """Lock a row until the transaction ends; None when it is not among those."""
    return among.select_for_update(of=("self",)).filter(number=number).first()
