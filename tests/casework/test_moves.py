from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.casework.deadline import Unit
from cityloop.casework.log import BrokenLogError, Facts, check_chain, facts_of, facts_text, seal
from cityloop.casework.moves import RefusedError, enter, move, receive
from cityloop.casework.replay import replay
from cityloop.casework.states import NEXT, OPEN, WHILE, Act, Case, Rating, State
from tests.casework.made_cases import BEGIN, DAYS, FACTS, drawn_story, made_limit

LIMIT = made_limit(Unit.DAYS, 7)


def opened() -> Case:
    case, _ = receive(
        "C1", service="leak", area="west", limit=LIMIT, days=DAYS, now=BEGIN, by="citizen"
    )
    return case


def in_state(state: State) -> Case:
    return replace(opened(), state=state, department="water", reopened=False)


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("to", State)
def test_every_move_that_the_table_does_not_name_is_refused(before, to):
    case = in_state(before)
    ask: Any = {"by": "x", "now": BEGIN, "facts": FACTS.get(to, {}), "days": DAYS, "limit": LIMIT}
    if to in NEXT[before]:
        moved, entry = move(case, to, **ask)
        assert (moved.state, entry.facts["from"], entry.facts["to"]) == (to, before, to)
    else:
        with pytest.raises(RefusedError, match="from there it goes to"):
            move(case, to, **ask)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_act_that_the_table_does_not_name_is_refused(state, act):
    facts = {"reason": "r", "officer": "7", "level": 1}
    ask: Any = {"by": "x", "now": BEGIN, "facts": facts, "days": DAYS, "limit": LIMIT}
    case = replace(in_state(state), reopened=True)
    if state in WHILE.get(act, ()):
        assert enter(case, act, **ask)[0].state is state
    else:
        with pytest.raises(RefusedError, match="cannot be entered"):
            enter(case, act, **ask)


@given(st.integers(0, 2**32), st.lists(st.sampled_from(list(State)), max_size=12))
def test_no_walk_leaves_the_table(seed, walk):
    case = opened()
    for to in walk:
        named = to in NEXT[case.state]
        try:
            moved, _ = move(
                case, to, by="x", now=BEGIN, facts=FACTS.get(to, {}), days=DAYS, limit=LIMIT
            )
        except RefusedError:
            continue
        assert named
        case = moved


def test_every_open_case_can_come_to_an_end_and_no_end_goes_on():
    ends = {state for state in State if not NEXT[state]}
    assert ends == {State.CLOSED, State.REJECTED, State.WITHDRAWN}
    for state in State:
        reached, todo = {state}, [state]
        while todo:
            for to in NEXT[todo.pop()] - reached:
                reached.add(to)
                todo.append(to)
        assert reached & ends
    assert OPEN | {State.ANSWERED} | ends == set(State)


@pytest.mark.parametrize("to", FACTS)
def test_a_move_without_its_facts_is_refused(to):
    before = next(state for state in State if to in NEXT[state])
    with pytest.raises(RefusedError):
        move(in_state(before), to, by="x", now=BEGIN, facts={}, days=DAYS, limit=LIMIT)


def test_a_department_that_hands_a_case_on_says_why():
    case = in_state(State.ROUTED)
    with pytest.raises(RefusedError, match="reason"):
        move(case, State.ROUTED, by="x", now=BEGIN, facts={"department": "roads"})
    facts: Facts = {"department": "roads", "reason": "r", "helpers": ("water",)}
    moved, _ = move(case, State.ROUTED, by="x", now=BEGIN, facts=facts)
    assert (moved.department, moved.helpers, moved.officer) == ("roads", ("water",), "")
    assert moved.clock == case.clock, "a transfer wins no time"


def test_dissatisfied_reopens_once_with_a_call_back():
    case, later = in_state(State.ANSWERED), BEGIN + timedelta(days=3)
    bad = {"rating": "dissatisfied"}
    with pytest.raises(RefusedError, match="reopened first"):
        move(case, State.CLOSED, by="citizen", now=later, facts=bad)
    case, _ = move(case, State.REOPENED, by="citizen", now=later, facts=bad, days=DAYS, limit=LIMIT)
    assert case.clock.running
    case, _ = move(case, State.IN_WORK, by="officer:1", now=later, facts={})
    with pytest.raises(RefusedError, match="call back"):
        move(case, State.ANSWERED, by="officer:1", now=later, facts={"answer": "a"})
    case, _ = enter(case, Act.CALLED_BACK, by="officer:1", now=later, facts={"result": "reached"})
    case, _ = move(case, State.ANSWERED, by="officer:1", now=later, facts={"answer": "a"})
    with pytest.raises(RefusedError, match="reopened once"):
        move(case, State.REOPENED, by="citizen", now=later, facts=bad, days=DAYS, limit=LIMIT)
    case, _ = move(case, State.CLOSED, by="citizen", now=later, facts=bad)
    assert (case.state, case.rating) == (State.CLOSED, Rating.DISSATISFIED)


def test_satisfied_reopens_nothing():
    with pytest.raises(RefusedError, match="dissatisfied"):
        move(
            in_state(State.ANSWERED), State.REOPENED, by="citizen", now=BEGIN,
            facts={"rating": "satisfied"}, days=DAYS, limit=LIMIT,
        )  # fmt: skip


def test_a_case_that_was_merged_is_answered_and_rated_by_itself():
    case, _ = move(in_state(State.ROUTED), State.MERGED, by="x", now=BEGIN, facts={"lead": "C2"})
    assert case.lead == "C2"
    case, _ = move(case, State.ANSWERED, by="x", now=BEGIN, facts={"answer": "a"})
    case, _ = move(case, State.CLOSED, by="citizen", now=BEGIN, facts={"rating": "satisfied"})
    assert (case.number, case.rating) == ("C1", Rating.SATISFIED)
    with pytest.raises(RefusedError, match="itself"):
        move(in_state(State.ROUTED), State.MERGED, by="x", now=BEGIN, facts={"lead": "C1"})


@pytest.mark.parametrize("harm", ["changed", "missing", "swapped", "other case"])
def test_a_log_that_was_touched_is_found_out(harm):
    entries = next(s for s in map(drawn_story, range(99)) if len(s.entries) > 5).entries
    check_chain(entries)
    touched = list(entries)
    match harm:
        case "changed":
            touched[2] = replace(touched[2], by="somebody else")
        case "missing":
            del touched[2]
        case "swapped":
            touched[2], touched[3] = touched[3], touched[2]
        case _:
            touched[2] = replace(touched[2], number="C9")
    with pytest.raises(BrokenLogError):
        replay(touched)


def test_facts_and_seals():
    facts: Facts = {"off": ("2026-10-01",), "reason": "漏水", "level": 2}
    assert facts_of(facts_text(facts)) == facts
    assert facts_text(facts) == '{"level":2,"off":["2026-10-01"],"reason":"漏水"}'
    assert seal("张三", "a") != seal("张三", "b")
    with pytest.raises(BrokenLogError):
        replay([])
