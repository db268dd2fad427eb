"""How one gets across a node of a SUMO network, and who waits for whom there."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.feeds.figures import quoted
from cityloop.feeds.sumo_net_parts import (
    CHECK,
    Connection,
    NetParts,
    Points,
    read_length_m,
    read_speed_m_s,
)
from cityloop.feeds.xml_reader import text, whole

_PIECES_MAX: Final = 8


class Way(NamedTuple):
    """A way across a node."""

    points: Points
    length_m: float
    speed_m_s: float


def find_way(parts: NetParts, connection: Connection) -> Way:
    """Follow a connection through the inner lanes of its node.

    Parameters
    ----------
    parts
        The network's parts.
    connection
        A connection from road to road.

    Returns
    -------
    Way
        From the end of one lane to the begin of the other.

    Raises
    ------
    InputError
        If an inner lane is not there or has no shape, length or speed.
    """
    start, end = parts.start_lane(connection), parts.end_lane(connection)
    pieces = [parts.points(start)[-1:]]
    lengths: list[float] = []
    speeds: list[float] = []
    via = connection.via
    while via is not None and len(lengths) < _PIECES_MAX:
        lane = parts.lanes.get(via)
        if lane is None:
            raise connection.element.fault(f"goes via {quoted(via)}, which is not there", CHECK)
        pieces.append(parts.points(via))
        lengths.append(read_length_m(lane, at_least=0))
        speeds.append(read_speed_m_s(lane))
        edge, _, index = via.rpartition("_")
        onward = parts.inner.get((edge, _lane_number(index)))
        via = None if onward is None else onward.via
    pieces.append(parts.points(end)[:1])
    points = np.concatenate(pieces)
    keep = np.concatenate([[True], np.any(np.abs(np.diff(points, axis=0)) > 1e-6, axis=1)])  # noqa: PLR2004
    points = points[keep]
    if len(points) == 1:
        points = np.concatenate([points, points + [[0.01, 0.0]]])
    if not lengths:
        lengths = [float(np.hypot(*np.diff(points, axis=0).T).sum())]
        speeds = [min(read_speed_m_s(parts.lanes[start]), read_speed_m_s(parts.lanes[end]))]
    return Way(points, sum(lengths), min(speeds))


def _lane_number(index: str) -> int:
    plain = index.isascii() and index.isdigit() and len(index) < 5  # noqa: PLR2004
    return int(index) if plain else -1


def find_heading(parts: NetParts, connection: Connection) -> float:
    """Find the direction in which vehicles stand at the stop line.

    Parameters
    ----------
    parts
        The network's parts.
    connection
        A connection from road to road.

    Returns
    -------
    Counter-clockwise from east; 0 where the lane is a point. [rad]
    """
    steps = np.diff(parts.points(parts.start_lane(connection)), axis=0)
    moving = steps[np.any(steps != 0, axis=1)]
    if not len(moving):
        return 0.0
    return float(np.arctan2(moving[-1, 1], moving[-1, 0]))


def read_right_of_way(parts: NetParts) -> npt.NDArray[np.int64]:
    """List the pairs of streams of which the first waits for the second.

    A node numbers its links lane by lane in the order of `incLanes`, within a lane in the order of
    the file; links over walks come where their walking area stands among the lanes.

    Parameters
    ----------
    parts
        The network's parts.

    Returns
    -------
    (pairs, 2) streams: connections first, walks after them.

    Raises
    ------
    InputError
        If a node's requests are not one for each of its links.
    """
    by_lane: dict[str, list[int]] = {}
    back: dict[int, int] = {}
    forth: dict[tuple[str, int], int] = {}
    streams = (*parts.connections, *parts.walks)
    for stream, connection in enumerate(streams):
        if not connection.back:
            by_lane.setdefault(parts.start_lane(connection), []).append(stream)
            forth[connection.end] = stream
    for stream, connection in enumerate(streams):
        if connection.back and connection.end in forth:
            back[forth[connection.end]] = stream
    pairs: list[tuple[int, int]] = []
    for junction in parts.junctions.values():
        lanes = junction.attributes.get("incLanes", "").split()
        links = [stream for lane in lanes for stream in by_lane.get(lane, ())]
        requests = [child for child in junction.children if child.tag == "request"]
        if requests and len(requests) != len(links):
            raise junction.fault(
                f"has {len(requests)} requests, expected {len(links)} as it has links", CHECK
            )
        for request in requests:
            row = whole(request, "index", at_least=0)
            bits = text(request, "response")
            if row >= len(links) or len(bits) != len(links) or set(bits) - {"0", "1"}:
                raise request.fault("does not fit the links of its node", CHECK)
            pairs += [
                (links[row], links[column])
                for column, bit in enumerate(reversed(bits))
                if bit == "1"
            ]
    # Who crosses the other way has the same right of way; two walks never meet.
    pairs += [(back[a], b) for a, b in pairs if a in back]
    pairs += [(a, back[b]) for a, b in pairs if b in back]
    return np.array(pairs, np.int64).reshape(-1, 2)
