"""The recursion against every way tried one by one."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.horizon import HOLD, best_step, best_steps
from cityloop.kernels.horizon_tables import Network, Problem, Weights
from cityloop.kernels.prices import price_steps
from cityloop.kernels.problems import most_of, one_signal
from tests.naive.horizon import list_ways

WEIGHTS = Weights(stop_s=3.0, storage=2.0, end_red_s=8.0, end_square_s=0.5, switch_s=1.0)


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
        rng.uniform(1, 2, lanes),
        most_of(rates),
        one_signal(stages, lanes),
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


def test_on_a_longer_way_it_is_never_cheaper_than_the_truth_and_close_to_it():
    dearer = []
    for seed in range(60):
        problem, queue = draw_problem(seed, 2, 3, 9)
        costs = np.empty(3)
        best_step(problem, WEIGHTS, 0, queue, costs)
        least = min(cost for cost, _ in list_ways(problem, WEIGHTS, 0, queue))
        dearer.append(costs.min() / least)
    assert min(dearer) >= 1 - 1e-9
    assert max(dearer) <= 1.15
    assert np.mean(dearer) <= 1.005


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
        np.full(2, 1.5),
        np.full(2, 0.5),
        one_signal(2, 2),
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


def join(problems) -> Network:
    """Lay the problems of several signals end to end."""

    def starts(sizes):
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)

    shapes = [p.rates.shape for p in problems]
    return Network(
        stage_start=starts([k for k, _ in shapes]),
        lane_start=starts([i for _, i in shapes]),
        rate_start=starts([k * i for k, i in shapes]),
        clearance_start=starts([k * k for k, _ in shapes]),
        rate=np.concatenate([p.rates.ravel() for p in problems]),
        clearance_s=np.concatenate([p.clearance_s.ravel() for p in problems]),
        least_s=np.concatenate([p.least_s for p in problems]),
        room=np.concatenate([p.room for p in problems]),
        weight=np.concatenate([p.weight for p in problems]),
        startup_s=np.concatenate([p.startup_s for p in problems]),
    )


def draw_city(signals, times=9):
    """Signals of many sizes, one of them without a lane and one with a single stage."""
    rng = np.random.default_rng(11)
    sizes = [
        (1, 2),
        (2, 0),
        *((int(rng.integers(2, 6)), int(rng.integers(1, 7))) for _ in range(signals)),
    ]
    drawn = [draw_problem(seed, k, i, times) for seed, (k, i) in enumerate(sizes)]
    problems = [problem for problem, _ in drawn]
    now_stage = np.array([int(rng.integers(0, k)) for k, _ in sizes], np.int32)
    return problems, now_stage, [queue for _, queue in drawn]


def plan_city(problems, now_stage, queues, due, first_cost):
    return best_steps(
        join(problems), WEIGHTS, problems[0].grid_s, due, now_stage,
        np.concatenate([p.earliest_s for p in problems]), np.concatenate(queues),
        np.concatenate([p.came for p in problems]), first_cost,
    )  # fmt: skip


def test_a_city_is_its_signals_one_by_one():
    problems, now_stage, queues = draw_city(20)
    due = np.ones(len(problems), bool)
    due[5] = False
    total = sum(len(p.rates) + 1 for p in problems)
    first_cost = np.full(total, -7.0)
    step = plan_city(problems, now_stage, queues, due, first_cost)
    at = 0
    for s, problem in enumerate(problems):
        alone = np.full(len(problem.rates) + 1, -7.0)
        expected = HOLD
        if due[s] and len(problem.rates) > 1:
            expected = best_step(problem, WEIGHTS, int(now_stage[s]), queues[s], alone)
        assert step[s] == expected
        np.testing.assert_array_equal(first_cost[at : at + len(alone)], alone)
        at += len(alone)


def test_threads_that_share_a_city_find_what_one_finds():
    problems, now_stage, queues = draw_city(120)
    count = len(problems)
    total = sum(len(p.rates) + 1 for p in problems)
    one, shared = np.zeros(total), np.zeros(total)
    expected = plan_city(problems, now_stage, queues, np.ones(count, bool), one)
    parts = [np.arange(count) % 7 == n for n in range(7)]
    with ThreadPoolExecutor(3) as pool:
        said = list(
            pool.map(lambda due: plan_city(problems, now_stage, queues, due, shared), parts)
        )
    found = np.full(count, HOLD)
    for due, step in zip(parts, said, strict=True):
        found[due] = step[due]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(shared, one)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    stages=st.integers(2, 4),
    lanes=st.integers(0, 4),
    times=st.integers(2, 4),
    now_stage=st.integers(0, 1),
)
def test_each_first_step_has_the_price_that_trying_every_way_finds(
    seed, stages, lanes, times, now_stage
):
    problem, queue = draw_problem(seed, stages, lanes, times)
    first_cost = np.full(stages + 1, np.inf)
    network, due = join([problem]), np.ones(1, bool)
    price_steps(
        network, WEIGHTS, problem.grid_s, due, np.array([now_stage], np.int32),
        problem.earliest_s, queue, problem.came, first_cost,
    )  # fmt: skip
    ways = list_ways(problem, WEIGHTS, now_stage, queue)
    for k in range(stages):
        costs = [cost for cost, first in ways if first == k]
        allowed = k != now_stage and problem.earliest_s[k] <= 0
        expected = min(costs) if costs and allowed else np.inf
        assert first_cost[k] == pytest.approx(expected, rel=1e-9, abs=1e-9)
    held = min(cost for cost, first in ways if first == HOLD)
    assert first_cost[stages] == pytest.approx(held, rel=1e-9, abs=1e-9)


def test_a_price_that_is_known_stays_and_nobody_else_is_priced():
    problems, now_stage, queues = draw_city(3)
    total = sum(len(p.rates) + 1 for p in problems)
    first_cost = np.full(total, 5.0)
    first_cost[-1] = np.inf
    before = first_cost.copy()
    due = np.arange(len(problems)) < len(problems) - 1
    price_steps(
        join(problems), WEIGHTS, problems[0].grid_s, due, now_stage,
        np.concatenate([p.earliest_s for p in problems]), np.concatenate(queues),
        np.concatenate([p.came for p in problems]), first_cost,
    )  # fmt: skip
    np.testing.assert_array_equal(first_cost, before)
