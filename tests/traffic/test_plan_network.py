"""The search for a network's timing on signals by hand: better, never worse, the same again."""

import numpy as np
import pytest

from cityloop.city.signals import GroupKind
from cityloop.feeds.sumo_net import read_network
from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES, fit_greens
from cityloop.traffic.plan.network import evaluate, improve, improve_alone, make_plans, search
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import least_cycles_s, start_timings
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.made_networks import make_crossroads
from tests.made_scenarios import crossroads_edges
from tests.made_signals import make_signals, make_table
from tests.made_streets import make_row, make_stock, make_streets, make_timings


def make_pool(signals: int) -> Pool:
    stages = np.array([[True, False], [False, True]])
    return Pool(
        stock=make_stock([["x.", ".x"]] * signals),
        stages=(stages,) * signals,
        shipped=np.full(signals, 2, np.int32),
    )


def test_offsets_find_the_green_wave():
    # One way, 20 s from signal to signal: each green should begin when the platoon comes.
    streets, pool = make_row(4, way_s=20), make_pool(4)
    start = make_timings([[36, 16]] * 4, [0, 40, 20, 5])
    before = evaluate(streets, pool.stock, start, 60)
    found = improve(streets, pool.stock, start, 60, np.random.default_rng(0), ((OFFSETS, 4),))
    steps_s = np.diff(found.timings.offset_s) % 60
    assert np.abs(steps_s - 22).max() <= 6
    assert found.cost.sum() < 0.8 * before.cost.sum()
    assert found.timings.green_s.tolist() == start.green_s.tolist()


@pytest.mark.parametrize("volume", [0.0, 0.05, 0.2, 0.6])
def test_it_never_gets_worse_not_even_over_capacity_and_is_the_same_again(volume):
    streets, pool = make_row(5, volume=volume), make_pool(5)
    start = make_timings([[26, 26]] * 5, [0, 7, 50, 31, 12])
    before = evaluate(streets, pool.stock, start, 60)
    rounds = ((STAGES, 1), (GREENS, 2))
    found = improve(streets, pool.stock, start, 60, np.random.default_rng(3), rounds)
    assert found.cost.sum() <= before.cost.sum()
    # What the search has kept is what the whole says of it, worked out anew.
    anew = evaluate(streets, pool.stock, found.timings, 60)
    assert found.cost == pytest.approx(anew.cost, rel=1e-6, abs=1e-6)
    again = improve(streets, pool.stock, start, 60, np.random.default_rng(3), rounds)
    assert again.cost.tolist() == found.cost.tolist()
    assert again.timings.green_s.tolist() == found.timings.green_s.tolist()


def test_the_busier_road_has_more_green():
    streets = make_streets([2], flat=np.array([[0.3, 0.1]]))
    found = improve_alone(streets, make_pool(1), 60)
    assert found is not None
    assert found.timings.length.tolist() == [2]
    long_s, short_s = found.timings.green_s[0, :2].tolist()
    assert long_s + short_s == 52
    assert long_s > 1.8 * short_s


def test_greens_fill_the_cycle_and_none_is_below_its_least():
    stock, timings = make_stock([["x.", ".x"]]), make_timings([[50, 1]])
    assert fit_greens(0, 60, stock, timings)
    assert timings.green_s[0, :2].tolist() == [47, 5]
    assert not fit_greens(0, 17, stock, timings)


def test_no_cycle_is_long_enough():
    pool = make_pool(2)
    pool = pool._replace(stock=make_stock([["x.", ".x"]] * 2, least_s=80))
    assert least_cycles_s(pool).tolist() == [168, 168]
    _, fits = start_timings(make_row(2), pool, 150, shipped=True)
    assert fits.tolist() == [False, False]
    assert search(make_row(2), pool, np.random.default_rng(0), masters_s=(60, 150)) == []


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    net = make_crossroads(tmp_path_factory.mktemp("net"), crossroads_edges())
    return read_network(net)[0]


def test_the_gate_proves_every_plan_that_is_found(network):
    signals = make_signals(".x x.", ".x x.")
    table = make_table(signals)
    assert (signals.group_kind == GroupKind.THROUGH).all()
    pool = make_pool(2)
    found = search(make_row(2), pool, np.random.default_rng(1), masters_s=(40, 61, 80), keep=3)
    assert sorted(each.master_s for each in found) == [40, 61, 80]
    for each in found:
        plans = make_plans(signals, table, pool, each)
        assert [plan.signal_id for plan in plans] == ["north", "south"]
        for plan in plans:
            said = prove_plan(network, signals, table, None, plan)
            assert isinstance(said, ApprovedPlan), said
            # The coordinated stage comes first.
            assert plan.green_s[0] == plan.green_s.max()
