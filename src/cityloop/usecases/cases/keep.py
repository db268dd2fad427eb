"""Between rows and logs: a case is locked, worked out from its log, changed and saved with it."""

from collections.abc import Callable
from datetime import datetime

from cityloop.casework.log import Entry, facts_of, facts_text
from cityloop.casework.replay import replay
from cityloop.casework.states import Case as Told
from cityloop.casework.states import Rating, State
from cityloop.store.records.cases.models import Case, CaseEntry, Notice
from cityloop.store.records.cases.rows import lock_case
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError, cases_for

Step = Callable[[Told], tuple[Told, Entry]]
TOLD_TO_CITIZENS = frozenset(
    {State.ROUTED, State.WAITING, State.ANSWERED, State.MERGED, State.REJECTED, State.CLOSED}
)
ENDS = frozenset({State.CLOSED, State.REJECTED, State.WITHDRAWN})


def lock(actor: Actor, number: str) -> Case:
    """Lock a case's row until the transaction ends.

    Parameters
    ----------
    actor
        Who wants to change it.
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
    row = lock_case(cases_for(actor), number)
    if row is None:
        raise NoSuchCaseError(number)
    return row


def entries_of(row: Case) -> list[Entry]:
    """Read a case's log."""
    return [
        Entry(
            number=row.number,
            place=each.place,
            at=each.at,
            by=each.by,
            act=each.act,
            facts=facts_of(each.facts),
            before=each.before,
            digest=each.digest,
        )
        for each in row.entries.order_by("place")
    ]


def entry_row(row: Case, entry: Entry) -> CaseEntry:
    """Write an entry as a row of its case."""
    return CaseEntry(
        case=row,
        place=entry.place,
        at=entry.at,
        by=entry.by,
        act=entry.act,
        facts=facts_text(entry.facts),
        before=entry.before,
        digest=entry.digest,
    )


def carry(row: Case, step: Step) -> Told:
    """Carry out one step of a locked case: ask the rule, save the row and the entry.

    Parameters
    ----------
    row
        The locked row.
    step
        From the case as its log tells it to the next, by `move` or `enter`.

    Returns
    -------
    The case after it.
    """
    before = replay(entries_of(row))
    after, entry = step(before)
    entry_row(row, entry).save(force_insert=True)
    show(row, after, entry.at)
    row.save()
    if after.state is not before.state and after.state in TOLD_TO_CITIZENS:
        Notice.objects.create(case=row, at=entry.at, what=after.state)
    return after


def show(row: Case, told: Told, at: datetime) -> None:
    """Set a row to what its log tells."""
    clock = told.clock
    row.service, row.area, row.state = told.service, told.area, told.state
    row.department, row.helpers, row.officer = told.department, list(told.helpers), told.officer
    row.limit, row.due_at, row.warn_at = clock.limit, clock.due, clock.warn
    row.warned, row.overdue, row.level, row.rating = (
        told.warned, told.overdue, told.level, told.rating,
    )  # fmt: skip
    row.updated_at = at
    if row.answered_at is None:
        row.first_due_at = clock.due
        row.answered_at = at if told.state is State.ANSWERED else None
    if row.first_rating == Rating.NONE:
        row.first_rating = told.rating
    if told.state in ENDS:
        row.ended_at = at
