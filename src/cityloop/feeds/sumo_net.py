"""SUMO road networks (`.net.xml`) in: the network, its signals and the right of way."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from cityloop.city.conflicts import Conflicts, Streams, find_conflicts, relate_groups
from cityloop.city.network import Bytes, Floats, Ints, Network, Turn
from cityloop.city.signals import GroupKind, Signals
from cityloop.feeds.sumo_net_parts import (
    CHECK,
    Connection,
    NetParts,
    Points,
    collect_parts,
    is_road,
    read_length_m,
    read_place,
    read_speed_m_s,
    read_uses,
)
from cityloop.feeds.sumo_net_ways import find_heading, find_way, read_right_of_way
from cityloop.feeds.xml_reader import Element, text, whole


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
        If the file is broken, names a lane, link or node that it does not define, or holds figures
        that no road has.
    """
    parts = collect_parts(path)
    network = _build_network(parts)
    return network, _build_signals(parts, network)


class _Links(NamedTuple):
    """The columns of the links and lanes, and where each name stands."""

    ids: list[str]
    place: dict[str, int]
    from_node: Ints
    to_node: Ints
    lane_ids: list[str]
    lane_place: dict[str, int]


class _Connectors(NamedTuple):
    """The columns of the connectors, movements and crossings."""

    from_lane: Ints
    to_lane: Ints
    movement: Ints
    length_m: Floats
    speed_m_s: Floats
    heading_rad: Floats
    paths: list[Points]
    movement_links: Ints
    movement_node: Ints
    movement_turn: Bytes
    walk_lanes: list[str]
    walk_node: Ints


def _build_network(parts: NetParts) -> Network:
    places = np.array([read_place(j) for j in parts.junctions.values()], float).reshape(-1, 2)
    links = _build_links(parts)
    joins = _build_connectors(parts, links)
    meet = _find_conflicts(parts, joins)
    shape_start, shape_x_m, shape_y_m = _stack([_link_shape(parts, name) for name in links.ids])
    path_start, path_x_m, path_y_m = _stack(joins.paths)
    lanes = [parts.lanes[name] for name in links.lane_ids]
    return Network(
        name=parts.path.name.removesuffix(".gz").removesuffix(".xml").removesuffix(".net"),
        node_ids=tuple(parts.junctions),
        node_x_m=places[:, 0].copy(),
        node_y_m=places[:, 1].copy(),
        link_ids=tuple(links.ids),
        link_from_node=links.from_node,
        link_to_node=links.to_node,
        link_shape_start=shape_start,
        shape_x_m=shape_x_m,
        shape_y_m=shape_y_m,
        lane_ids=tuple(links.lane_ids),
        lane_link=_ints(
            links.place[name] for name in links.ids for _ in parts.edges[name].children
        ),
        lane_index=_ints(whole(lane, "index") for lane in lanes),
        lane_length_m=np.array([read_length_m(lane) for lane in lanes], float),
        lane_speed_m_s=np.array([read_speed_m_s(lane) for lane in lanes], float),
        lane_uses=np.array([read_uses(lane) for lane in lanes], np.uint8),
        connector_from_lane=joins.from_lane,
        connector_to_lane=joins.to_lane,
        connector_movement=joins.movement,
        connector_length_m=joins.length_m,
        connector_speed_m_s=joins.speed_m_s,
        connector_heading_in_rad=joins.heading_rad,
        connector_shape_start=path_start,
        path_x_m=path_x_m,
        path_y_m=path_y_m,
        movement_from_link=joins.movement_links[:, 0].copy(),
        movement_to_link=joins.movement_links[:, 1].copy(),
        movement_node=joins.movement_node,
        movement_turn=joins.movement_turn,
        crossing_ids=tuple(walk.end[0] for walk in parts.walks),
        crossing_node=joins.walk_node,
        crossing_length_m=np.array(
            [read_length_m(parts.lanes[name], at_least=0) for name in joins.walk_lanes], float
        ),
        crossing_links=tuple(
            tuple(parts.edges[walk.end[0]].attributes.get("crossingEdges", "").split())
            for walk in parts.walks
        ),
        conflict_first=meet.first,
        conflict_second=meet.second,
        conflict_kind=meet.kind,
        conflict_opposing=meet.opposing,
        conflict_first_yields=meet.first_yields,
        conflict_second_yields=meet.second_yields,
    )


def _build_links(parts: NetParts) -> _Links:
    nodes = {name: i for i, name in enumerate(parts.junctions)}
    links = [name for name, edge in parts.edges.items() if is_road(edge)]
    lanes = [
        parts.lane_names[link, k] for link in links for k in range(len(parts.edges[link].children))
    ]
    return _Links(
        ids=links,
        place={name: i for i, name in enumerate(links)},
        from_node=_ints(_node(nodes, parts.edges[name], "from") for name in links),
        to_node=_ints(_node(nodes, parts.edges[name], "to") for name in links),
        lane_ids=lanes,
        lane_place={name: i for i, name in enumerate(lanes)},
    )


def _build_connectors(parts: NetParts, links: _Links) -> _Connectors:
    movements: dict[tuple[int, int], int] = {}
    turns: list[int] = []
    movement_of: list[int] = []
    for c in parts.connections:
        pair = (links.place[c.start[0]], links.place[c.end[0]])
        if pair not in movements:
            movements[pair] = len(movements)
            turns.append(int(c.turn))
        movement_of.append(movements[pair])
    ways = [find_way(parts, c) for c in parts.connections]
    movement_links = np.array(list(movements), np.int32).reshape(-1, 2)
    nodes = {name: i for i, name in enumerate(parts.junctions)}
    return _Connectors(
        from_lane=_ints(links.lane_place[parts.start_lane(c)] for c in parts.connections),
        to_lane=_ints(links.lane_place[parts.end_lane(c)] for c in parts.connections),
        movement=_ints(movement_of),
        length_m=np.array([way.length_m for way in ways], float),
        speed_m_s=np.array([way.speed_m_s for way in ways], float),
        heading_rad=np.array([find_heading(parts, c) for c in parts.connections], float),
        paths=[way.points for way in ways],
        movement_links=movement_links,
        movement_node=links.to_node[movement_links[:, 0]],
        movement_turn=np.array(turns, np.uint8),
        walk_lanes=[parts.end_lane(walk) for walk in parts.walks],
        walk_node=_ints(_node_of_walk(nodes, walk) for walk in parts.walks),
    )


def _find_conflicts(parts: NetParts, joins: _Connectors) -> Conflicts:
    none = np.full(len(joins.walk_lanes), -1, np.int32)
    paths = [*joins.paths, *map(parts.points, joins.walk_lanes)]
    streams = Streams(
        path=np.array([shapely.LineString(path) for path in paths], dtype=object),
        node=np.concatenate([joins.movement_node[joins.movement], joins.walk_node]),
        from_link=np.concatenate([joins.movement_links[joins.movement, 0], none]),
        to_link=np.concatenate([joins.movement_links[joins.movement, 1], none]),
        from_lane=np.concatenate([joins.from_lane, none]),
        heading_rad=np.concatenate([joins.heading_rad, np.full(len(none), np.nan)]),
    )
    return find_conflicts(streams, read_right_of_way(parts))


def _stack(shapes: list[Points]) -> tuple[Ints, Floats, Floats]:
    """Lay shapes end to end: where each starts, then all x and all y."""
    start = np.concatenate([[0], np.cumsum([len(s) for s in shapes])]).astype(np.int32)
    points = np.concatenate(shapes) if shapes else np.empty((0, 2))
    return start, points[:, 0].copy(), points[:, 1].copy()


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int32)


def _node(nodes: dict[str, int], edge: Element, role: str) -> int:
    name = text(edge, role)
    if name not in nodes:
        raise edge.fault(f"leads {role} the node {name}, which is not in {edge.file.name}", CHECK)
    return nodes[name]


def _node_of_walk(nodes: dict[str, int], walk: Connection) -> int:
    """Find the node of a crossing, whose edge is named `:NODE_cK`."""
    name = walk.end[0].removeprefix(":").rpartition("_")[0]
    if name not in nodes:
        raise walk.element.fault(
            f"leads to a crossing of the node {name}, which is not there", CHECK
        )
    return nodes[name]


def _link_shape(parts: NetParts, link: str) -> Points:
    edge = parts.edges[link]
    if not edge.children:
        raise edge.fault("has no lane", CHECK)
    return parts.points(edge.children[len(edge.children) // 2].attributes["id"].strip())


def _build_signals(parts: NetParts, network: Network) -> Signals:
    streams = [*parts.connections, *parts.walks]
    sizes = dict(parts.signal_sizes)
    for c in streams:
        if c.signal is not None:
            sizes[c.signal] = max(sizes.get(c.signal, 0), c.link_index + 1)
    start = np.concatenate([[0], np.cumsum(list(sizes.values()))]).astype(np.int32)
    first = dict(zip(sizes, start, strict=False))
    stream_group = _ints(
        -1 if c.signal is None else first[c.signal] + c.link_index for c in streams
    )
    kind, speed_m_s = _group_kinds(network, stream_group, int(start[-1]))
    xs, ys = _signal_places(parts, network, list(sizes), stream_group, start)
    groups = np.diff(start).astype(np.int64)
    return Signals(
        signal_ids=tuple(sizes),
        signal_x_m=xs,
        signal_y_m=ys,
        group_start=start,
        pair_start=np.concatenate([[0], np.cumsum(groups**2)]).astype(np.int32),
        group_kind=kind,
        group_speed_m_s=speed_m_s,
        group_crossing_m=_crossing_lengths(network, stream_group, int(start[-1])),
        relation=relate_groups(network, stream_group, start),
        stream_group=stream_group,
    )


def _crossing_lengths(network: Network, stream_group: Ints, count: int) -> Floats:
    """Give the longest crossing of each group, 0 where it has none. [m]."""
    length_m = np.zeros(count)
    group = stream_group[network.connector_count :]
    obeys = group >= 0
    np.maximum.at(length_m, group[obeys], network.crossing_length_m[obeys])
    return length_m


def _group_kinds(network: Network, stream_group: Ints, count: int) -> tuple[Bytes, Floats]:
    """Say whom each group serves, through before turns before walks, and how fast they come."""
    connectors = network.connector_count
    turn = network.movement_turn[network.connector_movement]
    kind = np.full(count, GroupKind.NOBODY, np.uint8)
    speed_m_s = np.zeros(count)
    for i in np.flatnonzero(stream_group[:connectors] >= 0):
        g = stream_group[i]
        speed_m_s[g] = max(speed_m_s[g], network.lane_speed_m_s[network.connector_from_lane[i]])
        if kind[g] != GroupKind.THROUGH:
            kind[g] = GroupKind.THROUGH if turn[i] == Turn.STRAIGHT else GroupKind.TURN
    for g in stream_group[connectors:]:
        if g >= 0 and kind[g] == GroupKind.NOBODY:
            kind[g] = GroupKind.WALK
    return kind, speed_m_s


def _signal_places(
    parts: NetParts, network: Network, names: list[str], stream_group: Ints, start: Ints
) -> tuple[Floats, Floats]:
    """Put each signal in the middle of the nodes whose streams it controls."""
    node = np.concatenate(
        [network.movement_node[network.connector_movement], network.crossing_node]
    )
    owner = np.searchsorted(start, stream_group, side="right") - 1
    places: list[tuple[float, float]] = []
    for s, name in enumerate(names):
        mine = np.unique(node[(stream_group >= 0) & (owner == s)])
        if len(mine):
            places.append((network.node_x_m[mine].mean(), network.node_y_m[mine].mean()))
        elif name in parts.junctions:
            places.append(read_place(parts.junctions[name]))
        else:
            places.append((0.0, 0.0))
    at: npt.NDArray[np.float64] = np.array(places, float).reshape(-1, 2)
    return at[:, 0].copy(), at[:, 1].copy()
