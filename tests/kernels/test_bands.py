"""The widest pair of bands against slow twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.bands import EDGE, reach, widest_parts, widest_reach, widest_sum
from tests.naive import bands as naive


def drawn(seed, count, orders):
    rng = np.random.default_rng(seed)
    shift = rng.random((count, orders))
    number = rng.integers(1, orders + 1, count).astype(np.int32)
    return shift, number, rng.uniform(0.6, 1.3, count)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8), st.integers(1, 4))
def test_one_cycle_and_one_speed_agree_with_places_tried_one_by_one(seed, count, orders):
    case = drawn(seed, count, orders)
    total, place = widest_sum(*case)
    assert total == pytest.approx(naive.widest_sum(*case), abs=2 * EDGE)
    assert naive.least_room(place, *case) == pytest.approx(total, abs=2 * EDGE)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(1, 4))
def test_a_pass_over_the_chain_agrees_with_the_sum_over_it(seed, count, orders):
    shift, number, room = drawn(seed, count, orders)
    times = np.random.default_rng(seed + 1).random(count - 1) * 3
    moved = np.concatenate([[0.0], np.cumsum(times)])[:, None]
    expected, _ = widest_sum(shift + moved, number, room)
    found = widest_reach(shift, number, room, times, times, (-1.0, 1.3))
    assert found == pytest.approx(expected, abs=4 * EDGE)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_ranges_of_times_reach_what_their_times_reach_one_by_one(seed, count):
    shift, number, room = drawn(seed, count, 2)
    rng = np.random.default_rng(seed + 1)
    low = rng.random(count - 1)
    high = low + 0.05 * rng.random(count - 1)
    found = widest_reach(shift, number, room, low, high, (-1.0, 1.3))
    tried = naive.widest_reach(shift, number, room, low, high, 9)
    # Nine times a link miss the best by half a step each at most.
    missed = float((high - low).sum()) / 16
    assert tried - 4 * EDGE <= found <= tried + missed + 4 * EDGE


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_every_run_of_signals_agrees_with_places_tried_one_by_one(seed, count):
    shift, number, room = drawn(seed, count, 2)
    times = np.random.default_rng(seed + 1).random(count - 1) * 3
    found = widest_parts(shift, number, room, times, times, 1e-4)
    moved = shift + np.concatenate([[0.0], np.cumsum(times)])[:, None]
    for i in range(count):
        assert (found[i, :i] == 0).all()
        for j in range(i, count):
            part = slice(i, j + 1)
            tried = naive.widest_sum(moved[part], number[part], room[part])
            assert found[i, j] == pytest.approx(max(tried, 0.0), abs=1.1e-4)


def test_one_signal_admits_its_whole_room():
    shift, number, room = np.array([[0.3]]), np.ones(1, np.int32), np.array([0.8])
    nothing = np.zeros(0)
    assert widest_sum(shift, number, room) == pytest.approx((0.8, 0.7))
    assert widest_reach(shift, number, room, nothing, nothing, (0.0, 0.8)) == 0.8
    arcs, counts = reach(shift, number, room, nothing, nothing, 0.6)
    assert counts.tolist() == [1]
    assert arcs[0, 0].tolist() == pytest.approx([0.7, 0.9])


def test_windows_that_run_over_the_cycle_are_kept_in_two_parts():
    shift, number, room = np.array([[0.1]]), np.ones(1, np.int32), np.array([0.8])
    arcs, counts = reach(shift, number, room, np.zeros(0), np.zeros(0), 0.5)
    assert counts.tolist() == [2]
    assert arcs[0, :2].ravel().tolist() == pytest.approx([0.0, 0.2, 0.9, 1.0])


def test_nothing_passes_where_the_sum_is_more_than_the_room():
    shift, number = np.zeros((2, 1)), np.ones(2, np.int32)
    room, still = np.array([0.8, 0.5]), np.zeros(1)
    _, counts = reach(shift, number, room, still, still, 0.6)
    assert counts.tolist() == [1, 0]
