"""The traffic model's kernels against hand formulas and against their naive twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.plan_search import retime, settle
from cityloop.kernels.profiles import bring, open_parts, overflow, serve
from cityloop.traffic.model.streets import empty_profiles
from tests.made_streets import SINGLE, make_row, make_stock, make_streets, make_timings
from tests.naive import profiles as naive


def settled(streets, stock, timings, master_s):
    profiles = empty_profiles(streets, master_s)
    settle(master_s, streets, stock, timings, profiles, 20)
    return profiles


def by_chance(demand, capacity):
    """Highway Capacity Manual, eq. 19-26, for a period of a quarter of an hour. [veh s]."""
    x = demand / capacity
    each_s = 225 * (x - 1 + np.sqrt((x - 1) ** 2 + 4 * x / (capacity * 900)))
    return each_s * demand * 900


def test_below_capacity_the_delay_is_the_triangle_plus_chance():
    # Red of 32 s, 0.1 veh/s come and 0.5 go: the queue of 3.2 is gone after 8 s of green.
    streets = make_streets([2])
    stock = make_stock([["x.", ".x"]])
    timings = make_timings([[48, 24]])
    profiles = settled(streets, stock, timings, 80)
    cycles = 900 / 80
    triangle = 0.5 * 32**2 * 0.1 * 0.5 / (0.5 - 0.1) * cycles
    assert profiles.delay[0] == pytest.approx(triangle + by_chance(0.1, 0.3), rel=1e-9)
    assert profiles.saturation[0] == pytest.approx(0.1 / 0.3, rel=1e-6)
    # All that came has gone, and nothing went on red.
    assert profiles.go[0, 0].sum() == pytest.approx(8.0, rel=1e-6)
    assert profiles.go[0, 0, 48:].max() == 0.0


def test_a_stop_is_paid_by_whoever_meets_red_or_a_queue():
    stock, timings = make_stock([["x.", ".x"]]), make_timings([[48, 24]])
    plain = settled(make_streets([2]), stock, timings, 80)
    paid = settled(make_streets([2], stop_s=3.0), stock, timings, 80)
    # 32 s of red and 8 s of queue, but in the last of these the queue ends.
    left_over = by_chance(0.1, 0.3) / 900
    stops = (0.1 * 39 + left_over) * 900 / 80
    assert paid.cost[0] - plain.cost[0] == pytest.approx(3.0 * stops, rel=1e-6)


def test_over_capacity_what_was_left_is_carried_to_the_next_period():
    streets = make_streets([2], flat=np.array([[0.4, 0.1], [0.1, 0.1]], SINGLE))
    profiles = settled(streets, make_stock([["x.", ".x"]]), make_timings([[48, 24]]), 80)
    first, left = overflow(0.4, 0.3, 0.0, 900.0)
    assert left == pytest.approx(90.0)
    second, _ = overflow(0.1, 0.3, left, 900.0)
    uniform = profiles.delay[0] - first - second
    assert 0 < uniform < 2 * 900 * 0.5 * 32 * 0.4
    assert profiles.saturation[0] == pytest.approx(0.4 / 0.3, rel=1e-9)


def test_no_demand_costs_nothing_and_no_green_costs_all():
    idle = make_streets([2], flat=np.zeros((1, 2), SINGLE))
    stock, timings = make_stock([["x.", ".x"]]), make_timings([[48, 24]])
    assert settled(idle, stock, timings, 80).cost.tolist() == [0.0, 0.0]
    never = settled(make_streets([2]), make_stock([["x."]]), make_timings([[80]]), 80)
    assert never.delay[0] == pytest.approx(by_chance(0.1, 0.5), rel=1e-6)
    assert never.delay[1] == pytest.approx(0.5 * 0.1 * 900**2, rel=1e-9)


@settings(max_examples=40)
@given(
    demand=st.floats(0.001, 0.8),
    capacity=st.floats(0.05, 0.8),
    carried=st.floats(0, 40),
)
def test_overflow_as_its_twin_says(demand, capacity, carried):
    area, left = overflow(demand, capacity, carried, 300.0)
    expected, expected_left = naive.overflow(demand, capacity, carried, 300.0)
    assert area == pytest.approx(expected, rel=1e-3, abs=0.5)
    assert left == pytest.approx(expected_left, rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), stages=st.integers(1, 4))
def test_greens_open_as_the_twin_says(seed, stages):
    rng = np.random.default_rng(seed)
    letters = [["x" if rng.random() < 0.5 else "." for _ in range(2)] for _ in range(stages)]
    stock = make_stock([["".join(row) for row in letters]])
    greens = rng.integers(5, 20, stages).tolist()
    clear_s = 4 * stages if stages > 1 else 0
    cycle_s = int(sum(greens) + clear_s)
    offset_s = int(rng.integers(0, cycle_s))
    streets = make_streets(
        [2], start_loss_s=np.full(2, 2.3, SINGLE), end_gain_s=np.full(2, 1.0, SINGLE)
    )
    profiles = empty_profiles(streets, cycle_s)
    open_parts(
        0, cycle_s, streets, stock, make_timings([greens], [offset_s]), profiles.open,
        profiles.sneak,
    )  # fmt: skip
    table = [[0 if a == b else 4 for b in range(stages)] for a in range(stages)]
    for p in range(2):
        shown = [row[p] == "x" for row in letters]
        expected = naive.opened(
            shown, range(stages), greens, table, table, offset_s, cycle_s, 2.3, 1.0
        )
        assert profiles.open[p] == pytest.approx(expected, abs=1e-4)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), delay_s=st.integers(0, 130), smooth=st.floats(0.05, 1.0))
def test_platoons_disperse_as_the_twin_says_and_none_is_lost(seed, delay_s, smooth):
    rng = np.random.default_rng(seed)
    streets = make_row(2)._replace(
        feed_delay_s=np.array([delay_s], np.int32),
        feed_smooth=np.array([smooth], SINGLE),
        flat=np.zeros((1, 4), SINGLE),
    )
    profiles = empty_profiles(streets, 40)
    sent = (rng.random(40) * 0.5).astype(SINGLE)
    profiles.go[0, 0] = sent
    bring(2, streets, profiles.go, profiles.come)
    expected = 0.8 * np.array(naive.disperse(sent.tolist(), delay_s, float(SINGLE(smooth))))
    assert profiles.come[0, 2] == pytest.approx(expected, abs=1e-5)
    assert profiles.come[0, 2].sum() == pytest.approx(0.8 * sent.sum(), rel=1e-4)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), parts=st.integers(1, 3))
def test_a_queue_goes_as_the_twin_says(seed, parts):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(parts)) * 0.9 + 0.1 / parts
    streets = make_streets([1], [shares.tolist()])
    profiles = empty_profiles(streets, 40)
    for p in range(parts):
        first, last = sorted(rng.integers(0, 40, 2))
        profiles.open[p, first : last + 1] = 1.0
    # All parts go for a while, so that the queue ends in every cycle.
    profiles.open[:, :15] = 1.0
    profiles.come[0, 0] = 0.1 * rng.random(40)
    serve(0, streets, profiles, np.zeros((4, 40), SINGLE))
    rates = [(0.5 * profiles.open[p]).tolist() for p in range(parts)]
    come = profiles.come[0, 0].tolist()
    go, area, _ = naive.served(come, rates, streets.part_share.tolist())
    found = profiles.go[0].sum(axis=0)
    assert found == pytest.approx(go, abs=2e-4)
    capacity = profiles.come[0, 0].sum() / profiles.saturation[0] / 40
    chance, _ = overflow(sum(come) / 40, float(capacity), 0.0, 900.0)
    assert profiles.delay[0] - chance == pytest.approx(area * 900 / 40, rel=2e-3, abs=0.5)


@pytest.mark.parametrize("shift_s", [0, 7, 33])
def test_two_ways_of_one_lane_that_are_never_green_together_are_both_served(shift_s):
    """Who holds the others up goes when his green comes: 1 / (1 - f) on average of a share f."""
    streets = make_streets([1], [[0.6, 0.4]])
    profiles = empty_profiles(streets, 60)
    profiles.open[0, 0:20] = 1.0
    profiles.open[1, 30:50] = 1.0
    profiles.open[:] = np.roll(profiles.open, shift_s, axis=1)
    profiles.come[0, 0] = 0.05
    serve(0, streets, profiles, np.zeros((4, 60), SINGLE))
    capacity = 1 / (1 - 0.6) + 1 / (1 - 0.4)
    assert profiles.saturation[0] == pytest.approx(60 * 0.05 / capacity, rel=1e-6)
    assert profiles.go[0].sum() == pytest.approx(60 * 0.05, rel=1e-3)


def test_a_way_without_green_holds_its_lane_up_for_good():
    streets = make_streets([1], [[0.6, 0.4]])
    profiles = empty_profiles(streets, 60)
    profiles.open[0, 0:20] = 1.0
    profiles.come[0, 0] = 0.05
    serve(0, streets, profiles, np.zeros((4, 60), SINGLE))
    assert profiles.saturation[0] > 1e5


def test_a_turn_that_gives_way_goes_through_the_gaps():
    streets = make_streets(
        [2],
        foe_start=np.array([0, 0, 1], np.int32),
        foe_part=np.array([0], np.int32),
        patient=np.array([0, 1], np.int32),
        flat=np.array([[0.2, 0.4]], SINGLE),
    )
    profiles = settled(streets, make_stock([["xx"]]), make_timings([[60]]), 60)
    capacity = naive.gap_rate(0.2, 6.2, 2.6, 0.5)
    assert profiles.saturation[1] == pytest.approx(0.4 / capacity, rel=1e-3)
    free = settled(
        streets._replace(flat=np.array([[0.0, 0.4]], SINGLE)),
        make_stock([["xx"]]), make_timings([[60]]), 60,
    )  # fmt: skip
    assert free.saturation[1] == pytest.approx(0.8, rel=1e-4)


def test_a_change_worked_out_alone_is_what_the_whole_says():
    streets, stock = make_row(2), make_stock([["x.", ".x"]] * 2)
    timings = make_timings([[30, 22], [26, 26]], [0, 11])
    profiles = settled(streets, stock, timings, 60)
    timings.offset_s[0], timings.green_s[0, 0], timings.green_s[0, 1] = 17, 24, 28
    touched = retime(0, 60, streets, stock, timings, profiles, np.zeros((4, 60), SINGLE))
    whole = settled(streets, stock, timings, 60)
    assert profiles.cost == pytest.approx(whole.cost, rel=1e-9)
    assert profiles.go == pytest.approx(whole.go, abs=1e-9)
    assert touched == pytest.approx(whole.cost[[0, 1, 2]].sum(), rel=1e-9)
