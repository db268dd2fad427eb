"""Bounded searches over folded networks against their naive twin."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from cityloop.kernels import reach as kernel
from cityloop.kernels.chains import NEVER, NOWHERE
from tests.kernels.drawn_ways import ALWAYS, Drawn, ways
from tests.naive import reach as naive

RING = [(0, 1, 5, 5), (1, 2, 5, 5), (2, 0, 5, 5)]
NOBODY = Drawn(2, [(0, 1, 7, 7)], [], [], [], [])
ONE = Drawn(2, [(0, 1, 7, 7)], [(0, 2, 2, 1)], [[(0, 6, 6, 3)]], [ALWAYS], [4])
ON_A_RING = Drawn(
    3, RING, [(2, 1, 1, 0)], [[(0, 1, 1, 0)], [(1, 4, 4, 0), (1, 1, 1, 2)]], [ALWAYS] * 2, [1, 2]
)
AGAINST_ONE_WAY = Drawn(
    3, [(0, 1, 9, NEVER), (1, 2, 9, 9), (2, 0, 9, 9)], [(0, 2, 0, 0), (0, 8, 0, 0)],
    [[(0, 5, 0, 0)]], [ALWAYS], [0],
)  # fmt: skip


@given(ways(), st.integers(0, 90), st.integers(0, 3))
@example(NOBODY, 20, 2)
@example(ONE, 8, 1)
@example(ONE, 7, 1)
@example(ON_A_RING, 90, 2)
@example(AGAINST_ONE_WAY, 90, 1)
def test_reach_equals_its_twin(drawn, cutoff, nearest):
    chains = drawn.fold()
    homes, places = drawn.points(chains, drawn.homes), drawn.all_places(chains)
    found = kernel.reach(chains, homes, places, cutoff, nearest)
    rows = naive.table(drawn.edges, drawn.homes, drawn.places)
    expected = naive.reach(rows, drawn.windows, drawn.capacity, cutoff, nearest)
    if not drawn.places:
        n = len(drawn.homes)
        expected = ([[NEVER] * nearest] * n, [[NOWHERE] * nearest] * n, [0] * n, [0] * n)
    assert [each.tolist() for each in found] == [*expected]


@given(ways(), st.integers(0, 90))
@example(NOBODY, 20)
@example(ONE, 8)
@example(AGAINST_ONE_WAY, 90)
def test_pairs_are_all_that_are_within_the_cutoff_and_open(drawn, cutoff):
    chains = drawn.fold()
    homes, places = drawn.points(chains, drawn.homes), drawn.all_places(chains)
    start, home, time = kernel.pairs(chains, homes, places, cutoff)
    rows = naive.table(drawn.edges, drawn.homes, drawn.places)
    for p, row in enumerate(rows):
        expected = {
            (h, cost)
            for h, cost in enumerate(row)
            for begin, until in drawn.windows[p]
            if begin <= cost < until and cost <= cutoff
        }
        part = slice(start[p], start[p + 1])
        listed = list(zip(home[part].tolist(), time[part].tolist(), strict=True))
        assert (set(listed), len(listed)) == (expected, len(expected))


@given(ways(), st.integers(0, 90))
@example(NOBODY, 20)
@example(ON_A_RING, 4)
@example(AGAINST_ONE_WAY, 90)
def test_the_nearest_one_is_that_of_reach(drawn, cutoff):
    chains = drawn.fold()
    doors = [door for place in drawn.places for door in place]
    homes, at = drawn.points(chains, drawn.homes), drawn.points(chains, doors)
    time, which = kernel.nearest_one(chains, homes, at, cutoff)
    rows = naive.table(drawn.edges, drawn.homes, [[door] for door in doors])
    for h in range(len(drawn.homes)):
        costs = [row[h] for row in rows if row[h] <= cutoff]
        assert time[h] == min(costs, default=NEVER)
        assert which[h] == NOWHERE if not costs else rows[which[h]][h] == time[h]


@given(ways())
@example(NOBODY)
def test_every_edge_is_in_one_chain_and_costs_are_kept(drawn):
    chains = drawn.fold()
    assert np.all(chains.edge_chain >= 0)
    for c in range(len(chains.end_a)):
        inside = [e for e, of in enumerate(chains.edge_chain) if of == c]
        along = [drawn.edges[e][3 if chains.edge_turned[e] else 2] for e in inside]
        assert min(sum(along), NEVER) == chains.total_ab[c]
    # A chain of more than one edge can be walked both ways.
    many = np.bincount(chains.edge_chain) > 1
    assert np.all(chains.total_ab[many] < NEVER)
    assert np.all(chains.total_ba[many] < NEVER)


def test_the_same_network_gives_the_same_twice():
    results = []
    for _ in range(2):
        chains = ON_A_RING.fold()
        homes = ON_A_RING.points(chains, ON_A_RING.homes)
        results.append(kernel.reach(chains, homes, ON_A_RING.all_places(chains), 90, 2))
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)
