"""Who does something with a case, and what they may see."""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

from cityloop.store.records.cases.city_key import city_key
from cityloop.store.records.cases.models import Case
from cityloop.store.records.cases.rows import Cases, cases_of_citizen, cases_of_desks

Kind = Literal["citizen", "officer", "clock"]


class NoSuchCaseError(Exception):
    """There is no such case, or it is not for this person: both are said alike."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who acts.

    Attributes
    ----------
    kind
        A citizen, an officer at a desk, or the clock.
    user
        The account's identifier; None without an account.
    departments
        At whose desks an officer sits.
    secrets
        Receipts that a citizen holds: number and secret.
    """

    kind: Kind
    user: int | None = None
    departments: frozenset[str] = frozenset()
    secrets: tuple[tuple[str, str], ...] = ()

    @property
    def by(self) -> str:
        """How a log names them."""
        return self.kind if self.user is None else f"{self.kind}:{self.user}"


CLOCK = Actor(kind="clock")


def receipt_secret(number: str) -> str:
    """Work out the secret of a case's receipt; who has it is the citizen, account or not."""
    return hmac.new(city_key(), f"receipt {number}".encode(), hashlib.sha256).hexdigest()[:24]


def cases_for(actor: Actor) -> Cases:
    """Find the cases that somebody may see: a citizen's own, a desk's own."""
    match actor.kind:
        case "clock":
            return Case.objects.all()
        case "officer":
            return cases_of_desks(actor.departments)
        case "citizen":
            held = [n for n, said in actor.secrets if hmac.compare_digest(said, receipt_secret(n))]
            return cases_of_citizen(actor.user, held)


def get_case(actor: Actor, number: str) -> Case:
    """Get one case that somebody may see.

    Parameters
    ----------
    actor
        Who asks.
    number
        Its public number.

    Returns
    -------
    The row.

    Raises
    ------
    NoSuchCaseError
        If there is none, or it is not theirs.
    """
    try:
        return cases_for(actor).get(number=number)
    except Case.DoesNotExist:
        raise NoSuchCaseError(number) from None
