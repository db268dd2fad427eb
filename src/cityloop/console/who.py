"""Who asks: a citizen, with or without an account, or an officer at their desks."""

from datetime import UTC, datetime

from django.http import HttpRequest

from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.cases.models import Seat
from cityloop.usecases.cases.actors import Actor

RECEIPTS = "receipts"


def now() -> datetime:
    """Tell the present time."""
    return datetime.now(UTC)


def citizen_of(request: HttpRequest) -> Actor:
    """Find the citizen: their account, and the receipts that this browser holds."""
    held = request.session.get(RECEIPTS, {})
    user = request.user if isinstance(request.user, Account) else None
    return Actor(
        kind="citizen", user=user.pk if user else None, secrets=tuple(sorted(held.items()))
    )


def officer_of(request: HttpRequest) -> Actor | None:
    """Find the officer; None for somebody who sits at no desk."""
    user = request.user if isinstance(request.user, Account) else None
    if user is None or not user.has_right(Right.ANSWER):
        return None
    desks = Seat.objects.filter(user=user).values_list("department", flat=True)
    return Actor(kind="officer", user=user.pk, departments=frozenset(desks))


def hold_receipt(request: HttpRequest, number: str, secret: str) -> None:
    """Let this browser hold a receipt."""
    request.session[RECEIPTS] = {**request.session.get(RECEIPTS, {}), number: secret}
