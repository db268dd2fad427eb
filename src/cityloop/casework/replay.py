"""From a log to its case: what every entry does, deadline and all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cityloop.casework.deadline import Clock, Limit, Unit, extend, pause, recount, resume, start
from cityloop.casework.log import BrokenLogError, Entry, Fact, Facts, check_chain, names
from cityloop.casework.states import Act, Case, Rating, State
from cityloop.casework.working_days import WorkingDays, days_of


def replay(entries: Sequence[Entry]) -> Case:
    """Work out a case from its log alone.

    Parameters
    ----------
    entries
        All of its entries, in their order.

    Returns
    -------
    The case, deadline and all.

    Raises
    ------
    BrokenLogError
        If the log is not the one that was written.
    """
    if not entries:
        raise BrokenLogError("there is no entry")
    check_chain(entries)
    case = first(entries[0])
    for entry in entries[1:]:
        case = apply(case, entry)
    return case


def first(entry: Entry) -> Case:
    """Work out the case that a first entry opens."""
    if entry.act != Act.RECEIVED:
        raise BrokenLogError(f"case {entry.number}: the log begins with {entry.act}")
    facts = entry.facts
    return Case(
        number=entry.number,
        service=str(facts["service"]),
        area=str(facts["area"]),
        state=State.RECEIVED,
        clock=_started(facts),
        since=datetime.fromisoformat(str(facts["since"])),
        entries=1,
        head=entry.digest,
    )


def apply(case: Case, entry: Entry) -> Case:
    """Work out what a case is after one more entry."""
    facts, at, clock = entry.facts, entry.at, case.clock
    match Act(entry.act):
        case Act.MOVED:
            case = _moved(case, entry)
        case Act.ASSIGNED:
            case = replace(case, officer=str(facts["officer"]))
        case Act.EXTENDED:
            clock = extend(clock, int(str(facts["amount"])), at, _days(facts))
            case = _fresh(replace(case, clock=clock, extensions=case.extensions + 1))
        case Act.CHANGED_LIMIT:
            case = _fresh(replace(case, clock=_started(facts)))
        case Act.RECOUNTED:
            case = _fresh(replace(case, clock=recount(clock, at, _days(facts))))
        case Act.CALLED_BACK:
            case = replace(case, called_back=True)
        case Act.WARNED:
            case = replace(case, warned=True)
        case Act.OVERDUE:
            case = replace(case, warned=True, overdue=True)
        case Act.ESCALATED:
            case = replace(case, level=int(str(facts["level"])))
        case Act.NOTED | Act.ERASED:
            pass
        case Act.RECEIVED:
            raise BrokenLogError(f"case {case.number} is received twice")
    return replace(case, entries=case.entries + 1, head=entry.digest)


def limit_facts(limit: Limit, since: datetime, days: WorkingDays) -> dict[str, Fact]:
    """Tell a log under which limit a clock starts, and what its working days are."""
    return {
        "limit": limit.key,
        "amount": limit.amount,
        "unit": str(limit.unit),
        "warn_left_percent": limit.warn_left_percent,
        "since": since.astimezone(UTC).isoformat(timespec="seconds"),
        **days_facts(start(limit, since, days)),
    }


def days_facts(clock: Clock) -> dict[str, Fact]:
    """Tell a log the deadline, and which days until then differ from plain weeks."""
    days = clock.days
    return {
        "zone": days.zone.key,
        "off": tuple(sorted(day.isoformat() for day in days.off)),
        "made_up": tuple(sorted(day.isoformat() for day in days.made_up)),
        "due": clock.due.isoformat(timespec="seconds"),
    }


def _moved(case: Case, entry: Entry) -> Case:
    facts, at, clock = entry.facts, entry.at, case.clock
    before, to = State(str(facts["from"])), State(str(facts["to"]))
    case = replace(case, state=to)
    if case.asked is not None:
        waited_s = int((at - case.asked).total_seconds())
        case = replace(case, waited_s=case.waited_s + waited_s, asked=None)
    match to:
        case State.ROUTED:
            helpers = names(facts["helpers"]) if "helpers" in facts else ()
            department = str(facts["department"])
            case = replace(case, department=department, helpers=helpers, officer="", lead="")
        case State.WAITING:
            case = replace(case, clock=pause(clock, at), asked=at)
        case State.IN_WORK if before is State.WAITING:
            case = _fresh(replace(case, clock=resume(clock, at, _days(facts))))
        case State.MERGED:
            case = replace(case, lead=str(facts["lead"]))
        case State.ANSWERED | State.REJECTED | State.WITHDRAWN:
            case = replace(case, clock=pause(clock, at))
        case State.REOPENED:
            since = datetime.fromisoformat(str(facts["since"]))
            case = replace(case, clock=_started(facts), since=since, waited_s=0, extensions=0)
            case = _fresh(replace(case, reopened=True, rating=Rating(str(facts["rating"]))))
        case State.CLOSED:
            case = replace(case, rating=Rating(str(facts["rating"])))
        case State.RECEIVED | State.IN_WORK:
            pass
    return case


def _fresh(case: Case) -> Case:
    """Forget what was told of a deadline that has moved on; one that has passed stays told."""
    if case.overdue and case.clock.left_s == 0:
        return case
    return replace(case, warned=False, overdue=False, level=0)


def _days(facts: Facts) -> WorkingDays:
    return WorkingDays(
        zone=ZoneInfo(str(facts["zone"])),
        off=days_of(names(facts["off"])),
        made_up=days_of(names(facts["made_up"])),
    )


def _started(facts: Facts) -> Clock:
    limit = Limit(
        key=str(facts["limit"]),
        amount=int(str(facts["amount"])),
        unit=Unit(str(facts["unit"])),
        warn_left_percent=int(str(facts["warn_left_percent"])),
        name_zh="",
        name_en="",
        source="",
    )
    return start(limit, datetime.fromisoformat(str(facts["since"])), _days(facts))
