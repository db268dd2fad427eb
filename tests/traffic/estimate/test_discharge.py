"""What a stage lets go: learnt from counts, lowered fast while the first vehicle stands."""

import numpy as np
import pytest

from cityloop.traffic.estimate.discharge import LEAST, STALLED_S, Discharge

EXPECTED = 0.5
"""Of a lane in either of two stages, in which it is served in two ways. [veh/s]"""


@pytest.fixture
def discharge():
    """One signal, one lane, two stages: the lane yields in the first and not in the second."""
    return Discharge(
        np.array([0, 1], np.int32),
        np.array([0, 2], np.int32),
        np.full(2, EXPECTED),
        np.array([0, 1], np.int32),
    )


def watch(discharge, *, stage=0, present=3.0, crossed, green_s=10):
    """See one second."""
    discharge.update(
        np.array([stage], np.int32),
        np.array([green_s]),
        np.array([present]),
        np.array([float(crossed)]),
    )


def stand(discharge, seconds):
    """See the first vehicle stand at its green in the first stage."""
    for _ in range(seconds):
        watch(discharge, present=1.0, crossed=0)


def test_who_stands_at_a_green_is_soon_taken_to_stay(discharge):
    stand(discharge, STALLED_S - 1)
    assert discharge.rate[0] == pytest.approx(EXPECTED)
    rates = []
    for _ in range(60):
        stand(discharge, 1)
        rates.append(discharge.rate[0])
    assert np.all(np.diff(rates) <= 0)
    assert rates[15] < 0.2 * EXPECTED
    assert rates[-1] == pytest.approx(EXPECTED * LEAST)


def test_who_stands_is_thought_to_go_in_a_stage_in_which_it_need_not_yield(discharge):
    stand(discharge, 60)
    assert discharge.rate[1] == pytest.approx(EXPECTED)


def test_what_goes_is_learnt_by_service_and_forgotten(discharge):
    for second in range(300):
        watch(discharge, crossed=second % 4 == 0)
    learnt = discharge.factor[0]
    assert 0.4 < learnt < 0.6  # one in four seconds is half of what is expected
    assert discharge.factor[1] == 1.0
    for _ in range(600):
        watch(discharge, stage=1, present=0.0, crossed=0)
    assert learnt < discharge.factor[0] < 1.0


def test_a_lane_that_nobody_sees_keeps_what_was_learnt(discharge):
    for _ in range(100):
        watch(discharge, crossed=0)
    learnt = discharge.factor.copy()
    for _ in range(100):
        watch(discharge, crossed=-1)
    assert (discharge.factor == learnt).all()
