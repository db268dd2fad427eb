"""Cases whose whole story is drawn."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cityloop.casework.deadline import Limit, Unit
from cityloop.casework.log import Entry, Facts
from cityloop.casework.moves import RefusedError, enter, move, receive
from cityloop.casework.states import NEXT, WHILE, Act, Case, State
from cityloop.casework.working_days import WorkingDays

SHANGHAI = ZoneInfo("Asia/Shanghai")
# The National Day of 2026, as the State Council announced it, and a shorter holiday before.
OFF = frozenset(
    {date(2026, 9, 25), *(date(2026, 10, d) for d in (1, 2, 5, 6, 7))},
)
MADE_UP = frozenset({date(2026, 9, 20), date(2026, 10, 10)})
DAYS = WorkingDays(zone=SHANGHAI, off=OFF, made_up=MADE_UP, years=frozenset({2026}))
BEGIN = datetime(2026, 9, 10, tzinfo=UTC)


def made_limit(unit: Unit, amount: int, key: str = "ordinary") -> Limit:
    return Limit(
        key=key,
        amount=amount,
        unit=unit,
        name_zh="一般",
        name_en="ordinary",
        source="made",
        extension=amount,
        extensions_max=2,
        escalate_after_h=(24, 72),
    )


FACTS: dict[State, Facts] = {
    State.ROUTED: {"department": "water", "reason": "a1"},
    State.REJECTED: {"reason": "a2"},
    State.WAITING: {"question": "a3"},
    State.MERGED: {"lead": "another"},
    State.ANSWERED: {"answer": "a4"},
    State.REOPENED: {"rating": "dissatisfied"},
    State.CLOSED: {"rating": "satisfied"},
}


@dataclass
class Story:
    """A case, its log, and every refusal on the way."""

    case: Case
    entries: list[Entry]
    limit: Limit
    steps: list[tuple[str, datetime]]
    refused: int = 0


def drawn_story(seed: int, steps: int = 14) -> Story:
    """Draw a history: moves, pauses, transfers, extensions, holidays, refusals among them."""
    rng = random.Random(seed)  # noqa: S311  a story, not a secret
    unit = rng.choice(list(Unit))
    limit = made_limit(unit, rng.choice([2, 24, 60] if unit is Unit.HOURS else [1, 3, 7, 15]))
    now = BEGIN + timedelta(hours=rng.randrange(24 * 28))
    case, entry = receive(
        "C1", service="leak", area="west", limit=limit, days=DAYS, now=now, by="citizen"
    )
    story = Story(case, [entry], limit, [("start", now)])
    for _ in range(steps):
        now += timedelta(hours=rng.choice([0, 1, 3, 9, 24, 50, 100]))
        _step(story, rng, now)
    return story


def _step(story: Story, rng: random.Random, now: datetime) -> None:
    case = story.case
    acts = [act for act in WHILE if case.state in WHILE[act] and act is not Act.CHANGED_LIMIT]
    may = sorted(NEXT[case.state] - {State.WITHDRAWN, State.REJECTED})
    try:
        if may and rng.random() < 0.7:
            to = rng.choice(may)
            story.case, entry = move(
                case, to, by="officer:1", now=now, facts=FACTS.get(to, {}), days=DAYS,
                limit=story.limit,
            )  # fmt: skip
            said = {State.WAITING: "pause", State.ANSWERED: "pause", State.REOPENED: "start"}
            resumed = case.state is State.WAITING and to is State.IN_WORK
            step = "resume" if resumed else said.get(to, "")
        else:
            act = Act.EXTENDED if rng.random() < 0.5 and Act.EXTENDED in acts else rng.choice(acts)
            facts: Facts = {"reason": "a5", "officer": "7", "level": 1}
            story.case, entry = enter(
                case, act, by="officer:1", now=now, facts=facts, days=DAYS, limit=story.limit
            )
            step = "extend" if act is Act.EXTENDED else ""
    except RefusedError:
        story.refused += 1
        return
    story.entries.append(entry)
    if step:
        story.steps.append((step, now))
