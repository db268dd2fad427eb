"""What is usual on a lane, and when a silence is doubted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.traffic.estimate.usual import (
    FROZEN_SHARE,
    PRIOR_VEH,
    QUIET_S,
    SURE_SD,
    UNUSED_SHARE,
    Usual,
)

LANES = 20
BUSY, QUIET, UNUSED = 0, 1, 2
"""One vehicle in 50 s, in 600 s, never; all other lanes have one in 40 s."""


def crossed_at(t: int) -> np.ndarray:
    crossed = np.array([(t + 2 * lane) % 40 == 0 for lane in range(LANES)], np.int32)
    crossed[[BUSY, QUIET, UNUSED]] = [t % 50 == 0, t % 600 == 0, 0]
    return crossed


def watch(seconds, change=None, *, usual=None, begin=0, frozen=0.0):
    """Let cameras of all lanes tell what they count; `change` spoils it."""
    usual = usual or Usual(LANES)
    for t in range(begin, begin + seconds):
        crossed = crossed_at(t)
        if change is not None:
            change(crossed)
        usual.update(crossed, crossed > 0, np.ones(LANES, bool), frozen)
    return usual


def stuck(crossed):
    crossed[BUSY] = 0


def test_flow_is_learnt_with_what_chance_leaves_open_on_top():
    usual = watch(7200)
    assert usual.veh_s[BUSY] == pytest.approx(1 / 50, rel=0.15)
    assert usual.veh_s[QUIET] < 1 / 300
    np.testing.assert_allclose(
        usual.most_veh_s, usual.veh_s * (1 + SURE_SD / np.sqrt(usual.counts[1])), rtol=1e-12
    )


def test_before_anything_is_seen_every_lane_is_like_the_mean_lane():
    usual = watch(1)
    assert (usual.counts[:, 3:] >= PRIOR_VEH - 1e-9).all()
    assert usual.veh_s[UNUSED] == pytest.approx(usual.veh_s[QUIET + 2])


def test_a_camera_that_stops_on_an_empty_road_is_doubted_in_minutes():
    usual = watch(3600)
    assert usual.doubt[BUSY] < 0.1
    assert watch(60, stuck, usual=usual, begin=3600).doubt[BUSY] < 0.5
    assert watch(360, stuck, usual=usual, begin=3660).doubt[BUSY] > 0.9
    # Nobody is counted as absent of whom nobody knows: the flow stays what it was.
    assert usual.counts[1, BUSY] / usual.counts[0, BUSY] > 0.5


def test_it_is_believed_again_as_soon_as_it_sees_somebody():
    usual = watch(600, stuck, usual=watch(3600), begin=3600)
    assert usual.doubt[BUSY] > 0.9
    assert watch(51, usual=usual, begin=4200).doubt[BUSY] < 0.1


def test_quiet_lanes_and_unused_ones_are_not_doubted():
    usual = watch(7199)
    assert usual.doubt[QUIET] < 0.1
    assert usual.doubt[UNUSED] == pytest.approx(
        FROZEN_SHARE / (FROZEN_SHARE + (1 - FROZEN_SHARE) * UNUSED_SHARE), rel=0.2
    )


def test_nobody_is_doubted_when_the_whole_city_sleeps():
    usual = watch(3600)
    before = usual.doubt.copy()
    asleep = watch(6 * 3600, lambda crossed: crossed.fill(0), usual=usual, begin=3600)
    assert (asleep.doubt <= np.maximum(before, 2 * FROZEN_SHARE)).all()


def test_where_some_are_known_to_stand_still_others_are_doubted_sooner():
    few = watch(120, stuck, usual=watch(3600), begin=3600)
    many = watch(120, stuck, usual=watch(3600), begin=3600, frozen=0.1)
    assert many.doubt[BUSY] > few.doubt[BUSY]


@settings(max_examples=30)
@given(
    st.lists(st.integers(0, 3), min_size=QUIET_S + 2, max_size=200),
    st.floats(0.0, 1.0),
)
def test_doubt_is_a_chance_and_only_grows_while_nobody_comes(others, frozen):
    usual = Usual(2)
    usual.update(np.array([1, 0], np.int32), np.array([True, False]), np.ones(2, bool), frozen)
    before = 0.0
    for count in others:
        crossed = np.array([0, count], np.int32)
        usual.update(crossed, crossed > 0, np.ones(2, bool), frozen)
        assert before <= usual.doubt[0] <= 1.0
        before = usual.doubt[0]


def test_where_nobody_is_watched_nothing_is_learnt():
    usual = Usual(2)
    usual.update(np.array([5, -1], np.int32), np.ones(2, bool), np.zeros(2, bool), 0.0)
    assert (usual.counts == PRIOR_VEH).all()
    assert not Usual(0).veh_s.size
