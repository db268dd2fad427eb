"""SUMO road networks (`.net.xml`) in: the network, its signals and the right of way."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from cityloop.city.conflicts import Conflicts, Streams, find_conflicts, relate_groups
from cityloop.city.network import Floats, Ints, Network, Turn, Use
from cityloop.city.signals import GroupKind, Signals
from cityloop.feeds.xml_reader import Element, iterate_elements, number, text, whole

_TURNS: Final = {
    "s": Turn.STRAIGHT,
    "r": Turn.RIGHT,
    "R": Turn.RIGHT,
    "l": Turn.LEFT,
    "L": Turn.LEFT,
    "t": Turn.U_TURN,
    "T": Turn.U_TURN,
}
_USES: Final = {
    "passenger": Use.CAR,
    "bus": Use.BUS,
    "bicycle": Use.BICYCLE,
    "pedestrian": Use.PEDESTRIAN,
}
_CHECK: Final = "check the network with netconvert"


class _Connection(NamedTuple):
    """One `<connection>`; lanes as (edge, index)."""

    element: Element
    start: tuple[str, int]
    end: tuple[str, int]
    via: str | None
    turn: Turn
    signal: str | None
    link_index: int


@dataclass
class _Parts:
    """What a network file holds, before it becomes arrays."""

    path: Path
    edges: dict[str, Element] = field(default_factory=dict)
    lanes: dict[str, Element] = field(default_factory=dict)
    lane_names: dict[tuple[str, int], str] = field(default_factory=dict)
    junctions: dict[str, Element] = field(default_factory=dict)
    signal_sizes: dict[str, int] = field(default_factory=dict)
    connections: list[_Connection] = field(default_factory=list)
    inner: dict[tuple[str, int], _Connection] = field(default_factory=dict)
    walks: list[_Connection] = field(default_factory=list)


def read_network(path: Path) -> tuple[Network, Signals]:
    """Read a SUMO network.

    Parameters
    ----------
    path
        The `.net.xml`, plain or gzip.

    Returns
    -------
    The network, and its signals in the order in which the file names them.

    Raises
    ------
    InputError
        If the file is broken, or names a lane, link or node that it does not define.
    """
    parts = _collect(path)
    nodes = {name: i for i, name in enumerate(parts.junctions)}
    links = [name for name, edge in parts.edges.items() if _is_road(edge)]
    link_index = {name: i for i, name in enumerate(links)}
    lanes = [
        parts.lane_names[link, k]
        for link in links
        for k in range(len(parts.edges[link].children))
        if (link, k) in parts.lane_names
    ]
    lane_index = {name: i for i, name in enumerate(lanes)}

    network = _network(parts, nodes, links, link_index, lanes, lane_index)
    return network, _signals(parts, network)


def _is_road(edge: Element) -> bool:
    return edge.attributes.get("function", "normal") in {"normal", "connector"}


def _collect(path: Path) -> _Parts:
    parts = _Parts(path)
    for element in iterate_elements(
        path, tags={"edge", "junction", "connection", "tlLogic"}, roots={"net"}
    ):
        if element.tag == "edge":
            _collect_edge(parts, element)
        elif element.tag == "junction":
            if not text(element, "id").startswith(":"):
                parts.junctions[text(element, "id")] = element
        elif element.tag == "tlLogic":
            phases = [text(p, "state") for p in element.children if p.tag == "phase"]
            name = text(element, "id")
            size = max(map(len, phases), default=0)
            parts.signal_sizes[name] = max(size, parts.signal_sizes.get(name, 0))
        else:
            _collect_connection(parts, element)
    return parts


def _collect_edge(parts: _Parts, edge: Element) -> None:
    name = text(edge, "id")
    if name in parts.edges:
        raise edge.fault("is there twice", _CHECK)
    edge.children = [child for child in edge.children if child.tag == "lane"]
    parts.edges[name] = edge
    for lane in edge.children:
        lane_name = text(lane, "id")
        if lane_name in parts.lanes:
            raise lane.fault("is there twice", _CHECK)
        parts.lanes[lane_name] = lane
        parts.lane_names[name, whole(lane, "index", at_least=0)] = lane_name


def _collect_connection(parts: _Parts, element: Element) -> None:
    turn = element.attributes.get("dir", "s")
    connection = _Connection(
        element=element,
        start=(text(element, "from"), whole(element, "fromLane", at_least=0)),
        end=(text(element, "to"), whole(element, "toLane", at_least=0)),
        via=element.attributes.get("via"),
        turn=_TURNS.get(turn, Turn.STRAIGHT),
        signal=element.attributes.get("tl"),
        link_index=whole(element, "linkIndex", default=-1, at_least=-1, at_most=9999),
    )
    if connection.start[0].startswith(":") and not connection.end[0].startswith(":"):
        # netconvert may number the lanes of an inner edge otherwise than its connections do.
        parts.inner[connection.start] = connection
        return
    for role, lane in (("from", connection.start), ("to", connection.end)):
        if lane not in parts.lane_names:
            raise element.fault(
                f"leads {role} lane {lane[1]} of {lane[0]}, which is not there", _CHECK
            )
    ends = [parts.edges[connection.start[0]], parts.edges[connection.end[0]]]
    functions = [end.attributes.get("function", "normal") for end in ends]
    if functions[1] == "crossing":
        parts.walks.append(connection)
    elif functions[0] == "internal":
        parts.inner[connection.start] = connection
    elif all(_is_road(end) for end in ends):
        parts.connections.append(connection)


def _points(lane: Element) -> npt.NDArray[np.float64]:
    """Read a shape. A point may have a height, which is left out."""
    pairs = []
    for point in text(lane, "shape").split():
        try:
            x_m, y_m = map(float, point.split(",")[:2])
        except ValueError:
            x_m = y_m = math.nan
        if not math.isfinite(x_m + y_m):
            raise lane.fault(f"has the point {point!r} in its shape, expected x,y", _CHECK)
        pairs.append((x_m, y_m))
    if len(pairs) < 2:  # noqa: PLR2004
        raise lane.fault("has a shape of fewer than two points", _CHECK)
    return np.array(pairs)


def _uses(lane: Element) -> int:
    allowed = lane.attributes.get("allow")
    denied = lane.attributes.get("disallow", "")
    if allowed is not None and allowed != "all":
        return int(sum({_USES.get(name, Use.OTHER) for name in allowed.split()}, Use.NOBODY))
    if denied == "all":
        return int(Use.NOBODY)
    refused = sum({_USES[name] for name in denied.split() if name in _USES}, Use.NOBODY)
    return int((Use.CAR | Use.BUS | Use.BICYCLE | Use.PEDESTRIAN | Use.OTHER) & ~refused)


def _stack(shapes: list[npt.NDArray[np.float64]]) -> tuple[Ints, Floats, Floats]:
    """Lay shapes end to end: where each starts, then all x and all y."""
    start = np.concatenate([[0], np.cumsum([len(s) for s in shapes])]).astype(np.int32)
    points = np.concatenate(shapes) if shapes else np.empty((0, 2))
    return start, points[:, 0].copy(), points[:, 1].copy()


def _path(parts: _Parts, connection: _Connection) -> tuple[npt.NDArray[np.float64], float, float]:
    """Follow a connection through the inner lanes of its node: points, length, speed."""
    start = parts.lanes[parts.lane_names[connection.start]]
    end = parts.lanes[parts.lane_names[connection.end]]
    pieces = [_points(start)[-1:]]
    lengths: list[float] = []
    speeds: list[float] = []
    via = connection.via
    while via is not None and len(lengths) < 8:  # noqa: PLR2004  no node has so many pieces
        lane = parts.lanes.get(via)
        if lane is None:
            raise connection.element.fault(f"goes via {via}, which is not there", _CHECK)
        pieces.append(_points(lane))
        lengths.append(number(lane, "length", at_least=0))
        speeds.append(number(lane, "speed", at_least=0.01))
        edge, _, index = via.rpartition("_")
        onward = parts.inner.get((edge, int(index) if index.isdigit() else -1))
        via = None if onward is None else onward.via
    pieces.append(_points(end)[:1])
    points = np.concatenate(pieces)
    keep = np.concatenate([[True], np.any(np.abs(np.diff(points, axis=0)) > 1e-6, axis=1)])  # noqa: PLR2004
    points = points[keep]
    if len(points) == 1:
        points = np.concatenate([points, points + [[0.01, 0.0]]])
    if not lengths:
        lengths = [float(np.hypot(*np.diff(points, axis=0).T).sum())]
        speeds = [min(number(start, "speed", at_least=0.01), number(end, "speed", at_least=0.01))]
    return points, sum(lengths), min(speeds)


def _response_rows(parts: _Parts) -> npt.NDArray[np.int64]:
    """List the pairs of streams of which the first waits for the second.

    A node numbers its links lane by lane in the order of `incLanes`, within a lane in the order of
    the file; links over walks come where their walking area stands among the lanes.
    """
    by_lane: dict[str, list[int]] = {}
    streams = [*parts.connections, *parts.walks]
    for stream, connection in enumerate(streams):
        by_lane.setdefault(parts.lane_names[connection.start], []).append(stream)
    pairs: list[tuple[int, int]] = []
    for junction in parts.junctions.values():
        lanes = junction.attributes.get("incLanes", "").split()
        links = [stream for lane in lanes for stream in by_lane.get(lane, ())]
        for request in junction.children:
            if request.tag != "request":
                continue
            row = whole(request, "index", at_least=0)
            bits = text(request, "response")
            if row >= len(links) or set(bits) - {"0", "1"}:
                raise request.fault("does not fit the links of its node", _CHECK)
            pairs += [
                (links[row], links[column])
                for column, bit in enumerate(reversed(bits))
                if bit == "1" and column < len(links)
            ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _network(  # noqa: PLR0913
    parts: _Parts,
    nodes: dict[str, int],
    links: list[str],
    link_index: dict[str, int],
    lanes: list[str],
    lane_index: dict[str, int],
) -> Network:
    movements: dict[tuple[int, int], int] = {}
    turns: list[int] = []
    paths, lengths, speeds, movement_of = [], [], [], []
    for c in parts.connections:
        pair = (link_index[c.start[0]], link_index[c.end[0]])
        if pair not in movements:
            movements[pair] = len(movements)
            turns.append(int(c.turn))
        movement_of.append(movements[pair])
        points, length_m, speed_m_s = _path(parts, c)
        paths.append(points)
        lengths.append(length_m)
        speeds.append(speed_m_s)
    from_lane = _ints(lane_index[parts.lane_names[c.start]] for c in parts.connections)
    to_lane = _ints(lane_index[parts.lane_names[c.end]] for c in parts.connections)
    movement = np.array(list(movements), np.int32).reshape(-1, 2)
    link_to = _ints(_node(parts, nodes, parts.edges[name], "to") for name in links)
    walk_lanes = [parts.lanes[parts.lane_names[w.end]] for w in parts.walks]
    walk_node = _ints(_node_of_walk(nodes, w) for w in parts.walks)
    heading = np.array([_heading(parts, c) for c in parts.connections], float)
    link_start, shape_x_m, shape_y_m = _stack([_link_shape(parts.edges[name]) for name in links])
    path_start, path_x_m, path_y_m = _stack(paths)
    movement_node = link_to[movement[:, 0]]
    meet = _conflicts(
        parts,
        paths,
        walk_lanes,
        walk_node,
        from_lane,
        movement,
        movement_node,
        _ints(movement_of),
        heading,
    )
    return Network(
        name=parts.path.name.removesuffix(".gz").removesuffix(".xml").removesuffix(".net"),
        node_ids=tuple(nodes),
        node_x_m=np.array([number(j, "x") for j in parts.junctions.values()], float),
        node_y_m=np.array([number(j, "y") for j in parts.junctions.values()], float),
        link_ids=tuple(links),
        link_from_node=_ints(_node(parts, nodes, parts.edges[name], "from") for name in links),
        link_to_node=link_to,
        link_shape_start=link_start,
        shape_x_m=shape_x_m,
        shape_y_m=shape_y_m,
        lane_ids=tuple(lanes),
        lane_link=_ints(link_index[name] for name in links for _ in parts.edges[name].children),
        lane_index=_ints(whole(parts.lanes[name], "index") for name in lanes),
        lane_length_m=np.array(
            [number(parts.lanes[n], "length", at_least=0.01) for n in lanes], float
        ),
        lane_speed_m_s=np.array(
            [number(parts.lanes[n], "speed", at_least=0.01) for n in lanes], float
        ),
        lane_uses=np.array([_uses(parts.lanes[n]) for n in lanes], np.uint8),
        connector_from_lane=from_lane,
        connector_to_lane=to_lane,
        connector_movement=_ints(movement_of),
        connector_length_m=np.array(lengths, float),
        connector_speed_m_s=np.array(speeds, float),
        connector_heading_in_rad=heading,
        connector_shape_start=path_start,
        path_x_m=path_x_m,
        path_y_m=path_y_m,
        movement_from_link=movement[:, 0].copy(),
        movement_to_link=movement[:, 1].copy(),
        movement_node=movement_node,
        movement_turn=np.array(turns, np.uint8),
        crossing_ids=tuple(w.end[0] for w in parts.walks),
        crossing_node=walk_node,
        crossing_length_m=np.array([number(w, "length", at_least=0) for w in walk_lanes], float),
        crossing_links=tuple(
            tuple(parts.edges[w.end[0]].attributes.get("crossingEdges", "").split())
            for w in parts.walks
        ),
        conflict_first=meet.first,
        conflict_second=meet.second,
        conflict_kind=meet.kind,
        conflict_opposing=meet.opposing,
        conflict_first_yields=meet.first_yields,
        conflict_second_yields=meet.second_yields,
    )


def _conflicts(  # noqa: PLR0913
    parts: _Parts,
    paths: list[npt.NDArray[np.float64]],
    walk_lanes: list[Element],
    walk_node: Ints,
    from_lane: Ints,
    movement: Ints,
    movement_node: Ints,
    movement_of: Ints,
    heading: Floats,
) -> Conflicts:
    none = np.full(len(walk_lanes), -1, np.int32)
    streams = Streams(
        path=np.array(
            [shapely.LineString(p) for p in (*paths, *map(_points, walk_lanes))], dtype=object
        ),
        node=np.concatenate([movement_node[movement_of], walk_node]),
        from_link=np.concatenate([movement[movement_of, 0], none]),
        to_link=np.concatenate([movement[movement_of, 1], none]),
        from_lane=np.concatenate([from_lane, none]),
        heading_rad=np.concatenate([heading, np.full(len(walk_lanes), np.nan)]),
    )
    return find_conflicts(streams, _response_rows(parts))


def _ints(values: object) -> Ints:
    return np.fromiter(values, np.int32)  # type: ignore[call-overload, no-any-return]


def _node(parts: _Parts, nodes: dict[str, int], edge: Element, role: str) -> int:
    name = text(edge, role)
    if name not in nodes:
        raise edge.fault(f"leads {role} the node {name}, which is not in {parts.path.name}", _CHECK)
    return nodes[name]


def _node_of_walk(nodes: dict[str, int], walk: _Connection) -> int:
    """Find the node of a crossing, whose edge is named `:NODE_cK`."""
    name = walk.end[0].removeprefix(":").rpartition("_")[0]
    if name not in nodes:
        raise walk.element.fault(
            f"leads to a crossing of the node {name}, which is not there", _CHECK
        )
    return nodes[name]


def _link_shape(edge: Element) -> npt.NDArray[np.float64]:
    if not edge.children:
        raise edge.fault("has no lane", _CHECK)
    return _points(edge.children[len(edge.children) // 2])


def _heading(parts: _Parts, connection: _Connection) -> float:
    points = _points(parts.lanes[parts.lane_names[connection.start]])
    steps = np.diff(points, axis=0)
    moving = steps[np.any(steps != 0, axis=1)]
    if not len(moving):
        return 0.0
    return float(np.arctan2(moving[-1, 1], moving[-1, 0]))


def _signals(parts: _Parts, network: Network) -> Signals:
    streams = [*parts.connections, *parts.walks]
    sizes = dict(parts.signal_sizes)
    for c in streams:
        if c.signal is not None and c.link_index >= 0:
            sizes[c.signal] = max(sizes.get(c.signal, 0), c.link_index + 1)
    start = np.concatenate([[0], np.cumsum(list(sizes.values()))]).astype(np.int32)
    first = dict(zip(sizes, start, strict=False))
    stream_group = _ints(
        first[c.signal] + c.link_index if c.signal is not None and c.link_index >= 0 else -1
        for c in streams
    )
    connectors = network.connector_count
    turn = network.movement_turn[network.connector_movement]
    kind = np.full(int(start[-1]), GroupKind.NOBODY, np.uint8)
    speed_m_s = np.zeros(int(start[-1]))
    signalled = np.flatnonzero(stream_group[:connectors] >= 0)
    for i in signalled:
        g = stream_group[i]
        speed_m_s[g] = max(speed_m_s[g], network.lane_speed_m_s[network.connector_from_lane[i]])
        if kind[g] != GroupKind.THROUGH:
            kind[g] = GroupKind.THROUGH if turn[i] == Turn.STRAIGHT else GroupKind.TURN
    for g in stream_group[connectors:]:
        if g >= 0 and kind[g] == GroupKind.NOBODY:
            kind[g] = GroupKind.WALK
    xs, ys = _signal_places(parts, network, sizes, stream_group, start)
    groups = np.diff(start).astype(np.int64)
    return Signals(
        signal_ids=tuple(sizes),
        signal_x_m=xs,
        signal_y_m=ys,
        group_start=start,
        pair_start=np.concatenate([[0], np.cumsum(groups**2)]).astype(np.int32),
        group_kind=kind,
        group_speed_m_s=speed_m_s,
        relation=relate_groups(network, stream_group, start),
        stream_group=stream_group,
    )


def _signal_places(
    parts: _Parts, network: Network, sizes: dict[str, int], stream_group: Ints, start: Ints
) -> tuple[Floats, Floats]:
    """Put each signal in the middle of the nodes whose streams it controls."""
    node = np.concatenate(
        [network.movement_node[network.connector_movement], network.crossing_node]
    )
    owner = np.searchsorted(start, stream_group, side="right") - 1
    xs, ys = np.zeros(len(sizes)), np.zeros(len(sizes))
    for s, name in enumerate(sizes):
        mine = np.unique(node[(stream_group >= 0) & (owner == s)])
        if len(mine):
            xs[s], ys[s] = network.node_x_m[mine].mean(), network.node_y_m[mine].mean()
        elif name in parts.junctions:
            xs[s] = number(parts.junctions[name], "x")
            ys[s] = number(parts.junctions[name], "y")
    return xs, ys
