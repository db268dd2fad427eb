"""Timings drawn at random: they fit, the gate proves them, and the model drops the worse half."""

import numpy as np
import pytest

from cityloop.feeds.sumo_net import read_network
from cityloop.traffic.plan.drawn import (
    DRAWN_EACH,
    cross_candidates,
    draw_better,
    draw_candidates,
)
from cityloop.traffic.plan.masters import LARGE
from cityloop.traffic.plan.network import MASTERS_S, evaluate, make_plans, total
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.made_networks import make_crossroads
from tests.made_scenarios import crossroads_edges
from tests.made_signals import make_signals, make_table
from tests.made_streets import make_row, make_stock, make_timings


def make_pool(signals: int, least_s: int = 5) -> Pool:
    stages = np.array([[True, False], [False, True]])
    return Pool(
        stock=make_stock([["x.", ".x"]] * signals, least_s=least_s),
        stages=(stages,) * signals,
        shipped=np.full(signals, 2, np.int32),
    )


def test_every_one_is_proven_and_fills_its_cycle(tmp_path):
    network = read_network(make_crossroads(tmp_path, crossroads_edges()))[0]
    signals = make_signals(".x x.", ".x x.")
    table = make_table(signals)
    drawn = draw_candidates(make_row(2), make_pool(2), 30, np.random.default_rng(0))
    assert len(drawn) == 30
    plans = [make_plans(signals, table, make_pool(2), each) for each in drawn]
    for each, of_both in zip(drawn, plans, strict=True):
        assert [plan.signal_id for plan in of_both] == ["north", "south"]
        for plan in of_both:
            assert plan.cycle_s == each.master_s == plan.green_s.sum() + plan.clearance_s.sum()
            said = prove_plan(network, signals, table, None, plan)
            assert isinstance(said, ApprovedPlan), said
    assert len({each.master_s for each in drawn}) > len(MASTERS_S) / 2
    assert len({tuple(plan.green_s.tolist()) for both in plans for plan in both}) > 40
    assert len({plan.offset_s for both in plans for plan in both}) > 30


def test_only_cycles_that_are_long_enough_are_drawn():
    # Two stages of 40 s and clearances of 4 s: 88 s at least.
    drawn = draw_candidates(make_row(2), make_pool(2, 40), 20, np.random.default_rng(0))
    assert len(drawn) == 20
    assert min(each.master_s for each in drawn) == 90
    # Of 80 s: 168 s, and no master cycle is so long.
    assert draw_candidates(make_row(2), make_pool(2, 80), 20, np.random.default_rng(0)) == []


def test_the_half_that_the_model_likes_is_handed_on_and_is_the_same_again():
    streets, pool = make_row(2), make_pool(2)
    drawn = draw_candidates(streets, pool, DRAWN_EACH * 5, np.random.default_rng(3))
    costs = sorted(map(total, drawn))
    assert costs[4] < costs[5]
    better = draw_better(streets, pool, 5, np.random.default_rng(3))
    assert [total(each) for each in better] == costs[:5]
    for each in better:
        assert total(evaluate(streets, pool.stock, each.timings, each.master_s)) == total(each)


@pytest.mark.parametrize(("signals", "count"), [(2, 0), (LARGE + 1, 4)])
def test_nothing_is_drawn_where_nothing_is_wanted_or_the_network_is_large(signals, count):
    rng = np.random.default_rng(0)
    assert draw_better(make_row(signals), make_pool(signals), count, rng) == []


def test_one_that_is_crossed_has_each_signal_from_one_of_two():
    streets, pool = make_row(5), make_pool(5)
    first = evaluate(streets, pool.stock, make_timings([[70, 22]] * 5, [0, 10, 20, 30, 40]), 100)
    second = evaluate(streets, pool.stock, make_timings([[12, 30]] * 5, [49, 48, 47, 46, 45]), 50)
    crossed = cross_candidates(streets, pool, [first, second], 12, np.random.default_rng(1))
    assert len(crossed) == 12
    assert {each.master_s for each in crossed} == {50, 100}
    met = set()
    for each in crossed:
        timings, of = each.timings, [first, second]
        assert (timings.green_s[:, :2].sum(axis=1) == each.master_s - 8).all()
        for s in range(5):
            offsets = [int(p.timings.offset_s[s]) * each.master_s // p.master_s for p in of]
            parent = offsets.index(int(timings.offset_s[s]))
            met.add((s, parent))
            # The greens are the parent's in proportion, but for chance and whole seconds.
            share = timings.green_s[s, 0] / (each.master_s - 8)
            theirs = of[parent].timings.green_s[s, 0] / of[parent].timings.green_s[s, :2].sum()
            assert share == pytest.approx(theirs, abs=0.15)
    assert met == {(s, parent) for s in range(5) for parent in (0, 1)}
    # One alone gives others, too.
    (alone,) = cross_candidates(streets, pool, [first], 1, np.random.default_rng(0))
    assert alone.timings.offset_s.tolist() == first.timings.offset_s.tolist()
    assert alone.timings.green_s.tolist() != first.timings.green_s.tolist()


def test_none_is_crossed_where_the_cycle_is_too_short():
    streets, roomy, tight = make_row(2), make_pool(2), make_pool(2, 40)
    short = evaluate(streets, roomy.stock, make_timings([[22, 20]] * 2, [0, 0]), 50)
    assert cross_candidates(streets, tight, [short], 3, np.random.default_rng(0)) == []
