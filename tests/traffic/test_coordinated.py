"""Coordinated in the dry run: greens follow who is seen, the coordinated one never begins late."""

import dataclasses
from itertools import groupby

import numpy as np
import pytest

from cityloop.city.signals import Relation
from cityloop.field.dry_run import DryRun
from cityloop.traffic.control.coordinated import Coordinated
from cityloop.traffic.observe.view import build_view
from cityloop.usecases.drive import drive
from tests.made_lanes import Way, make_lanes
from tests.made_programmes import make_plan
from tests.made_signals import make_table

NETWORK, SIGNALS = make_lanes(
    {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
    [Way("a_0", "c_0", lamp="north 0"), Way("b_0", "d_0", lamp="north 1")],
    forbidden=["north 0 1"],
)
PLAN = make_plan("14 G. 4", "12 .G 4")
CYCLE_S = 34
LEAST_S = 5


class Seeing:
    """The controller, shown standing vehicles on the lanes that `who` names for each second.

    Somebody crosses in each second, but from `still_s` on, and but from the lanes of `stuck`.
    """

    def __init__(self, who, plan, roads, still_s=10_000, stuck=""):
        self._still_s = still_s
        self._network, signals = roads
        self._stuck = [self._network.lane_ids.index(f"{name}_0") for name in stuck]
        self._view = build_view(self._network, signals)
        self._who = who
        self._inner = Coordinated(self._network, signals, make_table(signals), self._view, (plan,))
        self.name, self.needs, self.look_at = "seeing", self._inner.needs, self._inner.look_at

    def decide(self, observation, lamps):
        lanes = [self._network.lane_ids.index(f"{name}_0") for name in self._who(lamps.now_s)]
        views = np.array([np.flatnonzero(self._view.lane == i)[0] for i in lanes], np.int32)
        seen = dataclasses.replace(
            observation,
            vehicle_view=views,
            vehicle_distance_m=np.full(len(views), 3.0, np.float32),
            vehicle_speed_m_s=np.zeros(len(views), np.float32),
            vehicle_is_bus=np.zeros(len(views), bool),
            crossed=np.full_like(observation.crossed, lamps.now_s < self._still_s)
            * ~np.isin(self._view.approach_lane, self._stuck),
        )
        return self._inner.decide(seen, lamps)


def run(who, seconds=5 * CYCLE_S, plan=PLAN, roads=(NETWORK, SIGNALS), still_s=10_000, stuck=""):
    network, signals = roads
    view = build_view(network, signals)
    field = DryRun(network, signals, make_table(signals), view, begin_s=0, end_s=seconds)
    record = drive(field, Seeing(who, plan, roads, still_s, stuck), lambda _now_s: None)
    assert (record.refused, record.broken) == (0, 0)
    changes, shown, said = dict(field.shown), "", []
    for now_s in range(seconds):
        if now_s in changes:
            shown = "".join("r?yGg"[lamp] for lamp in changes[now_s])
        said.append(shown)
    return said


def test_where_all_wait_it_is_the_plan():
    cycle = ["Gr"] * 14 + ["yr"] * 3 + ["rr"] + ["rG"] * 12 + ["ry"] * 3 + ["rr"]
    assert run(lambda _now_s: "ab")[CYCLE_S:] == cycle * 4


def test_greens_at_their_least_are_not_left_out():
    cycle = ["Gr"] * 22 + ["yr"] * 3 + ["rr"] + ["rG"] * 5 + ["ry"] * 3 + ["rr"]
    said = run(lambda _now_s: "ab", plan=make_plan("22 G. 4", "5 .G 4"), seconds=175)
    assert said[35:] == cycle * 4


@pytest.mark.parametrize("begin_s", range(0, 27, 3))
def test_the_first_green_is_no_shorter_than_its_least(begin_s):
    # Nothing is refused, wherever in the cycle it begins: `run` looks after each second.
    said = run(
        lambda _now_s: "a", plan=make_plan("10 G. 4", "9 .G 4", offset_s=begin_s), seconds=60
    )
    shown = [(state, len(list(same))) for state, same in groupby(said) if "G" in state]
    assert all(lasted_s >= LEAST_S for _state, lasted_s in shown[:-1])
    assert shown[-1][0] == "Gr"


def test_where_nobody_asks_the_coordinated_stage_stays():
    assert set(run(lambda _now_s: "a")[CYCLE_S:]) == {"Gr"}
    assert set(run(lambda _now_s: "")[2 * CYCLE_S :]) == {"Gr"}


@pytest.mark.parametrize("asks_s", range(40, 40 + CYCLE_S, 3))
def test_who_asks_is_served_and_the_coordinated_green_is_never_late(asks_s):
    said = run(lambda now_s: "ab" if asks_s <= now_s < asks_s + CYCLE_S else "a")
    assert "rG" in said[asks_s : asks_s + CYCLE_S]
    # Somebody is always there: it may begin early, and ends no sooner than planned.
    for begin_s in range(2 * CYCLE_S, 5 * CYCLE_S, CYCLE_S):
        assert set(said[begin_s : begin_s + 14]) == {"Gr"}


@pytest.mark.parametrize("asks_s", range(70, 70 + CYCLE_S, 3))
def test_a_coordinated_green_that_nobody_uses_is_not_waited_for(asks_s):
    said = run(lambda now_s: "b" if now_s >= asks_s else "")
    # The least green may have to pass, then 3 s of yellow and 1 s of red.
    assert "rG" in said[asks_s : asks_s + 12]


def test_a_green_outlasts_its_time_while_nobody_else_comes():
    said = run(lambda now_s: "b" if now_s < 90 else "ab")
    begins = said.index("rG")
    assert set(said[begins:90]) == {"rG"}
    assert 90 - begins > 12
    assert "Gr" in said[90:96]


def make_left_turn():
    """Through traffic a, a left turn b that yields to it, and a side road c."""
    network, signals = make_lanes(
        dict.fromkeys(("a_0", "b_0", "c_0", "d_0", "e_0", "f_0"), 100.0),
        [
            Way("a_0", "d_0", lamp="north 0"),
            Way("b_0", "e_0", lamp="north 1"),
            Way("c_0", "f_0", lamp="north 2"),
        ],
        forbidden=["north 0 2", "north 1 2"],
    )
    relation = signals.relation.copy()
    relation[[1, 3]] = Relation.HAS_PRIORITY, Relation.YIELDS
    return network, dataclasses.replace(signals, relation=relation)


@pytest.mark.parametrize(("who", "served"), [("abc", True), ("ac", False)])
def test_who_finds_no_gap_under_green_gets_the_stage_in_which_nobody_has_priority(who, served):
    """The left turn stands under a green that yields: its own stage is not left out."""
    plan = make_plan("14 GG. 0", "8 .G. 4", "8 ..G 4")
    said = run(lambda _now_s: who, seconds=6 * 38, plan=plan, roads=make_left_turn())[38:]
    own = sum(shown[0] == "r" and shown[1] in "Gg" for shown in said)
    assert (own > 0) is served
    # The side road is served in every cycle, all the same.
    begins = [t for t in range(1, len(said)) if said[t][2] == "G" and said[t - 1][2] == "r"]
    assert len(begins) == 5


def test_a_green_that_yields_is_no_reason_to_stay():
    """Both streams of the last stage are there; one of them gets nowhere in it."""
    plan = make_plan("8 .G. 4", "14 GG. 4")
    said = run(lambda _now_s: "ab", seconds=6 * 30, plan=plan, roads=make_left_turn())[30:]
    begins = [t for t in range(1, len(said)) if said[t][:2] == "rG" and said[t - 1][:2] != "rG"]
    assert len(begins) == 5


def test_where_nobody_moves_the_junction_is_left_empty_for_a_while():
    said = run(lambda _now_s: "a", still_s=70)
    assert set(said[40:81]) == {"Gr"}
    pause = said.index("rr", 81)
    # All red for the pause, and then the plan goes on.
    assert pause < 90
    assert set(said[pause : pause + 7]) == {"rr"}
    assert {"Gr", "rG"} & set(said[pause + 7 : pause + 25])


def test_who_has_no_room_beyond_the_signal_holds_no_green():
    said = run(lambda _now_s: "ab", seconds=8 * CYCLE_S, stuck="a")[CYCLE_S:]
    greens = "".join({"Gr": "a", "rG": "b"}.get(shown, " ") for shown in said).split()
    # The first and the last may be cut off.
    lasts_s = {who: {len(green) for green in greens[1:-1] if green[0] == who} for who in ("a", "b")}
    # Who moves keeps what the plan has for him, or more.
    assert lasts_s["a"] <= {6, 7, 8}
    assert min(lasts_s["b"]) >= 12


@pytest.mark.parametrize("stuck", ["", "b"])
def test_a_turn_that_finds_no_gap_keeps_its_green(stuck):
    """It may go as the others end."""
    plan = make_plan("20 GG. 4", "8 ..G 4")
    said = run(lambda _now_s: "bc", seconds=6 * 36, plan=plan, roads=make_left_turn(), stuck=stuck)
    assert said[36:] == said[72:] + said[36:72]
    assert said[36:72].count("Ggr") == 20
