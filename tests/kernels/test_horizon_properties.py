"""What must hold of every plan of the horizon, whatever the junction and its traffic."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cityloop.kernels.horizon import HOLD, best_step
from cityloop.kernels.horizon_tables import Problem, Weights
from cityloop.kernels.problems import one_signal
from tests.kernels.test_horizon import WEIGHTS, draw_problem
from tests.naive.horizon import list_ways

WAITING_ALONE = Weights(stop_s=0.0, storage=0.0, end_red_s=0.0, end_square_s=0.0, switch_s=0.0)
"""A plan's cost is then the time that vehicles wait, and nothing else."""

NEAR_S = 1e-6

junctions = {
    "seed": st.integers(0, 10_000),
    "stages": st.integers(2, 3),
    "lanes": st.integers(1, 4),
    "times": st.integers(2, 4),
}
"""As small as lets every way be tried: there the recursion drops nothing that it needs."""


def weighted(problem: Problem, lane: int, weight: float) -> Problem:
    changed = problem.weight.copy()
    changed[lane] = weight
    return problem._replace(weight=changed)


def least_cost(problem: Problem, weights: Weights, queue) -> float:
    first_cost = np.empty(len(problem.rates) + 1)
    best_step(problem, weights, 0, queue, first_cost)
    return float(first_cost.min())


def lane_delay_s(problem: Problem, weights: Weights, queue, lane: int) -> tuple[float, int]:
    """Let every way be tried: what the cheapest one makes the lane wait, and its first step.

    The lane's share in a way's cost is what the way costs more when the lane counts one more.
    """
    ways = list_ways(problem, weights, 0, queue)
    more = list_ways(weighted(problem, lane, problem.weight[lane] + 1.0), weights, 0, queue)
    best = min(range(len(ways)), key=lambda way: ways[way][0])
    return more[best][0] - ways[best][0], ways[best][1]


@pytest.mark.parametrize("weights", [WEIGHTS, WAITING_ALONE])
@settings(max_examples=60)
@given(**junctions, factor=st.floats(1.01, 20.0))
def test_a_lane_that_counts_more_never_waits_longer(weights, seed, stages, lanes, times, factor):
    problem, queue = draw_problem(seed, stages, lanes, times)
    lane = seed % lanes
    dearer = weighted(problem, lane, problem.weight[lane] * factor)
    waits_s, _ = lane_delay_s(problem, weights, queue, lane)
    then_waits_s, then_first = lane_delay_s(dearer, weights, queue, lane)
    assert then_waits_s <= waits_s + NEAR_S
    # The recursion follows the way that was found so, or one as cheap.
    first_cost = np.empty(stages + 1)
    step = best_step(dearer, weights, 0, queue, first_cost)
    slot = stages if then_first == HOLD else then_first
    assert first_cost[slot] == pytest.approx(first_cost.min(), abs=NEAR_S)
    assert step == then_first or first_cost.min() >= first_cost[slot] - NEAR_S


@pytest.mark.parametrize("weights", [WEIGHTS, WAITING_ALONE])
@settings(max_examples=100)
@given(**junctions)
def test_what_a_lane_waits_falls_as_its_weight_grows(weights, seed, stages, lanes, times):
    """By the recursion alone: the slope of the least cost over a lane's weight is its own wait."""
    problem, queue = draw_problem(seed, stages, lanes, times)
    lane = seed % lanes
    grid = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
    least = np.array([least_cost(weighted(problem, lane, w), weights, queue) for w in grid])
    waits_s = np.diff(least) / np.diff(grid)
    assert np.all(waits_s >= -NEAR_S)
    assert np.all(np.diff(waits_s) <= NEAR_S)


def test_a_lane_that_counts_much_is_served_first():
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
    queue = np.array([6.0, 2.0])
    steps = [
        best_step(weighted(problem, 1, weight), WEIGHTS, 0, queue, np.empty(3))
        for weight in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
    ]
    served = [step == 1 for step in steps]
    assert served[0] is False
    assert served[-1] is True
    assert served == sorted(served)


def mirrored(problem: Problem, lanes, stages) -> Problem:
    """Number lanes and stages otherwise, as the mirror image of a junction does."""
    return Problem(
        problem.grid_s,
        problem.earliest_s[stages],
        problem.came[lanes],
        np.ascontiguousarray(problem.rates[stages][:, lanes]),
        np.ascontiguousarray(problem.clearance_s[stages][:, stages]),
        problem.least_s[stages],
        problem.room[lanes],
        problem.weight[lanes],
        problem.startup_s[lanes],
        problem.full[lanes],
        one_signal(*problem.rates.shape),
    )


@settings(max_examples=100)
@given(**junctions, order=st.randoms(use_true_random=False), now_stage=st.integers(0, 1))
def test_a_mirrored_junction_decides_in_the_mirror(seed, stages, lanes, times, order, now_stage):
    problem, queue = draw_problem(seed, stages, lanes, times)
    lane_order, stage_order = list(range(lanes)), list(range(stages))
    order.shuffle(lane_order)
    order.shuffle(stage_order)
    here, there = np.empty(stages + 1), np.empty(stages + 1)
    step = best_step(problem, WEIGHTS, now_stage, queue, here)
    image = mirrored(problem, lane_order, stage_order)
    step_there = best_step(image, WEIGHTS, stage_order.index(now_stage), queue[lane_order], there)
    best, second = np.sort(here)[:2]
    np.testing.assert_allclose(there.min(), here.min(), rtol=1e-9)
    assume(second - best > NEAR_S)
    assert step == (HOLD if step_there == HOLD else stage_order[step_there])


def test_over_the_real_horizon_the_mirror_changes_next_to_nothing():
    """Where ways are dropped, the order in which they are met may tip the balance, seldom."""
    rng = np.random.default_rng(2)
    grid_s = np.concatenate([np.arange(10), np.arange(10, 61, 3)]).astype(np.int32)
    alike = 0
    for seed in range(100):
        problem, queue = draw_problem(seed, 5, 8, 61)
        problem = problem._replace(
            grid_s=grid_s,
            came=0.2 * problem.came,
            clearance_s=problem.clearance_s + np.int32(4),
            least_s=problem.least_s + np.int32(4),
        )
        lanes, stages = rng.permutation(8), rng.permutation(5)
        here, there = np.empty(6), np.empty(6)
        step = best_step(problem, WEIGHTS, 0, queue, here)
        image = mirrored(problem, lanes, stages)
        now_there = int(np.flatnonzero(stages == 0)[0])
        step_there = best_step(image, WEIGHTS, now_there, queue[lanes], there)
        assert there.min() == pytest.approx(here.min(), rel=0.02)
        alike += step == (HOLD if step_there == HOLD else stages[step_there])
    assert alike >= 98


def test_who_pays_for_a_change_changes_less_often():
    """One vehicle at red against none at green: a change that costs more than it saves is left."""
    rates = np.array([[0.5, 0.0], [0.0, 0.5]])
    base, _ = draw_problem(1, 2, 2, 40)
    problem = base._replace(
        earliest_s=np.zeros(2, np.int32), came=np.zeros((2, 42)), rates=rates,
        clearance_s=np.array([[0, 4], [4, 0]], np.int32), least_s=np.full(2, 5, np.int32),
        room=np.full(2, 20.0), weight=np.ones(2), startup_s=np.full(2, 1.5), full=np.full(2, 0.5),
    )  # fmt: skip
    queue = np.array([0.0, 1.0])
    steps = [
        best_step(problem, WEIGHTS._replace(switch_s=price), 0, queue, np.empty(3))
        for price in (0.0, 1.0, 10.0, 1000.0)
    ]
    assert steps[:2] == [1, 1]
    assert steps[-1] == HOLD


@pytest.mark.parametrize("price", [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0])
def test_the_price_of_a_change_grows_with_the_signal(price):
    """A junction and its double, twice as many lanes with the same traffic, decide alike."""
    weights = WEIGHTS._replace(switch_s=price)
    for seed in range(30):
        problem, queue = draw_problem(seed, 3, 4, 5)
        double = problem._replace(
            came=np.tile(problem.came, (2, 1)), rates=np.tile(problem.rates, 2),
            room=np.tile(problem.room, 2), weight=np.tile(problem.weight, 2),
            startup_s=np.tile(problem.startup_s, 2), full=np.tile(problem.full, 2),
            feeds=one_signal(3, 8),
        )  # fmt: skip
        here, there = np.empty(4), np.empty(4)
        step = best_step(problem, weights, 0, queue, here)
        assert best_step(double, weights, 0, np.tile(queue, 2), there) == step
        assert there == pytest.approx(2 * here, rel=1e-9)
