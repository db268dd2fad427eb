"""Cameras and loops in SUMO, against SUMO's own counts and everybody's true place."""

from pathlib import Path

import numpy as np
import pytest

from cityloop.city.detectors import LanePoint, PointDetector
from cityloop.city.scenario import Scenario
from cityloop.field.sumo_sensors import line_id, list_lines, list_loops
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.observe.view import build_view
from tests.field.sensed import Record, record
from tests.made_lanes import Way, make_lanes
from tests.made_networks import make, make_crossroads
from tests.made_scenarios import (
    Driver,
    crossroads_edges,
    make_busy_crossroads,
    make_drivers,
    make_scenario,
)
from tests.workers import run_apart


def sums(found: Record, name: str) -> dict[str, int]:
    """Add up a reading of the approaches over the run, by lane."""
    rows = np.array([getattr(truth, name) for truth in found.truths])
    lanes = [found.network.lane_ids[lane] for lane in found.view.approach_lane]
    return dict(zip(lanes, rows.sum(axis=0).tolist(), strict=True))


def left_of(found: Record) -> dict[str, int]:
    lanes = [found.network.lane_ids[lane] for lane in found.view.approach_lane]
    return {lane: found.left[lane] for lane in lanes}


# --- Cameras ----------------------------------------------------------------------------------


def busy_by_camera(folder: Path) -> Record:
    return record(make_busy_crossroads(folder, end_s=300), folder / "run", Sensing.CAMERA)


def test_cameras_count_everybody_who_crosses_the_line(tmp_path):
    found = run_apart(busy_by_camera, tmp_path)
    assert sums(found, "crossed") == left_of(found)
    assert sum(left_of(found).values()) > 80


def short_approach(folder: Path) -> Scenario:
    """Make a main road whose last link before its signal is shorter than one second's way."""
    places = {"w": (-300, 0), "k": (-14, 0), "m": (0, 0), "e": (200, 0), "s": (0, -200)}
    nodes = "".join(
        f'<node id="{name}" x="{x}" y="{y}" type="{"traffic_light" if name == "m" else "priority"}"'
        "/>"
        for name, (x, y) in places.items()
    )
    (folder / "plain.nod.xml").write_text(f"<nodes>{nodes}</nodes>")
    roads = "".join(
        f'<edge id="{a}{b}" from="{a}" to="{b}" numLanes="{n}" speed="13.89"/>'
        for a, b, n in (("w", "k", 2), ("k", "m", 2), ("m", "e", 2), ("s", "m", 1))
    )
    (folder / "plain.edg.xml").write_text(f"<edges>{roads}</edges>")
    net = make("netconvert", folder, "--node-files=plain.nod.xml", "--edge-files=plain.edg.xml")
    drivers = [Driver(f"main-{t}", t, "wk km me") for t in range(1, 200, 3)]
    # This one ends its way at the line itself: it does not cross it.
    drivers += [Driver(f"side-{t}", t + 0.5, "sm me") for t in range(1, 200, 12)]
    drivers.append(Driver("ends-here", 20.0, "sm"))
    return make_scenario(folder, net, drivers, end_s=260)


def short_by_camera(folder: Path) -> Record:
    return record(short_approach(folder), folder / "run", Sensing.CAMERA)


def test_cameras_count_also_where_a_lane_is_passed_within_a_second(tmp_path):
    found = run_apart(short_by_camera, tmp_path)
    length_m = dict(zip(found.network.lane_ids, found.network.lane_length_m, strict=True))
    assert length_m["km_0"] < 13.89
    crossed = sums(found, "crossed")
    assert crossed == left_of(found)
    assert crossed["km_0"] + crossed["km_1"] == 67
    assert crossed["sm_0"] == 17


def blocked_exit(folder: Path) -> Record:
    net = make_crossroads(folder, crossroads_edges(), "--no-turnarounds")
    stop = '<stop lane="s_out_0" endPos="34" duration="150"/>'
    drivers = [Driver("broken-down", 1.0, "n_in s_out", stop=stop)]
    drivers += [Driver(f"vehicle-{t}", t, "n_in s_out") for t in range(4, 240, 4)]
    return record(make_scenario(folder, net, drivers, end_s=300), folder / "run", Sensing.CAMERA)


def test_an_exit_is_full_when_nobody_fits_in_any_more(tmp_path):
    found = run_apart(blocked_exit, tmp_path)
    exits = [found.network.lane_ids[lane] for lane in found.view.exit_lane]
    told = []
    for truth, places in zip(found.truths, found.places, strict=True):
        full = dict(zip(exits, truth.exit_full.tolist(), strict=True))
        slow = [
            way_m - length_m
            for lane, way_m, speed_m_s, length_m in places.values()
            if lane == "s_out_0" and speed_m_s < 2 and way_m - length_m < 30
        ]
        told.append(full.pop("s_out_0"))
        assert set(full.values()) == {0}
        # Four cars with their gaps take 30 m; two leave room for two more.
        if len(slow) >= 4:
            assert told[-1] == 1
        if len(slow) <= 2:
            assert told[-1] == 0
    assert sum(told) > 60
    assert told[-1] == told[0] == 0


def test_lines_lie_at_the_ends_of_the_approach_lanes():
    ways = [Way("a_0", "b_0", lamp="m 0"), Way("c_0", "b_0", "r", lamp="m 1")]
    network, signals = make_lanes({"a_0": 80.0, "b_0": 50.0, "c_0": 0.8}, ways)
    lines = list_lines(network, build_view(network, signals))
    assert [
        (each.detector_id, each.point) for each in lines if isinstance(each, PointDetector)
    ] == [
        (line_id(0), LanePoint("a_0", 80.0, friendly=True)),
        (line_id(1), LanePoint("c_0", 0.8, friendly=True)),
    ]


# --- Loops ------------------------------------------------------------------------------------


def test_loops_by_hand():
    """Long lane; split approach; a fork whose larger share counts; nothing 60 m upstream; tiny."""
    length_m = {
        "long_0": 100.0,
        "up_0": 90.0,
        "near_0": 40.0,
        "pocket_0": 30.0,
        "one_0": 70.0,
        "both_0": 70.0,
        "other_0": 25.0,
        "tiny_0": 1.0,
        "out_0": 99.0,
    }
    ways = [
        Way("long_0", "out_0", lamp="m 0"),
        Way("near_0", "out_0", lamp="m 1"),
        Way("pocket_0", "out_0", lamp="m 2"),
        Way("other_0", "out_0", "l", lamp="m 3"),
        Way("tiny_0", "out_0", "r", lamp="m 4"),
        Way("up_0", "near_0", length_m=5.0),
        # Half of `both` goes to the pocket, all of `one` does.
        Way("both_0", "pocket_0"),
        Way("both_0", "other_0"),
        Way("one_0", "pocket_0"),
    ]
    network, signals = make_lanes(length_m, ways)
    loops = list_loops(network, build_view(network, signals))
    assert loops == tuple(
        PointDetector(detector_id=f"cityloop.{kind}.{a}", point=LanePoint(lane, at_m))
        for kind, a, lane, at_m in (
            ("stop", 0, "long_0", -2.0),
            ("advance", 0, "long_0", 40.0),
            ("stop", 1, "near_0", -2.0),
            ("advance", 1, "up_0", 75.0),  # 40 and 5 m, and 15 m more from the end of 90 m
            ("stop", 2, "pocket_0", -2.0),
            ("advance", 2, "one_0", 50.0),  # 30 and 10 m, and 20 m more
            ("stop", 3, "other_0", -2.0),
            ("advance", 3, "both_0", 45.0),  # 25 and 10 m, and 25 m more
            ("stop", 4, "tiny_0", 0.5),
        )
    )


def busy_by_loops(folder: Path) -> Record:
    net = make_crossroads(folder, crossroads_edges(), "--no-turnarounds")
    drivers = make_drivers(6, flow_veh_h=900, end_s=240)
    return record(make_scenario(folder, net, drivers, end_s=480), folder / "run", Sensing.LOOPS)


@pytest.fixture(scope="module")
def by_loops(tmp_path_factory):
    return run_apart(busy_by_loops, tmp_path_factory.mktemp("loops"))


def test_loops_count_everybody(by_loops):
    """All have gone home by the end, so nobody stands on a loop."""
    assert by_loops.places[-1] == {}
    left = left_of(by_loops)
    assert sum(left.values()) > 40
    assert sums(by_loops, "crossed") == left
    assert sums(by_loops, "advance_count") == left
    own = {f"cityloop.{kind}.{a}": n for a, n in enumerate(left.values()) for kind in STOPS}
    assert by_loops.passed == own


STOPS = ("stop", "advance")


def test_a_loop_is_occupied_while_somebody_stands_on_it(by_loops):
    lanes = [by_loops.network.lane_ids[lane] for lane in by_loops.view.approach_lane]
    end_m = by_loops.network.lane_length_m[by_loops.view.approach_lane]
    stood = free = 0
    for second in range(1, len(by_loops.truths)):
        told = by_loops.truths[second].stop_occupied
        for a, lane in enumerate(lanes):
            over, close = [], []
            for places in by_loops.places[second - 1 : second + 1]:
                on = [(way_m, long_m) for at, way_m, _, long_m in places.values() if at == lane]
                over.append(any(way_m - long_m < end_m[a] - 2 < way_m for way_m, long_m in on))
                close.append(any(end_m[a] - way_m < 40 for way_m, _ in on))
            if all(over):
                assert told[a] == 1
                stood += 1
            if not any(close):
                assert told[a] == 0
                free += 1
    assert stood > 100
    assert free > 100


def test_the_advance_loop_tells_for_how_long_it_is_occupied(by_loops):
    share = np.array([truth.advance_occupancy for truth in by_loops.truths])
    assert share.min() == 0.0
    assert share.max() <= 1.0
    # A car of 5 m at 13 m/s takes 0.4 s; those that queue over it take longer.
    moving = share.sum() / sum(sums(by_loops, "advance_count").values())
    assert 0.3 < moving < 5.0


def test_loops_tell_nothing_of_lanes_that_are_not_looked_at_and_have_no_cameras(by_loops):
    truth = by_loops.truths[100]
    assert len(truth.view) == len(truth.distance_m) == 0
    assert set(truth.exit_full.tolist()) == {-1}
