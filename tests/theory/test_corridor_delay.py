"""The corridor's model against formulas: uniform delay, conservation, and what offsets must do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.kernels.corridor import fill_queues, smooth_platoon
from cityloop.traffic.model.corridor import Approach, corridor_delay, disperse, follow_queues
from tests.naive import corridor as naive

C = 100


def capacity(start, green, rate=0.5):
    row = np.zeros(C)
    row[(start + np.arange(green)) % C] = rate
    return row[None, :]


@pytest.mark.parametrize(("green", "flow"), [(50, 0.1), (30, 0.12), (80, 0.3), (46, 0.0)])
def test_uniform_arrivals_wait_as_webster_says(green, flow):
    """d = r^2 / (2 C (1 - y)), Webster 1958, first term; whole seconds blur the queue's end."""
    lost = corridor_delay([Approach(np.array([flow]), capacity(0, green), -1, 0.0)])
    red = C - green
    expected = flow * red**2 / (2 * C * (1 - flow / 0.5))
    assert lost[0] == pytest.approx(expected, abs=0.01)


def test_a_platoon_that_meets_green_waits_less_than_one_that_meets_red():
    lost = {}
    drive_s = 25.0
    for offset in range(0, C, 5):
        first = Approach(np.array([0.15]), capacity(0, 40), -1, 0.0)
        second = Approach(np.array([0.15]), capacity(offset, 40), 0, drive_s)
        lost[offset] = corridor_delay([first, second])[1]
    best = min(lost, key=lambda offset: lost[offset])
    worst = max(lost, key=lambda offset: lost[offset])
    assert best in range(15, 30)
    assert (worst - best) % C in range(35, 70)
    assert lost[worst] > 3 * lost[best]


@given(
    leaving=st.lists(st.floats(0, 0.6), min_size=30, max_size=30),
    drive_s=st.floats(0, 60),
)
def test_as_many_arrive_as_left(leaving, drive_s):
    came = disperse(np.array(leaving), drive_s)
    assert came.min() >= 0
    if drive_s < 20:
        assert came.sum() == pytest.approx(sum(leaving), rel=0.02, abs=0.02)


@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=0, max_size=12),
    cycles=st.integers(1, 3),
)
def test_kernels_do_what_their_naive_twins_do(rows, cycles):
    arrivals = np.array([[a for a, _ in rows]])
    may = np.array([[b for _, b in rows]])
    for fill, smooth in (
        (fill_queues, smooth_platoon),
        (fill_queues.py_func, smooth_platoon.py_func),
    ):
        waits, gone = np.zeros_like(arrivals), np.zeros_like(arrivals)
        fill(arrivals, may, cycles, waits, gone)
        expected = naive.fill_queues(arrivals.tolist(), may.tolist(), cycles)
        assert np.allclose(waits, expected[0], atol=1e-12)
        assert np.allclose(gone, expected[1], atol=1e-12)
        if rows:
            came = np.zeros(len(rows))
            smooth(arrivals[0], 0.3, cycles, came)
            assert np.allclose(came, naive.smooth_platoon(arrivals[0], 0.3, cycles), atol=1e-12)


def test_nobody_and_nan_stay_where_they_are():
    lost = corridor_delay([Approach(np.zeros(0), np.zeros((0, C)), -1, 0.0)])
    assert lost.tolist() == [0.0]
    waits, _ = follow_queues(np.array([[np.nan] * 4, [0.1] * 4]), np.ones((2, 4)))
    assert np.isnan(waits[0]).all()
    assert waits[1].tolist() == [0.0] * 4
