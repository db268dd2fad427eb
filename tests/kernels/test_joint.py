"""Two close signals planned as one, against every way of both tried one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.horizon import HOLD, best_step, best_steps
from cityloop.kernels.horizon_tables import Feeds, Problem
from cityloop.kernels.joint import PairLanes, plan_pairs
from tests.kernels.test_horizon import WEIGHTS, draw_problem, join
from tests.naive.horizon import list_ways

SHARES = np.array([0.6, 0.3])


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def draw_pair(seed: int):
    """Draw two signals of two stages and two lanes; the second lane of `b` is filled by `a`."""
    a, queue_a = draw_problem(seed, 2, 2, 4)
    b, queue_b = draw_problem(seed + 1, 2, 2, 4)
    a, b = (each._replace(earliest_s=ints(0, 0)) for each in (a, b))
    pairs = PairLanes(
        first=ints(0),
        second=ints(1),
        start=ints(0, 4),
        outer=ints(3),
        lane=ints(0, 1, 2, 3),
        fill_start=ints(0, 2),
        source=ints(0, 1),
    )
    return a, b, pairs, np.concatenate([queue_a, queue_b])


def plan(a: Problem, b: Problem, pairs: PairLanes, queue, seen, *, due=(True, True)):
    """Plan both as the controller does: alone first, then together."""
    network = join([a, b])
    came = np.concatenate([a.came, b.came])
    earliest_s = np.concatenate([a.earliest_s, b.earliest_s])
    which, now_stage = np.array(due), np.zeros(2, np.int32)
    first_cost = np.empty(6)
    faced = (which, now_stage, earliest_s, queue, came)
    step = best_steps(network, WEIGHTS, a.grid_s, *faced, first_cost)
    alone = step.copy()
    joint = plan_pairs(
        network, WEIGHTS, a.grid_s, pairs, SHARES, *faced, seen, first_cost, step
    )  # fmt: skip
    return alone, step, joint


SIDES = [(x, y) for x in range(2) for y in range(2)]


def together(a: Problem, b: Problem, seen) -> Problem:
    """Put both together, as one signal of four stages."""
    sides = SIDES
    return Problem(
        grid_s=a.grid_s,
        earliest_s=ints(*(max(a.earliest_s[x] * x, b.earliest_s[y] * y) for x, y in sides)),
        came=np.concatenate([a.came, b.came[:1], seen[3:]]),
        rates=np.array([np.concatenate([a.rates[x], b.rates[y]]) for x, y in sides]),
        clearance_s=np.array(
            [[max(a.clearance_s[x, u], b.clearance_s[y, v]) for u, v in sides] for x, y in sides]
        ),
        least_s=ints(*(max(a.least_s[x], b.least_s[y]) for x, y in sides)),
        room=np.concatenate([a.room, b.room]),
        weight=np.concatenate([a.weight, b.weight]),
        startup_s=np.concatenate([a.startup_s, b.startup_s]),
        full=np.concatenate([a.full, b.full]),
        feeds=Feeds(3, ints(0, 2), ints(0, 1), SHARES, ints(0, 0, 1, 1), np.array(SIDES, np.int32)),
    )


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_they_do_what_is_best_for_both(seed):
    a, b, pairs, queue = draw_pair(seed)
    seen = np.concatenate([a.came, b.came]) * 0.5
    _, step, joint = plan(a, b, pairs, queue, seen)
    if not joint.any():
        # Neither can get anywhere else within so few seconds.
        assert step.tolist() == [HOLD, HOLD]
        return
    problem, costs = together(a, b, seen), np.empty(5)
    best = best_step(problem, WEIGHTS, 0, queue, costs)
    assert tuple(max(int(each), 0) for each in step) == SIDES[max(best, 0)]
    # Of the ways that meet at a time and stage three are kept, which may drop the best.
    least = min(cost for cost, _ in list_ways(problem, WEIGHTS, 0, queue))
    assert least * (1 - 1e-9) <= costs.min() <= 1.15 * least


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), times=st.integers(2, 4))
def test_a_lane_that_others_fill_costs_what_trying_every_way_says(seed, times):
    problem, queue = draw_problem(seed, 2, 4, times)
    problem = problem._replace(
        feeds=problem.feeds._replace(
            outer=2, start=ints(0, 2, 3), source=ints(0, 1, 1), share=np.array([0.5, 0.7, 0.2])
        )
    )
    costs = np.empty(3)
    best_step(problem, WEIGHTS, 0, queue, costs)
    least = min(cost for cost, _ in list_ways(problem, WEIGHTS, 0, queue))
    assert costs.min() == pytest.approx(least, rel=1e-9)


def test_who_is_not_due_leaves_the_other_to_its_own_plan():
    a, b, pairs, queue = draw_pair(3)
    alone, step, joint = plan(a, b, pairs, queue, np.zeros((4, 6)), due=(True, False))
    assert not joint.any()
    assert step.tolist() == alone.tolist()


def test_nobody_is_let_into_a_full_lane_between_two_that_cannot_be_emptied():
    """Alone, the first would let its queue go; the way there is full, and must stay so for 20 s."""
    grid_s = np.arange(30, dtype=np.int32)
    came = np.zeros((2, 32))
    clearance_s = np.array([[0, 4], [4, 0]], np.int32)
    base, _ = draw_problem(1, 2, 2, 30)
    base = base._replace(
        grid_s=grid_s, came=came, clearance_s=clearance_s, earliest_s=ints(0, 0),
        least_s=ints(5, 5), weight=np.ones(2), startup_s=np.full(2, 1.5),
    )  # fmt: skip
    # Lane 0 of `a` leads to lane 1 of `b`, which holds four; lane 1 of `a` leads elsewhere.
    base = base._replace(full=np.full(2, 0.5))
    a = base._replace(rates=np.array([[0.0, 0.5], [0.5, 0.0]]), room=np.array([20.0, 20.0]))
    b = base._replace(rates=np.array([[0.5, 0.0], [0.0, 0.5]]), room=np.array([20.0, 4.0]))
    pairs = PairLanes(
        ints(0), ints(1), ints(0, 4), ints(3), ints(0, 1, 2, 3), ints(0, 2), ints(0, 1)
    )
    queue = np.array([7.0, 0.0, 0.0, 4.0])
    network = join([a, b])
    faced = (
        np.ones(2, bool), np.zeros(2, np.int32), ints(0, 0, 0, 20), queue,
        np.zeros((4, 32)),
    )  # fmt: skip
    first_cost = np.empty(6)
    step = best_steps(network, WEIGHTS, grid_s, *faced, first_cost)
    assert step.tolist() == [1, HOLD]
    shares = np.array([1.0, 0.0])
    plan_pairs(
        network, WEIGHTS, grid_s, pairs, shares, *faced, np.zeros((4, 32)), first_cost, step
    )  # fmt: skip
    assert step.tolist() == [HOLD, HOLD]
