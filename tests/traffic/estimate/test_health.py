"""Which cameras are doubted, second by second."""

import numpy as np
import pytest

from cityloop.traffic.estimate.health import (
    BELIEVE_S,
    ENDLESS_S,
    FROZEN_S,
    SILENT_S,
    SURE_DOUBT,
    Health,
)
from cityloop.traffic.observe.view import build_view
from tests.made_lanes import Way, make_lanes
from tests.traffic.test_waiting import observe


@pytest.fixture
def view():
    """Two lanes into one signal; the cameras of both see only their own lane."""
    network, signals = make_lanes(
        {"a_0": 100.0, "b_0": 100.0, "out_0": 200.0},
        [Way("a_0", "out_0", lamp="m 0"), Way("b_0", "out_0", "l", lamp="m 1")],
    )
    return build_view(network, signals)


def watch(view, seconds, first, second=lambda t: ([(50.0 + t % 7, 8.0)], 0)):
    """Let both lanes tell something each second; give who was blind at the end, and who dark."""
    health = look(view, seconds, first, second)
    return health.blind.tolist(), health.dark.tolist()


def look(view, seconds, first, second):
    """Let both lanes tell something each second."""
    health = Health(view)
    own = [int(np.flatnonzero(view.feed_approach[view.feed_start[:-1]] == a)[0]) for a in (0, 1)]
    for t in range(seconds):
        vehicles, crossed = [], []
        for lane, tells in zip(own, (first, second), strict=True):
            seen, count = tells(t)
            vehicles += [(lane, distance_m, speed_m_s) for distance_m, speed_m_s in seen]
            crossed.append(count)
        health.update(observe(view, t, vehicles, crossed=np.array(crossed, np.int32)))
    return health


def sound(t):
    return [(30.0 + t % 5, 8.0)], 0


def test_a_camera_that_sees_something_else_each_second_is_believed(view):
    assert watch(view, 900, sound) == ([False, False], [False, False])


@pytest.mark.parametrize(
    ("fails_after_s", "tells"),
    [
        (SILENT_S, lambda _: ([], -1)),
        (FROZEN_S + 1, lambda _: ([(30.0, 0.0)], 0)),
        (ENDLESS_S, lambda t: ([(30.0 + t % 5, 8.0)], 1)),
    ],
    ids=["silent", "frozen", "endless"],
)
def test_one_that_cannot_be_right_is_doubted_in_time_and_no_other(view, fails_after_s, tells):
    assert watch(view, fails_after_s - 1, tells) == ([False, False], [False, False])
    assert watch(view, fails_after_s, tells) == ([True, False], [True, False])


def test_a_doubted_camera_is_believed_again_when_it_has_been_sound_for_a_while(view):
    def mends(t):
        return ([], -1) if t < SILENT_S else sound(t)

    assert watch(view, SILENT_S + BELIEVE_S - 1, mends)[0] == [True, False]
    assert watch(view, SILENT_S + BELIEVE_S, mends)[0] == [False, False]


def test_an_empty_road_is_believed_however_long(view):
    def quiet(t):
        return sound(t) if t == 0 else ([], 0)

    assert watch(view, 3000, quiet) == ([False, False], [False, False])


def test_an_empty_road_is_doubted_sooner_where_pictures_of_others_stand_still(view):
    def empties(t):
        busy = t < 900
        return [(30.0 + t % 5, 8.0)] if busy and t % 50 < 25 else [], int(busy and t % 50 == 25)

    def freezes(t):
        return sound(min(t, 900))

    beside_sound, beside_frozen = (look(view, 960, each, empties) for each in (sound, freezes))
    assert beside_sound.doubt[1] < beside_frozen.doubt[1]
    assert beside_frozen.blind.tolist() == [True, False]
    # The only other picture with somebody in it stands still: so does this one, as likely as not.
    assert beside_frozen.doubt[1] > 3 * beside_sound.doubt[1]


def test_a_camera_is_taken_for_unseen_only_where_another_is_known_to_stand_still():
    lanes = {f"{name}_0": 100.0 for name in "abcd"} | {"out_0": 200.0}
    ways = [Way(f"{name}_0", "out_0", lamp=f"m {i}") for i, name in enumerate("abcd")]
    view = build_view(*make_lanes(lanes, ways))
    own = [int(np.flatnonzero(view.feed_approach[view.feed_start[:-1]] == a)[0]) for a in range(4)]

    def unseen(freezes):
        """The first shows nobody any more after 900 s, while the second may freeze; two go on."""
        health = Health(view)
        for t in range(2700):
            told = [(30.0 + t % 5, 8.0)], int(t % 50 == 25)
            still = t >= 900
            tells = [([], 0) if still else told, told, told, told]
            if still and freezes:
                tells[1] = [(30.0, 8.0)], 0
            vehicles = [(own[a], *each) for a, (seen, _) in enumerate(tells) for each in seen]
            crossed = np.array([count for _, count in tells], np.int32)
            # Between two vehicles the road is empty.
            if t % 50 >= 35:
                vehicles = [each for each in vehicles if each[0] == own[1] and freezes and still]
            health.update(observe(view, t, vehicles, crossed=crossed))
        return health.doubt[0] >= SURE_DOUBT, health.unseen.tolist()

    assert unseen(freezes=True) == (True, [True, True, False, False])
    assert unseen(freezes=False) == (True, [False, False, False, False])
