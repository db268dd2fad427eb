"""Green bands: published optima, brute force, the textbook, and what cannot be done."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.city.errors import InputError
from cityloop.traffic.plan.bands import find_bands, measure_bands, share_bands
from cityloop.traffic.plan.bands_arterial import Aim, Way
from cityloop.traffic.plan.bands_search import TOLERANCE, search_bands
from tests.made_arterials import draw_arterial, make_almere, make_arterial
from tests.naive import bands as naive

ALMERE = Aim(cycle_s_min=66, cycle_s_max=100, slowness_change_s_m=0.05)
FIXED = Aim(cycle_s_min=90, cycle_s_max=90, least_band_s=0)


def test_almere_as_published():
    bands = find_bands(make_almere(), ALMERE)
    assert bands.way is Way.BOTH
    assert bands.out_s / bands.cycle_s == pytest.approx(np.full(6, 0.3530), abs=1e-6)
    assert bands.in_s / bands.cycle_s == pytest.approx(np.full(6, 0.3200), abs=1e-6)
    assert bands.bound == pytest.approx(0.6730, abs=1e-9)
    assert bands.gap < 1e-8
    out_s, in_s = measure_bands(make_almere(), bands)
    assert out_s / bands.cycle_s >= 0.3530 - 1e-6
    assert in_s / bands.cycle_s >= 0.3200 - 1e-6
    for speed_m_s in (bands.out_speed_m_s, bands.in_speed_m_s):
        assert (speed_m_s * 3.6 >= 30 - 1e-6).all()
        assert (speed_m_s * 3.6 <= 50 + 1e-6).all()
        assert (np.abs(np.diff(1 / speed_m_s)) <= 0.05 + 1e-9).all()


@pytest.mark.parametrize(("orders", "expected"), [(4, 0.394), (1, 0.182)])
def test_almere_at_one_cycle_with_and_without_the_choice_of_left_turns(orders, expected):
    arterial = make_almere(speed_km_h=(50, 50), queues=False, orders=orders)
    found = search_bands(arterial, FIXED)
    assert found.timing is not None
    assert found.timing.total == pytest.approx(expected, abs=5e-4)
    assert found.bound - found.timing.total <= 2 * TOLERANCE
    bands = find_bands(arterial, FIXED)
    assert bands.way is Way.BOTH
    assert bands.value == pytest.approx(expected, abs=5e-4)


ticks = st.integers(0, 9)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(*(st.integers(2, 6),) * 2, ticks, ticks, ticks, ticks), min_size=2, max_size=3
    ),
    st.lists(st.integers(1, 14), min_size=2, max_size=2),
)
def test_whole_ticks_agree_with_all_offsets_tried(signals, times):
    greens_out, greens_in, *starts = zip(*signals, strict=True)
    times = times[: len(signals) - 1]
    starts_out = list(zip(*starts[:2], strict=True))
    starts_in = list(zip(*starts[2:], strict=True))
    best = naive.widest_by_ticks(10, greens_out, greens_in, starts_out, starts_in, times)
    arterial = make_arterial(
        np.array(times, float),
        np.array(greens_out) / 10,
        np.array(greens_in) / 10,
        np.array(starts_out) / 10,
        np.array(starts_in) / 10,
        speed_m_s=(1, 1),
    )
    aim = Aim(cycle_s_min=10, cycle_s_max=10, least_band_s=0)
    found = search_bands(arterial, aim)
    total = found.timing.total * 10 if found.timing else 0.0
    # Brute force sees a pair of bands only where both have a tick.
    out, into = share_bands(arterial, aim, total / 10)
    assert total >= best - 1e-6
    assert best == 0 or total == pytest.approx(best, abs=1e-6)
    if best == 0:
        assert min(out, into) * 10 < 1 + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.006, 0.02, np.inf]), st.sampled_from([1.0, 1.4]))
def test_cycles_speeds_queues_and_orders_agree_with_the_textbook(seed, limit, spread):
    arterial = draw_arterial(seed, 3, speed_range=0.15, queue=0.08)
    arterial = replace(arterial, in_m=arterial.in_m * 1.07)
    aim = Aim(cycle_s_min=55, cycle_s_max=55 * spread, slowness_change_s_m=limit)
    found = search_bands(arterial, aim)
    expected = naive.textbook(arterial, aim)
    if expected is None:
        assert found.timing is None
    else:
        assert found.timing is not None
        assert found.timing.total == pytest.approx(expected, abs=3e-6)
        assert found.bound >= expected - 1e-7


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(2, 9),
    st.sampled_from(list(Way)),
    st.sampled_from([0.3, 1.0, 2.0]),
    st.sampled_from([0.0, 0.1]),
)
def test_offsets_really_let_the_bands_pass(seed, count, way, weight, speed_range):
    arterial = draw_arterial(seed, count, speed_range=speed_range, queue=0.05)
    aim = Aim(cycle_s_min=60, cycle_s_max=80, way=way, weight_in=weight)
    bands = find_bands(arterial, aim)
    out_s, in_s = measure_bands(arterial, bands)
    assert out_s >= bands.out_s[0] - 1e-4
    assert in_s >= bands.in_s[0] - 1e-4
    assert ((bands.offset_s >= 0) & (bands.offset_s < bands.cycle_s)).all()
    assert bands.bound >= bands.value - 1e-9
    assert (bands.out_s[0] > 0, bands.in_s[0] > 0) == {
        Way.BOTH: (True, True),
        Way.OUT: (True, False),
        Way.IN: (False, True),
    }[bands.way]
    if way in (Way.OUT, Way.IN):
        assert bands.way is way
    if way is Way.WIDEST:
        most = max(arterial.green_out.min(), weight * arterial.green_in.min())
        assert bands.value >= most - 1e-6


def test_a_long_arterial_falls_back_to_one_way_and_says_so():
    arterial = draw_arterial(4, 30, orders=1, green=(0.35, 0.45))
    bands = find_bands(arterial, Aim(cycle_s_min=70, cycle_s_max=70))
    narrowest = max(arterial.green_out.min(), arterial.green_in.min())
    assert bands.way is (Way.OUT if arterial.green_out.min() == narrowest else Way.IN)
    assert bands.value == bands.bound == narrowest
    assert bands.gap == 0.0
    assert len(bands.remarks) == 1
    assert "both ways at once" in bands.remarks[0]
    assert f"{bands.way} alone instead" in bands.remarks[0]


def test_both_ways_stay_where_one_way_would_weigh_more_and_the_reader_is_told():
    arterial = make_almere(speed_km_h=(50, 50), queues=False, orders=1)
    bands = find_bands(arterial, FIXED)
    assert bands.way is Way.BOTH
    assert bands.remarks == (
        "a band out alone would weigh 0.353 of the cycle, both together weigh 0.182",
    )
    widest = find_bands(arterial, replace(FIXED, way=Way.WIDEST))
    assert widest.value == pytest.approx(0.353)
    assert (widest.way, widest.remarks) == (Way.OUT, bands.remarks)


def test_two_equal_signals_give_the_hand_formula():
    # Half green, both at once: the bands lose what the trip there and back is off a whole cycle.
    arterial = make_arterial([250.0], [0.5, 0.5], [0.5, 0.5], [[0.0, 0.0]], [[0.0, 0.0]])
    assert 2 * 250 / 12.5 == 40
    for cycle_s, lost in ((40, 0.0), (80, 0.5), (50, 0.2), (160, 0.25)):
        aim = Aim(cycle_s_min=cycle_s, cycle_s_max=cycle_s)
        found = search_bands(arterial, aim)
        assert found.timing is not None
        assert found.timing.total == pytest.approx(1.0 - lost, abs=1e-6)


@pytest.mark.parametrize(
    ("weight", "total", "expected"),
    [
        (1.0, 0.5, (0.25, 0.25)),
        (1.0, 0.9, (0.5, 0.4)),
        (0.5, 0.6, (0.4, 0.2)),
        (0.5, 0.9, (0.5, 0.4)),
        (2.0, 0.6, (0.2, 0.4)),
        (0.0, 0.3, (0.3, 0.0)),
        (0.0, 0.7, (0.5, pytest.approx(0.2))),
    ],
)
def test_the_weight_shares_the_sum(weight, total, expected):
    arterial = make_arterial([100.0], [0.5, 0.6], [0.4, 0.7], [[0.0, 0.0]], [[0.0, 0.0]])
    assert share_bands(arterial, replace(FIXED, weight_in=weight), total) == pytest.approx(expected)


def broken(**changes):
    arterial = make_arterial([100.0, 200], [0.5] * 3, [0.5] * 3, [[0.0] * 3], [[0.0] * 3])
    return replace(arterial, **{key: np.array(value) for key, value in changes.items()})


@pytest.mark.parametrize(
    ("arterial", "aim", "said"),
    [
        (
            draw_arterial(1, 1),
            FIXED,
            "arterial: an arterial of 1 signals; name at least two signals",
        ),
        (broken(out_m=[100.0]), FIXED, "out_m: an array of shape (1,), expected (2,)"),
        (broken(out_m=[100.0, -1]), FIXED, "from J2 to J3: out_m is -1, expected above 0"),
        (broken(in_m=[np.nan, 1]), FIXED, "from J1 to J2: in_m is nan, expected above 0"),
        (
            broken(out_speed_min_m_s=[10.0, 14]),
            FIXED,
            "out_speed_max_m_s is 12.5, expected at least 14",
        ),
        (broken(green_in=[0.5, 0, 0.5]), FIXED, "signal J2: green_in is 0 of the cycle"),
        (broken(queue_out=[0.5, 0, -1.0]), FIXED, "signal J3: queue_out is not a share"),
        (broken(start_in=[[0.0], [np.nan], [0]]), FIXED, "start_in: a start of green"),
        (broken(orders=[1, 0, 1]), FIXED, "orders: a signal without a stage order"),
        (broken(), replace(FIXED, cycle_s_min=91), "cycle: a cycle from 91 to 90 s"),
        (broken(), replace(FIXED, weight_in=-1), "weight: an inbound weight of -1"),
        (broken(), replace(FIXED, slowness_change_s_m=-1), "speed change: a limit of -1"),
        (broken(), replace(FIXED, least_band_s=90), "least band: a least band of 90 s"),
        (
            broken(),
            replace(FIXED, least_band_s=50, way=Way.OUT),
            "direction out: its narrowest green is 45.0 s, a band must have 50 s",
        ),
        (
            broken(),
            replace(FIXED, least_band_s=50),
            "direction out: its narrowest green is 45.0 s, a band must have 50 s",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(arterial, aim, said):
    with pytest.raises(InputError) as caught:
        find_bands(arterial, aim)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
