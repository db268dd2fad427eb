"""Who waits at red, and for how long, second by second."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from cityloop.traffic.estimate.waiting import MISSED_S, RedWaits
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View, build_view
from tests.made_lanes import Way, make_lanes
from tests.made_signals import make_lamps

LENGTH_M = {"up_0": 90.0, "a_0": 40.0, "b_0": 80.0, "out_0": 200.0}
WAYS = [
    Way("a_0", "out_0", lamp="m 0"),
    Way("a_0", "out_0", "r", lamp="m 1"),
    Way("b_0", "out_0", "l", lamp="m 2"),
    Way("up_0", "a_0"),
]


@pytest.fixture
def roads():
    network, signals = make_lanes(LENGTH_M, WAYS)
    return network, signals, build_view(network, signals)


def observe(view: View, seen_s: int, vehicles: Any = (), **changes: Any) -> Observation:
    """Tell of vehicles as (view lane, distance, speed)."""
    lanes, distances_m, speeds_m_s = np.array(list(vehicles), float).reshape(-1, 3).T
    approaches = len(view.approach_lane)
    values: dict[str, Any] = {
        "looked_at": np.ones(int(view.signal.max()) + 1, bool),
        "crossed": np.zeros(approaches, np.int32),
        "exit_full": np.zeros(len(view.exit_lane), np.int8),
        "stop_occupied": np.full(approaches, -1, np.int8),
        "advance_count": np.full(approaches, -1, np.int32),
        "advance_occupancy": np.full(approaches, -1.0, np.float32),
    }
    return Observation(
        seen_s=seen_s,
        vehicle_view=lanes.astype(np.int32),
        vehicle_distance_m=distances_m.astype(np.float32),
        vehicle_speed_m_s=speeds_m_s.astype(np.float32),
        vehicle_is_bus=np.zeros(len(lanes), bool),
        **(values | changes),
    )


def view_of(roads, lane: str) -> int:
    network, _, view = roads
    return [network.lane_ids[i] for i in view.lane].index(lane)


def waits(roads, seconds, *, shown="rrr", vehicles=(), **changes):
    """Give the waits of the groups in each second; what is shown may change by the second."""
    network, signals, view = roads
    kept = RedWaits(network, signals, view)
    said = []
    for now_s in range(100, 100 + seconds):
        lamps = shown(now_s) if callable(shown) else shown
        there = vehicles(now_s) if callable(vehicles) else vehicles
        told = observe(view, now_s - 1, there, **changes)
        said.append(kept.update(told, make_lamps(lamps, now_s, since_s=100)).tolist())
    return said


def test_nobody_waits_on_an_empty_road(roads):
    assert waits(roads, 30) == [[0, 0, 0]] * 30


def test_who_stands_at_the_line_waits_from_when_it_is_seen(roads):
    car = (view_of(roads, "a_0"), 10.0, 0.0)
    # Both groups of the lane are asked for: nobody knows which way it will go.
    assert waits(roads, 4, vehicles=[car]) == [[0, 0, 0], [1, 1, 0], [2, 2, 0], [3, 3, 0]]


@pytest.mark.parametrize(
    ("lane", "distance_m", "speed_m_s"),
    [("a_0", 31.0, 0.0), ("a_0", 10.0, 2.0), ("up_0", 20.0, 0.0)],
)
def test_who_is_far_or_moves_or_has_not_reached_the_lane_does_not_wait(
    roads, lane, distance_m, speed_m_s
):
    there = [(view_of(roads, lane), distance_m, speed_m_s)]
    assert waits(roads, 20, vehicles=there) == [[0, 0, 0]] * 20


def test_green_for_any_movement_of_the_lane_ends_the_wait(roads):
    car = (view_of(roads, "a_0"), 5.0, 0.0)
    said = waits(
        roads, 8, vehicles=[car], shown=lambda now_s: "rgr" if 103 <= now_s < 105 else "rrr"
    )
    assert [row[0] for row in said] == [0, 1, 2, 0, 0, 1, 2, 3]
    assert [row[1] for row in said] == [row[0] for row in said]


def test_a_miss_is_forgiven_for_some_seconds(roads):
    """A vehicle unseen for as long as cameras may miss it still waits; then it has gone."""
    car = (view_of(roads, "b_0"), 5.0, 0.0)
    said = waits(roads, 40, vehicles=lambda now_s: [car] if now_s <= 104 else [])
    last = 104 + MISSED_S - 100
    assert [row[2] for row in said[: last + 1]] == list(range(last + 1))
    assert [row[2] for row in said[last + 1 :]] == [0] * (39 - last)


def test_without_a_look_what_was_known_stays(roads):
    network, signals, view = roads
    kept = RedWaits(network, signals, view)
    car = (view_of(roads, "b_0"), 5.0, 0.0)
    kept.update(observe(view, 99, [car]), make_lamps("rrr", 100))
    blind = observe(view, 100, looked_at=np.zeros(1, bool))
    said = [kept.update(blind, make_lamps("rrr", now_s)).tolist() for now_s in range(101, 150)]
    assert said == [[0, 0, waited_s] for waited_s in range(1, 50)]


def test_a_loop_under_a_standing_vehicle_tells_as_much(roads):
    said = waits(roads, 4, stop_occupied=np.array([0, 1], np.int8))
    assert said == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 3]]


def test_a_walk_is_always_asked_for():
    network, signals = make_lanes(LENGTH_M, WAYS)
    walk = dataclasses.replace(signals, group_kind=np.array([1, 2, 3], np.uint8))
    view = build_view(network, walk)
    kept = RedWaits(network, walk, view)
    said = [
        kept.update(observe(view, t - 1), make_lamps(shown, t, since_s=[0, 0, since])).tolist()
        for t, shown, since in ((100, "rrr", 90), (101, "rrr", 90), (102, "rrG", 101))
    ]
    assert said == [[0, 0, 10], [0, 0, 11], [0, 0, 0]]
