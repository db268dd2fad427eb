"""The search for a network's timing on signals by hand: better, never worse, the same again."""

import numpy as np
import pytest

from cityloop.city.signals import GroupKind
from cityloop.feeds.sumo_net import read_network
from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES, fit_greens
from cityloop.kernels.plan_search import settle_alone
from cityloop.traffic.model.streets import empty_profiles
from cityloop.traffic.plan.alone import improve_alone, time_masters
from cityloop.traffic.plan.masters import plan_large, search
from cityloop.traffic.plan.network import evaluate, improve, make_plans, total
from cityloop.traffic.plan.options import find_options
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
    found = improve_alone(streets, make_pool(1), 60).candidate
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
    alone = time_masters(make_row(2), pool, masters_s=(60, 150))
    assert [np.isinf(each.signal_cost).all() for each in alone] == [True, True]
    assert search(make_row(2), pool, np.random.default_rng(0), alone) == []
    with pytest.raises(ValueError, match="no master cycle is long enough"):
        plan_large(make_row(2), pool, np.random.default_rng(0))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    net = make_crossroads(tmp_path_factory.mktemp("net"), crossroads_edges())
    return read_network(net)[0]


def test_the_gate_proves_every_plan_that_is_found(network):
    signals = make_signals(".x x.", ".x x.")
    table = make_table(signals)
    assert (signals.group_kind == GroupKind.THROUGH).all()
    pool = make_pool(2)
    alone = time_masters(make_row(2), pool, masters_s=(40, 61, 80))
    found = search(make_row(2), pool, np.random.default_rng(1), alone, keep=3)
    assert {each.master_s for each in found} >= {40, 61, 80}
    for each in found:
        plans = make_plans(signals, table, pool, each)
        assert [plan.signal_id for plan in plans] == ["north", "south"]
        for plan in plans:
            said = prove_plan(network, signals, table, None, plan)
            assert isinstance(said, ApprovedPlan), said
            # The coordinated stage comes first.
            assert plan.green_s[0] == plan.green_s.max()


def make_yielding(volume: float):
    """One signal of two roads: each has a queue straight on and one that yields to the opposite."""
    streets = make_streets(
        [4],
        foe_start=np.array([0, 0, 1, 1, 2], np.int32),
        foe_part=np.array([2, 0], np.int32),
        patient=np.array([0, 1, 0, 1], np.int32),
        flat=np.array([[volume, volume / 4, volume / 2, volume / 3]]),
        start_loss_s=np.full(4, 2.0),
        stop_s=3.0,
    )
    letters = ["xxxx", "x.x.", ".x.x", "xx..", "..xx"]
    pool = Pool(
        stock=make_stock([letters]),
        stages=(np.array([[letter == "x" for letter in row] for row in letters]),),
        shipped=np.array([3], np.int32),
    )
    return streets, pool


@pytest.mark.parametrize("volume", [0.02, 0.15, 0.3])
def test_what_is_left_out_as_unchanged_has_not_changed(volume):
    """The search works out only what a change touches; worked out anew it costs the same."""
    streets, pool = make_yielding(volume)
    found = improve_alone(streets, pool, 80).candidate
    profiles = empty_profiles(streets, 80)
    settle_alone(80, streets, pool.stock, found.timings, profiles, streets.flat)
    assert found.cost == pytest.approx(profiles.cost, rel=1e-6)


def test_a_signal_with_little_traffic_has_a_half_cycle_or_a_busy_one_a_double():
    """A busy signal beside an idle one: they share a master cycle, but not the cycle."""
    streets, pool = make_row(2, volume=0.02, share=0.1), make_pool(2)
    flat = streets.flat.copy()
    flat[0, 2:] = [0.27, 0.15]
    streets = streets._replace(flat=flat)
    rng = np.random.default_rng(0)
    found = improve(streets, pool.stock, make_timings([[46, 46]] * 2), 100, rng)
    assert found.timings.repeat[0] > found.timings.repeat[1]
    cycles_s = [int(found.timings.green_s[s, :2].sum()) + 8 for s in range(2)]
    assert cycles_s == (100 // found.timings.repeat).tolist()


def test_plans_by_time_of_day_where_the_directions_change_places(network):
    """In the first half all come along the row, in the second all across it."""
    signals = make_signals(".x x.", ".x x.")
    streets, pool = make_row(2, volume=0.1), make_pool(2)
    flat = np.array([[0.32, 0.03, 0.06, 0.03], [0.04, 0.3, 0.01, 0.3]])
    found = find_options(
        signals,
        make_table(signals),
        streets._replace(flat=flat),
        pool,
        [(0, 1), (1, 2)],
        np.random.default_rng(0),
    )
    (day,) = [each for each in found if len(each.plans) > 1]
    assert day.begins == (0, 1)
    morning, evening = day.plans
    assert [plan.signal_id for plan in morning] == ["north", "south"]
    # Share of the cycle in which the road along the row has green.
    along = [
        [plan.stages[:, 0] @ plan.green_s / plan.cycle_s for plan in plans] for plans in day.plans
    ]
    assert all(early > 0.5 > late for early, late in zip(*along, strict=True))
    for plan in (*morning, *evening):
        said = prove_plan(network, signals, make_table(signals), None, plan)
        assert isinstance(said, ApprovedPlan), said
    # It is worth it: less delay than with the best plan for all day.
    singles = [each.delay.sum() for each in found if len(each.plans) == 1]
    assert day.delay.sum() < min(singles)


@pytest.mark.parametrize("volume", [0.1, 0.6])
def test_a_large_network_is_never_worse_than_its_start_overloaded_or_not(volume):
    streets, pool = make_row(80, volume=volume), make_pool(80)
    start, found = plan_large(streets, pool, np.random.default_rng(0))
    assert total(found) <= total(start)
    anew = evaluate(streets, pool.stock, found.timings, found.master_s)
    assert total(found) == pytest.approx(total(anew), rel=1e-9)
    again = plan_large(streets, pool, np.random.default_rng(0))[1]
    assert again.timings.offset_s.tolist() == found.timings.offset_s.tolist()
