"""What a citizen does with their own case."""

from datetime import datetime

from cityloop.casework.moves import RefusedError, enter, move
from cityloop.casework.rules import Rules
from cityloop.casework.states import Act, Rating, State
from cityloop.store.records.cases.models import Case, Notice
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError
from cityloop.usecases.cases.desk import call_back_by, write
from cityloop.usecases.cases.keep import carry, lock


def rate_answer(
    actor: Actor, number: str, rating: Rating, *, why: str, rules: Rules, now: datetime
) -> State:
    """Say whether an answer satisfies; the first no opens the case again, with a call-back.

    Parameters
    ----------
    actor
        The citizen.
    number
        The case's public number.
    rating
        What they say.
    why
        In their words; may be empty.
    rules
        The city's rules.
    now
        When.

    Returns
    -------
    The case's new state.

    Raises
    ------
    NoSuchCaseError
        If it is not theirs.
    RefusedError
        If there is no answer to rate.
    """
    with changing(now):
        row = _lock(actor, number)
        if rating is Rating.NONE:
            raise RefusedError("say satisfied or dissatisfied")
        facts = {"rating": str(rating)}
        if why.strip():
            facts["note"] = write(row, actor, "reply", why, now)
        again = rating is Rating.DISSATISFIED and row.first_rating == Rating.NONE
        to = State.REOPENED if again else State.CLOSED
        row.call_back_by = call_back_by(rules, now) if again else row.call_back_by
        told = carry(
            row,
            lambda case: move(
                case,
                to,
                by=actor.by,
                now=now,
                facts=facts,
                days=rules.days,
                limit=rules.limit_of(case.service),
            ),
        )
        return told.state


def reply_to_question(actor: Actor, number: str, *, text: str, rules: Rules, now: datetime) -> None:
    """Answer what the desk asked; its deadline runs again."""
    with changing(now):
        row = _lock(actor, number)
        if row.state != State.WAITING:
            raise RefusedError("nothing was asked")
        facts = {"reply": write(row, actor, "reply", text, now)}
        carry(
            row,
            lambda case: move(
                case, State.IN_WORK, by=actor.by, now=now, facts=facts, days=rules.days
            ),
        )


def withdraw_case(actor: Actor, number: str, *, now: datetime) -> None:
    """Take a case back."""
    with changing(now):
        row = _lock(actor, number)
        carry(row, lambda case: move(case, State.WITHDRAWN, by=actor.by, now=now, facts={}))


def add_words(actor: Actor, number: str, *, text: str, now: datetime) -> None:
    """Add to what one said."""
    with changing(now):
        row = _lock(actor, number)
        facts = {"reply": write(row, actor, "reply", text, now)}
        carry(row, lambda case: enter(case, Act.NOTED, by=actor.by, now=now, facts=facts))


def see_notices(actor: Actor, number: str, *, now: datetime) -> list[str]:
    """Show a citizen what is new with their case, once."""
    with changing(now):
        row = _lock(actor, number)
        unseen = Notice.objects.filter(case=row, seen_at=None).order_by("pk")
        what = [str(each.what) for each in unseen]
        unseen.update(seen_at=now)
        return what


def _lock(actor: Actor, number: str) -> Case:
    if actor.kind != "citizen":
        raise NoSuchCaseError(number)
    return lock(actor, number)
