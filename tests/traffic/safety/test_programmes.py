"""Shipped programmes judged: each flaw by hand, and all of them against a naive twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.city.faults import Severity
from cityloop.city.signals import GroupKind, Programme, Relation, SafetyTable, Signals
from cityloop.traffic.safety.programmes import (
    ProgrammeFault,
    ProgrammeFlaw,
    find_programme_faults,
)
from tests.naive.programmes import programme_faults

FREE, FORBIDDEN, YIELDS, PRIOR = Relation
LETTERS = "ruyGgOos"
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def signals_of(kind, relation) -> Signals:
    count = len(kind)
    return Signals(
        signal_ids=("x",),
        signal_x_m=np.zeros(1),
        signal_y_m=np.zeros(1),
        group_start=np.array([0, count], np.int32),
        pair_start=np.array([0, count * count], np.int32),
        group_kind=np.array(kind, np.uint8),
        group_speed_m_s=np.full(count, 13.9),
        group_crossing_m=np.zeros(count),
        relation=np.array(relation, np.uint8).ravel(),
        stream_group=np.arange(count, dtype=np.int32),
    )


def table_of(yellow_s, min_green_s, max_red_s, all_red_s) -> SafetyTable:
    columns = [np.ravel(c).astype(np.int32) for c in (yellow_s, min_green_s, max_red_s, all_red_s)]
    return SafetyTable(
        version=("1",),
        yellow_s=columns[0],
        min_green_s=columns[1],
        max_red_s=columns[2],
        all_red_s=columns[3],
        walk_speed_m_s=np.ones(1),
        source=(),
    )


def programme_of(*phases: tuple[float, str], offset_s=0.0, kind="static", least_s=()) -> Programme:
    count = len(phases)
    return Programme(
        signal_id="x",
        programme_id="0",
        kind=kind,
        offset_s=offset_s,
        phase_s=np.array([phase[0] for phase in phases], float),
        phase_min_s=np.array(least_s or [np.nan] * count, float),
        phase_max_s=np.full(count, np.nan),
        lamps=np.array([[LETTERS.index(c) for c in p[1]] for p in phases], np.uint8),
    )


# Main street, its left turn, which yields to the street's other side, side street, walk over it.
KIND = [GroupKind.THROUGH, GroupKind.TURN, GroupKind.THROUGH, GroupKind.WALK]
SIGNALS = signals_of(
    KIND,
    [
        [FREE, PRIOR, FORBIDDEN, FREE],
        [YIELDS, FREE, FORBIDDEN, YIELDS],
        [FORBIDDEN, FORBIDDEN, FREE, FORBIDDEN],
        [FREE, PRIOR, FORBIDDEN, FREE],
    ],
)
TABLE = table_of(
    [3, 3, 3, 0],
    [5, 5, 5, 7],
    [180] * 4,
    [[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 9, 9, 0]],
)
GOOD = [(30, "GgrG"), (6, "Ggrr"), (3, "yyrr"), (1, "rrrr"), (20, "rrGr"), (3, "rryr"), (1, "rrrr")]


def faults(*phases, **options) -> tuple[ProgrammeFault, ...]:
    return find_programme_faults(SIGNALS, TABLE, 0, programme_of(*phases, **options))


def fault(flaw, rule, severity, groups, phase, found_s, needed_s) -> ProgrammeFault:
    return ProgrammeFault(
        flaw=flaw,
        rule=rule,
        severity=severity,
        groups=groups,
        phase=phase,
        found_s=float(found_s),
        needed_s=float(needed_s),
    )


def test_a_good_programme_has_no_fault():
    assert faults(*GOOD) == ()


def test_without_phases_nothing_can_be_said():
    assert faults() == ()


def changed(place, phase):
    return [*GOOD[:place], phase, *GOOD[place + 1 :]]


CASES = {
    "side street green with the main one": (
        changed(0, (30, "GgGG")),
        [
            fault(ProgrammeFlaw.CONFLICT, 1, ERROR, (0, 2), 0, 30, 0),
            fault(ProgrammeFlaw.CONFLICT, 1, ERROR, (1, 2), 0, 30, 0),
            fault(ProgrammeFlaw.CONFLICT, 1, ERROR, (2, 3), 0, 30, 0),
            fault(ProgrammeFlaw.NO_YELLOW, 3, ERROR, (2,), 0, 0, 3),
        ],
    ),
    "a left turn with a green of priority": (
        changed(1, (6, "GGrr")),
        [fault(ProgrammeFlaw.FALSE_PRIORITY, 1, WARNING, (1, 0), 1, 6, 0)],
    ),
    "no yellow": (
        changed(5, (3, "rrrr")),
        [fault(ProgrammeFlaw.NO_YELLOW, 3, ERROR, (2,), 4, 0, 3)],
    ),
    "short yellow": (
        changed(5, (2, "rryr")),
        [fault(ProgrammeFlaw.SHORT_YELLOW, 3, WARNING, (2,), 4, 2, 3)],
    ),
    "long yellow": (
        changed(5, (5, "rryr")),
        [fault(ProgrammeFlaw.LONG_YELLOW, 3, NOTE, (2,), 4, 5, 3)],
    ),
    "yellow beyond six seconds": (
        changed(5, (7, "rryr")),
        [fault(ProgrammeFlaw.LONG_YELLOW, 3, WARNING, (2,), 4, 7, 3)],
    ),
    "no all-red over the wrap": (
        GOOD[:-1],
        [
            fault(ProgrammeFlaw.SHORT_ALL_RED, 4, WARNING, (2, 0), 4, 0, 1),
            fault(ProgrammeFlaw.SHORT_ALL_RED, 4, WARNING, (2, 1), 4, 0, 1),
            fault(ProgrammeFlaw.SHORT_ALL_RED, 4, WARNING, (2, 3), 4, 0, 1),
        ],
    ),
    "green in the other's yellow": (
        changed(2, (3, "yyGr")),
        [
            fault(ProgrammeFlaw.EARLY_GREEN, 2, ERROR, (0, 2), 1, -3, 1),
            fault(ProgrammeFlaw.EARLY_GREEN, 2, ERROR, (1, 2), 1, -3, 1),
            fault(ProgrammeFlaw.NO_YELLOW, 3, ERROR, (2,), 2, 0, 3),
            fault(ProgrammeFlaw.SHORT_ALL_RED, 4, WARNING, (3, 2), 0, 6, 9),
            fault(ProgrammeFlaw.SHORT_GREEN, 5, WARNING, (2,), 2, 3, 5),
        ],
    ),
    "a walk that is not cleared": (
        changed(1, (4, "Ggrr")),
        [fault(ProgrammeFlaw.SHORT_ALL_RED, 4, WARNING, (3, 2), 0, 8, 9)],
    ),
    "short greens": (
        changed(4, (4, "rrGr")),
        [fault(ProgrammeFlaw.SHORT_GREEN, 5, WARNING, (2,), 4, 4, 5)],
    ),
    "long red": (
        changed(0, (180, "GgrG")),
        [fault(ProgrammeFlaw.LONG_RED, 5, WARNING, (2,), 4, 191, 180)],
    ),
    "never green": (
        changed(4, (20, "rrrr")),
        [fault(ProgrammeFlaw.NEVER_GREEN, 5, ERROR, (2,), -1, 0, 5)],
    ),
    "a long cycle": (
        [(100, "GgrG"), (6, "Ggrr"), (3, "yyrr"), (1, "rrrr"), (130, "rrGr"), *GOOD[5:]],
        [fault(ProgrammeFlaw.CYCLE, 7, WARNING, (), -1, 244, 240)],
    ),
    "a short cycle": (
        [(10, "Ggrr"), (3, "yyrr"), (1, "rrrr"), (5, "rrGr"), (3, "rryr"), (1, "rrrr")],
        [
            fault(ProgrammeFlaw.NEVER_GREEN, 5, ERROR, (3,), -1, 0, 7),
            fault(ProgrammeFlaw.CYCLE, 7, WARNING, (), -1, 23, 30),
        ],
    ),
    "lamps that are off": ([(60, "OooO")], []),
    "all green for ever, but the side street": (
        [(60, "GgrG")],
        [fault(ProgrammeFlaw.NEVER_GREEN, 5, ERROR, (2,), -1, 0, 5)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_flaw_by_hand(name):
    phases, expected = CASES[name]
    assert faults(*phases) == tuple(expected)


@pytest.mark.parametrize(("offset_s", "runs_as_s"), [(-7.0, 57), (64.0, 0), (150.5, 22.5)])
def test_an_offset_outside_the_cycle_is_told_with_what_it_does(offset_s, runs_as_s):
    assert faults(*GOOD, offset_s=offset_s) == (
        fault(ProgrammeFlaw.OFFSET, 0, WARNING, (), -1, offset_s, runs_as_s),
    )


@pytest.mark.parametrize("offset_s", [0.0, 63.0, 63.99])
def test_an_offset_inside_the_cycle_is_none_of_our_business(offset_s):
    assert faults(*GOOD, offset_s=offset_s) == ()


def test_an_actuated_green_is_judged_by_its_minimum():
    least_s = [30, 6, 3, 1, 4, 3, 1]
    assert faults(*GOOD, least_s=least_s) == ()
    assert faults(*GOOD, least_s=least_s, kind="actuated") == (
        fault(ProgrammeFlaw.SHORT_GREEN, 5, WARNING, (2,), 4, 4, 5),
    )


def test_one_lamp_for_two_that_cross_is_a_conflict():
    signals = signals_of([GroupKind.THROUGH], [[FORBIDDEN]])
    table = table_of([3], [5], [180], [0])
    programme = programme_of((40, "G"), (3, "y"), (7, "r"))
    assert find_programme_faults(signals, table, 0, programme) == (
        fault(ProgrammeFlaw.CONFLICT, 1, ERROR, (0, 0), 0, 40, 0),
    )


def test_letters_beyond_the_groups_are_left_out():
    assert faults(*[(s, state + "G") for s, state in GOOD]) == ()


@st.composite
def drawn(draw):
    count = draw(st.integers(1, 4))
    phases = draw(
        st.lists(
            st.tuples(st.integers(1, 12), st.text("rrryyGGGgso", min_size=count, max_size=count)),
            min_size=1,
            max_size=6,
        )
    )
    relation = np.zeros((count, count), int)
    for a in range(count):
        for b in range(a + 1, count):
            relation[a, b] = draw(st.sampled_from(Relation))
            relation[b, a] = {YIELDS: PRIOR, PRIOR: YIELDS}.get(relation[a, b], relation[a, b])
    seconds = st.lists(st.integers(0, 6), min_size=count, max_size=count)
    all_red_s = draw(st.integers(0, 5)) * (relation != FREE)
    kind = draw(st.lists(st.sampled_from(GroupKind), min_size=count, max_size=count))
    return phases, kind, relation, draw(seconds), draw(seconds), draw(seconds), all_red_s


@settings(max_examples=600)
@given(drawn())
def test_equals_the_naive_twin(signal):
    phases, kind, relation, yellow_s, min_green_s, max_red_s, all_red_s = signal
    programme = programme_of(*phases)
    signals = signals_of(kind, relation)
    table = table_of(yellow_s, min_green_s, max_red_s, all_red_s)
    shown = [
        row for (s, _), row in zip(phases, programme.lamps.tolist(), strict=True) for _ in range(s)
    ]
    expected = programme_faults(shown, kind, relation, yellow_s, all_red_s, min_green_s, max_red_s)
    clears = {ProgrammeFlaw.EARLY_GREEN, ProgrammeFlaw.SHORT_ALL_RED}
    found = [
        ("clearance" if each.flaw in clears else each.flaw.value, each.groups, each.found_s)
        for each in find_programme_faults(signals, table, 0, programme)
        if each.groups
    ]
    assert sorted(found) == sorted(expected)
