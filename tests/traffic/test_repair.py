"""Shipped programmes made into plans, and how long a switch takes, worked out by hand."""

import numpy as np
import pytest

from cityloop.city.signals import Plan
from cityloop.traffic.plan.repair import repair_programme
from cityloop.traffic.plan.stages import programme_stages
from cityloop.traffic.plan.switch import clearance_s
from tests.made_programmes import make_plan, make_programme
from tests.made_signals import make_signals, make_table

CROSSING = make_signals(".x x.")
TABLE = make_table(CROSSING)


def repair(*phases, signals=CROSSING, table=TABLE, offset_s=0.0) -> Plan:
    programme = make_programme(*phases, offset_s=offset_s)
    stages = programme_stages(signals, 0, programme)
    return repair_programme(signals, table, 0, programme, stages)


def test_the_cycle_stays_and_clearances_are_taken_from_the_greens():
    """Of 60 s go 4 s twice for clearance: 26 s are left for either of two equal greens."""
    plan = repair("27 Gr", "3 yr", "27 rG", "3 ry")
    assert plan == make_plan("26 G. 4", "26 .G 4")


def test_greens_share_what_is_above_their_minimum():
    """45 and 15 s are 40 and 10 above 5; of 52 s 42 are above: 33.6 and 8.4, in whole seconds."""
    plan = repair("45 Gr", "15 rG")
    assert plan == make_plan("39 G. 4", "13 .G 4")
    assert plan.cycle_s == 60


def test_the_cycle_grows_where_minimum_greens_ask_for_it():
    plan = repair("2 Gr", "2 rG", "1 rr")
    assert plan == make_plan("5 G. 4", "5 .G 4")


def test_a_walk_needs_its_minimum_and_its_clearance():
    signals = make_signals(".x x.", kinds="tw")
    table = make_table(signals, all_red_s=[0, 1, 12, 0], min_green_s=[5, 7], yellow_s=[3, 0])
    # To the walk 3 + 1 s, from the walk 12 s; 60 s leave 44, of which 37 go to the vehicles.
    plan = repair("50 Gr", "3 yr", "7 rG", signals=signals, table=table)
    assert plan == make_plan("37 G. 4", "7 .G 12")


def test_green_that_goes_on_needs_no_minimum_of_its_own_and_no_clearance():
    """Group 0 is green in both of the first stages; only 1 and 2 alternate beside it."""
    signals = make_signals("... ..x .x.")
    table = make_table(signals)
    plan = repair("30 GGr", "3 Gyr", "2 GrG", "25 GrG", signals=signals, table=table)
    # 1 ends with 3 s of yellow and 1 s of all-red before 2, and so on round.
    assert plan.clearance_s.tolist() == [4, 4]
    assert plan.cycle_s == 60


@pytest.mark.parametrize(
    ("phases", "offset_s", "expected_s"),
    [
        (["27 Gr", "3 yr", "27 rG", "3 ry"], 0.0, 0),
        (["27 Gr", "3 yr", "27 rG", "3 ry"], 17.0, 17),
        (["27 Gr", "3 yr", "27 rG", "3 ry"], 77.0, 17),
        (["27 Gr", "3 yr", "27 rG", "3 ry"], -10.0, 50),
        # The first phase is a clearance: the first green begins 3 s after the programme.
        (["3 ry", "27 Gr", "3 yr", "27 rG"], 10.0, 13),
        # The first green began 9 s before the end of the cycle.
        (["18 Gr", "3 yr", "27 rG", "3 ry", "9 Gr"], 10.0, 1),
    ],
)
def test_a_plan_begins_its_first_green_when_the_programme_did(phases, offset_s, expected_s):
    plan = repair(*phases, offset_s=offset_s)
    assert (plan.offset_s, plan.cycle_s) == (expected_s, 60)
    assert plan.stages[0].tolist() == [True, False]


def test_a_programme_of_another_width_gives_equal_greens():
    plan = repair("50 GrG", "10 rGr")
    assert plan == make_plan("26 G. 4", "26 .G 4")


def test_one_stage_alone_is_always_green():
    signals = make_signals(".. ..")
    plan = repair("60 GG", signals=signals, table=make_table(signals))
    assert plan == make_plan("60 GG 0")


def switch_s(before, after, *, signals=CROSSING, **table):
    rows = [np.array([c == "G" for c in text]) for text in (before, after)]
    return clearance_s(signals, make_table(signals, **table), 0, *rows)


def test_a_switch_takes_the_longest_yellow_and_all_red_of_those_that_conflict():
    assert switch_s("G.", ".G") == 4
    assert switch_s("G.", ".G", all_red_s=[0, 3, 1, 0]) == 6
    assert switch_s("G.", ".G", yellow_s=[5, 3]) == 6
    # Nothing ends; nothing begins; nothing conflicts.
    assert switch_s("..", "G.") == 0
    assert switch_s("G.", "G.") == 0
    assert switch_s("G.", "..") == 3
    assert switch_s("G.", ".G", signals=make_signals(".. ..")) == 3
