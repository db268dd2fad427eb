"""CityFlow scenarios, in, and out again as what SUMO runs."""

import json
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_format import Unroutable
from cityloop.feeds.cityflow_sumo import write_sumo_scenario
from tests.feeds.cityflow_toy import (
    ARMS,
    CAR,
    FLOWS,
    elements,
    flow,
    links,
    point,
    read,
    roadnet,
    run_sumo,
    ways,
)
from tests.shared_data import shared

pytestmark = pytest.mark.skipif(find_spec("sumo") is None, reason="SUMO is not installed here")


def test_a_junction_keeps_names_lengths_widths_and_speeds(tmp_path: Path) -> None:
    write_sumo_scenario(read(tmp_path, roadnet(), FLOWS), tmp_path)
    found = {
        lane["id"]: (lane["length"], lane.get("width"), lane["speed"])
        for lane in elements(tmp_path / "cityflow.net.xml", "lane")
        if not lane["id"].startswith(":")
    }
    assert found == {
        f"{arm}_{way}_{index}": ("285.000", width, "12.500")
        for arm in ARMS
        for way in ("in", "out")
        for index, width in enumerate(("3.000", "3.500", "4.000"))
    }
    junctions = elements(tmp_path / "cityflow.net.xml", "junction")
    assert {j["id"]: (j["type"], j["x"], j["y"]) for j in junctions if j["type"] != "internal"} == {
        "mid": ("traffic_light", "0.000", "0.000"),
        "east": ("dead_end", "300.000", "0.000"),
        "north": ("dead_end", "0.000", "300.000"),
        "west": ("dead_end", "-300.000", "0.000"),
        "south": ("dead_end", "0.000", "-300.000"),
    }


def test_lanes_turn_round_and_turns_stay_turns(tmp_path: Path) -> None:
    net = roadnet()
    write_sumo_scenario(read(tmp_path, net, FLOWS), tmp_path)
    expected = [
        {
            "from": link["startRoad"],
            "to": link["endRoad"],
            "fromLane": str(2 - lanes["startLaneIndex"]),
            "toLane": str(2 - lanes["endLaneIndex"]),
            "dir": {"turn_left": "l", "go_straight": "s", "turn_right": "r"}[link["type"]],
            "tl": "mid",
            "linkIndex": str(3 * k + m),
        }
        for k, link in enumerate(net["intersections"][0]["roadLinks"])
        for m, lanes in enumerate(link["laneLinks"])
    ]
    found = [{key: link[key] for key in expected[0]} for link in links(tmp_path)]
    assert sorted(found, key=lambda link: int(link["linkIndex"])) == expected


def test_light_phases_become_phases_and_yielding_turns_small_letters(tmp_path: Path) -> None:
    write_sumo_scenario(read(tmp_path, roadnet(), FLOWS), tmp_path)
    # By arm: right, straight, left; three links each.
    only_right, through, stop = "gggrrrrrr", "gggGGGggg", "rrrrrrrrr"
    assert elements(tmp_path / "cityflow.net.xml", "phase") == [
        {"duration": "5", "state": only_right * 4},
        {"duration": "20", "state": through + only_right + through + only_right},
        {"duration": "30.500", "state": stop + "rrrGGGggg" + stop + "rrrGGGggg"},
    ]


def test_a_left_turn_without_opposing_traffic_need_not_yield(tmp_path: Path) -> None:
    net = roadnet()
    mid = net["intersections"][0]
    mid["trafficLight"]["lightphases"] = [
        {"time": 10, "availableRoadLinks": ways(mid["roadLinks"], "east")},
        {"time": 0, "availableRoadLinks": []},
        {"time": 10, "availableRoadLinks": []},
    ]
    write_sumo_scenario(read(tmp_path, net, FLOWS), tmp_path)
    assert elements(tmp_path / "cityflow.net.xml", "phase") == [
        {"duration": "10", "state": "rrrGGGGGG" + "r" * 27},
        {"duration": "10", "state": "r" * 36},
    ]


def test_vehicles_depart_as_the_flows_say(tmp_path: Path) -> None:
    other = CAR | {"length": 12.0, "maxNegAcc": 3.0}
    flows = [*FLOWS, flow("west_in", "east_out", start=1) | {"vehicle": other}]
    scenario = read(tmp_path, roadnet(), flows)
    assert (scenario.vehicles, scenario.end_s, scenario.unroutable) == (10, 3600.0, ())
    assert write_sumo_scenario(scenario, tmp_path) == tmp_path / "flow.sumocfg"
    routes = tmp_path / "cityflow.rou.xml"
    car = {
        "id": "cityflow_0",
        "length": "5",
        "width": "2",
        "accel": "2",
        "decel": "4.5",
        "emergencyDecel": "6",
        "minGap": "2.5",
        "maxSpeed": "12.5",
        "tau": "1.5",
    }
    bus = car | {"id": "cityflow_1", "length": "12", "emergencyDecel": "4.5"}
    assert elements(routes, "vType") == [car, bus]
    assert [(v["id"], v["type"], v["route"], v["depart"]) for v in elements(routes, "vehicle")] == [
        ("flow_0_0", "cityflow_0", "way_0", "0"),
        ("flow_4_0", "cityflow_1", "way_4", "1"),
        ("flow_3_0", "cityflow_0", "way_3", "2.5"),
        ("flow_1_0", "cityflow_0", "way_1", "3"),
        ("flow_3_1", "cityflow_0", "way_3", "7.5"),
        ("flow_2_0", "cityflow_0", "way_2", "10"),
        ("flow_3_2", "cityflow_0", "way_3", "12.5"),
        ("flow_2_1", "cityflow_0", "way_2", "20"),
        ("flow_2_2", "cityflow_0", "way_2", "30"),
        ("flow_2_3", "cityflow_0", "way_2", "40"),
    ]
    assert {v["departLane"] for v in elements(routes, "vehicle")} == {"best"}
    assert elements(routes, "route") == [
        {"id": f"way_{k}", "edges": " ".join(wanted["route"])} for k, wanted in enumerate(flows)
    ]


def test_sumo_runs_it_and_every_vehicle_arrives(tmp_path: Path) -> None:
    configuration = write_sumo_scenario(read(tmp_path, roadnet(), FLOWS), tmp_path / "new" / "deep")
    trips = configuration.parent / "trips.xml"
    counts = run_sumo(configuration, "--tripinfo-output", str(trips))
    assert (counts["loaded"], counts["inserted"], counts["running"]) == (9, 9, 0)
    scenario = read(tmp_path, roadnet(), FLOWS)
    assert {trip["id"] for trip in elements(trips, "tripinfo")} == {
        f"flow_{i}_{k}" for _, i, k in scenario.departures()
    }


def test_a_flow_without_end_lasts_for_the_hour(tmp_path: Path) -> None:
    endless = flow("east_in", "west_out", end=-1, interval=600)
    scenario = read(tmp_path, roadnet(), [endless])
    assert [depart for depart, _, _ in scenario.departures()] == [0, 600, 1200, 1800, 2400, 3000]
    late = flow("east_in", "west_out", start=4000.5, end=4000.5)
    scenario = read(tmp_path, roadnet(), [endless, late])
    assert (scenario.end_s, scenario.vehicles) == (4001.0, 8)
    bare = {key: late[key] for key in ("vehicle", "route", "interval")}
    assert read(tmp_path, roadnet(), [bare]).vehicles == 3600


def grid() -> Any:
    """Two ways from `in` to `out`: straight over `long`, or round over `short_1` and `short_2`."""
    names = {"a": (0, 0), "b": (200, 0), "c": (400, 0), "d": (700, 0), "e": (500, 200)}
    lanes = [{"width": 3.2, "maxSpeed": 13.9}]
    joints = {
        "in": ("a", "b"),
        "long": ("b", "d"),
        "short_1": ("b", "c"),
        "short_2": ("c", "d"),
        "out": ("d", "e"),
    }
    detour = [point(200, 0), point(450, 400), point(700, 0)]
    roads = [
        {
            "id": road,
            "points": detour if road == "long" else [point(*names[a]), point(*names[b])],
            "lanes": lanes,
            "startIntersection": a,
            "endIntersection": b,
        }
        for road, (a, b) in joints.items()
    ]
    pairs = {
        "b": [("in", "long"), ("in", "short_1")],
        "c": [("short_1", "short_2")],
        "d": [("long", "out"), ("short_2", "out")],
    }
    nodes = [
        {
            "id": node,
            "point": point(*where),
            "width": 8,
            "virtual": node in "ae",
            "roads": [road for road, ends in joints.items() if node in ends],
            "roadLinks": [
                {
                    "type": "go_straight",
                    "startRoad": start,
                    "endRoad": end,
                    "laneLinks": [{"startLaneIndex": 0, "endLaneIndex": 0}],
                }
                for start, end in pairs.get(node, [])
            ],
        }
        for node, where in names.items()
    ]
    return {"intersections": nodes, "roads": roads}


@pytest.mark.parametrize(
    ("given", "driven"),
    [
        (("in", "out"), ("in", "short_1", "short_2", "out")),
        (("in", "long", "out"), ("in", "long", "out")),
        (("in", "in", "long"), ("in", "long")),
        (("in",), ("in",)),
    ],
)
def test_gaps_in_a_route_are_filled_with_the_shortest_way(
    tmp_path: Path, given: tuple[str, ...], driven: tuple[str, ...]
) -> None:
    scenario = read(tmp_path, grid(), [flow(*given)])
    assert scenario.routes == (driven,)


def test_junctions_without_signals_yield(tmp_path: Path) -> None:
    flows = [flow("in", "out", end=60, interval=3), flow("in", "long", "out", end=60, interval=3)]
    configuration = write_sumo_scenario(read(tmp_path, grid(), flows), tmp_path)
    assert elements(tmp_path / "cityflow.net.xml", "tlLogic") == []
    junctions = elements(tmp_path / "cityflow.net.xml", "junction")
    kinds = Counter(junction["type"] for junction in junctions if junction["type"] != "internal")
    assert kinds == {"dead_end": 2, "priority": 3}
    counts = run_sumo(configuration)
    assert (counts["loaded"], counts["inserted"], counts["running"]) == (42, 42, 0)


def test_flows_without_a_way_are_named_and_left_out(tmp_path: Path) -> None:
    flows = [
        FLOWS[0],
        flow("east_in", "east_out", end=20, interval=10),
        FLOWS[1],
        flow("west_out", "north_in"),
    ]
    scenario = read(tmp_path, roadnet(), flows)
    assert scenario.unroutable == (
        Unroutable(flow=1, start="east_in", end="east_out", vehicles=3),
        Unroutable(flow=3, start="west_out", end="north_in", vehicles=1),
    )
    assert scenario.routes == (("east_in", "west_out"), (), ("east_in", "south_out"), ())
    assert scenario.vehicles == 6
    counts = run_sumo(write_sumo_scenario(scenario, tmp_path))
    assert (counts["loaded"], counts["running"]) == (2, 0)


def test_the_same_scenario_gives_the_same_files(tmp_path: Path) -> None:
    scenario = read(tmp_path, roadnet(), FLOWS)
    for folder in ("one", "two", "two"):
        write_sumo_scenario(scenario, tmp_path / folder)
    contents = [
        {file.name: file.read_bytes() for file in (tmp_path / folder).iterdir()}
        for folder in ("one", "two")
    ]
    assert contents[0] == contents[1]
    assert sorted(contents[0]) == [
        "cityflow.con.xml",
        "cityflow.edg.xml",
        "cityflow.net.xml",
        "cityflow.nod.xml",
        "cityflow.rou.xml",
        "cityflow.tll.xml",
        "flow.sumocfg",
    ]


@pytest.mark.parametrize(
    ("net", "length"),
    [
        (roadnet(arms=("east", "west", "south")), "285.000"),
        (roadnet(arms=("east", "west")), "285.000"),
        (roadnet(width=0), None),
        (roadnet(length=20), None),
        (roadnet(length=12), None),
    ],
    ids=["three arms", "two arms", "no width", "short", "shorter than the width"],
)
def test_other_shapes_of_junctions_run(tmp_path: Path, net: Any, length: str | None) -> None:
    flows = [flow("east_in", "west_out", end=30, interval=5)]
    configuration = write_sumo_scenario(read(tmp_path, net, flows), tmp_path)
    counts = run_sumo(configuration)
    assert (counts["loaded"], counts["inserted"], counts["running"]) == (7, 7, 0)
    lanes = elements(tmp_path / "cityflow.net.xml", "lane")
    lengths = {lane["length"] for lane in lanes if not lane["id"].startswith(":")}
    assert length is None or lengths == {length}


@pytest.mark.parametrize("name", ["\u53e3", "a:b/#1", "[0]", "\u00e9", "-1"])
def test_names_that_sumo_takes_stay(tmp_path: Path, name: str) -> None:
    text = json.dumps([roadnet(), FLOWS]).replace("east", f"{name}x").replace("mid", f"{name}y")
    configuration = write_sumo_scenario(read(tmp_path, *json.loads(text)), tmp_path)
    assert run_sumo(configuration)["loaded"] == 9
    assert elements(tmp_path / "cityflow.net.xml", "tlLogic")[0]["id"] == f"{name}y"
    assert f"{name}x_in" in {link["from"] for link in links(tmp_path)}


def test_hangzhou_in_one_hour(tmp_path: Path) -> None:
    folder = shared("traffic/hangzhou_4x4")
    scenario = read_cityflow(folder / "roadnet_4X4.json", folder / "anon_4_4_hangzhou_real.json")
    assert (scenario.vehicles, scenario.end_s, scenario.unroutable) == (2983, 3600.0, ())
    configuration = write_sumo_scenario(scenario, tmp_path)
    counts = run_sumo(configuration, "--time-to-teleport", "300")
    assert counts["loaded"] == 2983
    assert counts["inserted"] + counts["waiting"] == 2983
    assert counts["inserted"] > 2800
    # The network that others made of the same file has the same links and turns.
    theirs = elements(folder / "hangzhou_4x4_gudang_18041610_1h.net.xml", "connection")
    keys = ("from", "to", "fromLane", "toLane", "dir")
    wanted = {tuple(link[key] for key in keys) for link in theirs if "tl" in link}
    assert {tuple(link[key] for key in keys) for link in links(tmp_path)} == wanted
    lanes = elements(tmp_path / "cityflow.net.xml", "lane")
    lengths = {lane["length"] for lane in lanes if not lane["id"].startswith(":")}
    assert lengths == {"785.000", "770.000", "585.000", "570.000"}
