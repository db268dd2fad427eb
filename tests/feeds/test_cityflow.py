"""CityFlow scenarios, in, and out again as what SUMO runs."""

import json
import random
import subprocess
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_format import CityFlow, Unroutable
from cityloop.feeds.cityflow_sumo import write_sumo_scenario
from tests.shared_data import shared

pytestmark = pytest.mark.skipif(find_spec("sumo") is None, reason="SUMO is not installed here")

ARMS = {"east": (1, 0), "north": (0, 1), "west": (-1, 0), "south": (0, -1)}
ORDER = list(ARMS)  # counter-clockwise
TURNS = {1: "turn_right", 2: "go_straight", 3: "turn_left"}  # arms counter-clockwise from one's own
LANE = {"turn_left": 0, "go_straight": 1, "turn_right": 2}  # from the median
CAR = {
    "length": 5.0,
    "width": 2.0,
    "maxPosAcc": 2.0,
    "maxNegAcc": 6.0,
    "usualPosAcc": 1.5,
    "usualNegAcc": 4.5,
    "minGap": 2.5,
    "maxSpeed": 12.5,
    "headwayTime": 1.5,
}


def point(x: float, y: float) -> dict[str, float]:
    return {"x": x, "y": y}


def roadnet(arms: tuple[str, ...] = tuple(ARMS), length: float = 300, width: float = 15) -> Any:
    """One signal with three lanes on each arm, 4.0, 3.5 and 3.0 m wide from the median out."""
    lanes = [{"width": w, "maxSpeed": 12.5} for w in (4.0, 3.5, 3.0)]
    ends = {arm: point(x * length, y * length) for arm, (x, y) in ARMS.items() if arm in arms}
    roads, virtual, links = [], [], []
    for arm, end in ends.items():
        for name, start, stop in ((f"{arm}_in", arm, "mid"), (f"{arm}_out", "mid", arm)):
            points = [end, point(0, 0)] if stop == "mid" else [point(0, 0), end]
            roads.append(
                {
                    "id": name,
                    "points": points,
                    "lanes": lanes,
                    "startIntersection": start,
                    "endIntersection": stop,
                }
            )
        virtual.append(
            {
                "id": arm,
                "point": end,
                "width": 0,
                "virtual": True,
                "roads": [f"{arm}_in", f"{arm}_out"],
                "roadLinks": [],
                "trafficLight": {"roadLinkIndices": [], "lightphases": []},
            }
        )
        for step, turn in TURNS.items():
            other = ORDER[(ORDER.index(arm) + step) % 4]
            if other in ends:
                links.append(
                    {
                        "type": turn,
                        "startRoad": f"{arm}_in",
                        "endRoad": f"{other}_out",
                        "direction": 0,
                        "laneLinks": [
                            {"startLaneIndex": LANE[turn], "endLaneIndex": k, "points": []}
                            for k in range(3)
                        ],
                    }
                )
    mid = {
        "id": "mid",
        "point": point(0, 0),
        "width": width,
        "virtual": False,
        "roads": [road["id"] for road in roads],
        "roadLinks": links,
        "trafficLight": {
            "roadLinkIndices": list(range(len(links))),
            "lightphases": [
                {"time": 5, "availableRoadLinks": rights(links)},
                {"time": 20, "availableRoadLinks": rights(links) + ways(links, "east", "west")},
                {"time": 30.5, "availableRoadLinks": ways(links, "south", "north")},
            ],
        },
    }
    return {"intersections": [mid, *virtual], "roads": roads}


def rights(links: list[Any]) -> list[int]:
    return [k for k, link in enumerate(links) if link["type"] == "turn_right"]


def ways(links: list[Any], *arms: str) -> list[int]:
    wanted = [f"{arm}_in" for arm in arms]
    return [
        k
        for k, link in enumerate(links)
        if link["startRoad"] in wanted and link["type"] != "turn_right"
    ]


def flow(*route: str, start: float = 0, end: float | None = None, interval: float = 1.0) -> Any:
    return {
        "vehicle": CAR,
        "route": list(route),
        "interval": interval,
        "startTime": start,
        "endTime": start if end is None else end,
    }


FLOWS = [
    flow("east_in", "west_out"),
    flow("east_in", "south_out", start=3),
    flow("north_in", "west_out", start=10, end=40, interval=10),
    flow("south_in", "north_out", start=2.5, end=12.5, interval=5),
]


def write(folder: Path, net: Any, flows: Any) -> tuple[Path, Path]:
    files = folder / "roadnet.json", folder / "flow.json"
    for file, content in zip(files, (net, flows), strict=True):
        file.write_text(json.dumps(content), encoding="utf-8")
    return files


def read(folder: Path, net: Any, flows: Any) -> CityFlow:
    return read_cityflow(*write(folder, net, flows))


def elements(file: Path, tag: str) -> list[dict[str, str]]:
    return [dict(element.attrib) for element in ET.parse(file).getroot().iter(tag)]  # noqa: S314  ours


def run_sumo(configuration: Path, *options: str) -> dict[str, int]:
    """Run SUMO by itself and give what it says about vehicles."""
    spec = find_spec("sumo")
    assert spec is not None
    assert spec.origin is not None
    output = configuration.parent / "statistics.xml"
    done = subprocess.run(
        [
            str(Path(spec.origin).parent / "bin" / "sumo"),
            *("-c", str(configuration), "--no-step-log", "--seed", "1", "--no-warnings"),
            *("--xml-validation", "never", "--statistic-output", str(output), *options),
        ],
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    (vehicles,) = elements(output, "vehicles")
    return {name: int(count) for name, count in vehicles.items()}


def links(folder: Path) -> list[dict[str, str]]:
    found = elements(folder / "cityflow.net.xml", "connection")
    return [link for link in found if not link["from"].startswith(":")]


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
    assert write_sumo_scenario(scenario, tmp_path) == tmp_path / "cityflow.sumocfg"
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
        "cityflow.sumocfg",
        "cityflow.tll.xml",
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


@pytest.mark.parametrize("name", ["", ":a", "a b", "a|b", 'a"', "\u4e1c", "a\u0000", "\u3000"])
def test_names_that_sumo_cannot_take_are_refused(tmp_path: Path, name: str) -> None:
    net = json.loads(json.dumps(roadnet()).replace('"east"', json.dumps(name)))
    cause = f"is {name!a}, which SUMO's netconvert cannot take as a name"
    refused(write(tmp_path, net, FLOWS), 0, "intersections[1].id", cause)


def change(tree: Any, path: str, value: object) -> Any:
    """The same tree with one value replaced, or removed if the new one is `...`."""
    changed = json.loads(json.dumps(tree))
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    node = changed
    for part in above:
        node = node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return changed


NET_FAULTS = [
    ("roads/0/id", ..., "roads[0]", "object missing required field `id`"),
    ("roads/0/lanes", "3", "roads[0].lanes", "expected `array`, got `str`"),
    ("roads/2/lanes/1/width", -3, "roads[2].lanes[1].width", "is -3, expected at least 0.5"),
    ("roads/2/lanes/1/maxSpeed", 0, "roads[2].lanes[1].maxSpeed", "is 0, expected more than 0"),
    ("roads/1/lanes", [], "roads[1].lanes", "are 0, expected 1 to 32"),
    ("roads/1/points", [], "roads[1].points", "have no length"),
    ("roads/1/points/0/x", 1e12, "roads[1].points[0].x", "is 1e+12, expected at least -1e+07"),
    ("roads/1/id", "east_in", "roads[1].id", '"east_in" is given twice'),
    ("roads/1/id", "a b", "roads[1].id", "is 'a b', which SUMO's netconvert cannot take"),
    ("roads/0/startIntersection", "mid", "roads[0]", "starts and ends at the same intersection"),
    ("roads/0/startIntersection", "x", "roads[0].startIntersection", '"x" is not among the'),
    ("roads", [], "roads", "is empty"),
    ("intersections/1/id", "mid", "intersections[1].id", '"mid" is given twice'),
    ("intersections/0/width", -1, "intersections[0].width", "is -1, expected at least 0"),
    ("intersections/0/roads/3", "gone", "intersections[0].roads[3]", '"gone" is not among the'),
    (
        "intersections/0/roadLinks/4/endRoad",
        "east_in",
        "intersections[0].roadLinks[4].endRoad",
        '"east_in" starts at "east", not at "mid"',
    ),
    (
        "intersections/0/roadLinks/4/type",
        "fly",
        "intersections[0].roadLinks[4].type",
        "invalid enum value 'fly'",
    ),
    (
        "intersections/0/roadLinks/4/laneLinks/2/endLaneIndex",
        3,
        "intersections[0].roadLinks[4].laneLinks[2].endLaneIndex",
        "is 3, expected at least 0 and at most 2",
    ),
    (
        "intersections/0/roadLinks/4/laneLinks/2/endLaneIndex",
        1,
        "intersections[0].roadLinks[4].laneLinks[2]",
        "joins two lanes that are joined already",
    ),
    (
        "intersections/0/trafficLight/lightphases/1/time",
        -5,
        "intersections[0].trafficLight.lightphases[1].time",
        "is -5, expected at least 0",
    ),
    (
        "intersections/0/trafficLight/lightphases/1/availableRoadLinks/0",
        12,
        "intersections[0].trafficLight.lightphases[1].availableRoadLinks[0]",
        "is 12, but there are 12 roadLinks, counted from 0",
    ),
    (
        "intersections/0/trafficLight/lightphases",
        [{"time": 0, "availableRoadLinks": []}],
        "intersections[0].trafficLight.lightphases",
        "have no duration",
    ),
]
FLOW_FAULTS = [
    ("0/route/1", "gone", "[0].route[1]", '"gone" is not among the roads'),
    ("1/route", [], "[1].route", "is empty"),
    ("1/vehicle/minGap", float("nan"), "line 1, column", "NaN is not a number of JSON"),
    ("1/vehicle/minGap", "2", "[1].vehicle.minGap", "expected `float`, got `str`"),
    ("1/vehicle/headwayTime", 0, "[1].vehicle.headwayTime", "is 0, expected more than 0"),
    ("1/vehicle/length", ..., "[1].vehicle", "object missing required field `length`"),
    ("2/interval", 0, "[2].interval", "is 0, expected at least 0.001"),
    ("2/startTime", -1, "[2].startTime", "is -1, expected at least 0"),
    ("2/endTime", 9, "[2].endTime", "is 9, expected at least 10"),
    ("2", flow("east_in", end=1e6, interval=0.1), "[2]", "up to here 10000003 vehicles"),
]


@pytest.mark.parametrize(("path", "value", "place", "cause"), NET_FAULTS)
def test_a_faulty_roadnet_is_refused_in_one_line(
    tmp_path: Path, path: str, value: object, place: str, cause: str
) -> None:
    refused(write(tmp_path, change(roadnet(), path, value), FLOWS), 0, place, cause)


@pytest.mark.parametrize(("path", "value", "place", "cause"), FLOW_FAULTS)
def test_a_faulty_flow_is_refused_in_one_line(
    tmp_path: Path, path: str, value: object, place: str, cause: str
) -> None:
    refused(write(tmp_path, roadnet(), change(FLOWS, path, value)), 1, place, cause)


def refused(files: tuple[Path, Path], which: int, place: str, cause: str) -> None:
    with pytest.raises(InputError) as caught:
        read_cityflow(*files)
    error = caught.value
    assert error.file == str(files[which])
    assert error.place.startswith(place)
    assert error.cause.startswith(cause)
    assert error.remedy
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is no JSON: it is empty or ends too early"),
        (b"[]", "holds no flow"),
        (b"[{", "is no JSON: it is empty or ends too early"),
        (b"{}", "expected `array`, got `object`"),
        (b"\xff\xfe[\x00]\x00", "is no JSON: invalid character"),
        (b'[{"x": ' + b"[" * 200_000, "is nested too deeply"),
        (b'[{"interval": 1e999}]', "number out of range"),
        (None, "cannot be read (No such file or directory)"),
        (..., "cannot be read (Is a directory)"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: Any, cause: str) -> None:
    files = write(tmp_path, roadnet(), FLOWS)
    files[1].unlink()
    if content is ...:
        files[1].mkdir()
    elif content is not None:
        files[1].write_bytes(content)
    refused(files, 1, "", cause)


def test_a_mark_of_byte_order_does_no_harm(tmp_path: Path) -> None:
    files = write(tmp_path, roadnet(), FLOWS)
    files[1].write_bytes(b"\xef\xbb\xbf" + files[1].read_bytes())
    assert read_cityflow(*files).vehicles == 9


def test_demand_of_another_city_is_refused(tmp_path: Path) -> None:
    refused(
        write(tmp_path, roadnet(), [flow("west_out", "north_in")]),
        1,
        "[0].route",
        'no flow can be driven; here there is no way from "west_out" to "north_in"',
    )


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    scenario = read(tmp_path, roadnet(), FLOWS)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/inside: cannot be written \(Not a directory\)"):
        write_sumo_scenario(scenario, tmp_path / "file" / "inside")


JUNK: tuple[object, ...] = (
    *(None, True, -1, 0, 0.5, 3, 1e308, -1e-9, 10**40, "", "east_in", "mid", "\u0000", "a b"),
    *([], {}, [None], [[]], {"x": 1}, float("nan"), float("inf")),
)


def mutated(rng: random.Random, tree: Any) -> Any:
    """The tree with one node changed, removed or given twice."""
    tree = json.loads(json.dumps(tree))
    nodes = []
    todo = [tree]
    while todo:
        node = todo.pop()
        keys = node.keys() if isinstance(node, dict) else range(len(node))
        nodes += [(node, key) for key in keys]
        todo += [node[key] for key in keys if isinstance(node[key], dict | list)]
    node, key = rng.choice(nodes)
    kind = rng.randrange(4)
    if kind == 0:
        del node[key]
    elif kind == 1 and isinstance(node, list):
        node.append(json.loads(json.dumps(node[key])))
    elif kind == 2 and isinstance(node[key], int | float):
        node[key] *= rng.choice([-1, 0, 0.1, 2, 1e3])
    else:
        node[key] = rng.choice(JUNK)
    return tree


@pytest.mark.parametrize("seed", range(120))
def test_a_mutated_scenario_is_refused_in_one_line_or_runs(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  chance to repeat, nothing secret
    pair = [roadnet(), FLOWS]
    which = rng.randrange(2)
    pair[which] = mutated(rng, pair[which])
    files = write(tmp_path, *pair)
    if seed % 6 == 0:
        content = bytearray(files[which].read_bytes())
        at = rng.randrange(len(content))
        files[which].write_bytes(content[:at] + bytes([rng.randrange(256)]) * rng.randrange(3))
    out = tmp_path / "out"
    made = converted(files, out)
    if isinstance(made, Path):
        assert run_sumo(made, "--end", "20")["loaded"] > 0
    else:
        assert "\n" not in str(made)
        assert made.cause
        assert made.remedy
        assert not out.exists() or list(out.iterdir()) == []


def converted(files: tuple[Path, Path], out: Path) -> Path | InputError:
    try:
        return write_sumo_scenario(read_cityflow(*files), out)
    except InputError as error:
        return error


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
