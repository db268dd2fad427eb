"""Networks of a few lanes, written by hand: what leads where, how long, and whose lamp it obeys."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Network, Turn, Use
from cityloop.city.signals import GroupKind, Signals

TURNS = {"s": Turn.STRAIGHT, "r": Turn.RIGHT, "l": Turn.LEFT, "u": Turn.U_TURN}


class Way(NamedTuple):
    """From one lane to another across a node: its length, turn, and `signal group` if it has one.

    Groups count from 0 at each signal: `m 2` is the third lamp of signal m.
    """

    start: str
    end: str
    turn: str = "s"
    lamp: str = ""
    length_m: float = 10.0


def make_lanes(
    length_m: Mapping[str, float], ways: Sequence[Way], *, forbidden: Sequence[str] = ()
) -> tuple[Network, Signals]:
    """Make lanes `link_index` of given lengths with ways between them.

    Nothing has a place or a shape, and nothing conflicts but the groups of one signal that are
    named as `signal one other`.
    """
    lanes = {name: i for i, name in enumerate(length_m)}
    links: dict[str, int] = {}
    for name in lanes:
        links.setdefault(name.split("_")[0], len(links))
    lane_link = np.array([links[name.split("_")[0]] for name in lanes], np.int32)
    moves: dict[tuple[int, int], int] = {}
    for way in ways:
        moves.setdefault((links[way.start.split("_")[0]], links[way.end.split("_")[0]]), len(moves))
    turns = dict.fromkeys(range(len(moves)), Turn.STRAIGHT)
    part = []
    for way in ways:
        move = moves[links[way.start.split("_")[0]], links[way.end.split("_")[0]]]
        turns[move] = TURNS[way.turn]
        part.append(move)
    count = len(ways)
    network = Network(
        name="made",
        node_ids=("m",),
        node_x_m=np.zeros(1),
        node_y_m=np.zeros(1),
        link_ids=tuple(links),
        link_from_node=np.zeros(len(links), np.int32),
        link_to_node=np.zeros(len(links), np.int32),
        link_shape_start=np.zeros(len(links) + 1, np.int32),
        shape_x_m=np.zeros(0),
        shape_y_m=np.zeros(0),
        lane_ids=tuple(lanes),
        lane_link=lane_link,
        lane_index=np.array([int(name.split("_")[1]) for name in lanes], np.int32),
        lane_length_m=np.array(list(length_m.values()), float),
        lane_speed_m_s=np.full(len(lanes), 13.89),
        lane_uses=np.full(len(lanes), Use.CAR, np.uint8),
        connector_from_lane=np.array([lanes[way.start] for way in ways], np.int32),
        connector_to_lane=np.array([lanes[way.end] for way in ways], np.int32),
        connector_movement=np.array(part, np.int32),
        connector_length_m=np.array([way.length_m for way in ways], float),
        connector_speed_m_s=np.full(count, 10.0),
        connector_heading_in_rad=np.zeros(count),
        connector_shape_start=np.zeros(count + 1, np.int32),
        path_x_m=np.zeros(0),
        path_y_m=np.zeros(0),
        movement_from_link=np.array([start for start, _ in moves], np.int32),
        movement_to_link=np.array([end for _, end in moves], np.int32),
        movement_node=np.zeros(len(moves), np.int32),
        movement_turn=np.array(list(turns.values()), np.uint8),
        crossing_ids=(),
        crossing_node=np.zeros(0, np.int32),
        crossing_length_m=np.zeros(0),
        crossing_links=(),
        conflict_first=np.zeros(0, np.int32),
        conflict_second=np.zeros(0, np.int32),
        conflict_kind=np.zeros(0, np.uint8),
        conflict_opposing=np.zeros(0, bool),
        conflict_first_yields=np.zeros(0, bool),
        conflict_second_yields=np.zeros(0, bool),
    )
    return network, _signals(ways, forbidden)


def _signals(ways: Sequence[Way], forbidden: Sequence[str]) -> Signals:
    names = list(dict.fromkeys(way.lamp.split()[0] for way in ways if way.lamp))
    sizes = [
        1 + max(int(way.lamp.split()[1]) for way in ways if way.lamp.startswith(f"{name} "))
        for name in names
    ]
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    pair_start = np.concatenate([[0], np.cumsum(np.square(sizes))]).astype(np.int32)
    relation = np.zeros(int(pair_start[-1]), np.uint8)
    for text in forbidden:
        name, one, other = text.split()
        s = names.index(name)
        for a, b in ((int(one), int(other)), (int(other), int(one))):
            relation[pair_start[s] + a * sizes[s] + b] = 1
    groups = int(start[-1])
    kind = np.full(groups, GroupKind.TURN, np.uint8)
    stream_group = np.full(len(ways), -1, np.int32)
    for i, way in enumerate(ways):
        if way.lamp:
            name, number = way.lamp.split()
            stream_group[i] = start[names.index(name)] + int(number)
            if way.turn == "s":
                kind[stream_group[i]] = GroupKind.THROUGH
    return Signals(
        signal_ids=tuple(names),
        signal_x_m=np.zeros(len(names)),
        signal_y_m=np.zeros(len(names)),
        group_start=start,
        pair_start=pair_start,
        group_kind=kind,
        group_speed_m_s=np.full(groups, 13.89),
        group_crossing_m=np.zeros(groups),
        relation=relation,
        stream_group=stream_group,
    )
