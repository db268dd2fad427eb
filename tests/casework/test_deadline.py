from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from cityloop.casework.alarms import alarms
from cityloop.casework.deadline import Unit, extend, pause, resume, start
from cityloop.casework.moves import RefusedError, enter, move, receive
from cityloop.casework.replay import replay
from cityloop.casework.states import Act, Case, State
from tests.casework.made_cases import BEGIN, DAYS, SHANGHAI, Story, drawn_story, made_limit
from tests.naive.case_deadline import Pencil

HISTORIES, CHUNKS = 10_000, 10
WORKED = {
    day
    for day in (BEGIN.date() + timedelta(days=i) for i in range(400))
    if DAYS.works(day)
}  # fmt: skip


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=SHANGHAI)  # type: ignore[arg-type, misc]


def test_three_working_days_over_the_national_day_end_on_the_make_up_day():
    # Monday 28 September: Tuesday, Wednesday, then Thursday 1 to Wednesday 7 October are off.
    clock = start(made_limit(Unit.WORKING_DAYS, 3), local(2026, 9, 28, 10), DAYS)
    assert clock.due == local(2026, 10, 9)
    clock = start(made_limit(Unit.WORKING_DAYS, 5), local(2026, 9, 28, 10), DAYS)
    assert clock.due == local(2026, 10, 11), "Thursday, Friday, and Saturday 10 is worked"
    assert clock.days.off == {date(2026, 10, d) for d in (1, 2, 5, 6, 7)}


def test_two_hours_are_two_hours_also_on_a_holiday():
    clock = start(made_limit(Unit.HOURS, 2), local(2026, 10, 1, 23, 30), DAYS)
    assert clock.due == local(2026, 10, 2, 1, 30)
    assert clock.warn == local(2026, 10, 2, 1)


def test_days_are_whole_days_after_the_receipt():
    assert start(made_limit(Unit.DAYS, 7), local(2026, 9, 28, 10), DAYS).due == local(2026, 10, 6)


def test_waiting_moves_the_deadline_by_what_would_have_counted():
    clock = start(made_limit(Unit.WORKING_DAYS, 2), local(2026, 9, 11, 10), DAYS)
    assert clock.due == local(2026, 9, 16), "over a weekend"
    waits = pause(clock, local(2026, 9, 14, 12))
    assert (waits.left_s, waits.running) == (36 * 3600, False)
    # Friday noon; half of Friday, then Sunday 20, which makes up for the 25th.
    assert resume(waits, local(2026, 9, 18, 12), DAYS).due == local(2026, 9, 21)


def test_asked_and_answered_on_the_day_of_receipt_nothing_changes():
    clock = start(made_limit(Unit.WORKING_DAYS, 2), local(2026, 9, 14, 9), DAYS)
    waits = pause(clock, local(2026, 9, 14, 10))
    assert resume(waits, local(2026, 9, 14, 15), DAYS).due == clock.due


def test_an_extension_comes_before_the_end_or_not_at_all():
    clock = start(made_limit(Unit.DAYS, 1), local(2026, 9, 14, 9), DAYS)
    assert extend(clock, 2, clock.due, DAYS).due == local(2026, 9, 18)
    with pytest.raises(ValueError, match="has passed"):
        extend(clock, 2, clock.due + timedelta(seconds=1), DAYS)


def pencil_due(story: Story) -> datetime:
    """Work the deadline out again, hour by hour, from when things happened alone."""
    limit, pencil = story.limit, None
    for step, at in story.steps:
        if step == "start":
            pencil = Pencil(at, limit.amount, limit.unit, WORKED, SHANGHAI.key)
            continue
        assert pencil is not None
        pencil.walk(at)
        match step:
            case "pause":
                pencil.running = False
            case "resume":
                pencil.running = True
            case _:
                pencil.hours += limit.amount * (1 if limit.unit == "hours" else 24)
    assert pencil is not None
    return pencil.due()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_deadline_replayed_from_the_log_is_the_stored_one_and_that_of_a_pencil(chunk):
    met: Counter[str] = Counter()
    for seed in range(chunk, HISTORIES, CHUNKS):
        story = drawn_story(seed)
        assert replay(story.entries) == story.case, seed
        met.update(step for step, _ in story.steps)
        met["refused"] += story.refused
        if story.case.clock.running and story.case.clock.left_s > 0:
            due = story.case.clock.due
            if due > story.steps[-1][1]:
                assert pencil_due(story) == due, seed
                met["by pencil"] += 1
    assert met["start"] > HISTORIES / CHUNKS
    assert min(met[key] for key in ("pause", "resume", "extend", "refused", "by pencil")) > 50


def opened(unit: Unit, amount: int) -> Case:
    case, _ = receive(
        "C1", service="leak", area="west", limit=made_limit(unit, amount), days=DAYS,
        now=local(2026, 9, 14, 9), by="citizen",
    )  # fmt: skip
    return case


def test_alarms_come_once_each_and_in_their_order():
    case, limit = opened(Unit.HOURS, 8), made_limit(Unit.HOURS, 8)
    told = []
    for hour in range(100):
        now = local(2026, 9, 14, 9) + timedelta(hours=hour)
        for act, level in alarms(case, limit, now):
            told.append((hour, act, level))
            case, _ = enter(case, act, by="clock", now=now, facts={"level": level})
    assert told == [
        (6, Act.WARNED, 0),
        (9, Act.OVERDUE, 0),
        (32, Act.ESCALATED, 1),
        (80, Act.ESCALATED, 2),
    ]


def test_who_waits_for_the_citizen_is_not_warned():
    case, limit = opened(Unit.HOURS, 8), made_limit(Unit.HOURS, 8)
    now = local(2026, 9, 14, 10)
    for to in (State.ROUTED, State.IN_WORK, State.WAITING):
        facts = {"department": "water", "question": "q"}
        case, _ = move(case, to, by="officer:1", now=now, facts=facts)
    assert alarms(case, limit, now + timedelta(days=9)) == []
    back = now + timedelta(days=9)
    case, _ = move(case, State.IN_WORK, by="citizen", now=back, facts={}, days=DAYS)
    assert case.clock.due == back + timedelta(hours=7)
    assert case.waited_s == 9 * 86_400


def test_a_case_that_turns_out_complex_has_its_new_limit_from_the_receipt():
    case = opened(Unit.DAYS, 7)
    case, _ = move(
        case, State.ROUTED, by="x", now=local(2026, 9, 14, 10), facts={"department": "water"}
    )
    longer = made_limit(Unit.DAYS, 15, "complex")
    case, entry = enter(
        case, Act.CHANGED_LIMIT, by="officer:1", now=local(2026, 9, 20, 9),
        facts={"reason": "r"}, days=DAYS, limit=longer,
    )  # fmt: skip
    assert case.clock.due == local(2026, 9, 30)
    assert entry.facts["limit"] == "complex"


def test_working_days_that_are_announced_later_are_counted_anew():
    plain = type(DAYS)(zone=SHANGHAI)
    limit = made_limit(Unit.WORKING_DAYS, 5)
    case, first = receive(
        "C1", service="leak", area="west", limit=limit, days=plain,
        now=local(2026, 9, 28, 9), by="citizen",
    )  # fmt: skip
    assert case.clock.due == local(2026, 10, 6)
    case, again = enter(
        case, Act.RECOUNTED, by="clock", now=local(2026, 9, 28, 12), facts={}, days=DAYS
    )
    assert case.clock.due == local(2026, 10, 11)
    assert replay([first, again]) == case


@pytest.mark.parametrize("missing", [{"days": None}, {"limit": None}, {"facts": {}}])
def test_an_extension_names_its_reason_its_limit_and_the_days(missing):
    case = opened(Unit.DAYS, 7)
    case, _ = move(
        case, State.ROUTED, by="x", now=local(2026, 9, 14, 10), facts={"department": "water"}
    )
    given = {"days": DAYS, "limit": made_limit(Unit.DAYS, 7), "facts": {"reason": "r"}, **missing}
    with pytest.raises(RefusedError):
        enter(case, Act.EXTENDED, by="officer:1", now=datetime(2026, 9, 15, tzinfo=UTC), **given)
