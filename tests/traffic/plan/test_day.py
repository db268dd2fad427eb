"""Times of day: what is alike is joined, and a switch must pay."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.traffic.plan.day import choose_plans, cut_periods, find_stretches
from tests.made_streets import make_streets


@pytest.mark.parametrize(
    ("volumes", "stretches"),
    [
        ([400, 405, 395, 400], [(0, 4)]),
        ([100, 100, 300, 305], [(0, 2), (2, 4)]),
        ([100, 400, 100], [(0, 1), (1, 2), (2, 3)]),
        ([100], [(0, 1)]),
    ],
)
def test_neighbouring_quarters_with_like_flows_are_one_time_of_day(volumes, stretches):
    volume = np.array(volumes, float)[:, None] * np.ones((1, 3))
    assert find_stretches(volume, np.full_like(volume, 10.0)) == stretches


def test_there_are_no_more_times_of_day_than_asked_for():
    volume = np.arange(0, 9600, 100.0)[:, None]
    stretches = find_stretches(volume, np.full_like(volume, 1.0), most=5)
    assert len(stretches) == 5
    assert [first for first, _ in stretches[1:]] == [end for _, end in stretches[:-1]]
    assert (stretches[0][0], stretches[-1][1]) == (0, 96)


costs = st.integers(1, 4).flatmap(
    lambda plans: st.integers(1, 4).flatmap(
        lambda stretches: st.lists(
            st.lists(st.integers(0, 30), min_size=stretches, max_size=stretches),
            min_size=plans,
            max_size=plans,
        )
    )
)


@given(costs, st.integers(0, 20))
def test_the_choice_is_the_cheapest_of_all(rows, switch):
    cost = np.array(rows, float)
    plans, stretches = cost.shape

    def total(way) -> float:
        switches = sum(a != b for a, b in pairwise(way))
        return float(sum(cost[p, w] for w, p in enumerate(way)) + switch * switches)

    chosen = choose_plans(cost, [float(switch)] * stretches)
    assert total(tuple(chosen)) == min(map(total, product(range(plans), repeat=stretches)))


def test_a_stretch_has_its_own_periods():
    streets = make_streets([2], flat=np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]))
    assert cut_periods(streets, (1, 3)).flat.tolist() == [[0.3, 0.4], [0.5, 0.6]]
