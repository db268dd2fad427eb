"""The kernels of siting against their naive twins and by brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityloop.kernels import siting as kernel
from tests.naive import siting as naive

ROW = st.dictionaries(st.integers(0, 6), st.integers(1, 60).map(float), max_size=5)
TABLES = st.lists(ROW, min_size=1, max_size=6)


def savings(table, cost):
    lengths = [len(row) for row in table]
    return kernel.Savings(
        np.cumsum([0, *lengths]).astype(np.int64),
        np.array([d for row in table for d in sorted(row)], np.int32),
        np.array([row[d] for row in table for d in sorted(row)], np.float64),
        np.array(cost, np.float64),
        np.zeros(7),
    )


@settings(max_examples=60)
@given(TABLES, st.lists(st.integers(1, 3), min_size=6, max_size=6), st.integers(0, 7))
@example([{}], [1] * 6, 3)
@example([{0: 5.0}], [1] * 6, 0)
def test_greedy_and_value_are_their_twins_and_the_bound_holds(table, prices, budget):
    cost = [float(price) for price in prices[: len(table)]]
    given_savings = savings(table, cost)
    chosen = kernel.greedy(given_savings, float(budget), np.zeros(0, np.int32))
    assert chosen.tolist() == naive.greedy(table, cost, budget, [])
    assert kernel.value(given_savings, chosen) == naive.value(table, set(chosen.tolist()))
    best = max(
        naive.value(table, sites)
        for size in range(len(table) + 1)
        for sites in itertools.combinations(range(len(table)), size)
        if sum(cost[j] for j in sites) <= budget
    )
    swapped, worth = kernel.swap(given_savings, float(budget), chosen, 9)
    assert naive.value(table, set(chosen.tolist())) - 1e-9 <= worth <= best + 1e-9
    assert naive.value(table, set(swapped.tolist())) == pytest.approx(worth)
    bound, price, _ = kernel.bound(given_savings, float(budget), worth, np.zeros(7), 50)
    assert bound >= best - 1e-9
    assert price.min() >= 0
