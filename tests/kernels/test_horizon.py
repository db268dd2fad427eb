"""The recursion against every way tried one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.horizon import HOLD, best_step
from cityloop.kernels.horizon_tables import Problem, Weights
from tests.naive.horizon import list_ways

WEIGHTS = Weights(stop_s=3.0, storage=2.0, end_red_s=8.0, end_square_s=0.5, startup_s=1.5)


def draw_problem(seed, stages, lanes, times):
    rng = np.random.default_rng(seed)
    grid_s = np.arange(times, dtype=np.int32)
    rates = rng.uniform(0.2, 0.6, (stages, lanes)) * (rng.random((stages, lanes)) < 0.5)
    came = np.cumsum(rng.uniform(0, 0.5, (lanes, times + 2)), axis=1)
    clearance_s = rng.integers(0, 3, (stages, stages)).astype(np.int32)
    problem = Problem(
        grid_s,
        rng.integers(0, 3, stages).astype(np.int32),
        came,
        rates,
        clearance_s,
        rng.integers(1, 3, stages).astype(np.int32),
        rng.uniform(3, 20, lanes),
        rng.uniform(0.5, 2, lanes),
    )
    return problem, rng.uniform(0, 8, lanes)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    stages=st.integers(1, 3),
    lanes=st.integers(0, 4),
    times=st.integers(2, 4),
)
def test_the_recursion_finds_what_trying_every_way_finds(seed, stages, lanes, times):
    problem, queue = draw_problem(seed, stages, lanes, times)
    costs = np.empty(stages + 1)
    step = best_step(problem, WEIGHTS, 0, queue, costs)
    ways = list_ways(problem, WEIGHTS, 0, queue)
    least = min(cost for cost, _ in ways)
    assert costs.min() == pytest.approx(least, rel=1e-9, abs=1e-9)
    best = {first for cost, first in ways if cost <= least + 1e-6}
    assert step in best


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_on_a_longer_way_it_is_never_cheaper_than_the_truth_and_close_to_it(seed):
    problem, queue = draw_problem(seed, 2, 3, 9)
    costs = np.empty(3)
    best_step(problem, WEIGHTS, 0, queue, costs)
    least = min(cost for cost, _ in list_ways(problem, WEIGHTS, 0, queue))
    assert least - 1e-9 <= costs.min() <= 1.05 * least + 1e-9


def test_without_a_queue_and_arrivals_it_stays():
    problem, _ = draw_problem(1, 3, 2, 4)
    problem = problem._replace(came=np.zeros_like(problem.came))
    assert best_step(problem, WEIGHTS, 1, np.zeros(2), np.empty(4)) == HOLD


def test_a_long_queue_at_red_gets_its_stage():
    rates = np.array([[0.5, 0.0], [0.0, 0.5]])
    problem = Problem(
        np.arange(40, dtype=np.int32),
        np.zeros(2, np.int32),
        np.zeros((2, 42)),
        rates,
        np.array([[0, 4], [4, 0]], np.int32),
        np.full(2, 5, np.int32),
        np.full(2, 20.0),
        np.ones(2),
    )
    assert best_step(problem, WEIGHTS, 0, np.array([0.0, 6.0]), np.empty(3)) == 1
    assert best_step(problem, WEIGHTS, 0, np.array([6.0, 0.0]), np.empty(3)) == HOLD


def test_uncompiled_is_the_same():
    problem, queue = draw_problem(7, 3, 3, 4)
    compiled, plain = np.empty(4), np.empty(4)
    assert best_step(problem, WEIGHTS, 0, queue, compiled) == best_step.py_func(
        problem, WEIGHTS, 0, queue, plain
    )
    np.testing.assert_allclose(compiled, plain)
