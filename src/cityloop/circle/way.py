"""The way from one spot to another, as a line and as steps."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from cityloop.circle.persons import Person, edge_times
from cityloop.city.ways import Floats, Spots, WayKind, Ways
from cityloop.kernels.chains import NEVER

HALF_TURN = 180.0
TURN_DEGREES = 40.0
"""A bend of more than this is a turn."""


Array = npt.NDArray[Any]
Table = tuple[list[Array], list[Array], list[Array], list[Array]]


class Step(NamedTuple):
    """A part of a way that is walked without turning.

    Attributes
    ----------
    turn
        `straight`, `left`, `right` or `back`, at its begin.
    name
        The way's name, empty where it has none.
    length_m
        Its length. [m]
    steps
        Whether it leads over steps.
    """

    turn: str
    name: str
    length_m: float
    steps: bool


class Way(NamedTuple):
    """A way from one spot to another.

    Attributes
    ----------
    lon, lat
        (points,) the line. [degree]
    steps
        Its parts.
    time_ms
        How long it takes, both accesses included. [ms]
    """

    lon: Floats
    lat: Floats
    steps: tuple[Step, ...]
    time_ms: int


def find_way(ways: Ways, person: Person, begin: Spots, end: Spots) -> Way | None:
    """Find the quickest way between two spots.

    Parameters
    ----------
    ways
        The network.
    person
        Who goes.
    begin
        One spot.
    end
        One spot.

    Returns
    -------
    The way, or None if there is none.
    """
    there, back = edge_times(ways, person)
    n = len(ways.node_lon)
    first, last = n, n + 1
    number = np.arange(len(ways.head))
    table: Table = (
        [ways.head, ways.tail], [ways.tail, ways.head], [there, back], [number, number]
    )  # fmt: skip
    for spot, own, outward in ((begin, first, True), (end, last, False)):
        e, share = int(spot.edge[0]), float(spot.share[0])
        ends = (int(ways.head[e]), int(ways.tail[e]))
        # Out along the edge to either end, or in from it.
        to_head, to_tail = (back[e], there[e]) if outward else (there[e], back[e])
        for node, cost, part in ((ends[0], to_head, share), (ends[1], to_tail, 1 - share)):
            time = NEVER if cost >= NEVER else max(round(part * int(cost)), 0)
            _add((own, node) if outward else (node, own), time, e, table)
    if begin.edge[0] == end.edge[0]:
        e = int(begin.edge[0])
        ahead = float(end.share[0] - begin.share[0])
        cost = there[e] if ahead >= 0 else back[e]
        if cost < NEVER:
            time = round(abs(ahead) * int(cost))
            _add((first, last), time, e, table)
    row, column, cost_ms, edge = _quickest(table)
    # A time of 0 would be no entry at all.
    graph = coo_array((cost_ms + 1e-6, (row, column)), shape=(n + 2, n + 2)).tocsr()
    tables = dijkstra(graph, indices=np.array([first]), return_predecessors=True)
    reached, before = tables[0][0], tables[1][0]
    if not np.isfinite(reached[last]):
        return None
    path = [last]
    while path[-1] != first:
        path.append(int(before[path[-1]]))
    path.reverse()
    key = row.astype(np.int64) * (n + 2) + column
    hops = np.array(path[:-1], np.int64) * (n + 2) + np.array(path[1:])
    taken = edge[np.searchsorted(key, hops)]
    access_m = float(begin.access_m[0] + end.access_m[0])
    time_ms = round(float(reached[last])) + round(1000 * access_m / person.speed_m_s)
    return _described(ways, path, taken, (begin, end), time_ms)


def _quickest(table: Table) -> tuple[Array, Array, Array, Array]:
    """Keep the quickest of parallel edges, sorted by where they lead from and to."""
    row, column, cost_ms, edge = (np.concatenate(each) for each in table)
    kept = cost_ms < NEVER
    row, column, cost_ms, edge = row[kept], column[kept], cost_ms[kept], edge[kept]
    order = np.lexsort((cost_ms, column, row))
    row, column, cost_ms, edge = row[order], column[order], cost_ms[order], edge[order]
    new = np.ones(len(row), bool)
    new[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    row, column, cost_ms, edge = row[new], column[new], cost_ms[new], edge[new]
    return row, column, cost_ms, edge


def _add(hop: tuple[int, int], time: int, edge: int, table: Table) -> None:
    for column, given in zip(table, (hop[0], hop[1], time, edge), strict=True):
        column.append(np.array([given]))


def _described(
    ways: Ways, path: list[int], taken: Array, spots: tuple[Spots, Spots], time_ms: int
) -> Way:
    lon: list[float] = []
    lat: list[float] = []
    x: list[float] = []
    y: list[float] = []
    for spot in spots:
        e, share = spot.edge[0], spot.share[0]
        nodes = (ways.head[e], ways.tail[e])
        for values, of in (
            (lon, ways.node_lon), (lat, ways.node_lat), (x, ways.node_x_m), (y, ways.node_y_m)
        ):  # fmt: skip
            values.append(float(of[nodes[0]] * (1 - share) + of[nodes[1]] * share))
    inside = path[1:-1]
    lines = [
        np.concatenate([[values[0]], of[inside], [values[1]]])
        for values, of in (
            (lon, ways.node_lon), (lat, ways.node_lat), (x, ways.node_x_m), (y, ways.node_y_m)
        )
    ]  # fmt: skip
    return Way(lines[0], lines[1], _steps(ways, taken, lines[2], lines[3]), time_ms)


def _steps(ways: Ways, taken: Array, x: Floats, y: Floats) -> tuple[Step, ...]:
    """Put edges together that go on under one name without a turn."""
    heading = np.degrees(np.arctan2(np.diff(y), np.diff(x)))
    length_m = np.hypot(np.diff(x), np.diff(y))
    steps: list[Step] = []
    for i, e in enumerate(taken.tolist()):
        number = int(ways.edge_name[e])
        name = ways.way_names[number] if number >= 0 else ""
        over = bool(ways.kind[e] == WayKind.STEPS)
        turn = "straight" if i == 0 else _turn(float(heading[i] - heading[i - 1]))
        if steps and turn == "straight" and (steps[-1].name, steps[-1].steps) == (name, over):
            steps[-1] = steps[-1]._replace(length_m=steps[-1].length_m + float(length_m[i]))
        else:
            steps.append(Step(turn, name, float(length_m[i]), over))
    return tuple(steps)


def _turn(change: float) -> str:
    change = (change + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    if abs(change) <= TURN_DEGREES:
        return "straight"
    if abs(change) > HALF_TURN - TURN_DEGREES:
        return "back"
    return "left" if change > 0 else "right"
