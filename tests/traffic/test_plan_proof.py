"""Whole plans and the switches between them: the smallest plan that breaks each rule."""

import dataclasses

import numpy as np
import pytest

from cityloop.city.signals import Plan
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.transition import transition
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal
from cityloop.traffic.safety.gate import prove_commands
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.traffic.safety.table_proof import find_table_faults
from cityloop.traffic.safety.tables import default_table
from tests.made_networks import make_crossroads
from tests.made_scenarios import crossroads_edges
from tests.made_signals import make_commands, make_lamps, make_signals, make_table

CROSSING = make_signals(".x x.")
TABLE = make_table(CROSSING)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    from cityloop.feeds.sumo_net import read_network  # noqa: PLC0415

    net = make_crossroads(tmp_path_factory.mktemp("net"), crossroads_edges())
    return read_network(net)[0]


def plan(*stages: str, green_s=(20, 20), clearance_s=(4, 4), **changes) -> Plan:
    values = {
        "signal_id": "north",
        "table_version": "north-1",
        "cycle_s": sum(green_s) + sum(clearance_s),
        "offset_s": 0,
        "stages": np.array([[c == "G" for c in stage] for stage in stages or ("G.", ".G")]),
        "green_s": np.array(green_s, np.int32),
        "clearance_s": np.array(clearance_s, np.int32),
    }
    return Plan(**(values | changes))


def judge(network, candidate, *, signals=CROSSING, table=TABLE, running=None, **options):
    said = prove_plan(network, signals, table, running, candidate, **options)
    return said.rule if isinstance(said, Refusal) else 0


def test_the_cycle_is_shown_as_the_cabinet_shows_it():
    shown = expand_plan(CROSSING, TABLE, plan())
    rows = ["".join("r?yGg"[lamp] for lamp in row) for row in shown]
    one = [*["Gr"] * 20, *["yr"] * 3, "rr", *["rG"] * 20, *["ry"] * 3, "rr"]
    assert rows == one


def test_a_safe_plan_is_approved_and_bound_to_what_was_proven(network):
    said = prove_plan(network, CROSSING, TABLE, None, plan(), now_s=100)
    assert isinstance(said, ApprovedPlan)
    assert (said.table_version, said.valid_until_s, len(said.digest)) == ("north-1", 86_500, 64)
    other = prove_plan(network, CROSSING, TABLE, None, plan(offset_s=1))
    assert isinstance(other, ApprovedPlan)
    assert other.digest != said.digest
    with pytest.raises(ValueError, match="seal"):
        dataclasses.replace(said, plan=other.plan)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("candidate", "rule"),
    [
        (plan("GG", ".G"), 1),
        (plan(green_s=(21, 20), clearance_s=(3, 4)), 2),
        (plan(green_s=(4, 30)), 5),
        (plan(green_s=(20, 190)), 5),
        (plan(green_s=(5, 5)), 7),
        (plan(green_s=(120, 120)), 7),
        (plan(cycle_s=47), 7),
        (plan(offset_s=48), 7),
        (plan("G.", "G."), 7),
        (plan(signal_id="south"), 9),
        (plan(table_version="north-0"), 9),
        (plan(green_s=(20, 20, 20), clearance_s=(4, 4, 4)), 9),
    ],
)
def test_each_rule_refuses_its_breach(network, candidate, rule):
    assert judge(network, candidate) == rule


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        (make_table(CROSSING, yellow_s=[2, 3]), 3),
        (make_table(CROSSING, yellow_s=[7, 3]), 3),
        (make_table(CROSSING, all_red_s=7), 4),
    ],
)
def test_a_table_out_of_range_proves_nothing(network, table, rule):
    assert judge(network, plan(), table=table) == rule


def test_a_walk_is_not_shortened(network):
    signals = make_signals(".x x.", kinds="wt")
    table = make_table(signals, all_red_s=6, min_green_s=[7, 5])
    walk = plan(green_s=(6, 30), clearance_s=(6, 9))
    assert judge(network, walk, signals=signals, table=table) == 6
    long = plan(green_s=(7, 30), clearance_s=(6, 9))
    assert judge(network, long, signals=signals, table=table) == 0
    hurried = make_table(signals, all_red_s=6, min_green_s=[3, 5])
    assert judge(network, long, signals=signals, table=hurried) == 6


def test_fixed_stages_are_the_only_ones(network):
    own = [np.array([True, False])]
    assert judge(network, plan(), fixed_stages=own) == 7
    assert judge(network, plan(), fixed_stages=[*own, np.array([False, True])]) == 0


@pytest.mark.parametrize("mode", Mode)
def test_every_switch_ends_in_step_and_is_proven(network, mode):
    running, new = plan(), plan(green_s=(40, 14), offset_s=31)
    assert judge(network, new, running=running, mode=mode, now_s=500) == 0
    cycle = expand_plan(CROSSING, TABLE, new)
    for start_s in range(500, 500 + running.cycle_s):
        way = transition(CROSSING, TABLE, running, new, start_s, mode)
        assert way.complete
        at = (way.in_step_s - new.offset_s) % new.cycle_s
        assert way.lamp[-1].tolist() == cycle[at].tolist()


def test_a_refusal_is_one_line(network):
    said = prove_plan(network, CROSSING, TABLE, None, plan(green_s=(4, 30)))
    assert str(said) == ("signal north, group 0, second 4: rule 5: a green of 4 s; needed: 5 s")


def test_a_table_out_of_range_proves_no_command_either():
    for wrong, rule in (
        (make_table(CROSSING, yellow_s=[2, 3]), 3),
        (make_table(CROSSING, all_red_s=7), 4),
    ):
        verdict = prove_commands(
            CROSSING,
            wrong,
            make_lamps("rr", 100),
            make_commands("G.", 100, wrong),
            np.zeros(2, np.int32),
        )
        assert [refusal.rule for refusal in verdict.refusals] == [rule]
        assert not verdict.approved.commands.addressed.any()


def test_old_people_are_given_more_time(tmp_path):
    from cityloop.feeds.sumo_net import read_network  # noqa: PLC0415

    net = make_crossroads(tmp_path, crossroads_edges(), "--sidewalks.guess", "--crossings.guess")
    _, signals = read_network(net)
    usual, slow = default_table(signals), default_table(signals, elderly=["m"])
    walk_s = [int(table.all_red_s.max()) for table in (usual, slow)]
    assert walk_s == [7, 8]
    assert usual.version != slow.version
    hurried = dataclasses.replace(usual, walk_speed_m_s=slow.walk_speed_m_s)
    judged = np.ones(1, bool)
    assert [find_table_faults(signals, t, judged, 0) for t in (usual, slow)] == [(), ()]
    assert [fault.rule for fault in find_table_faults(signals, hurried, judged, 0)] == [6]
    with pytest.raises(ValueError, match="no signal nowhere"):
        default_table(signals, elderly=["nowhere"])
