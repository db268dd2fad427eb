"""Small networks of ways with points on them, drawn by hypothesis."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from cityloop.kernels.chains import NEVER, Chains, fold
from cityloop.kernels.reach import Places, place_points
from cityloop.kernels.search import Points


@dataclass
class Drawn:
    """Edges (head, tail, there, back) and points (edge, along there, along back, access).

    A place is a list of points, its doors.
    """

    nodes: int
    edges: list[tuple[int, int, int, int]]
    homes: list[tuple[int, int, int, int]]
    places: list[list[tuple[int, int, int, int]]]
    windows: list[list[tuple[int, int]]]
    capacity: list[int]

    def columns(self, rows, width):
        table = np.array(rows, np.int32).reshape(len(rows), width)
        return [table[:, i].copy() for i in range(width)]

    def fold(self) -> Chains:
        return fold(self.nodes, *self.columns(self.edges, 4))

    def points(self, chains, points) -> Points:
        _, _, there, back = self.columns(self.edges, 4)
        return place_points(chains, there, back, *self.columns(points, 4))

    def all_places(self, chains) -> Places:
        doors = [door for place in self.places for door in place]
        door_start = np.cumsum([0, *map(len, self.places)]).astype(np.int32)
        flat = [time for times in self.windows for time in times]
        begin, until = self.columns(flat, 2)
        start = np.cumsum([0, *map(len, self.windows)]).astype(np.int32)
        capacity = np.array(self.capacity, np.float64)
        return Places(self.points(chains, doors), door_start, start, begin, until, capacity)


COST = st.integers(1, 4).map(lambda tens: tens * 10)  # so that shares of it are whole, too
INSIDE = [0.3, 0.5, 0.8]
ALWAYS = [(0, NEVER)]


@st.composite
def ways(draw) -> Drawn:
    """Draw a multigraph with one-way edges, dead ends, rings and islands."""
    nodes = draw(st.integers(2, 9))
    edges = []
    for _ in range(draw(st.integers(1, 14))):
        head, tail = draw(st.permutations(range(nodes)))[:2]
        there = draw(COST)
        back = draw(st.sampled_from([there, there, there, draw(COST), NEVER]))
        edges.append((head, tail, *draw(st.permutations([there, back]))))

    def point():
        e = draw(st.integers(0, len(edges) - 1))
        # At the end of a one-way edge, a point is on the edge, not at the node.
        two_way = NEVER not in edges[e]
        share = draw(st.sampled_from([0.0, *INSIDE, 1.0] if two_way else INSIDE))
        along = [0 if cost == NEVER else round(share * cost) for cost in edges[e][2:]]
        return (e, *along, draw(st.integers(0, 5)))

    homes = [point() for _ in range(draw(st.integers(0, 8)))]
    places = [
        [point() for _ in range(draw(st.integers(1, 3)))] for _ in range(draw(st.integers(0, 4)))
    ]
    hours = st.sampled_from([ALWAYS, ALWAYS, [], [(10, 30)], [(0, 12), (25, NEVER)]])
    return Drawn(
        nodes, edges, homes, places,
        [draw(hours) for _ in places], [draw(st.integers(0, 9)) for _ in places],
    )  # fmt: skip
