"""Reach is exact: by hand on a grid, and against scipy's bounded Dijkstra on real cities."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from cityloop.circle.persons import PERSONS, edge_times
from cityloop.circle.reach import always, list_pairs, nearest, reach, stand, weave
from cityloop.city.places import Places
from cityloop.city.ways import Open, Spots, WayKind, Ways
from cityloop.feeds.osm_extract import read_extract
from cityloop.feeds.osm_ways import build_ways
from cityloop.kernels.chains import NEVER
from tests.circle.made_town import make_homes, make_places, make_ways
from tests.shared_data import shared

QUARTER_MS = 15 * 60_000
ADULT = PERSONS["adult"]


def test_a_walk_takes_its_length_over_the_speed():
    ways = make_ways(3, 1)  # two edges of 100 m in a row
    web = weave(ways, ADULT)
    places = make_places({"edge": 1, "share": 0.25, "access_m": 5})
    homes = stand(web, make_homes(ways).spots)
    found = reach(web, homes, places, always(places), QUARTER_MS, 1)
    # From the middle of the first edge 50 + 25 m, from that of the second 25 m; 5 m to the door.
    assert found.nearest_ms.ravel().tolist() == [80 * 800, 30 * 800]


def test_hours_count_at_the_arrival_not_at_the_departure():
    ways = make_ways(3, 1)
    web = weave(ways, ADULT)
    places = make_places({"edge": 1, "share": 0.25, "access_m": 5})
    homes = stand(web, make_homes(ways).spots)
    closes_ms = 30 * 800 + 1
    found = reach(web, homes, places, (((0, closes_ms),),), QUARTER_MS, 1)
    assert found.count.tolist() == [0, 1]
    found = reach(web, homes, places, (((closes_ms, NEVER),),), QUARTER_MS, 1)
    assert found.count.tolist() == [1, 0]


def test_steps_stop_wheels_and_a_one_way_street_stops_a_ride():
    ways = make_ways(3, 1)
    kind = ways.kind.copy()
    kind[1] = WayKind.STEPS
    steps = replace(ways, kind=kind)
    there, back = edge_times(steps, PERSONS["wheelchair"])
    assert (there[1], back[1]) == (NEVER, NEVER)
    one_way = replace(ways, open_to=np.full(2, Open.BICYCLE_THERE, np.uint8))
    there, back = edge_times(one_way, PERSONS["bicycle"])
    assert (there.tolist(), back.tolist()) == ([round(100 / 4.2 * 1000)] * 2, [NEVER] * 2)


def test_a_slope_is_slower_up_than_down():
    ways = make_ways(3, 1)
    up, down = edge_times(replace(ways, incline=np.array([0.1, np.nan])), ADULT)
    assert up[0] > up[1] == 80_000
    # Tobler: fastest down a slope of 5 %; by exp(-3.5 |s + .05|), 10 % up is as 20 % down.
    twice, _ = edge_times(replace(ways, incline=np.array([-0.2, np.nan])), ADULT)
    assert up[0] == twice[0] > down[0] == up[1]


def on_nodes(ways: Ways, nodes: np.ndarray) -> Spots:
    """Set spots exactly on nodes, each on an edge that may be walked on."""
    edge = np.flatnonzero(ways.open_to & Open.FOOT_THERE)
    of, share = np.full(len(ways.node_lon), -1), np.zeros(len(ways.node_lon))
    of[ways.tail[edge]], share[ways.tail[edge]] = edge, 1.0
    of[ways.head[edge]], share[ways.head[edge]] = edge, 0.0
    return Spots(edge=of[nodes].astype(np.int32), share=share[nodes], access_m=np.zeros(len(nodes)))


def as_places(spots: Spots) -> Places:
    made = make_places(*[{}] * len(spots.edge))
    return replace(made, doors=spots)


@pytest.mark.parametrize(
    ("extract", "person"),
    [
        ("oslo_east/oslo-east-filtered.osm.pbf", "adult"),
        ("porto_alegre/poa_osm.pbf", "elderly"),
    ],
)
def test_on_a_real_city_reach_is_that_of_scipy_to_the_millisecond(extract, person):
    ways, _ = build_ways(read_extract(shared(f"circle/{extract}")))
    walkable = (ways.open_to & Open.FOOT_THERE) > 0
    web = weave(ways, PERSONS[person])
    rng = np.random.default_rng(0)
    n = len(ways.node_lon)
    walked = np.unique(np.concatenate([ways.head[walkable], ways.tail[walkable]]))
    nodes = rng.choice(walked, 300)
    places = as_places(on_nodes(ways, nodes))
    homes = stand(web, on_nodes(ways, walked))
    found = reach(web, homes, places, always(places), QUARTER_MS, 3)
    ahead, behind = edge_times(ways, PERSONS[person])
    head, tail = ways.head[walkable], ways.tail[walkable]
    rows, columns = np.concatenate([head, tail]), np.concatenate([tail, head])
    costs = np.concatenate([ahead[walkable], behind[walkable]]).astype(float)
    # Of parallel edges the shortest counts; coo_array alone would add them up.
    order = np.lexsort((costs, columns, rows))
    rows, columns, costs = rows[order], columns[order], costs[order]
    first = np.ones(len(rows), bool)
    first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    graph = coo_array((costs[first], (columns[first], rows[first])), shape=(n, n)).tocsr()
    table = dijkstra(graph, indices=nodes, limit=float(QUARTER_MS))[:, walked]
    assert np.array_equal(found.count, np.sum(table <= QUARTER_MS, axis=0))
    best = np.sort(table, axis=0)[:3].T
    expected = np.where(np.isinf(best), NEVER, best).astype(np.int32)
    np.testing.assert_array_equal(found.nearest_ms, expected)
    alone, _ = nearest(web, homes, places, QUARTER_MS)
    np.testing.assert_array_equal(alone, expected[:, 0])
    place, home, time = list_pairs(web, homes, places, always(places), QUARTER_MS)
    assert len(place) == found.count.sum()
    np.testing.assert_array_equal(table[place, home], time)
