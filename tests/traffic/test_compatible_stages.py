"""Stages that nobody has drawn: what is added to the shipped ones, and what never is."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.city.network import Conflict, Turn
from cityloop.city.signals import Relation
from cityloop.feeds.sumo_net import read_network
from cityloop.traffic.plan.compatible import compatible_stages
from cityloop.traffic.plan.stages import shipped_stages
from tests.made_lanes import Way, make_lanes
from tests.made_networks import make_crossroads
from tests.made_programmes import make_programme, spell
from tests.made_scenarios import crossroads_edges

ARMS = "nesw"


@pytest.fixture(scope="module", params=[1, 3])
def crossroads(request, tmp_path_factory):
    """A crossroads of one lane an arm, or of three: one for each turn."""
    folder = tmp_path_factory.mktemp(f"crossroads-{request.param}")
    edges = crossroads_edges(lanes=request.param)
    return read_network(make_crossroads(folder, edges, "--no-turnarounds"))


def where(network, signals):
    """(groups,) arm and turn of each, and the arms of a stage that are green as a whole."""
    arm = np.empty(signals.group_count, "U1")
    turn = np.empty(signals.group_count, int)
    movement = network.connector_movement
    for c, group in enumerate(signals.stream_group[: network.connector_count]):
        arm[group] = network.link_ids[network.movement_from_link[movement[c]]][0]
        turn[group] = network.movement_turn[movement[c]]
    return arm, turn


def programme_of(network, signals, *phases):
    """A programme whose phases are named by what is green: `ns` or `ns-l`, without left turns."""
    arm, turn = where(network, signals)
    letters = []
    for phase in phases:
        arms, _, without = phase.partition("-")
        green = np.isin(arm, list(arms)) & ~((turn == Turn.LEFT) & (without == "l"))
        letters.append("20 " + "".join("G" if each else "r" for each in green))
    return make_programme(*letters, signal_id=signals.signal_ids[0])


def test_shipped_stages_come_first_and_nothing_forbidden_is_added(crossroads):
    network, signals = crossroads
    programme = programme_of(network, signals, "ns", "ew")
    shipped = shipped_stages(signals, [programme]).of(0)
    stages = compatible_stages(network, signals, [programme]).of(0)
    assert spell(stages[: len(shipped)]) == spell(shipped)
    assert len(set(spell(stages))) == len(stages) > len(shipped)
    relation = signals.square(signals.relation, 0)
    for stage in stages:
        assert not (relation[np.ix_(stage, stage)] == Relation.FORBIDDEN).any()


def test_each_arm_gets_a_stage_in_which_its_left_turn_need_not_yield(crossroads):
    network, signals = crossroads
    stages = compatible_stages(network, signals, [programme_of(network, signals, "ns", "ew")]).of(0)
    arm, turn = where(network, signals)
    for one, opposite in ("ns", "sn", "ew", "we"):
        alone = [
            stage
            for stage in stages
            if stage[arm == one].all() and not stage[(arm == opposite) & (turn != Turn.RIGHT)].any()
        ]
        assert alone


def test_left_turns_yield_only_where_a_shipped_stage_lets_them(crossroads):
    network, signals = crossroads
    arm, turn = where(network, signals)
    left = {one: (arm == one) & (turn == Turn.LEFT) for one in ARMS}
    ahead = {one: (arm == one) & (turn == Turn.STRAIGHT) for one in ARMS}

    def yields(*phases):
        stages = compatible_stages(network, signals, [programme_of(network, signals, *phases)])
        return {
            one + other
            for stage in stages.of(0)
            for one, other in ("ns", "sn", "ew", "we")
            if (stage & left[one]).any() and (stage & ahead[other]).any()
        }

    assert yields("ns", "ew") == {"ns", "sn", "ew", "we"}
    assert yields("ns", "e", "w") == {"ns", "sn"}
    assert yields("n", "e", "s", "w") == set()


def test_a_lane_is_green_as_a_whole_or_as_a_shipped_stage_shows_it(crossroads):
    network, signals = crossroads
    programme = programme_of(network, signals, "ns-l", "n", "s", "ew")
    shipped = shipped_stages(signals, [programme]).of(0)
    stages = compatible_stages(network, signals, [programme]).of(0)
    group = signals.stream_group[: network.connector_count]
    for lane in np.unique(network.connector_from_lane):
        own = group[network.connector_from_lane == lane]
        known = {tuple(stage[own]) for stage in shipped} | {(True,) * len(own)}
        assert {tuple(stage[own]) for stage in stages} <= known | {(False,) * len(own)}


def stages_with_inner_link(length_m, *phases):
    """Letters count: who lets into the link, who out of it, and who crosses behind it."""
    ways = (
        Way("a_0", "inner_0", lamp="m 0"),
        Way("inner_0", "out_0", lamp="m 1"),
        Way("b_0", "end_0", lamp="m 2"),
    )
    length = {"a_0": 200, "b_0": 200, "inner_0": length_m, "out_0": 200, "end_0": 200}
    network, signals = make_lanes(length, ways, forbidden=["m 1 2"])
    programme = make_programme(*phases, signal_id="m")
    return spell(compatible_stages(network, signals, [programme]).of(0))


# Two lanes side by side, one of which meets a third that comes from the side.
SIDE_BY_SIDE = [
    Way("a_0", "b_0", lamp="m 0"),
    Way("a_1", "b_1", lamp="m 1"),
    Way("c_0", "b_0", "r", lamp="m 2"),
]


def stages_side_by_side(*ways, phases):
    """What such a signal has; a further way makes the two lanes differ."""
    length_m = dict.fromkeys(("a_0", "a_1", "b_0", "b_1", "c_0", "d_0"), 100.0)
    network, signals = make_lanes(length_m, [*SIDE_BY_SIDE, *ways], forbidden=["m 0 2"])
    programme = make_programme(*phases, signal_id="m")
    return spell(compatible_stages(network, signals, [programme]).of(0))


def test_lanes_with_the_same_movements_show_the_same():
    assert stages_side_by_side(phases=["20 GGr", "20 rrG"]) == ["GG.", "..G"]


def test_a_shipped_stage_may_show_them_apart():
    assert stages_side_by_side(phases=["20 GGr", "20 rGG"]) == ["GG.", ".GG"]


def test_lanes_with_other_movements_need_not():
    turns = Way("a_1", "d_0", "l", lamp="m 3")
    assert ".GGG" in stages_side_by_side(turns, phases=["20 GGrG", "20 rrGr"])


def test_nobody_is_let_into_a_short_link_who_is_not_let_out():
    assert stages_with_inner_link(8.0, "20 GGr", "20 rrG") == ["GG.", "..G"]
    assert stages_with_inner_link(120.0, "20 GGr", "20 rrG") == ["GG.", "..G", "G.G"]


def test_a_shipped_stage_that_does_so_goes_where_the_others_serve_everybody():
    assert stages_with_inner_link(8.0, "20 GrG", "20 rGr") == [".G.", "GG.", "..G"]
    assert stages_with_inner_link(120.0, "20 GrG", "20 rGr") == ["G.G", ".G.", "GG."]


def test_who_always_merges_also_gets_a_stage_in_which_it_need_not_yield():
    ways = (
        Way("main_0", "out_0", lamp="m 0"),
        Way("side_0", "out_0", turn="r", lamp="m 1"),
        Way("cross_0", "end_0", lamp="m 2"),
    )
    length = {"main_0": 200, "side_0": 200, "cross_0": 200, "out_0": 200, "end_0": 200}
    network, signals = make_lanes(length, ways, forbidden=["m 0 2", "m 1 2"])
    relation = signals.relation.copy()
    signals.square(relation, 0)[1, 0] = Relation.YIELDS
    signals = replace(signals, relation=relation)
    programme = make_programme("20 Ggr", "20 rrG", signal_id="m")
    stages = spell(compatible_stages(network, signals, [programme]).of(0))
    assert stages[:2] == ["GG.", "..G"]
    assert set(stages[2:]) == {"G..", ".G."}


def test_a_signal_without_a_programme_gets_sets_too(crossroads):
    network, signals = crossroads
    stages = compatible_stages(network, signals, []).of(0)
    assert stages.any(axis=0).all()
    assert (network.conflict_kind == Conflict.CROSS).any()
