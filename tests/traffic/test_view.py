"""What sensors cover, on networks of a few lanes, worked out by hand."""

import numpy as np
import pytest

from cityloop.traffic.observe.view import VIEW_M, View, build_view
from tests.made_lanes import Way, make_lanes


class Named:
    """A view by the names of its lanes and signals."""

    def __init__(self, length_m, ways):
        self.network, self.signals = make_lanes(length_m, ways)
        self.view: View = build_view(self.network, self.signals)

    def lane(self, i):
        return self.network.lane_ids[i]

    def signal(self, i):
        return self.signals.signal_ids[i]

    def seen(self):
        """Map (signal, lane) to its way to the stop line and the approaches that it feeds."""
        v = self.view
        found = {}
        for i in range(len(v.lane)):
            rows = slice(v.feed_start[i], v.feed_start[i + 1])
            feeds = {
                self.lane(v.approach_lane[a]): share
                for a, share in zip(v.feed_approach[rows], v.feed_weight[rows], strict=True)
            }
            found[self.signal(v.signal[i]), self.lane(v.lane[i])] = (v.offset_m[i], feeds)
        return found

    def below(self):
        """Map each exit lane to the (signal, lane) in which its vehicles come into sight again."""
        v = self.view
        found = {}
        for e, lane in enumerate(v.exit_lane):
            rows = slice(v.below_start[e], v.below_start[e + 1])
            found[self.lane(lane)] = {
                (self.signal(v.signal[i]), self.lane(v.lane[i])): share
                for i, share in zip(v.below_view[rows], v.below_weight[rows], strict=True)
            }
        return found


def test_one_lane_up_to_the_line():
    named = Named({"a_0": 80.0, "b_0": 200.0}, [Way("a_0", "b_0", lamp="m 0")])
    assert named.seen() == {("m", "a_0"): (0.0, {"a_0": 1.0})}
    assert named.below() == {"b_0": {}}
    view = named.view
    assert [named.lane(i) for i in view.approach_lane] == ["a_0"]
    assert view.approach_signal.tolist() == [0]
    assert view.exit_signal.tolist() == [0]


def test_150_m_reach_across_every_split():
    """40 m, 5 across, 80 m, 10 across: the third begins to be seen at 135 m, the fourth is not."""
    length_m = {"far_0": 100.0, "up_0": 90.0, "mid_0": 80.0, "near_0": 40.0, "out_0": 50.0}
    named = Named(
        length_m,
        [
            Way("near_0", "out_0", lamp="m 0"),
            Way("mid_0", "near_0", length_m=5.0),
            Way("up_0", "mid_0", length_m=10.0),
            Way("far_0", "up_0", length_m=10.0),
        ],
    )
    one = {"near_0": 1.0}
    assert named.seen() == {
        ("m", "near_0"): (0.0, one),
        ("m", "mid_0"): (45.0, one),
        ("m", "up_0"): (135.0, one),
    }


@pytest.mark.parametrize(("across_m", "seen"), [(VIEW_M - 41.0, True), (VIEW_M - 40.0, False)])
def test_what_begins_at_the_end_of_the_view_is_not_seen(across_m, seen):
    named = Named(
        {"up_0": 90.0, "near_0": 40.0, "out_0": 50.0},
        [Way("near_0", "out_0", lamp="m 0"), Way("up_0", "near_0", length_m=across_m)],
    )
    assert (("m", "up_0") in named.seen()) == seen


def test_at_a_fork_every_way_is_as_likely():
    length_m = {"up_0": 60.0, "left_0": 30.0, "right_0": 30.0, "off_0": 30.0, "out_0": 50.0}
    named = Named(
        length_m,
        [
            Way("left_0", "out_0", lamp="m 0"),
            Way("right_0", "out_0", lamp="m 1"),
            Way("up_0", "left_0"),
            Way("up_0", "right_0"),
            Way("up_0", "off_0"),
        ],
    )
    # A third turns off before the signal and feeds nothing.
    offset_m, feeds = named.seen()["m", "up_0"]
    assert offset_m == 40.0
    assert feeds == pytest.approx({"left_0": 1 / 3, "right_0": 1 / 3})


def test_the_view_ends_at_another_signal():
    named = Named(
        {"up_0": 60.0, "near_0": 40.0, "out_0": 50.0},
        [Way("near_0", "out_0", lamp="m 0"), Way("up_0", "near_0", lamp="n 0")],
    )
    assert named.seen() == {
        ("m", "near_0"): (0.0, {"near_0": 1.0}),
        ("n", "up_0"): (0.0, {"up_0": 1.0}),
    }
    assert named.below() == {"out_0": {}, "near_0": {("m", "near_0"): 1.0}}


def test_the_view_goes_round_a_bend_but_into_no_side_road():
    """The only road that leads in is followed whatever its turn, but no turn beside a straight."""
    bend = {"bend_0": 60.0, "near_0": 40.0, "out_0": 50.0}
    last = Way("near_0", "out_0", lamp="m 0")
    named = Named(bend, [last, Way("bend_0", "near_0", "r")])
    assert ("m", "bend_0") in named.seen()
    named = Named(
        {**bend, "up_0": 60.0}, [last, Way("bend_0", "near_0", "r"), Way("up_0", "near_0")]
    )
    assert set(named.seen()) == {("m", "near_0"), ("m", "up_0")}


def test_nobody_is_looked_for_where_vehicles_turn_back():
    named = Named(
        {"back_0": 60.0, "near_0": 40.0, "out_0": 50.0},
        [Way("near_0", "out_0", lamp="m 0"), Way("back_0", "near_0", "u")],
    )
    assert set(named.seen()) == {("m", "near_0")}


def test_an_exit_is_seen_again_by_the_next_signal():
    """Of those who leave m half come to n's approach, which sees them from the split on."""
    length_m = {"in_0": 90.0, "exit_0": 50.0, "off_0": 50.0, "near_0": 60.0, "out_0": 50.0}
    named = Named(
        length_m,
        [
            Way("in_0", "exit_0", lamp="m 0"),
            Way("exit_0", "near_0"),
            Way("exit_0", "off_0"),
            Way("near_0", "out_0", lamp="n 0"),
        ],
    )
    assert named.seen()["n", "exit_0"] == (70.0, {"near_0": 0.5})
    assert named.below()["exit_0"] == {("n", "exit_0"): 1.0, ("n", "near_0"): 0.5}


def test_a_lane_that_two_signals_see_is_seen_by_each():
    length_m = {"up_0": 50.0, "one_0": 40.0, "two_0": 60.0, "out_0": 50.0}
    named = Named(
        length_m,
        [
            Way("one_0", "out_0", lamp="m 0"),
            Way("two_0", "out_0", lamp="n 0"),
            Way("up_0", "one_0"),
            Way("up_0", "two_0"),
        ],
    )
    seen = named.seen()
    assert seen["m", "up_0"] == (50.0, {"one_0": 0.5})
    assert seen["n", "up_0"] == (70.0, {"two_0": 0.5})


def test_a_ring_of_short_lanes_ends():
    length_m = {"a_0": 20.0, "b_0": 20.0, "near_0": 30.0, "out_0": 50.0}
    named = Named(
        length_m,
        [
            Way("near_0", "out_0", lamp="m 0"),
            Way("a_0", "near_0"),
            Way("b_0", "a_0"),
            Way("a_0", "b_0"),
        ],
    )
    seen = named.seen()
    assert set(seen) == {("m", "near_0"), ("m", "a_0"), ("m", "b_0")}
    # Those on `a` either go on or round: nearest way, and all rounds within the view added up.
    assert seen["m", "a_0"][0] == 40.0
    assert 0.5 < seen["m", "a_0"][1]["near_0"] <= 1.0


def test_no_signal_no_view():
    named = Named({"a_0": 80.0, "b_0": 20.0}, [Way("a_0", "b_0")])
    view = named.view
    assert [len(getattr(view, name)) for name in ("approach_lane", "lane", "exit_lane")] == [0] * 3
    assert view.feed_start.tolist() == view.below_start.tolist() == [0]
    assert view.offset_m.dtype == np.float64
