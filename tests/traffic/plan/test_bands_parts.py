"""A long arterial in parts: against every way to cut it, and in one piece where that is enough."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.traffic.plan.bands import find_bands, measure_bands
from cityloop.traffic.plan.bands_arterial import Aim, Way
from cityloop.traffic.plan.bands_parts import FAIR, find_parts, shift_bands
from tests.made_arterials import draw_arterial

FIXED = Aim(cycle_s_min=80, cycle_s_max=80)


def every_cut(arterial, aim, fair):
    """Try every way to cut; give the fewest parts and the best length times width with so many.

    One part where no way has more length times width than the whole, however narrow that is.
    """
    links = arterial.count - 1
    best = (links + 2, 0.0)
    for cuts in product((False, True), repeat=links):
        ends = [0, *(i + 1 for i, cut in enumerate(cuts) if cut), arterial.count]
        score = 0.0
        for first, beyond in pairwise(ends):
            if beyond - first > 1:
                bands = find_bands(arterial.part(first, beyond - 1), aim)
                width = (bands.out_s[0] + bands.in_s[0]) / 2 / bands.cycle_s
                if bands.way is not Way.BOTH or width < fair:
                    break
                score += width * float(arterial.out_m[first : beyond - 1].sum())
        else:
            best = min(best, (len(ends) - 1, -score))
    whole = find_bands(arterial, aim)
    if whole.way is Way.BOTH:
        score = (whole.out_s[0] + whole.in_s[0]) / 160 * float(arterial.out_m.sum())
        if -best[1] <= score + 1e-3:
            return 1, -score
    return best if best[1] < 0 else (1, 0.0)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 7))
def test_the_fewest_and_best_cuts_of_all(seed, count):
    arterial = draw_arterial(seed, count, orders=1)
    found = find_parts(arterial, FIXED, 0.2)
    expected, score = every_cut(arterial, FIXED, 0.2)
    assert len(found.parts) == expected
    if expected > 1:
        got = sum(
            (part.bands.out_s[0] + part.bands.in_s[0]) / 160
            * float(arterial.out_m[part.first : part.last].sum())
            for part in found.parts
            if part.bands
        )  # fmt: skip
        assert got == pytest.approx(-score, rel=2e-3)


def test_a_long_arterial_is_cut_and_told_where_and_why():
    arterial = draw_arterial(4, 30, orders=1)
    found = find_parts(arterial, FIXED)
    assert [found.parts[0].first, found.parts[-1].last] == [0, 29]
    assert all(one.last + 1 == other.first for one, other in pairwise(found.parts))
    assert len(found.reasons) == len(found.parts) - 1 > 0
    first = found.parts[0].last
    assert found.reasons[0].startswith(f"cut between J{first + 1} and J{first + 2} (")
    for part in found.parts:
        if part.bands is None:
            assert part.first == part.last
            continue
        assert part.bands.way is Way.BOTH
        assert (part.bands.out_s[0] + part.bands.in_s[0]) / 2 >= FAIR * 80 - 0.01
        out_s, in_s = measure_bands(arterial.part(part.first, part.last), part.bands)
        assert out_s >= part.bands.out_s[0] - 1e-3
        assert in_s >= part.bands.in_s[0] - 1e-3


def test_the_outbound_line_runs_on_over_a_cut():
    arterial = draw_arterial(4, 30, orders=1)
    found = find_parts(arterial, FIXED)
    for one, other in pairwise(found.parts):
        if one.bands is None or other.bands is None:
            continue
        leaves_s = float(one.bands.out_leaves_s[-1])
        link = one.last - 1
        reaches_s = leaves_s + arterial.out_m[link : link + 2].sum() / 12.5
        assert other.bands.out_leaves_s[0] == pytest.approx(reaches_s)


@pytest.mark.parametrize("fair", [0.0, 0.01])
def test_what_is_wide_enough_stays_in_one_piece(fair):
    arterial = draw_arterial(2, 6)
    found = find_parts(arterial, FIXED, fair)
    assert found.reasons == ()
    ((first, last, bands),) = found.parts
    assert (first, last) == (0, 5)
    assert bands == find_bands(arterial, FIXED)


def test_one_way_is_never_cut_for_the_other():
    arterial = draw_arterial(4, 30, orders=1)
    for way in (Way.OUT, Way.IN, Way.WIDEST):
        assert len(find_parts(arterial, replace(FIXED, way=way)).parts) == 1


def test_a_range_of_cycles_needs_no_more_cuts_than_its_best_whole_second():
    arterial = draw_arterial(4, 16, orders=1)
    free = replace(FIXED, cycle_s_min=78.5, cycle_s_max=83.5)
    each = [
        len(find_parts(arterial, replace(FIXED, cycle_s_min=c, cycle_s_max=c)).parts)
        for c in range(79, 84)
    ]
    found = find_parts(arterial, free)
    assert len(found.parts) == min(each)
    assert found.cycle_s in range(79, 84)


def test_later_is_later():
    bands = find_bands(draw_arterial(2, 4), FIXED)
    moved = shift_bands(bands, 100.0)
    assert moved.offset_s == pytest.approx((bands.offset_s + 20) % 80)
    assert np.array_equal(moved.out_leaves_s, bands.out_leaves_s + 100)
