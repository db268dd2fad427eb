"""Queues that nobody sees: what several guesses make of red and of green."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.traffic.estimate.hidden import (
    CHANCE,
    LEAST,
    LEAST_THERE,
    MARGIN,
    MOST,
    MOST_DOUBTED,
    PLANNED_CHANCE,
    START_S,
    Hidden,
)

FULL_VEH_S = 0.5


def run(lamps, *, doubt=1.0, seen=0.0, usual=0.05, planned=0.1):
    """Let one lane pass through seconds of red (`r`) and green (`G`)."""
    hidden = Hidden(1)
    for lamp in lamps:
        green = FULL_VEH_S if lamp == "G" else 0.0
        hidden.update(
            *(np.array([each]) for each in (doubt, doubt >= 1.0, seen, usual, planned, green))
        )
    return float(hidden.queue[0]), float(hidden.there[0])


def test_where_nothing_is_doubted_nobody_is_hidden():
    assert run("r" * 60, doubt=0.0, seen=3.0) == (0.0, 1.0)


def test_a_red_fills_each_guess_at_its_own_rate():
    mean = 60 * (0.28 * 0.35 * 0.05 + 0.36 * 0.05 + 0.16 * 3 * 0.05 + 0.2 * 0.1)
    assert run("r" * 60) == (pytest.approx(mean), pytest.approx(1.0))


def test_where_the_camera_may_be_right_there_is_one_short_guess():
    assert run("r" * 30, doubt=0.5) == (pytest.approx(0.5 * 30 * MARGIN * 0.05), 1.0)
    assert run("r" * 300, doubt=0.5) == (pytest.approx(0.5 * MOST_DOUBTED), 1.0)
    assert run("r" * 300 + "G" * 12, doubt=0.5) == (0.0, 1.0)


def test_a_part_of_a_vehicle_is_worth_no_stage():
    assert run("r", usual=LEAST / 2) == (0.0, 1.0)
    assert run("r", usual=0.9 / MARGIN, doubt=0.5) == (0.0, 1.0)


def test_green_empties_small_guesses_first():
    seconds = range(START_S, START_S + 20)
    there = [run("r" * 60 + "G" * s)[1] for s in seconds]
    assert there[0] == pytest.approx(1.0)
    waits = [run("r" * 60 + "G" * s)[0] > 0 for s in seconds]
    falling = [t for t, w in zip(there, waits, strict=True) if w]
    assert falling == sorted(falling, reverse=True)
    assert min(falling) < 0.5
    assert not waits[-1]


def test_greens_that_are_too_short_for_the_plan_leave_somebody_there():
    short = ("r" * 40 + "G" * 8) * 20
    usual_only, _ = run(short, usual=0.02, planned=0.0)
    queue, there = run(short, usual=0.02, planned=0.2)
    assert usual_only == 0.0
    assert queue > 3.0
    assert there == pytest.approx(PLANNED_CHANCE)


@given(
    st.text("rG", min_size=1, max_size=120),
    st.floats(0.01, 1.0),
    st.floats(0.0, 0.3),
    st.floats(0.0, 0.3),
)
def test_chances_stay_chances_and_more_red_never_leaves_less(lamps, doubt, usual, planned):
    queue, there = run(lamps, doubt=doubt, usual=usual, planned=planned)
    assert 0.0 <= queue <= MOST * doubt
    assert LEAST_THERE <= there <= 1.0
    longer, _ = run(lamps + "r", doubt=doubt, usual=usual, planned=planned)
    assert longer >= queue


def test_the_guesses_together_are_certain():
    assert CHANCE.sum() == pytest.approx(1.0)
