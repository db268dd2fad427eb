"""Two-step floating catchment areas against the literature and by conservation."""

import importlib
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cityloop.circle.competition import three_step, two_step, zone_weights


def test_luo_and_wang_2003_figure_3():
    # Physician a within reach of eight residents, b of four; one resident has both.
    place = np.array([0] * 8 + [1] * 4)
    home = np.array([*range(8), 7, 8, 9, 10])
    access = two_step(place, home, np.ones(12), np.ones(2), np.ones(11))
    values, counts = np.unique(access, return_counts=True)
    assert values.tolist() == [0.125, 0.25, 0.375]
    assert counts.tolist() == [7, 3, 1]


def test_zones_hold_until_their_end_and_nothing_beyond_the_last():
    time = np.array([0, 300_000, 300_001, 600_000, 600_001, 900_000, 900_001])
    weights = zone_weights(time, 900_000)
    assert weights.tolist() == [1.0, 1.0, 0.68, 0.68, 0.22, 0.22, 0.0]


def test_three_step_by_hand():
    # Two homes of ten people, both with two like places: each sends half to each.
    place, home = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    access = three_step(place, home, np.ones(4), np.array([10.0, 30.0]), np.full(2, 10.0))
    # Ratios 10 / 10 and 30 / 10; each home has half of both.
    assert access.tolist() == [2.0, 2.0]


def test_enhanced_two_step_is_that_of_pysal():
    rng = np.random.default_rng(3)
    places, homes = 40, 300
    time = rng.integers(0, 2_000_000, (places, homes)).astype(np.int32)
    place, home = (each.astype(np.int32) for each in np.nonzero(time <= 900_000))
    capacity, people = rng.uniform(1, 100, places), rng.uniform(1, 500, homes)
    weight = zone_weights(time[place, home], 900_000)
    ours = two_step(place, home, weight, capacity, people)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        access = importlib.import_module("access")
        pandas = importlib.import_module("pandas")
        theirs = access.Access(
            demand_df=pandas.DataFrame({"home": np.arange(homes), "people": people}),
            demand_index="home",
            demand_value="people",
            supply_df=pandas.DataFrame({"place": np.arange(places), "capacity": capacity}),
            supply_index="place",
            supply_value="capacity",
            cost_df=pandas.DataFrame({"o": home, "d": place, "t": time[place, home]}),
            cost_origin="o",
            cost_dest="d",
            cost_name="t",
        ).enhanced_two_stage_fca(
            name="e2sfca",
            max_cost=900_000,
            weight_fn=access.weights.step_fn({300_000: 1, 600_000: 0.68, 900_000: 0.22}),
        )["e2sfca_capacity"]
    np.testing.assert_allclose(ours, theirs.reindex(range(homes)).fillna(0), rtol=1e-9)


@st.composite
def drawn(draw):
    places, homes = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    pairs = draw(st.sets(st.tuples(st.integers(0, places - 1), st.integers(0, homes - 1))))
    place, home = (np.array([pair[i] for pair in sorted(pairs)], np.int64) for i in (0, 1))
    weight = draw(st.lists(st.floats(0.01, 1), min_size=len(pairs), max_size=len(pairs)))
    sizes = st.floats(0.5, 1000)
    capacity = draw(st.lists(sizes, min_size=places, max_size=places))
    people = draw(st.lists(sizes, min_size=homes, max_size=homes))
    return place, home, np.array(weight), np.array(capacity), np.array(people)


@given(drawn())
def test_access_times_people_is_the_capacity_of_all_places_in_reach(given_pairs):
    place, _, _, capacity, people = given_pairs
    reached = capacity[np.unique(place)].sum()
    for method in (two_step, three_step):
        access = method(*given_pairs)
        np.testing.assert_allclose(np.sum(access * people), reached, rtol=1e-9)
