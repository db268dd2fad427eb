"""The lamps' kernel against its naive twin, second by second."""

import numpy as np
import pytest
from hypothesis import example, given

from cityloop.kernels.lamps import advance_lamps
from tests.kernels.drawn_signals import EMPTY, LAMPS, ONE, draw, networks
from tests.naive import lamps as naive

SECONDS = 40
RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4


def run(drawn, lamp, target_of):
    """Advance both twins side by side; yield each second with the kernel's lamps."""
    since_s, ended_s = -drawn.seconds(5), -drawn.seconds(5)
    switching = np.zeros(drawn.signals, bool)
    twin = [list(map(int, array)) for array in (lamp, since_s, ended_s)]
    for now_s in range(SECONDS):
        target = target_of(now_s)
        advance_lamps(
            now_s, target, lamp, since_s, ended_s, switching, drawn.group_start,
            drawn.pair_start, drawn.relation, drawn.yellow_s, drawn.all_red_s,
        )  # fmt: skip
        running = []
        for _, part, square in drawn.parts():
            own = [values[part] for values in twin]
            shown, since, ended = own
            relation, all_red = square(drawn.relation), square(drawn.all_red_s)
            yellow = drawn.yellow_s[part]
            running.append(
                naive.advance_lamps(
                    now_s, target[part], shown, since, ended, relation, yellow, all_red
                )
            )
            for values, changed in zip(twin, own, strict=True):
                values[part] = changed
        assert [lamp.tolist(), since_s.tolist(), ended_s.tolist()] == twin
        assert switching.tolist() == running
        yield now_s, lamp


@given(networks)
@example(EMPTY)
@example(ONE)
def test_the_kernel_equals_its_twin_whatever_is_wanted(drawn):
    targets = [drawn.some(0.4) for _ in range(SECONDS)]
    lamp = drawn.rng.choice(LAMPS, drawn.groups)
    for _ in run(drawn, lamp, lambda now_s: targets[now_s - now_s % 7]):
        pass


@given(networks)
def test_from_all_red_no_two_forbidden_groups_are_ever_green(drawn):
    targets = [drawn.some(0.7) for _ in range(SECONDS)]
    lamp = np.zeros(drawn.groups, np.uint8)
    for _, shown in run(drawn, lamp, lambda now_s: targets[now_s - now_s % 5]):
        for _, part, square in drawn.parts():
            green = shown[part] >= GREEN
            forbidden = square(drawn.relation) == 1
            np.fill_diagonal(forbidden, val=False)  # a green that may not be at all is the gate's
            assert not (forbidden & np.outer(green, green)).any()


def by_hand(wanted, *, relation, seconds, yellow_s=(3, 3), lamp=(GREEN, RED)):
    """Give what two groups show from second 0 on, as letters, one word a second."""
    lamp = np.array(lamp, np.uint8)
    since_s, ended_s = np.full(2, -9, np.int32), np.full(2, -9, np.int32)
    switching = np.zeros(1, bool)
    said = []
    for now_s in range(seconds):
        advance_lamps(
            now_s, np.array(wanted), lamp, since_s, ended_s, switching, np.array([0, 2], np.int32),
            np.array([0, 4], np.int32), np.array(relation, np.uint8),
            np.array(yellow_s, np.int32), np.array([0, 1, 2, 0], np.int32),
        )  # fmt: skip
        said.append("".join("r?yGg"[shown] for shown in lamp) + "~" * bool(switching[0]))
    return " ".join(said)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # Three seconds of yellow, one of all-red, then green.
        (
            {"wanted": [False, True], "relation": [0, 1, 1, 0], "seconds": 6},
            "yr~ yr~ yr~ rr~ rG rG",
        ),
        # A walk has no yellow: its clearance is the all-red of the pair alone.
        (
            {
                "wanted": [False, True],
                "relation": [0, 1, 1, 0],
                "seconds": 3,
                "yellow_s": (0, 3),
            },
            "rr~ rG rG",
        ),
        # A turn that yields joins at once and gives way while the other is green or yellow.
        ({"wanted": [True, True], "relation": [0, 3, 2, 0], "seconds": 2}, "Gg Gg"),
        # Streams that do not meet do not wait for each other.
        ({"wanted": [False, True], "relation": [0, 0, 0, 0], "seconds": 4}, "yG~ yG~ yG~ rG"),
        # What the gate would never let through stays red.
        ({"wanted": [True, True], "relation": [0, 1, 1, 0], "seconds": 2}, "Gr~ Gr~"),
    ],
)
def test_by_hand(case, expected):
    assert by_hand(**case) == expected


def test_a_turn_is_told_when_it_need_no_longer_yield():
    said = by_hand([False, True], relation=[0, 3, 2, 0], seconds=5, lamp=(GREEN, GREEN_YIELD))
    assert said == "yg~ yg~ yg~ rG rG"


def test_one_network_gives_the_same_twice():
    ends = []
    for _ in range(2):
        drawn = draw([3, 0, 4], 7)
        target = drawn.some(0.5)
        ends.append([s.copy() for _, s in run(drawn, np.zeros(7, np.uint8), lambda _: target)])  # noqa: B023
    np.testing.assert_array_equal(ends[0], ends[1])
