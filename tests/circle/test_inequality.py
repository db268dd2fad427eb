"""Gini, Palma and Lorenz by hand."""

import numpy as np
import pytest

from cityloop.circle.inequality import inequality


def test_all_alike_is_zero():
    found = inequality(np.full(5, 3.0), np.array([1.0, 2, 3, 4, 5]))
    assert found.gini == pytest.approx(0, abs=1e-12)
    assert found.palma == pytest.approx(0.1 / 0.4)


def test_one_of_ten_has_all():
    found = inequality(np.array([0.0] * 9 + [7.0]), np.ones(10))
    assert found.gini == pytest.approx(0.9)
    assert found.palma == float("inf")


def test_one_to_ten_by_hand():
    # Gini of 1 … n is (n - 1) / 3n; the best tenth has 10, the worst four 1 + 2 + 3 + 4.
    found = inequality(np.arange(1.0, 11.0)[::-1], np.ones(10))
    assert found.gini == pytest.approx(9 / 30 + 0.0)
    assert found.palma == pytest.approx(1.0)
    assert found.lorenz_had[-1] == 1.0


def test_a_home_of_two_counts_as_two_homes_of_one():
    one = inequality(np.array([1.0, 4.0]), np.array([2.0, 1.0]))
    two = inequality(np.array([1.0, 1.0, 4.0]), np.ones(3))
    assert (one.gini, one.palma) == pytest.approx((two.gini, two.palma))


def test_nothing_at_all_is_not_a_number():
    assert np.isnan(inequality(np.zeros(3), np.ones(3)).gini)
    assert np.isnan(inequality(np.zeros(0), np.zeros(0)).gini)
