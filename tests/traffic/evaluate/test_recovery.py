"""When a queue counts as back to what it would have been."""

import math

import pytest

from cityloop.traffic.evaluate.recovery import recovery_s

TIMES = [30 * k for k in range(1, 21)]
USUAL = [20] * 20


def test_it_is_the_first_of_four_samples_near_the_usual_ones():
    queue = [20] * 5 + [60, 80, 80, 60, 26, 50, 27, 26, 25, 27, 20, 20, 20, 20, 20]
    # At 300 s it is near for one sample alone; from 360 s on it stays.
    assert recovery_s(TIMES, queue, USUAL, over_s=270) == 90


def test_who_never_comes_back_takes_for_ever():
    assert recovery_s(TIMES, [60] * 20, USUAL, over_s=270) == math.inf


def test_an_incident_that_nobody_notices_is_over_at_once():
    assert recovery_s(TIMES, USUAL, USUAL, over_s=270) == 0


def test_runs_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="20 times, 19 and 20 samples"):
        recovery_s(TIMES, USUAL[1:], USUAL, over_s=270)
