"""What a SUMO network file holds, element by element, checked before it becomes arrays."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.errors import InputError
from cityloop.city.network import Turn, Use
from cityloop.feeds.figures import parsed_number, quoted
from cityloop.feeds.xml_reader import Element, iterate_elements, number, text, whole

CHECK: Final = "check the network with netconvert"

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
# No city is so large, no road so long or so fast, and no junction so complicated.
_PLACE_M_MAX: Final = 1e8
_LENGTH_M_MAX: Final = 1e6
_SPEED_M_S_MAX: Final = 1e3
_GROUPS_MAX: Final = 1000
_PAIRS_MAX: Final = 50_000_000
_LINKS_AT_NODE_MAX: Final = 1000

Points = npt.NDArray[np.float64]


class Connection(NamedTuple):
    """One `<connection>`; lanes as (edge, index).

    A crossing may have a lamp of its own for those who come from its other end: `back` says so,
    and its start and end are swapped, so that it leads onto the crossing as the other does.
    """

    element: Element
    start: tuple[str, int]
    end: tuple[str, int]
    via: str | None
    turn: Turn
    signal: str | None
    link_index: int
    back: bool = False


@dataclass
class NetParts:
    """The elements of a network file that matter, by their names.

    Attributes
    ----------
    path
        The file.
    edges, lanes, junctions
        Elements by id, in the order of the file; a junction's inner ones left out.
    lane_names
        Id of a lane by edge and index.
    signal_sizes
        Length of the longest state of each signal's programmes.
    connections, walks
        Links from road to road, and those onto a crossing, from either end where both have a lamp.
    inner
        The connection that leads on from an inner lane.
    """

    path: Path
    edges: dict[str, Element] = field(default_factory=dict)
    lanes: dict[str, Element] = field(default_factory=dict)
    lane_names: dict[tuple[str, int], str] = field(default_factory=dict)
    junctions: dict[str, Element] = field(default_factory=dict)
    signal_sizes: dict[str, int] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    inner: dict[tuple[str, int], Connection] = field(default_factory=dict)
    walks: list[Connection] = field(default_factory=list)
    shapes: dict[str, Points] = field(default_factory=dict)

    def start_lane(self, connection: Connection) -> str:
        """Name the lane that a connection leaves."""
        return self.lane_names[connection.start]

    def end_lane(self, connection: Connection) -> str:
        """Name the lane that a connection reaches."""
        return self.lane_names[connection.end]

    def points(self, lane: str) -> Points:
        """Give the shape of a lane, read once."""
        if lane not in self.shapes:
            self.shapes[lane] = _read_points(self.lanes[lane])
        return self.shapes[lane]


def is_road(edge: Element) -> bool:
    """Whether an edge is a road, not the inside of a node nor a way to walk.

    Parameters
    ----------
    edge
        An `<edge>`.

    Returns
    -------
    True for a road.
    """
    return edge.attributes.get("function", "normal") in {"normal", "connector"}


def collect_parts(path: Path) -> NetParts:
    """Read the elements of a network file and check that they fit together.

    Parameters
    ----------
    path
        The `.net.xml`, plain or gzip.

    Returns
    -------
    Its parts: every lane that a connection names is there, and each road has its lanes 0, 1, ….

    Raises
    ------
    InputError
        If the file is broken, defines something twice, or names a lane that it does not define; if
        a junction is larger than any that we can judge.
    """
    parts = NetParts(path)
    for element in iterate_elements(
        path, tags={"edge", "junction", "connection", "tlLogic"}, roots={"net"}
    ):
        if element.tag == "edge":
            _collect_edge(parts, element)
        elif element.tag == "junction":
            _collect_junction(parts, element)
        elif element.tag == "tlLogic":
            _collect_signal(parts, element)
        else:
            _collect_connection(parts, element)
    _check_sizes(parts)
    _check_lanes(parts)
    return parts


def _collect_edge(parts: NetParts, edge: Element) -> None:
    name = text(edge, "id")
    if name in parts.edges:
        raise edge.fault("is there twice", CHECK)
    edge.children = [child for child in edge.children if child.tag == "lane"]
    parts.edges[name] = edge
    for lane in edge.children:
        lane_name = text(lane, "id")
        if lane_name in parts.lanes:
            raise lane.fault("is there twice", CHECK)
        parts.lanes[lane_name] = lane
        index = whole(lane, "index", at_least=0)
        # Inner edges may leave lanes out, and number those that are left anew.
        twice = (name, index) in parts.lane_names
        if is_road(edge) and (twice or index >= len(edge.children)):
            raise lane.fault(
                f"has index={index}, expected each of 0 to {len(edge.children) - 1} once", CHECK
            )
        parts.lane_names[name, index] = lane_name


def _collect_junction(parts: NetParts, junction: Element) -> None:
    name = text(junction, "id")
    if name.startswith(":"):
        return
    if name in parts.junctions:
        raise junction.fault("is there twice", CHECK)
    parts.junctions[name] = junction


def _collect_signal(parts: NetParts, logic: Element) -> None:
    name = text(logic, "id")
    states = [text(child, "state") for child in logic.children if child.tag == "phase"]
    size = max(map(len, states), default=0)
    if size > _GROUPS_MAX:
        raise logic.fault(
            f"has a state of {size} letters, expected at most {_GROUPS_MAX}", "correct state"
        )
    parts.signal_sizes[name] = max(size, parts.signal_sizes.get(name, 0))


def _collect_connection(parts: NetParts, element: Element) -> None:
    signal = element.attributes.get("tl")
    connection = Connection(
        element=element,
        start=(text(element, "from"), whole(element, "fromLane", at_least=0)),
        end=(text(element, "to"), whole(element, "toLane", at_least=0)),
        via=element.attributes.get("via"),
        turn=_TURNS.get(element.attributes.get("dir", "s"), Turn.STRAIGHT),
        signal=signal,
        link_index=-1
        if signal is None
        else whole(element, "linkIndex", at_least=0, at_most=_GROUPS_MAX - 1),
    )
    if connection.start[0].startswith(":") and not connection.end[0].startswith(":"):
        # netconvert may number the lanes of an inner edge otherwise than its connections do.
        parts.inner[connection.start] = connection
        return
    for role, lane in (("from", connection.start), ("to", connection.end)):
        if lane not in parts.lane_names:
            raise element.fault(
                f"leads {role} lane {lane[1]} of {quoted(lane[0])}, which is not there", CHECK
            )
    start, end = parts.edges[connection.start[0]], parts.edges[connection.end[0]]
    if end.attributes.get("function") == "crossing":
        parts.walks.append(connection)
    elif start.attributes.get("function") == "crossing":
        if signal is not None:
            start_again = connection._replace(start=connection.end, end=connection.start, back=True)
            parts.walks.append(start_again)
    elif start.attributes.get("function") == "internal":
        parts.inner[connection.start] = connection
    elif is_road(start) and is_road(end):
        if start.attributes.get("to") != end.attributes.get("from"):
            raise element.fault(
                f"leads from {quoted(connection.start[0])} to {quoted(connection.end[0])},"
                " which do not meet in one node",
                CHECK,
            )
        parts.connections.append(connection)


def _check_sizes(parts: NetParts) -> None:
    """Refuse what would take more time and memory than any real network asks for."""
    groups = dict(parts.signal_sizes)
    at_node: dict[str, int] = {}
    pairs = 0
    for connection in (*parts.connections, *parts.walks):
        if connection.signal is not None:
            before = groups.get(connection.signal, 0)
            groups[connection.signal] = max(before, connection.link_index + 1)
        node = parts.edges[connection.start[0]].attributes.get("to", connection.end[0])
        at_node[node] = at_node.get(node, 0) + 1
        if at_node[node] > _LINKS_AT_NODE_MAX:
            raise connection.element.fault(
                f"is one of more than {_LINKS_AT_NODE_MAX} at one node", CHECK
            )
    for name, size in groups.items():
        pairs += size * size
        if pairs > _PAIRS_MAX:
            raise InputError(
                file=parts.path,
                place=f"signal {quoted(name)}",
                cause=f"with this one the signals have more than {_PAIRS_MAX} pairs of groups",
                remedy="cut the network into districts",
            )


def _check_lanes(parts: NetParts) -> None:
    """Refuse a lane that obeys two signals: a sensor at its stop line would belong to neither."""
    signal_of: dict[tuple[str, int], str] = {}
    for connection in parts.connections:
        if connection.signal is None:
            continue
        first = signal_of.setdefault(connection.start, connection.signal)
        if first != connection.signal:
            raise connection.element.fault(
                f"obeys the signal {quoted(connection.signal)}, others of its lane obey"
                f" {quoted(first)}",
                "let one signal control all links of a lane",
            )


def _read_points(lane: Element) -> Points:
    """Read a shape. A point may have a height, which is left out."""
    pairs = []
    for point in text(lane, "shape").split():
        figures = [parsed_number(figure) for figure in point.split(",")]
        known = [f for f in figures if f is not None and abs(f) <= _PLACE_M_MAX]
        if len(known) < len(figures) or len(known) not in {2, 3}:
            raise lane.fault(f"has the point {quoted(point)} in its shape, expected x,y", CHECK)
        pairs.append(known[:2])
    if len(pairs) < 2:  # noqa: PLR2004
        raise lane.fault("has a shape of fewer than two points", CHECK)
    return np.array(pairs)


def read_place(junction: Element) -> tuple[float, float]:
    """Read where a junction is.

    Parameters
    ----------
    junction
        A `<junction>`.

    Returns
    -------
    x and y. [m]
    """
    x_m = number(junction, "x", at_least=-_PLACE_M_MAX, at_most=_PLACE_M_MAX)
    return x_m, number(junction, "y", at_least=-_PLACE_M_MAX, at_most=_PLACE_M_MAX)


def read_length_m(lane: Element, *, at_least: float = 0.01) -> float:
    """Read the length of a lane.

    Parameters
    ----------
    lane
        A `<lane>`.
    at_least
        The shortest that may be. [m]

    Returns
    -------
    The length. [m]
    """
    return number(lane, "length", at_least=at_least, at_most=_LENGTH_M_MAX)


def read_speed_m_s(lane: Element) -> float:
    """Read the permitted speed of a lane.

    Parameters
    ----------
    lane
        A `<lane>`.

    Returns
    -------
    The speed. [m/s]
    """
    return number(lane, "speed", at_least=0.01, at_most=_SPEED_M_S_MAX)


def read_uses(lane: Element) -> int:
    """Read who may use a lane.

    Parameters
    ----------
    lane
        A `<lane>`.

    Returns
    -------
    Bits of `Use`.
    """
    allowed = lane.attributes.get("allow")
    denied = lane.attributes.get("disallow", "")
    if allowed is not None and allowed != "all":
        return int(sum({_USES.get(name, Use.OTHER) for name in allowed.split()}, Use.NOBODY))
    if denied == "all":
        return int(Use.NOBODY)
    refused = sum({_USES[name] for name in denied.split() if name in _USES}, Use.NOBODY)
    return int((Use.CAR | Use.BUS | Use.BICYCLE | Use.PEDESTRIAN | Use.OTHER) & ~refused)
