"""Which streams meet, found from their paths alone, and who gives way.

Where two paths meet is geometry: the signal plans of a network take no part in it. Who gives way
is the network's right of way, used only for the turns that may yield under green
(`relate_groups`).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from cityloop.city.network import Conflict, Ints, Network, Turn
from cityloop.city.signals import Bools, Relation

CLEARANCE_M = 1.8
"""Two paths closer than this meet, though they do not cross: the width of a car. [m]"""

OPPOSING_RAD = np.radians(135.0)
"""Approaches whose headings differ by at least this come from opposite sides. [rad]"""


class Streams(NamedTuple):
    """What is needed of every stream, connectors first, crossings after them.

    Attributes
    ----------
    path
        (streams,) shapely lines.
    node, from_link, to_link, from_lane
        (streams,) where it is and what it joins; -1 in the last three for a crossing.
    heading_rad
        (streams,) direction at the stop line; NaN for a crossing. [rad]
    """

    path: npt.NDArray[np.object_]
    node: Ints
    from_link: Ints
    to_link: Ints
    from_lane: Ints
    heading_rad: npt.NDArray[np.float64]


class Conflicts(NamedTuple):
    """The conflict arrays of a `Network`, under the same names."""

    first: Ints
    second: Ints
    kind: npt.NDArray[np.uint8]
    opposing: Bools
    first_yields: Bools
    second_yields: Bools


def _pairs_at_nodes(node: Ints) -> tuple[Ints, Ints]:
    """List every pair of streams that share a node, lower index first."""
    order = np.argsort(node, kind="stable").astype(np.int32)
    cuts = np.flatnonzero(np.diff(node[order])) + 1
    first: list[npt.NDArray[np.int32]] = [np.empty(0, np.int32)]
    second: list[npt.NDArray[np.int32]] = [np.empty(0, np.int32)]
    for members in np.split(order, cuts):
        members.sort()
        rows, columns = np.triu_indices(len(members), 1)
        first.append(members[rows])
        second.append(members[columns])
    return np.concatenate(first), np.concatenate(second)


def find_conflicts(streams: Streams, yields: npt.NDArray[np.int64]) -> Conflicts:
    """Find all pairs of streams whose paths meet.

    Streams that leave one lane do not meet. Two paths meet when they cross, end in one point, or
    come closer than `CLEARANCE_M`; those of one approach, which start side by side, only when they
    cross or end in one point. Paths from two approaches into lanes side by side of one link meet
    when right of way makes one wait for the other. Paths that meet merge when they lead to one
    link, else they cross.

    Parameters
    ----------
    streams
        All streams of the network.
    yields
        (n, 2) pairs of streams, the first of which waits for the second by right of way.

    Returns
    -------
    Conflicts
        Each pair once, ordered by first and second stream.
    """
    first, second = _pairs_at_nodes(streams.node)
    walks = (streams.from_lane[first] < 0).astype(int) + (streams.from_lane[second] < 0)
    apart = (streams.from_lane[first] != streams.from_lane[second]) & (walks < 2)  # noqa: PLR2004
    first, second = first[apart], second[apart]
    merge = (streams.to_link[first] == streams.to_link[second]) & (streams.to_link[first] >= 0)
    same_link = streams.from_link[first] == streams.from_link[second]
    touch = shapely.intersects(streams.path[first], streams.path[second])
    near = shapely.dwithin(streams.path[first], streams.path[second], CLEARANCE_M)
    count = len(streams.node)
    waits = np.sort(yields[:, 0] * count + yields[:, 1])
    first_yields = np.isin(first.astype(np.int64) * count + second, waits)
    second_yields = np.isin(second.astype(np.int64) * count + first, waits)
    join = merge & (first_yields | second_yields)
    meet = touch | ((near | join) & ~same_link)
    first, second, merge = first[meet], second[meet], merge[meet]
    first_yields, second_yields = first_yields[meet], second_yields[meet]
    order = np.lexsort((second, first))
    first, second, merge = first[order], second[order], merge[order]
    first_yields, second_yields = first_yields[order], second_yields[order]
    between = np.abs(
        np.angle(np.exp(1j * (streams.heading_rad[first] - streams.heading_rad[second])))
    )
    return Conflicts(
        first=first,
        second=second,
        kind=np.where(merge, Conflict.MERGE, Conflict.CROSS).astype(np.uint8),
        opposing=np.nan_to_num(between) >= OPPOSING_RAD,
        first_yields=first_yields,
        second_yields=second_yields,
    )


def relate_groups(network: Network, stream_group: Ints, group_start: Ints) -> npt.NDArray[np.uint8]:
    """Say for every ordered pair of groups whether both may be green, and who then yields.

    Two groups are `FORBIDDEN` together when any two of their streams conflict, except where one is
    a turn that gives way to the opposing approach, to the stream that it merges into, or to the
    walk that it crosses. Streams of one approach that merge are lanes that end, and are free.

    Parameters
    ----------
    network
        The network with its conflicts.
    stream_group
        (streams,) group of each stream, -1 for none.
    group_start
        (signals + 1,) first group of each signal.

    Returns
    -------
    (pairs,) a `Relation` each, laid out as `Signals` says.
    """
    connectors = network.connector_count
    first, second = network.conflict_first, network.conflict_second
    turn = np.full(connectors + network.crossing_count, int(Turn.STRAIGHT))
    turn[:connectors] = network.movement_turn[network.connector_movement]
    from_link = np.full(len(turn), -1)
    from_link[:connectors] = network.movement_from_link[network.connector_movement]
    merge = network.conflict_kind == Conflict.MERGE
    with_walk = second >= connectors
    lenient = network.conflict_opposing | merge | with_walk
    first_may = (turn[first] != Turn.STRAIGHT) & network.conflict_first_yields & lenient
    second_may = (turn[second] != Turn.STRAIGHT) & network.conflict_second_yields & lenient
    forbidden = ~(first_may | second_may)

    counted = ~(merge & (from_link[first] == from_link[second]))
    group_a, group_b = stream_group[first], stream_group[second]
    signal_a = np.searchsorted(group_start, group_a, side="right") - 1
    counted &= (group_a >= 0) & (group_b >= 0)
    counted &= signal_a == np.searchsorted(group_start, group_b, side="right") - 1

    groups = np.diff(group_start).astype(np.int64)
    pair_start = np.concatenate([[0], np.cumsum(groups**2)])
    relation = np.full(int(pair_start[-1]), Relation.FREE, np.uint8)

    def mark(rows: Ints, columns: Ints, chosen: Bools, value: Relation) -> None:
        chosen = chosen & counted
        s = signal_a[chosen]
        a, b = rows[chosen] - group_start[s], columns[chosen] - group_start[s]
        relation[pair_start[s] + a * groups[s] + b] = value

    mark(group_b, group_a, first_may, Relation.HAS_PRIORITY)
    mark(group_a, group_b, second_may, Relation.HAS_PRIORITY)
    mark(group_a, group_b, first_may, Relation.YIELDS)
    mark(group_b, group_a, second_may, Relation.YIELDS)
    mark(group_a, group_b, forbidden, Relation.FORBIDDEN)
    mark(group_b, group_a, forbidden, Relation.FORBIDDEN)
    return relation
