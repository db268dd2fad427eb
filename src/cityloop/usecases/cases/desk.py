"""What a desk does with its cases."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from cityloop.casework.log import Facts, seal
from cityloop.casework.moves import RefusedError, enter, move
from cityloop.casework.rules import Rules
from cityloop.casework.states import Act, State
from cityloop.store.records.cases.models import Case, Message, Notice, Seat
from cityloop.store.records.changes import changing
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError
from cityloop.usecases.cases.keep import carry, lock

Reached = Literal["reached", "not_reached", "no_contact"]


def begin_work(actor: Actor, number: str, *, now: datetime) -> None:
    """Take a case into work, and put one's own name to it."""
    with changing(now):
        row = _lock(actor, number)
        carry(row, lambda case: move(case, State.IN_WORK, by=actor.by, now=now, facts={}))
        _assign(actor, row, str(actor.user), now)


def assign_case(actor: Actor, number: str, officer: int, *, now: datetime) -> None:
    """Give a case to somebody of the same desk."""
    with changing(now):
        row = _lock(actor, number)
        if not Seat.objects.filter(user_id=officer, department=row.department).exists():
            raise RefusedError("nobody of that name sits at this desk")
        _assign(actor, row, str(officer), now)


def transfer_case(
    actor: Actor, number: str, department: str, *, reason: str, rules: Rules, now: datetime
) -> None:
    """Hand a case on to another department, and say why."""
    with changing(now):
        row = _lock(actor, number)
        if department not in rules.departments or department == row.department:
            raise RefusedError("take another department of the city")
        facts = {"department": department, "reason": write(row, actor, "reason", reason, now)}
        carry(row, lambda case: move(case, State.ROUTED, by=actor.by, now=now, facts=facts))


def ask_citizen(actor: Actor, number: str, *, question: str, now: datetime) -> None:
    """Ask the citizen; the deadline waits for them."""
    with changing(now):
        row = _lock(actor, number)
        facts = {"question": write(row, actor, "question", question, now)}
        carry(row, lambda case: move(case, State.WAITING, by=actor.by, now=now, facts=facts))


def go_on(actor: Actor, number: str, *, rules: Rules, now: datetime) -> None:
    """Go on with a case without the citizen's reply; the deadline runs again."""
    with changing(now):
        row = _lock(actor, number)
        carry(
            row,
            lambda case: move(case, State.IN_WORK, by=actor.by, now=now, facts={}, days=rules.days),
        )


def answer_case(actor: Actor, number: str, *, answer: str, now: datetime) -> None:
    """Answer a case, and with it every case that was merged into it."""
    with changing(now):
        row = _lock(actor, number)
        _answer(actor, row, answer, now)
        for merged in Case.objects.select_for_update().filter(lead=row, state=State.MERGED):
            _answer(actor, merged, answer, now)


def reject_case(actor: Actor, number: str, *, reason: str, now: datetime) -> None:
    """Reject what is no matter of the city's; the citizen reads why."""
    with changing(now):
        row = _lock(actor, number)
        facts = {"reason": write(row, actor, "answer", reason, now)}
        carry(row, lambda case: move(case, State.REJECTED, by=actor.by, now=now, facts=facts))


def merge_case(actor: Actor, number: str, lead: str, *, now: datetime) -> None:
    """Let a case follow another one; its citizen keeps an answer and a rating of their own."""
    with changing(now):
        # Locked in one order, so that two desks never wait for each other.
        rows = {each: _lock(actor, each) for each in sorted({number, lead})}
        row, first = rows[number], rows[lead]
        if first.state in {State.MERGED, State.CLOSED, State.REJECTED, State.WITHDRAWN}:
            raise RefusedError("a case is merged into one that is still worked on")
        if row.merged.exists():
            raise RefusedError("other cases follow this one; merge those first")
        facts = {"lead": lead}
        row.lead = first
        carry(row, lambda case: move(case, State.MERGED, by=actor.by, now=now, facts=facts))


def part_case(actor: Actor, number: str, *, reason: str, now: datetime) -> None:
    """Take a merged case back out: it is another thing after all."""
    with changing(now):
        row = _lock(actor, number)
        facts = {
            "department": row.department,
            "reason": write(row, actor, "reason", reason, now),
        }
        row.lead = None
        carry(row, lambda case: move(case, State.ROUTED, by=actor.by, now=now, facts=facts))


def extend_deadline(actor: Actor, number: str, *, reason: str, rules: Rules, now: datetime) -> None:
    """Extend a deadline before it has passed."""
    with changing(now):
        row = _lock(actor, number)
        facts = {"reason": write(row, actor, "reason", reason, now)}
        limit = rules.limits.get(row.limit)
        if limit is None:
            raise RefusedError(
                "the rules have no limit {limit} any longer; put it back", limit=row.limit
            )
        _enter(actor, row, Act.EXTENDED, facts, now, rules, limit.key)
        Notice.objects.create(case=row, at=now, what="extended")


def call_complex(actor: Actor, number: str, *, reason: str, rules: Rules, now: datetime) -> None:
    """Give a case that turns out to be complex the limit of complex ones."""
    with changing(now):
        row = _lock(actor, number)
        if not rules.complex_limit or row.limit == rules.complex_limit:
            raise RefusedError("there is no longer limit for this case")
        facts = {"reason": write(row, actor, "reason", reason, now)}
        _enter(actor, row, Act.CHANGED_LIMIT, facts, now, rules, rules.complex_limit)
        Notice.objects.create(case=row, at=now, what="extended")


def note_case(actor: Actor, number: str, *, text: str, now: datetime) -> None:
    """Write an internal note, which no citizen reads."""
    with changing(now):
        row = _lock(actor, number)
        facts = {"note": write(row, actor, "note", text, now)}
        carry(row, lambda case: enter(case, Act.NOTED, by=actor.by, now=now, facts=facts))


def call_back(actor: Actor, number: str, result: Reached, *, note: str, now: datetime) -> None:
    """Write down how the call to a dissatisfied citizen went."""
    with changing(now):
        row = _lock(actor, number)
        facts: Facts = {"result": result, "note": write(row, actor, "note", note, now)}
        row.call_back_by = None
        carry(row, lambda case: enter(case, Act.CALLED_BACK, by=actor.by, now=now, facts=facts))


def write(row: Case, actor: Actor, kind: str, text: str, now: datetime) -> str:
    """Keep what somebody wrote on a case.

    Parameters
    ----------
    row
        The locked case.
    actor
        Who wrote.
    kind
        `answer`, `question` and `reply` are for the citizen; `note` and `reason` stay inside.
    text
        What.
    now
        When.

    Returns
    -------
    Its seal, for the log.

    Raises
    ------
    RefusedError
        If it is empty, or too long.
    """
    text = text.strip()
    if not text or len(text) > 4_000 or "\x00" in text:  # noqa: PLR2004
        raise RefusedError("write between 1 and 4,000 characters")
    salt = secrets.token_hex(16)
    Message.objects.create(
        case=row,
        kind=kind,
        at=now,
        by=actor.by,
        text=text,
        salt=salt,
        internal=kind in {"note", "reason"},
    )
    return seal(text, salt)


def call_back_by(rules: Rules, now: datetime) -> datetime:
    """Tell until when a dissatisfied citizen is called."""
    return now + timedelta(hours=rules.call_back_h)


def _lock(actor: Actor, number: str) -> Case:
    if actor.kind != "officer":
        raise NoSuchCaseError(number)
    return lock(actor, number)


def _answer(actor: Actor, row: Case, answer: str, now: datetime) -> None:
    facts = {"answer": write(row, actor, "answer", answer, now)}
    carry(row, lambda case: move(case, State.ANSWERED, by=actor.by, now=now, facts=facts))


def _assign(actor: Actor, row: Case, officer: str, now: datetime) -> None:
    facts = {"officer": officer}
    carry(row, lambda case: enter(case, Act.ASSIGNED, by=actor.by, now=now, facts=facts))


def _enter(
    actor: Actor, row: Case, act: Act, facts: Facts, now: datetime, rules: Rules, limit: str
) -> None:
    carry(
        row,
        lambda case: enter(
            case,
            act,
            by=actor.by,
            now=now,
            facts=facts,
            days=rules.days,
            limit=rules.limits[limit],
        ),
    )
