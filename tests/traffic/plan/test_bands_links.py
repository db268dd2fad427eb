"""A band for every link: proven on small arterials, never worse than one band, never dreamt up."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.traffic.plan.bands import find_bands
from cityloop.traffic.plan.bands_arterial import Aim, Way
from cityloop.traffic.plan.bands_links import find_link_bands, measure_link_bands
from tests.made_arterials import draw_arterial, make_almere, make_arterial

FIXED = Aim(cycle_s_min=80, cycle_s_max=80)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.1]), st.sampled_from([0.5, 1.0]))
def test_links_are_never_worse_than_one_band_and_really_have_their_widths(seed, spread, weight):
    arterial = draw_arterial(seed, 4, speed_range=spread, queue=0.03)
    aim = replace(FIXED, cycle_s_max=80 * (1 + spread), weight_in=weight)
    own = find_link_bands(arterial, aim, limit_s=20)
    one = find_bands(arterial, aim)
    assert own.value >= (one.value if one.way is Way.BOTH else 0.0) - 1e-6
    out_s, in_s = measure_link_bands(arterial, own)
    assert (out_s >= own.out_s - 1e-3).all()
    assert (in_s >= own.in_s - 1e-3).all()
    assert own.bound >= own.value


def widest_by_trying(arterial, cycle, ticks):
    """Try every offset and every place of both lines on a grid, broken nowhere."""
    best = 0.0
    green = arterial.green_out * cycle, arterial.green_in * cycle
    time = arterial.out_m[0] / 12.5
    for offset in np.arange(0, cycle, ticks):
        widths = []
        for way, sign in (("out", 1), ("in", -1)):
            g = green[0] if way == "out" else green[1]
            start = getattr(arterial, f"start_{way}")[:, 0] * cycle + np.array([0.0, offset])
            widest = 0.0
            for line in np.arange(0, g[0] + 1e-9, ticks):
                other = (start[0] + line + sign * time - start[1]) % cycle
                widest = max(widest, 2 * min(line, g[0] - line, other, g[1] - other))
            widths.append(max(widest, 0.0))
        best = max(best, sum(widths))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_two_signals_agree_with_every_place_tried(seed):
    arterial = draw_arterial(seed, 2, orders=1)
    own = find_link_bands(arterial, FIXED)
    tried = widest_by_trying(arterial, 80.0, 0.5)
    assert own.value * 80 == pytest.approx(tried, abs=2.1)
    assert own.value * 80 >= tried - 1e-6
    assert own.gap < 1e-5


def test_a_long_arterial_without_a_common_band_still_has_link_bands():
    # Three signals whose loops do not close: half a cycle off at each.
    arterial = make_arterial([250.0, 250.0], [0.3] * 3, [0.3] * 3, [[0.0] * 3], [[0.5, 0.0, 0.5]])
    aim = replace(FIXED, way=Way.BOTH)
    own = find_link_bands(arterial, aim)
    assert own.value >= 0.3 - 1e-6
    assert own.gap < 1e-5


def test_almere_links():
    own = find_link_bands(
        make_almere(speed_km_h=(50, 50), queues=False, orders=1),
        replace(FIXED, cycle_s_min=90, cycle_s_max=90),
        limit_s=20,
    )
    assert own.value > 0.182
    for widths, green in zip(
        (own.out_s, own.in_s), (make_almere().green_out, make_almere().green_in), strict=True
    ):
        assert (widths / 90 <= np.minimum(green[:-1], green[1:]) + 1e-6).all()
