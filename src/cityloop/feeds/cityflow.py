"""CityFlow's road network and demand, in, checked until their parts fit together.

What the files mean where their description is silent is read from what CityFlow's engine does with
them: routes are filled in with shortest ways, and of a virtual intersection it reads no links.
"""

import heapq
import math
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from cityloop.city.errors import InputError
from cityloop.feeds.cityflow_format import (
    DURATION_MIN_S,
    ENDLESS_S,
    CityFlow,
    Flow,
    Intersection,
    Point,
    Road,
    RoadLink,
    RoadNet,
    TrafficLight,
    Unroutable,
    horizon_s,
)

T = TypeVar("T")

_VEHICLES_MAX: Final = 1_000_000
_COORDINATE_MAX_M: Final = 1e7
_LANES_MAX: Final = 32
_ID_FORBIDDEN: Final = frozenset(b" |\\'\";,<>&")
# netconvert rewrites these bytes, umlauts of Latin-1, in names as it reads them, also where they
# are part of a character of UTF-8: it then knows no node of that name (seen with SUMO 1.28.0).
_ID_REWRITTEN: Final = frozenset(b"\xc4\xc8\xc9\xd6\xdc\xdf\xe4\xe8\xe9")
_WHERE: Final = re.compile(r"^(?P<said>.*?)(?: - at `\$\.?(?P<where>.*)`)?$", re.DOTALL)
_BYTE: Final = re.compile(r"^(?:JSON is malformed: )?(?P<said>.*) \(byte (?P<byte>\d+)\)$")


def read_cityflow(roadnet: Path, flow: Path) -> CityFlow:
    """Read a scenario and check that its parts fit together.

    Parameters
    ----------
    roadnet
        The JSON file with intersections and roads.
    flow
        The JSON file with vehicles and routes.

    Returns
    -------
    The scenario.

    Raises
    ------
    InputError
        If a file cannot be read, is no JSON, lacks a key, holds a value of another type or out of
        bounds, or names a road, lane, intersection or link that is not there.
    """
    net = _decode(roadnet, RoadNet)
    flows = _decode(flow, tuple[Flow, ...])
    roads = _checked_roads(net, roadnet)
    for i, intersection in enumerate(net.intersections):
        _check_intersection(intersection, roads, _Place(roadnet, f"intersections[{i}]"))
    for i, wanted in enumerate(flows):
        _check_flow(wanted, roads, _Place(flow, f"[{i}]"))
    _check_demand(flows, flow)
    routes, unroutable = _fill_in(net, roads, flows)
    if len(unroutable) == len(flows):
        raise InputError(
            file=flow,
            place=f"[{unroutable[0].flow}].route",
            cause=f'no flow can be driven; here there is no way from "{unroutable[0].start}" '
            f'to "{unroutable[0].end}"',
            remedy="check that the flow and the roadnet belong together",
        )
    return CityFlow(
        roadnet_file=roadnet,
        flow_file=flow,
        intersections=net.intersections,
        roads=net.roads,
        flows=flows,
        routes=routes,
        unroutable=unroutable,
    )


class _Place(msgspec.Struct, frozen=True):
    """A place in a file, to which an error points."""

    file: Path
    path: str

    def at(self, below: str) -> "_Place":
        return _Place(self.file, self.path + below)

    def error(self, cause: str, remedy: str) -> InputError:
        return InputError(file=self.file, place=self.path, cause=cause, remedy=remedy)


def _decode(file: Path, kind: type[T]) -> T:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputError(
            file=file,
            place="",
            cause=f"cannot be read ({error.strerror or error})",
            remedy="check the path and the right to read it",
        ) from None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        parts = _WHERE.match(str(error))
        said, where = (parts["said"], parts["where"] or "") if parts else (str(error), "")
        raise InputError(
            file=file,
            place=where,
            cause=said[:1].lower() + said[1:],
            remedy="see CityFlow's description of this file",
        ) from None
    except msgspec.DecodeError as error:
        raise _broken_json(file, raw, str(error)) from None
    except RecursionError:
        raise InputError(
            file=file, place="", cause="is nested too deeply", remedy="give a CityFlow file"
        ) from None


def _broken_json(file: Path, raw: bytes, said: str) -> InputError:
    parts = _BYTE.match(said)
    if parts is None:
        cause = "is no JSON: it is empty or ends too early" if "truncated" in said else said
        return InputError(file=file, place="", cause=cause, remedy="give the whole file")
    before = raw[: int(parts["byte"])]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    found = re.match(rb"-?(?:NaN|Infinity)", raw[len(before) :])
    cause = (
        f"{found[0].decode()} is not a number of JSON" if found else f"is no JSON: {parts['said']}"
    )
    place = f"line {line}, column {column}"
    return InputError(file=file, place=place, cause=cause, remedy="mend the file at this place")


def _check_number(
    found: float, place: _Place, low: float, high: float, *, low_allowed: bool = True
) -> None:
    if (low < found or (low_allowed and found == low)) and found <= high:
        return
    bound = "at least" if low_allowed else "more than"
    raise place.error(f"is {found:g}, expected {bound} {low:g} and at most {high:g}", "correct it")


def _check_point(point: Point, place: _Place) -> None:
    _check_number(point.x_m, place.at(".x"), -_COORDINATE_MAX_M, _COORDINATE_MAX_M)
    _check_number(point.y_m, place.at(".y"), -_COORDINATE_MAX_M, _COORDINATE_MAX_M)


def _check_id(found: str, place: _Place) -> None:
    # What netconvert takes as the name of a node or an edge.
    plain = found[:1] not in {"", ":"} and found.isprintable()
    if plain and not (_ID_FORBIDDEN | _ID_REWRITTEN) & set(found.encode()):
        return
    raise place.error(
        f"is {found[:40]!a}, which SUMO's netconvert cannot take as a name",
        "rename it, best to ASCII letters, digits and _",
    )


def _checked_roads(net: RoadNet, file: Path) -> dict[str, Road]:
    nodes: set[str] = set()
    for i, intersection in enumerate(net.intersections):
        place = _Place(file, f"intersections[{i}].id")
        _check_id(intersection.id, place)
        if intersection.id in nodes:
            raise place.error(f'"{intersection.id}" is given twice', "give each its own id")
        nodes.add(intersection.id)
    roads: dict[str, Road] = {}
    for i, road in enumerate(net.roads):
        place = _Place(file, f"roads[{i}]")
        _check_id(road.id, place.at(".id"))
        if road.id in roads:
            raise place.at(".id").error(f'"{road.id}" is given twice', "give each its own id")
        for key, node in (("startIntersection", road.start), ("endIntersection", road.end)):
            if node not in nodes:
                raise place.at(f".{key}").error(
                    f'"{node}" is not among the intersections', "add it or correct the id"
                )
        _check_road(road, place)
        roads[road.id] = road
    if not roads:
        raise _Place(file, "roads").error("is empty", "give a roadnet with roads")
    return roads


def _check_road(road: Road, place: _Place) -> None:
    if road.start == road.end:
        raise place.error("starts and ends at the same intersection", "split it in two")
    for k, point in enumerate(road.points):
        _check_point(point, place.at(f".points[{k}]"))
    if not road.length_m > 0:
        raise place.at(".points").error("have no length", "give at least two different points")
    if not 1 <= len(road.lanes) <= _LANES_MAX:
        raise place.at(".lanes").error(
            f"are {len(road.lanes)}, expected 1 to {_LANES_MAX}", "correct the lanes"
        )
    for k, lane in enumerate(road.lanes):
        _check_number(lane.width_m, place.at(f".lanes[{k}].width"), 0.5, 50)
        _check_number(lane.speed_m_s, place.at(f".lanes[{k}].maxSpeed"), 0, 150, low_allowed=False)


def _check_intersection(
    intersection: Intersection, roads: Mapping[str, Road], place: _Place
) -> None:
    _check_point(intersection.point, place.at(".point"))
    for k, road in enumerate(intersection.roads):
        _find_road(road, roads, place.at(f".roads[{k}]"))
    if intersection.virtual:
        return  # CityFlow reads nothing else of it
    _check_number(intersection.width_m, place.at(".width"), 0, 500)
    for k, link in enumerate(intersection.road_links):
        _check_link(link, intersection.id, roads, place.at(f".roadLinks[{k}]"))
    _check_lane_links(intersection, place)
    if intersection.light is not None:
        links = len(intersection.road_links)
        _check_light(intersection.light, links, place.at(".trafficLight.lightphases"))


def _find_road(road: str, roads: Mapping[str, Road], place: _Place) -> Road:
    if road not in roads:
        raise place.error(f'"{road}" is not among the roads', "add it or correct the id")
    return roads[road]


def _check_link(link: RoadLink, node: str, roads: Mapping[str, Road], place: _Place) -> None:
    start = _find_road(link.start, roads, place.at(".startRoad"))
    end = _find_road(link.end, roads, place.at(".endRoad"))
    if start.end != node:
        raise place.at(".startRoad").error(
            f'"{start.id}" ends at "{start.end}", not at "{node}"', "correct the link or the road"
        )
    if end.start != node:
        raise place.at(".endRoad").error(
            f'"{end.id}" starts at "{end.start}", not at "{node}"', "correct the link or the road"
        )
    for k, lanes in enumerate(link.lane_links):
        below = place.at(f".laneLinks[{k}]")
        for key, lane, road in (
            ("startLaneIndex", lanes.start_lane, start),
            ("endLaneIndex", lanes.end_lane, end),
        ):
            _check_number(lane, below.at(f".{key}"), 0, len(road.lanes) - 1)


def _check_lane_links(intersection: Intersection, place: _Place) -> None:
    seen: set[tuple[str, int, str, int]] = set()
    for k, link in enumerate(intersection.road_links):
        for m, lanes in enumerate(link.lane_links):
            key = (link.start, lanes.start_lane, link.end, lanes.end_lane)
            if key in seen:
                raise place.at(f".roadLinks[{k}].laneLinks[{m}]").error(
                    "joins two lanes that are joined already", "remove one of the two"
                )
            seen.add(key)


def _check_light(light: TrafficLight, links: int, place: _Place) -> None:
    for k, phase in enumerate(light.phases):
        _check_number(phase.duration_s, place.at(f"[{k}].time"), 0, 86400)
        for m, index in enumerate(phase.available):
            if not 0 <= index < links:
                raise place.at(f"[{k}].availableRoadLinks[{m}]").error(
                    f"is {index}, but there are {links} roadLinks, counted from 0",
                    "correct the index",
                )
    if light.phases and not any(phase.duration_s >= DURATION_MIN_S for phase in light.phases):
        raise place.error("have no duration", "give at least one phase a time of more than 0 s")


def _check_flow(flow: Flow, roads: Mapping[str, Road], place: _Place) -> None:
    vehicle, below = flow.vehicle, place.at(".vehicle")
    _check_number(vehicle.length_m, below.at(".length"), 0.1, 100)
    _check_number(vehicle.width_m, below.at(".width"), 0.1, 20)
    for key, found_m_s2 in (
        ("maxPosAcc", vehicle.acceleration_max_m_s2),
        ("maxNegAcc", vehicle.deceleration_max_m_s2),
        ("usualPosAcc", vehicle.acceleration_usual_m_s2),
        ("usualNegAcc", vehicle.deceleration_usual_m_s2),
    ):
        _check_number(found_m_s2, below.at(f".{key}"), 0.01, 100)
    _check_number(vehicle.gap_min_m, below.at(".minGap"), 0, 100)
    _check_number(vehicle.speed_max_m_s, below.at(".maxSpeed"), 0.1, 150)
    _check_number(vehicle.headway_s, below.at(".headwayTime"), 0, 60, low_allowed=False)
    if not flow.route:
        raise place.at(".route").error("is empty", "name at least one road")
    for k, road in enumerate(flow.route):
        _find_road(road, roads, place.at(f".route[{k}]"))
    _check_number(flow.interval_s, place.at(".interval"), 1e-3, 1e6)
    _check_number(flow.start_s, place.at(".startTime"), 0, 1e6)
    if flow.end_s != ENDLESS_S:
        _check_number(flow.end_s, place.at(".endTime"), flow.start_s, 1e6)


def _check_demand(flows: tuple[Flow, ...], file: Path) -> None:
    if not flows:
        raise InputError(
            file=file, place="", cause="holds no flow", remedy="give a file with vehicles"
        )
    end_s, total = horizon_s(flows), 0
    for i, flow in enumerate(flows):
        total += flow.count(end_s)
        if total > _VEHICLES_MAX:
            raise InputError(
                file=file,
                place=f"[{i}]",
                cause=f"up to here {total} vehicles, expected at most {_VEHICLES_MAX}",
                remedy="correct interval and endTime, or split the file",
            )
    if not total:
        raise InputError(
            file=file,
            place="",
            cause=f"no vehicle departs before {end_s:g} s",
            remedy="correct startTime and endTime",
        )


def _fill_in(
    net: RoadNet, roads: Mapping[str, Road], flows: tuple[Flow, ...]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Unroutable, ...]]:
    following: dict[str, list[str]] = {road: [] for road in roads}
    for intersection in net.intersections:
        for link in () if intersection.virtual else intersection.road_links:
            if link.lane_links:
                following[link.start].append(link.end)
    known: dict[tuple[str, str], tuple[str, ...] | None] = {}
    routes, unroutable = [], []
    end_s = horizon_s(flows)
    for i, flow in enumerate(flows):
        route = [flow.route[0]]
        for pair in pairwise(flow.route):
            if pair[0] == pair[1]:
                continue
            if pair not in known:
                known[pair] = _shortest(pair[0], pair[1], following, roads)
            way = known[pair]
            if way is None:
                vehicles = flow.count(end_s)
                unroutable.append(Unroutable(flow=i, start=pair[0], end=pair[1], vehicles=vehicles))
                route = []
                break
            route.extend(way)
        routes.append(tuple(route))
    return tuple(routes), tuple(unroutable)


def _shortest(
    start: str, end: str, following: Mapping[str, list[str]], roads: Mapping[str, Road]
) -> tuple[str, ...] | None:
    # Roads after the first up to the last, by length. The name decides between equal ways.
    if end in following[start]:
        return (end,)
    best_m: dict[str, float] = {start: 0.0}
    before: dict[str, str] = {}
    queue = [(0.0, start)]
    while queue:
        so_far_m, road = heapq.heappop(queue)
        if road == end:
            way = [end]
            while before[way[-1]] != start:
                way.append(before[way[-1]])
            return tuple(reversed(way))
        if so_far_m > best_m[road]:
            continue
        for after in following[road]:
            length_m = so_far_m + roads[after].length_m
            if length_m < best_m.get(after, math.inf):
                best_m[after], before[after] = length_m, road
                heapq.heappush(queue, (length_m, after))
    return None
