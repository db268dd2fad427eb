"""Seeded mutants of plans and of switches: each refused, by the right rule, at the right place."""

import dataclasses
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import GroupKind, Plan, SafetyTable
from cityloop.kernels.path_gate import Kept, check_path
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.transition import signal_rules
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.made_signals import make_signals, make_table
from tests.traffic.safety.four_groups import (
    ALL_RED_S,
    NETWORK,
    SIGNALS,
    STAGES,
    TABLE,
    plan,
    table,
)


class Mutant(NamedTuple):
    """A plan with one fault, and what the gate must say of it."""

    plan: Plan
    rule: int
    groups: tuple[int, ...]
    second_s: int
    said: str
    table: SafetyTable = TABLE
    fixed_stages: tuple[str, ...] = ()


FOUR = ("G..G", "G...", ".G..", "G.G.")
NO_RED = np.where(np.arange(16) == 1, -1, TABLE.all_red_s)
PLANS = {
    # Rule 1
    "two that cross share a stage": Mutant(
        plan("G.G.", "GG..", "G..G"), 1, (0, 1), 26, "conflicting greens together"
    ),
    "a walk across a through movement": Mutant(
        plan("G.G.", ".G.G", "G..G"), 1, (1, 3), 26, "conflicting greens together"
    ),
    "a left turn beside the through movement it crosses": Mutant(
        plan("G.G.", ".GG.", "G..G"), 1, (1, 2), 26, "conflicting greens together"
    ),
    # Rule 2
    "yellow cut by a second": Mutant(
        plan(green_s=(21, 20, 10), clearance_s=(5, 4, 9)), 2, (0, 1), 26, "5 s from"
    ),
    "intergreen of the wrong ordered pair": Mutant(
        plan(clearance_s=(4, 4, 9)), 2, (0, 1), 24, "4 s from"
    ),
    "all-red left out": Mutant(plan(clearance_s=(6, 3, 9)), 2, (1, 0), 49, "3 s from"),
    "no clearance at all": Mutant(plan(clearance_s=(6, 0, 9)), 2, (1, 0), 46, "0 s from"),
    "no clearance over the wrap": Mutant(
        plan("G..G", "G.G.", ".G..", green_s=(10, 20, 20), clearance_s=(9, 6, 0)),
        2, (1, 0), 0, "0 s from",
    ),
    # Rules 3 and 4: the table itself
    "a yellow of 2 s": Mutant(
        plan(), 3, (1,), 7, "yellow of 2 s; needed: 3 to 6 s", table(yellow_s=[3, 2, 3, 0])
    ),
    "a yellow of 7 s": Mutant(
        plan(), 3, (1,), 7, "yellow of 7 s; needed: 3 to 6 s", table(yellow_s=[3, 7, 3, 0])
    ),
    "a walk with a yellow": Mutant(
        plan(), 3, (3,), 7, "yellow of 3 s", table(yellow_s=[3, 3, 3, 3])
    ),
    "an all-red of 7 s": Mutant(
        plan(), 4, (0,), 7, "all-red of 7 s; needed: 0 to 6 s",
        table(all_red_s=TABLE.all_red_s + np.where(np.arange(16) == 1, 4, 0)),
    ),
    "an all-red below 0": Mutant(plan(), 4, (0,), 7, "all-red of -1 s", table(all_red_s=NO_RED)),
    # Rule 5
    "minimum green cut": Mutant(plan(green_s=(20, 4, 10)), 5, (1,), 30, "a green of 4 s"),
    "minimum of a turn cut": Mutant(
        plan("G...", ".G..", "G..G", "G.G.", green_s=(20, 20, 10, 3), clearance_s=(6, 4, 9, 0)),
        5, (2,), 0, "a green of 3 s; needed: 4 s",
    ),
    "a red of more than the maximum": Mutant(
        plan(green_s=(20, 170, 10)), 5, (2,), 0, "a red of 196 s; needed: at most 180 s"
    ),
    "a table that lets greens flicker": Mutant(
        plan(), 5, (2,), 7, "green of 0 s", table(min_green_s=[5, 5, 0, 7])
    ),
    # Rule 6
    "walk too short": Mutant(plan(green_s=(20, 20, 6)), 6, (3,), 56, "6 s; needed: 7 s"),
    "stages swapped": Mutant(
        plan("G..G", ".G..", "G.G."), 6, (3, 1), 26, "6 s from the end of its green to stage 1"
    ),
    "pedestrian clearance halved": Mutant(
        plan(clearance_s=(6, 4, 4)), 6, (3, 2), 0, "4 s from the end of its green to stage 0"
    ),
    "pedestrian clearance hidden behind a short stage": Mutant(
        plan(*FOUR, green_s=(10, 1, 20, 20), clearance_s=(0, 6, 4, 4)),
        6, (3, 1), 17, "7 s from the end of its green to stage 2",
    ),
    "pedestrian clearance halved in the table": Mutant(
        plan(clearance_s=(6, 4, 4)), 6, (3,), 7, "clearance of 4 s; needed: 9 s",
        table(all_red_s=np.where(ALL_RED_S == 9, 4, TABLE.all_red_s)),
    ),
    "old people hurried": Mutant(
        plan(), 6, (3,), 7, "clearance of 9 s; needed: 11.2 s",
        dataclasses.replace(TABLE, walk_speed_m_s=np.array([0.8])),
    ),
    "walkers who run": Mutant(
        plan(), 6, (), 7, "walks at 1.2 m/s",
        dataclasses.replace(TABLE, walk_speed_m_s=np.array([1.2])),
    ),
    "a table with a walk of 3 s": Mutant(
        plan(), 6, (3,), 7, "of 3 s; needed: 4 s", table(min_green_s=[5, 5, 4, 3])
    ),
    # Rule 7
    "cycle too long": Mutant(plan(green_s=(180, 32, 10)), 7, (), 7, "a cycle of 241 s"),
    "cycle too short": Mutant(
        plan(green_s=(4, 5, 1)), 7, (), 7, "a cycle of 29 s; needed: 30 to 240 s"
    ),
    "times that do not make the cycle": Mutant(plan(cycle_s=70), 7, (), 7, "clearances of 69 s"),
    "an offset outside the cycle": Mutant(plan(offset_s=69), 7, (), 7, "an offset of 69 s"),
    "an offset below 0": Mutant(plan(offset_s=-1), 7, (), 7, "an offset of -1 s"),
    "a movement unserved": Mutant(plan("G...", ".G..", "G..G"), 7, (2,), 0, "no green"),
    "a walk unserved": Mutant(plan("G.G.", ".G..", "G..."), 7, (3,), 0, "no green"),
    "a stage without green": Mutant(plan(green_s=(0, 30, 20)), 7, (), 7, "a stage without green"),
    "a clearance below 0": Mutant(plan(clearance_s=(6, -4, 9)), 7, (), 7, "without green"),
    "a stage that is not the signal's": Mutant(
        plan(), 7, (), 7, "stage 2 is none of its own", fixed_stages=STAGES[:2]
    ),
    # Rule 9
    "a plan for another junction": Mutant(plan(signal_id="south"), 9, (), 7, "is not there"),
    "a plan for another table": Mutant(
        plan(table_version="north-0"), 9, (), 7, "version north-0; needed: version north-1"
    ),
    "a table for another network": Mutant(
        plan(), 9, (), 7, "does not fit", table(yellow_s=[3, 3, 3])
    ),
    "one time too many": Mutant(
        plan(green_s=(20, 20, 10, 5), clearance_s=(6, 4, 9, 4)), 9, (), 7, "shapes (3, 4), (4,)"
    ),
    "half seconds": Mutant(
        dataclasses.replace(plan(), green_s=np.array([20.5, 19.5, 10])), 9, (), 7, "whole seconds"
    ),
}  # fmt: skip


def judge(mutant: Mutant, **options):
    fixed = [np.array([c == "G" for c in stage]) for stage in mutant.fixed_stages]
    return prove_plan(
        NETWORK, SIGNALS, mutant.table, None, mutant.plan, now_s=7, fixed_stages=fixed, **options
    )


@pytest.mark.parametrize("mutant", PLANS.values(), ids=PLANS)
def test_a_mutant_of_a_plan_is_refused_for_what_is_wrong_with_it(mutant):
    said = judge(mutant)
    assert isinstance(said, Refusal)
    assert (said.rule, said.groups, said.second_s) == (mutant.rule, mutant.groups, mutant.second_s)
    assert mutant.said in str(said)


SAFE = {
    "the plan itself": plan(),
    "at any offset": plan(offset_s=68),
    "shortest greens": plan(green_s=(5, 5, 7)),
    "longest cycle": plan(green_s=(75, 70, 76)),
    "stages of four": plan(*FOUR, green_s=(10, 3, 20, 20), clearance_s=(0, 6, 4, 4)),
    "from another stage on": plan(
        "G..G", "G.G.", ".G..", green_s=(10, 20, 20), clearance_s=(9, 6, 4)
    ),
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("original", SAFE.values(), ids=SAFE)
def test_a_safe_original_is_not_refused(original, mode):
    for running in (None, *SAFE.values()):
        said = prove_plan(NETWORK, SIGNALS, TABLE, running, original, mode=mode)
        assert isinstance(said, ApprovedPlan), str(said)
        assert set(said.yields) == {(2, 0)}


# --- Switches between plans -------------------------------------------------------------------


def test_a_switch_from_a_plan_that_is_not_safe_itself():
    running = plan(green_s=(20, 170, 10))
    said = prove_plan(NETWORK, SIGNALS, TABLE, running, plan(), now_s=7)
    assert isinstance(said, Refusal)
    assert (said.rule, said.groups) == (8, (3,))
    assert "on a switch by dwell that begins in second" in said.found
    assert "a red of 181 s (rule 5)" in said.found


@pytest.mark.parametrize(
    ("running", "rule", "said"),
    [
        (plan(signal_id="south"), 9, "a signal that is not there"),
        (plan(table_version="north-0"), 9, "version north-0"),
        (plan(green_s=(180, 32, 10)), 7, "a cycle of 241 s"),
    ],
)
def test_a_switch_from_what_cannot_be_running(running, rule, said):
    refusal = prove_plan(NETWORK, SIGNALS, TABLE, running, plan(), now_s=7)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == rule
    assert said in refusal.found


def test_a_switch_from_another_junctions_plan():
    two = make_signals(".x x.", ".x x.")
    both = make_table(two)
    here, there = (
        Plan(
            signal_id=name,
            table_version=f"{name}-1",
            cycle_s=48,
            offset_s=0,
            stages=np.eye(2, dtype=bool),
            green_s=np.array([20, 20]),
            clearance_s=np.array([4, 4]),
        )
        for name in ("north", "south")
    )
    assert isinstance(prove_plan(NETWORK, two, both, here, here), ApprovedPlan)
    said = prove_plan(NETWORK, two, both, there, here)
    assert isinstance(said, Refusal)
    assert (said.rule, said.found) == (8, "a switch from another signal's plan")


def test_a_switch_that_can_never_come_into_step():
    """No red may be longer than in the plan itself, and no stage shorter: there is no way."""
    shortest, later = (plan(green_s=(5, 5, 7), offset_s=offset_s) for offset_s in (0, 9))
    for running in (None, shortest):
        tight, loose = (table(max_red_s=[180, red_s, 180, 180]) for red_s in (28, 30))
        said = prove_plan(NETWORK, SIGNALS, tight, running, later)
        assert isinstance(said, Refusal)
        assert (said.rule, said.groups) == (8, ())
        assert "on a switch by dwell that begins in second 0: not in step after" in said.found
        assert isinstance(prove_plan(NETWORK, SIGNALS, loose, running, later), ApprovedPlan)


JUMPS = {
    # Second of the old cycle in which it is left, second of the new one in which it goes on, who
    # is named, and by which rule. The cycle: 0 A, 20 clears, 26 B, 46 clears, 50 C, 60 clears.
    "an offset that skips a minimum green": (29, 46, 5, (1, -1)),
    "an offset that skips a minimum walk": (54, 60, 6, (3, -1)),
    "an offset that skips a yellow": (10, 23, 3, (0, -1)),
    "an offset that cuts a yellow": (22, 25, 3, (0, -1)),
    "an offset that skips an all-red": (24, 26, 2, (0, 1)),
    "an offset that skips a walk's clearance": (63, 0, 6, (3, 2)),
    "an offset that jumps into a conflict": (30, 5, 2, (1, 0)),
}


@pytest.mark.parametrize(("leaves", "joins", "rule", "groups"), JUMPS.values(), ids=JUMPS)
def test_a_way_between_plans_that_jumps_is_refused(leaves, joins, rule, groups):
    """The cabinet never goes such a way; the gate's own check of ways would see it."""
    cycle = expand_plan(SIGNALS, TABLE, plan())
    count = len(cycle)
    rows = np.concatenate([cycle, cycle[:leaves], cycle[joins:], cycle])
    times = np.arange(len(rows), dtype=np.int32)
    everyone = np.ones(4, bool)
    kept = Kept(**signal_rules(SIGNALS, TABLE, 0)._asdict(), walk=everyone, required=everyone)
    kept = kept._replace(walk=SIGNALS.group_kind == GroupKind.WALK)
    long_ago = np.full(4, -100, np.int32)
    found, second_s, *who = check_path(times, rows, long_ago, kept)[:4]
    assert (found, second_s, tuple(who)) == (rule, count + leaves, groups)
    smooth = np.concatenate([cycle, cycle])
    assert check_path(times[: len(smooth)], smooth, np.full(4, -100, np.int32), kept)[0] == 0
