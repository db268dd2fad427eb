"""Max-pressure on networks of a few lanes, each decision worked out by hand."""

from typing import Any

import numpy as np
import pytest

from cityloop.traffic.control.max_pressure import MaxPressure
from cityloop.traffic.observe.view import build_view
from cityloop.traffic.plan.stages import shipped_stages
from tests.made_lanes import Way, make_lanes
from tests.made_signals import make_lamps, make_table
from tests.traffic.test_waiting import observe

NOW_S = 1000


class Town:
    """A network under max-pressure; vehicles are counted by the lane that they are seen on."""

    def __init__(self, length_m, ways, forbidden):
        self.network, self.signals = make_lanes(length_m, ways, forbidden=forbidden)
        self.view = build_view(self.network, self.signals)
        self.controller = MaxPressure(
            self.network,
            self.signals,
            make_table(self.signals),
            self.view,
            shipped_stages(self.signals, ()),
        )

    def decide(self, shown: str, seen: dict[str, int], *, looked_at=True, **lamps: Any) -> str:
        """Give the greens that are wanted, as letters."""
        lanes = [self.network.lane_ids[i] for i in self.view.lane]
        vehicles = [(lanes.index(lane), 50.0, 8.0) for lane, n in seen.items() for _ in range(n)]
        count = len(self.signals.signal_ids)
        looks = np.broadcast_to(np.asarray(looked_at), (count,)).copy()
        told = observe(self.view, NOW_S - 1, vehicles, looked_at=looks)
        state = {"switching": [False] * count, "since_s": NOW_S - 10} | lamps
        commands = self.controller.decide(told, make_lamps(shown, NOW_S, **state))
        assert commands.addressed.all()
        assert commands.issued_s == NOW_S
        return "".join("G" if green else "." for green in commands.green)


def crossing() -> Town:
    """Two roads that cross at m; nothing is known of what is behind them."""
    return Town(
        {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
        [Way("a_0", "c_0", lamp="m 0"), Way("b_0", "d_0", lamp="m 1")],
        ["m 0 1"],
    )


def test_the_road_with_more_vehicles_goes_first():
    assert crossing().decide("Gr", {"a_0": 2, "b_0": 3}) == ".G"
    assert crossing().decide("Gr", {"a_0": 3, "b_0": 2}) == "G."


def test_of_equals_the_running_one_goes_on():
    assert crossing().decide("Gr", {"a_0": 2, "b_0": 2}) == "G."
    assert crossing().decide("rG", {"a_0": 2, "b_0": 2}) == ".G"


@pytest.mark.parametrize(
    ("green_s", "decides"),
    [(9, False), (10, True), (11, False), (19, False), (20, True), (30, True)],
)
def test_a_decision_falls_after_every_10_s_of_green(green_s, decides):
    said = crossing().decide("Gr", {"b_0": 3}, since_s=NOW_S - green_s)
    assert said == (".G" if decides else "G.")


def test_no_decision_while_a_switch_is_running_or_without_a_look():
    assert crossing().decide("Gr", {"b_0": 3}, switching=[True]) == "G."
    assert crossing().decide("Gr", {"b_0": 3}, looked_at=False) == "G."


def test_where_nothing_is_green_a_decision_falls_at_once():
    assert crossing().decide("rr", {"a_0": 1}, since_s=NOW_S) == "G."


def test_who_has_waited_for_90_s_goes_before_many():
    seen = {"a_0": 1, "b_0": 9}
    for red_s, expected in ((89, ".G"), (90, "G.")):
        since_s = [NOW_S - red_s, NOW_S - 20]
        assert crossing().decide("rG", seen, since_s=since_s) == expected
    # Nobody there: nobody waits.
    assert crossing().decide("rG", {"b_0": 9}, since_s=[NOW_S - 500, NOW_S - 20]) == ".G"


def arterial() -> Town:
    """From m a road of 80 m leads to n; a third road leads away from m."""
    return Town(
        {"a_0": 100.0, "b_0": 100.0, "between_0": 80.0, "away_0": 300.0, "out_0": 90.0},
        [
            Way("a_0", "between_0", lamp="m 0"),
            Way("b_0", "away_0", lamp="m 1"),
            Way("between_0", "out_0", lamp="n 0"),
        ],
        ["m 0 1"],
    )


def test_what_the_next_signal_sees_behind_the_junction_is_taken_off():
    """4 before and 2 behind weigh less than 3 before an open road."""
    assert arterial().decide("Grr", {"a_0": 4, "b_0": 3, "between_0": 2})[:2] == ".G"
    assert arterial().decide("Grr", {"a_0": 6, "b_0": 3, "between_0": 2})[:2] == "G."


def test_a_shared_lane_counts_for_each_of_its_ways_in_part():
    """Of 4 on a lane that leads two ways, 2 count for each; 3 on a lane of its own are more."""
    town = Town(
        {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
        [
            Way("a_0", "c_0", lamp="m 0"),
            Way("a_0", "d_0", "l", lamp="m 1"),
            Way("b_0", "d_0", lamp="m 2"),
        ],
        ["m 0 2", "m 1 2", "m 0 1"],
    )
    assert town.decide("Grr", {"a_0": 4, "b_0": 3}) == "..G"
    assert town.decide("Grr", {"a_0": 7, "b_0": 3}) == "G.."


def test_u_turns_count_only_where_there_is_no_other_way():
    ways = [
        Way("a_0", "back_0", "u", lamp="m 0"),
        Way("a_0", "c_0", lamp="m 1"),
        Way("b_0", "c_0", "l", lamp="m 2"),
    ]
    length_m = {"a_0": 100.0, "b_0": 100.0, "back_0": 90.0, "c_0": 90.0}
    pairs = ["m 0 1", "m 0 2", "m 1 2"]
    assert Town(length_m, ways, pairs).decide("rrG", {"a_0": 4, "b_0": 3}) == ".G."
    alone = [Way("a_0", "back_0", "u", lamp="m 0"), Way("b_0", "c_0", "l", lamp="m 1")]
    assert Town(length_m, alone, ["m 0 1"]).decide("rG", {"a_0": 4, "b_0": 3}) == "G."


def test_a_split_approach_counts_across_its_links():
    town = Town(
        {"up_0": 90.0, "a_0": 40.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
        [
            Way("a_0", "c_0", lamp="m 0"),
            Way("b_0", "d_0", lamp="m 1"),
            Way("up_0", "a_0"),
        ],
        ["m 0 1"],
    )
    assert town.decide("rG", {"a_0": 1, "up_0": 3, "b_0": 3}) == "G."


@pytest.mark.parametrize(
    ("green_s", "looks"),
    [(7, False), (8, True), (9, False), (18, True), (100, False), (98, True)],
)
def test_it_looks_two_seconds_before_it_decides(green_s, looks):
    shown = make_lamps("Gr", NOW_S, since_s=NOW_S - green_s, switching=[False])
    assert crossing().controller.look_at(shown).tolist() == [looks]


def test_it_looks_at_its_own_junction_and_the_next_downstream():
    since_s = [NOW_S - 8, NOW_S - 8, NOW_S - 3]
    shown = make_lamps("GrG", NOW_S, since_s=since_s, switching=[False, False])
    assert arterial().controller.look_at(shown).tolist() == [True, True]
    since_s = [NOW_S - 3, NOW_S - 3, NOW_S - 8]
    shown = make_lamps("GrG", NOW_S, since_s=since_s, switching=[False, False])
    assert arterial().controller.look_at(shown).tolist() == [False, True]


def test_batches_are_numbered_upwards():
    town = crossing()
    told = observe(town.view, NOW_S - 1)
    shown = make_lamps("Gr", NOW_S, switching=[False])
    numbers = [town.controller.decide(told, shown).sequence for _ in range(3)]
    assert numbers == [1, 2, 3]
