"""The report's axes, names and numbers."""

# ruff: noqa: RUF001  A minus is no hyphen.

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from cityloop.feeds.report_charts import (
    Bar,
    Interval,
    Line,
    Style,
    bar_chart,
    element,
    interval_chart,
    line_chart,
    round_ticks,
    shorten,
    words,
)
from cityloop.feeds.report_words import number, percent, signed

STYLE = Style("#000", "none")
finite = st.floats(-1e9, 1e9)


@given(finite, finite, st.integers(2, 10))
def test_ticks_are_even_and_cover_what_they_must(one, other, count):
    low, high = sorted((one, other))
    if 0 < high - low < 1e-6 * max(abs(low), abs(high)):
        return  # no axis of the report is that short for its numbers
    ticks = round_ticks(low, high, count)
    steps = [b - a for a, b in pairwise(ticks)]
    assert steps
    assert steps == pytest.approx([steps[0]] * len(steps), rel=1e-3)
    margin = 1e-6 * steps[0]
    assert ticks[0] <= low + margin
    assert ticks[-1] >= high - margin
    assert len(ticks) <= count + 3


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 41.0, [0, 10, 20, 30, 40, 50]),
        (0.0, 0.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-25.3, 7.8, [-30, -20, -10, 0, 10]),
        (0.0, 100.0, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert round_ticks(low, high, 5) == pytest.approx(expected)


@given(st.text(), st.integers(3, 40))
def test_a_shortened_name_fits_and_keeps_both_ends(name, length):
    short = shorten(name, length)
    assert len(short) <= length
    if len(name) <= length:
        assert short == name
    else:
        head, tail = short.split("…")[0], short.split("…")[-1]
        assert name.startswith(head)
        assert name.endswith(tail)


@pytest.mark.parametrize(
    ("value", "plain", "with_sign"),
    [
        (1234.56, "1,234.6", "+1,234.6"),
        (-0.04, "0.0", "0.0"),
        (0.04, "0.0", "0.0"),
        (-3.0, "−3.0", "−3.0"),
        (0.06, "0.1", "+0.1"),
        (math.nan, "–", "–"),
        (math.inf, "–", "–"),
    ],
)
def test_numbers_for_people(value, plain, with_sign):
    assert (number(value, 1), signed(value, 1)) == (plain, with_sign)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (-0.42, "−42 %"),
        (0.034, "+3.4 %"),
        (-0.0999, "−10 %"),
        (0.0, "0.0 %"),
        (1.5, "+150 %"),
        (None, "–"),
        (math.inf, "–"),
    ],
)
def test_shares_for_people(share, text):
    assert percent(share).replace("\N{NO-BREAK SPACE}", " ") == text


def test_text_and_attributes_are_escaped():
    drawn = etree.fromstring(element("g", {"class": '"><x>'}, words("<b>&", 1, 2)))
    assert (drawn.get("class"), drawn[0].text, len(drawn), len(drawn[0])) == ('"><x>', "<b>&", 1, 0)


def test_charts_of_nothing_and_of_zeros_are_pictures():
    for drawn in (
        bar_chart([], width=400, unit="s", decimals=1),
        bar_chart([Bar("a", STYLE, 0.0, (0.0,), "")], width=400, unit="s", decimals=1),
        interval_chart([], width=400, unit="s", decimals=1),
        interval_chart([Interval("a", STYLE, 0.0, None, None)], width=400, unit="s", decimals=1),
        line_chart([], width=400, height=200, across="min", upward="veh"),
        line_chart(
            [Line("a", STYLE, (0.5,), (0.0,), (0.0,), (0.0,))],
            width=400, height=200, across="min", upward="veh",
        ),
    ):  # fmt: skip
        assert etree.fromstring(drawn).tag == "svg"


def test_names_at_the_ends_of_lines_keep_apart_and_inside():
    lines = [Line(f"c{i}", STYLE, (0.0, 1.0), (0.0, 0.0), (0.0, 0.0), (0.0, 9.0)) for i in range(8)]
    drawn = etree.fromstring(line_chart(lines, width=400, height=300, across="min", upward="veh"))
    heights = sorted(float(t.get("y")) for t in drawn.iter("text") if t.get("class") == "name")
    assert len(heights) == 8
    assert all(b - a >= 16.9 for a, b in pairwise(heights))
    assert heights[0] > 0
    assert heights[-1] < 300
