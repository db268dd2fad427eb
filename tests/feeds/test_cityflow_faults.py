"""CityFlow files that cannot be used: one line each, no other exception, nothing half-written."""

import json
import random
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.cityflow import read_cityflow
from cityloop.feeds.cityflow_sumo import write_sumo_scenario
from tests.feeds.cityflow_toy import FLOWS, flow, read, roadnet, run_sumo, write

pytestmark = pytest.mark.skipif(find_spec("sumo") is None, reason="SUMO is not installed here")


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
