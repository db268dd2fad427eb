"""The one way to change a case: the tables are asked, and the log is written."""

from datetime import UTC, datetime, timedelta

from cityloop.casework.deadline import Limit, extend, recount, resume
from cityloop.casework.log import START, Entry, Fact, Facts, write_entry
from cityloop.casework.replay import apply, days_facts, first, limit_facts
from cityloop.casework.states import NEEDS, NEXT, WHILE, Act, Case, Rating, State
from cityloop.casework.working_days import WorkingDays


class RefusedError(Exception):
    """A move or act that the tables and rules do not name; nothing has changed.

    Parameters
    ----------
    why
        The reason, with the names of its parts in braces: what a translation is looked up by.
    **parts
        States, acts, limits and numbers that stand in it; several have commas between.
    """

    def __init__(self, why: str, **parts: str) -> None:
        self.why, self.parts = why, parts
        super().__init__(why.format(**parts))


def receive(
    number: str, *, service: str, area: str, limit: Limit, days: WorkingDays, now: datetime, by: str
) -> tuple[Case, Entry]:
    """Open a case: the first entry of its log, and the start of its clock.

    Parameters
    ----------
    number
        Its public number.
    service
        What it is about.
    area
        Where.
    limit
        How long it may take.
    days
        The working days.
    now
        When.
    by
        Who.

    Returns
    -------
    The case and the entry.
    """
    now = _second(now)
    facts: Facts = {"service": service, "area": area, **limit_facts(limit, now, days)}
    entry = write_entry(number, 0, START, at=now, by=by, act=Act.RECEIVED, facts=facts)
    return first(entry), entry


def move(
    case: Case,
    to: State,
    *,
    by: str,
    now: datetime,
    facts: Facts,
    days: WorkingDays | None = None,
    limit: Limit | None = None,
) -> tuple[Case, Entry]:
    """Move a case to another state, and write the entry of it.

    Parameters
    ----------
    case
        The case.
    to
        The state.
    by
        Who, as a role or an identifier.
    now
        When; not before the last entry.
    facts
        What the move needs (`NEEDS`), and a `reason` when a department hands the case on.
    days
        The working days, where a clock goes on: out of `WAITING`, and when reopened.
    limit
        The limit of a case that is reopened.

    Returns
    -------
    The case in its new state, and the entry.

    Raises
    ------
    RefusedError
        If the table does not name the move, or a fact is missing.
    """
    if to not in NEXT[case.state]:
        allowed = ", ".join(sorted(NEXT[case.state])) or "nowhere"
        raise RefusedError(
            "case {number} is {state}; from there it goes to {allowed}",
            number=case.number,
            state=case.state,
            allowed=allowed,
        )
    _check_move(case, to, facts)
    now = _second(now)
    clock: Facts = {}
    if to is State.REOPENED:
        if days is None or limit is None:
            raise RefusedError("a reopened case needs the working days and a limit")
        clock = limit_facts(limit, now, days)
    elif case.state is State.WAITING and to is State.IN_WORK:
        if days is None:
            raise RefusedError("a clock that goes on needs the working days")
        clock = days_facts(resume(case.clock, now, days))
    told = {**facts, **clock, "from": str(case.state), "to": str(to)}
    return _enter(case, Act.MOVED, by, now, told)


def enter(
    case: Case,
    act: Act,
    *,
    by: str,
    now: datetime,
    facts: Facts,
    days: WorkingDays | None = None,
    limit: Limit | None = None,
) -> tuple[Case, Entry]:
    """Enter in the log what does not move the case.

    Parameters
    ----------
    case
        The case.
    act
        What was done; not `RECEIVED` or `MOVED`.
    by
        Who, as for `move`.
    now
        When.
    facts
        What is told of it. An extension needs a `reason`, an assignment its `officer`.
    days
        The working days, where the deadline changes.
    limit
        The limit that is extended, or that the case has from now on.

    Returns
    -------
    The case, and the entry.

    Raises
    ------
    RefusedError
        If the case is not in a state for it, or the deadline's rules forbid it.
    """
    if case.state not in WHILE.get(act, frozenset()):
        raise RefusedError(
            "case {number} is {state}; {act} cannot be entered there",
            number=case.number,
            state=case.state,
            act=act,
        )
    now = _second(now)
    told: dict[str, Fact] = dict(facts)
    if act in {Act.EXTENDED, Act.CHANGED_LIMIT, Act.RECOUNTED}:
        told |= _changed_deadline(case, act, facts, now, days, limit)
    if act is Act.ASSIGNED and not facts.get("officer"):
        raise RefusedError("an assignment names its officer")
    if act is Act.CALLED_BACK and not case.reopened:
        raise RefusedError("only a reopened case has a call-back to make")
    return _enter(case, act, by, now, told)


def _check_move(case: Case, to: State, facts: Facts) -> None:
    missing = [key for key in NEEDS.get(to, ()) if not facts.get(key)]
    if to is State.ROUTED and case.department and not facts.get("reason"):
        missing.append("reason")
    if missing:
        raise RefusedError(
            "to become {to}, a case needs: {missing}", to=to, missing=", ".join(missing)
        )
    if to is State.REOPENED and case.reopened:
        raise RefusedError(
            "case {number} has been reopened once; the answer now is final", number=case.number
        )
    if to is State.REOPENED and facts["rating"] != Rating.DISSATISFIED:
        raise RefusedError("a case is reopened when its citizen is dissatisfied")
    if to is State.ANSWERED and case.reopened and not case.called_back:
        raise RefusedError("the citizen was dissatisfied: call back before you answer again")
    if (
        to is State.CLOSED
        and facts["rating"] == Rating.DISSATISFIED
        and not case.reopened
        and case.state is State.ANSWERED
    ):
        raise RefusedError("a case whose citizen is dissatisfied is reopened first")
    if to is State.MERGED and facts["lead"] == case.number:
        raise RefusedError("a case is not merged into itself")


def _changed_deadline(
    case: Case,
    act: Act,
    facts: Facts,
    now: datetime,
    days: WorkingDays | None,
    limit: Limit | None,
) -> dict[str, Fact]:
    if days is None:
        raise RefusedError("a deadline that changes needs the working days")
    if act is Act.RECOUNTED:
        return days_facts(recount(case.clock, now, days))
    if limit is None or not facts.get("reason"):
        raise RefusedError("a deadline changes under a limit and for a reason")
    if now > case.clock.due:
        raise RefusedError(
            "the deadline of case {number} has passed; it changes only before", number=case.number
        )
    if act is Act.CHANGED_LIMIT:
        return limit_facts(limit, case.since + timedelta(seconds=case.waited_s), days)
    if limit.key != case.clock.limit:
        raise RefusedError(
            "case {number} runs under {limit}, not {other}",
            number=case.number,
            limit=case.clock.limit,
            other=limit.key,
        )
    if case.extensions >= limit.extensions_max or not limit.extension:
        raise RefusedError(
            "{limit} allows {most} extensions, and no more",
            limit=limit.key,
            most=str(limit.extensions_max),
        )
    clock = extend(case.clock, limit.extension, now, days)
    return {"amount": limit.extension, **days_facts(clock)}


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _enter(case: Case, act: Act, by: str, now: datetime, facts: Facts) -> tuple[Case, Entry]:
    entry = write_entry(case.number, case.entries, case.head, at=now, by=by, act=act, facts=facts)
    return apply(case, entry), entry
