"""The states of a case: where it may go, and what may be done meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cityloop.casework.deadline import Clock


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    ROUTED = "routed"
    IN_WORK = "in_work"
    WAITING = "waiting"
    MERGED = "merged"
    ANSWERED = "answered"
    REOPENED = "reopened"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    """What is entered in a log."""

    RECEIVED = "received"
    MOVED = "moved"
    ASSIGNED = "assigned"
    NOTED = "noted"
    EXTENDED = "extended"
    CHANGED_LIMIT = "changed_limit"
    RECOUNTED = "recounted"
    CALLED_BACK = "called_back"
    WARNED = "warned"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    ERASED = "erased"


class Rating(StrEnum):
    """What a citizen says of an answer."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    NONE = "none"


_ = State
NEXT: Final[dict[State, frozenset[State]]] = {
    _.RECEIVED: frozenset({_.ROUTED, _.REJECTED, _.MERGED, _.WITHDRAWN}),
    _.ROUTED: frozenset({_.ROUTED, _.IN_WORK, _.REJECTED, _.MERGED, _.WITHDRAWN}),
    _.IN_WORK: frozenset({_.ROUTED, _.WAITING, _.ANSWERED, _.REJECTED, _.MERGED, _.WITHDRAWN}),
    _.WAITING: frozenset({_.IN_WORK, _.WITHDRAWN}),
    _.MERGED: frozenset({_.ROUTED, _.ANSWERED, _.WITHDRAWN}),
    _.ANSWERED: frozenset({_.REOPENED, _.CLOSED}),
    _.REOPENED: frozenset({_.ROUTED, _.IN_WORK}),
    _.CLOSED: frozenset(),
    _.REJECTED: frozenset(),
    _.WITHDRAWN: frozenset(),
}
"""Where a case may go from where it is. `ROUTED` to `ROUTED` is a transfer."""

OPEN: Final = frozenset(
    {_.RECEIVED, _.ROUTED, _.IN_WORK, _.WAITING, _.MERGED, _.REOPENED},
)
"""States in which an answer is still owed."""

_WITH_DEPARTMENT: Final = frozenset({_.ROUTED, _.IN_WORK, _.REOPENED})
WHILE: Final[dict[Act, frozenset[State]]] = {
    Act.ASSIGNED: _WITH_DEPARTMENT | {_.WAITING},
    Act.NOTED: frozenset(State),
    Act.EXTENDED: _WITH_DEPARTMENT,
    Act.CHANGED_LIMIT: _WITH_DEPARTMENT,
    Act.RECOUNTED: OPEN - {_.WAITING},
    Act.CALLED_BACK: frozenset({_.REOPENED, _.IN_WORK, _.ROUTED, _.WAITING}),
    Act.WARNED: OPEN,
    Act.OVERDUE: OPEN,
    Act.ESCALATED: OPEN,
    Act.ERASED: frozenset({_.CLOSED, _.REJECTED, _.WITHDRAWN}),
}
"""In which states what may be entered that moves no case."""

NEEDS: Final[dict[State, tuple[str, ...]]] = {
    _.ROUTED: ("department",),
    _.REJECTED: ("reason",),
    _.WAITING: ("question",),
    _.MERGED: ("lead",),
    _.ANSWERED: ("answer",),
    _.REOPENED: ("rating",),
    _.CLOSED: ("rating",),
}
"""Which facts a move must bring. Sentences come as seals (`log.seal`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A case as its log tells it.

    Attributes
    ----------
    number
        The public number.
    service, area
        What it is about, and where.
    state
        Where it stands.
    department, helpers, officer
        Who leads, who else takes part, and who works on it.
    lead
        The number of the case that this one was merged into.
    clock
        Its deadline.
    since, waited_s
        From when the deadline is counted, and for how long the citizen was waited for since. [s]
    asked
        When the citizen was asked, while the answer is waited for.
    extensions, warned, overdue, level
        How often extended; whether warned and overdue under this deadline; the highest level told.
    reopened, called_back
        Whether the citizen was dissatisfied once, and has been called since.
    rating
        What the citizen said last.
    entries, head
        How long the log is, and the digest of its last entry.
    """

    number: str
    service: str
    area: str
    state: State
    clock: Clock
    since: datetime
    entries: int
    head: str
    department: str = ""
    helpers: tuple[str, ...] = ()
    officer: str = ""
    lead: str = ""
    waited_s: int = 0
    asked: datetime | None = None
    extensions: int = 0
    warned: bool = False
    overdue: bool = False
    level: int = 0
    reopened: bool = False
    called_back: bool = False
    rating: Rating = Rating.NONE
