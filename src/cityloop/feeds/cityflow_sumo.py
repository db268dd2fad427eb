"""A scenario of CityFlow, out as one that SUMO runs.

Names of roads and intersections stay. Lanes turn round: CityFlow counts from the median, SUMO from
the kerb. What CityFlow does not say (how evenly people drive) stays as SUMO has it.
"""

import math
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.feeds.cityflow_format import (
    DURATION_MIN_S,
    CityFlow,
    Intersection,
    LightPhase,
    Road,
    RoadLink,
    Vehicle,
)
from cityloop.feeds.netconvert import find_netconvert
from cityloop.feeds.xml_reader import iterate_elements
from cityloop.feeds.xml_writer import figure, tag, write_xml

_NET: Final = "cityflow.net.xml"
_ROUTES: Final = "cityflow.rou.xml"
_PLAIN: Final = {
    "--node-files": "cityflow.nod.xml",
    "--edge-files": "cityflow.edg.xml",
    "--connection-files": "cityflow.con.xml",
    "--tllogic-files": "cityflow.tll.xml",
}
_TIME_LIMIT_S: Final = 900
_SPARE_M: Final = 1.0

_Spot = tuple[float, float]


def write_sumo_scenario(cityflow: CityFlow, folder: Path) -> Path:
    """Write network, routes and configuration for SUMO.

    Flows without a way are left out, as SUMO would end with an error at the first; `unroutable`
    lists them. Light phases are written as they are: without yellow where CityFlow has none.

    Parameters
    ----------
    cityflow
        The scenario.
    folder
        Where to; made if absent. Files of the same names are replaced, each at once and complete.

    Returns
    -------
    The configuration.

    Raises
    ------
    InputError
        If netconvert is not installed or cannot make a network of the roads, or the folder cannot
        be written.
    """
    configuration = re.sub(r"[^\w.-]", "_", cityflow.flow_file.stem) + ".sumocfg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".cityflow-") as temporary:
            made = Path(temporary)
            _write_plain(cityflow, made)
            _convert(cityflow, made)
            write_xml(made / _ROUTES, "routes", _routes(cityflow))
            write_xml(made / configuration, "configuration", _configuration(cityflow))
            # The configuration comes last: where it is, the files that it names are.
            for name in (*_PLAIN.values(), _NET, _ROUTES, configuration):
                (made / name).replace(folder / name)
    except OSError as error:
        raise InputError(
            file=folder,
            place="",
            cause=f"cannot be written ({error.strerror or error})",
            remedy="give a folder that can be written, with room on its disk",
        ) from None
    return folder / configuration


def _write_plain(cityflow: CityFlow, folder: Path) -> None:
    roads = {road.id: road for road in cityflow.roads}
    at_node: dict[str, list[Road]] = {node.id: [] for node in cityflow.intersections}
    for road in cityflow.roads:
        at_node[road.start].append(road)
        at_node[road.end].append(road)
    widths_m = {node.id: _cut_m(node) for node in cityflow.intersections}
    joined = {node.id: _joined(node, roads) for node in cityflow.intersections}
    signals = [node for node in cityflow.intersections if _has_signal(node)]
    left = {link["from"] for links in joined.values() for link in links}
    # Without a word on a road that nothing leaves, netconvert would think of links itself.
    dead = [{"from": road} for road in roads if road not in left]
    controlled = [
        link | {"tl": node.id, "linkIndex": str(k)}
        for node in signals
        for k, link in enumerate(joined[node.id])
    ]
    links = [*(link for links in joined.values() for link in links), *dead]
    contents = {
        "nodes": [_node(node, at_node[node.id], widths_m) for node in cityflow.intersections],
        "edges": [_edge(road) for road in cityflow.roads],
        "connections": [tag("connection", link) for link in links],
        "tlLogics": [_programme(node) for node in signals]
        + [tag("connection", link) for link in controlled],
    }
    for name, (root, elements) in zip(_PLAIN.values(), contents.items(), strict=True):
        write_xml(folder / name, root, elements)


def _has_signal(node: Intersection) -> bool:
    joined = any(link.lane_links for link in node.road_links)
    return not node.virtual and joined and node.light is not None and bool(node.light.phases)


def _cut_m(node: Intersection) -> float:
    return 0.0 if node.virtual else node.width_m


def _node(node: Intersection, roads: Iterable[Road], widths_m: Mapping[str, float]) -> str:
    given = {"id": node.id, "x": figure(node.point.x_m), "y": figure(node.point.y_m)}
    if _has_signal(node):
        given |= {"type": "traffic_light", "tl": node.id}
    elif node.virtual or not any(link.lane_links for link in node.road_links):
        given["type"] = "dead_end"
    else:
        given["type"] = "priority"
    outline = _outline(node, roads, widths_m)
    if outline:
        given["shape"] = _shape(outline)
    return tag("node", given)


def _outline(
    node: Intersection, roads: Iterable[Road], widths_m: Mapping[str, float]
) -> list[_Spot]:
    # CityFlow ends a road at the intersection's width from its point; the ends of all roads span
    # the junction. Empty where a road is too short for that: netconvert finds a shape then.
    cut_m = widths_m[node.id]
    if not cut_m > 0:
        return []
    corners: set[_Spot] = set()
    for road in roads:
        shape = _distinct(road)
        spent_m = widths_m[road.start] + widths_m[road.end] + _SPARE_M
        arrives = road.end == node.id
        end, before = (shape[-1], shape[-2]) if arrives else (shape[0], shape[1])
        first_m = math.dist(end, before)
        if road.length_m < spent_m or first_m < cut_m + _SPARE_M:
            return []
        away = ((before[0] - end[0]) / first_m, (before[1] - end[1]) / first_m)
        # To the right of those who drive: seen from the node, the left for those who arrive.
        aside = (-away[1], away[0]) if arrives else (away[1], -away[0])
        width_m = sum(lane.width_m for lane in road.lanes)
        line = (end[0] + away[0] * cut_m, end[1] + away[1] * cut_m)
        corners.add(_rounded(line))
        corners.add(_rounded((line[0] + aside[0] * width_m, line[1] + aside[1] * width_m)))
    return _hull(sorted(corners))


def _hull(points: list[_Spot]) -> list[_Spot]:
    # Andrew 1979, Another efficient algorithm for convex hulls in two dimensions.
    if len(points) < 3:  # noqa: PLR2004  two points span nothing
        return []

    def half(ordered: Iterable[_Spot]) -> list[_Spot]:
        kept: list[_Spot] = []
        for point in ordered:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    hull = half(points) + half(reversed(points))
    return hull if len(hull) > 2 else []  # noqa: PLR2004  all on one line


def _turn(a: _Spot, b: _Spot, c: _Spot) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _edge(road: Road) -> str:
    given = {
        "id": road.id,
        "from": road.start,
        "to": road.end,
        "numLanes": str(len(road.lanes)),
        "spreadType": "right",
        "shape": _shape(_distinct(road)),
    }
    lanes = (
        {"index": str(k), "speed": figure(lane.speed_m_s), "width": figure(lane.width_m)}
        for k, lane in enumerate(reversed(road.lanes))
    )
    return tag("edge", given, [tag("lane", lane) for lane in lanes])


def _joined(node: Intersection, roads: Mapping[str, Road]) -> list[dict[str, str]]:
    # In the order of the signal's link indices.
    return [
        {
            "from": link.start,
            "to": link.end,
            "fromLane": str(len(roads[link.start].lanes) - 1 - lanes.start_lane),
            "toLane": str(len(roads[link.end].lanes) - 1 - lanes.end_lane),
        }
        for link in (() if node.virtual else node.road_links)
        for lanes in link.lane_links
    ]


def _programme(node: Intersection) -> str:
    phases = []
    for phase in node.light.phases if node.light is not None else ():
        if phase.duration_s >= DURATION_MIN_S:
            lamps = "".join(
                _lamp(k, phase, node.road_links) * len(link.lane_links)
                for k, link in enumerate(node.road_links)
            )
            phases.append(tag("phase", {"duration": figure(phase.duration_s), "state": lamps}))
    return tag(
        "tlLogic", {"id": node.id, "type": "static", "programID": "0", "offset": "0"}, phases
    )


def _lamp(index: int, phase: LightPhase, links: tuple[RoadLink, ...]) -> str:
    # In CityFlow a right turn gives way to all, a left turn to those who go straight on.
    if index not in phase.available:
        return "r"
    link = links[index]
    if link.type == "turn_right":
        return "g"
    others = (links[k] for k in phase.available)
    straight = any(other.type == "go_straight" and other.start != link.start for other in others)
    return "g" if link.type == "turn_left" and straight else "G"


def _convert(cityflow: CityFlow, folder: Path) -> None:
    command = [str(_get_netconvert(cityflow)), "--output-file", _NET]
    command += [word for pair in _PLAIN.items() for word in pair]
    command += ["--offset.disable-normalization", "true", "--no-turnarounds", "true"]
    command += ["--precision", "3", "--xml-validation", "never"]
    try:
        # The words are ours; no shell reads them.
        done = subprocess.run(  # noqa: S603
            command,
            check=False,
            capture_output=True,
            cwd=folder,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise _no_network(cityflow, f"it took more than {_TIME_LIMIT_S} s") from None
    said = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    if done.returncode != 0 or not (folder / _NET).is_file():
        raise _no_network(cityflow, said[0] if said else f"it ended with {done.returncode}")
    _check_kept(cityflow, folder)
    _drop_header(folder / _NET)


def _get_netconvert(cityflow: CityFlow) -> Path:
    found = find_netconvert()
    if found is not None:
        return found
    raise InputError(
        file=cityflow.roadnet_file,
        place="",
        cause="a CityFlow scenario needs SUMO's netconvert, which is not installed",
        remedy="install cityloop with its extra sim",
    )


def _no_network(cityflow: CityFlow, said: str) -> InputError:
    return InputError(
        file=cityflow.roadnet_file,
        place="",
        cause=f"SUMO's netconvert cannot make a network of it ({said[:300]})",
        remedy="correct the roads or links that it names",
    )


def _check_kept(cityflow: CityFlow, folder: Path) -> None:
    # netconvert drops what it cannot fit with no more than a warning.
    roads = {road.id: road for road in cityflow.roads}
    kept = {
        tuple(element.attributes.get(key) for key in ("from", "to", "fromLane", "toLane"))
        for element in iterate_elements(folder / _NET, tags={"connection"})
    }
    for i, node in enumerate(cityflow.intersections):
        for wanted in _joined(node, roads):
            if tuple(wanted.values()) not in kept:
                raise InputError(
                    file=cityflow.roadnet_file,
                    place=f"intersections[{i}]",
                    cause=f"netconvert dropped the link from {wanted['from']}, SUMO lane "
                    f"{wanted['fromLane']}, to {wanted['to']}, SUMO lane {wanted['toLane']}",
                    remedy="correct the geometry of the two roads",
                )


def _drop_header(net: Path) -> None:
    # A comment with the time of day and all options: the same input shall give the same file.
    content = net.read_bytes()
    start, end = content.find(b"<!--"), content.find(b"-->")
    if 0 <= start < content.find(b"<net") and end > start:
        net.write_bytes(content[:start] + content[end + 3 :].lstrip())


def _routes(cityflow: CityFlow) -> list[str]:
    types: dict[Vehicle, str] = {}
    ways: dict[tuple[str, ...], str] = {}
    for flow, way in zip(cityflow.flows, cityflow.routes, strict=True):
        if way:
            types.setdefault(flow.vehicle, f"cityflow_{len(types)}")
            ways.setdefault(way, f"way_{len(ways)}")
    vehicles = (
        {
            "id": f"flow_{i}_{k}",
            "type": types[cityflow.flows[i].vehicle],
            "route": ways[cityflow.routes[i]],
            "depart": figure(round(depart_s, 3)),
            "departLane": "best",
        }
        for depart_s, i, k in sorted(cityflow.departures())
    )
    return [
        *(tag("vType", _type(name, vehicle)) for vehicle, name in types.items()),
        *(tag("route", {"id": name, "edges": " ".join(way)}) for way, name in ways.items()),
        *(tag("vehicle", vehicle) for vehicle in vehicles),
    ]


def _type(name: str, vehicle: Vehicle) -> dict[str, str]:
    # SUMO takes no emergency braking that is weaker than the usual one.
    hardest_m_s2 = max(vehicle.deceleration_max_m_s2, vehicle.deceleration_usual_m_s2)
    return {
        "id": name,
        "length": figure(vehicle.length_m),
        "width": figure(vehicle.width_m),
        "accel": figure(vehicle.acceleration_max_m_s2),
        "decel": figure(vehicle.deceleration_usual_m_s2),
        "emergencyDecel": figure(hardest_m_s2),
        "minGap": figure(vehicle.gap_min_m),
        "maxSpeed": figure(vehicle.speed_max_m_s),
        "tau": figure(vehicle.headway_s),
    }


def _configuration(cityflow: CityFlow) -> list[str]:
    given = [tag("net-file", {"value": _NET}), tag("route-files", {"value": _ROUTES})]
    end = figure(cityflow.end_s)
    time = [tag("begin", {"value": "0"}), tag("end", {"value": end})]
    return [tag("input", {}, given), tag("time", {}, time)]


def _distinct(road: Road) -> list[_Spot]:
    points = [(point.x_m, point.y_m) for point in road.points]
    return [points[0], *(b for a, b in pairwise(points) if a != b)]


def _rounded(point: _Spot) -> _Spot:
    return (round(point[0], 3), round(point[1], 3))


def _shape(points: Iterable[_Spot]) -> str:
    return " ".join(f"{figure(x)},{figure(y)}" for x, y in points)
