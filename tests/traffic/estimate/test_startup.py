"""Start-up loss: what is missing of a green's first seconds."""

import numpy as np
import pytest

from cityloop.traffic.estimate.startup import MOST_S, PRIOR_S, StartUp

RATE = 0.5


def let_go(startup: StartUp, lost_s: float, *, greens: int, queue: float = 6.0) -> None:
    """Show greens of 15 s after which one vehicle crosses every 2 s, beginning after the loss."""
    for _ in range(greens):
        went = 0
        for second in range(1, 16):
            now = int(max(second - lost_s, 0.0) * RATE + 1e-9)
            crossed, went = now - went, now
            startup.update(
                np.array([second]), np.full(1, RATE), np.full(1, queue), np.array([crossed])
            )
        startup.update(np.zeros(1, int), np.zeros(1), np.full(1, queue), np.zeros(1))


@pytest.mark.parametrize("lost_s", [0.0, 2.0, 4.0])
def test_it_learns_what_is_lost(lost_s):
    startup = StartUp(1)
    let_go(startup, lost_s, greens=100)
    assert startup.loss_s[0] == pytest.approx(lost_s, abs=0.3)


def test_it_stays_within_bounds_where_nobody_can_leave():
    startup = StartUp(1)
    let_go(startup, 1000.0, greens=200)
    assert PRIOR_S < startup.loss_s[0] <= MOST_S


def test_a_green_without_a_queue_says_nothing():
    startup = StartUp(1)
    let_go(startup, 4.0, greens=50, queue=1.0)
    assert startup.loss_s[0] == PRIOR_S


def test_what_nobody_confirms_is_forgotten():
    startup = StartUp(1)
    let_go(startup, 4.0, greens=100)
    for _ in range(4 * 3600):
        startup.update(np.zeros(1, int), np.zeros(1), np.zeros(1), np.zeros(1))
    assert startup.loss_s[0] == pytest.approx(PRIOR_S, abs=0.1)


def test_a_camera_that_fails_in_between_says_nothing():
    startup = StartUp(1)
    for second in range(1, 16):
        crossed = np.array([-1 if second == 5 else 0])
        startup.update(np.array([second]), np.full(1, RATE), np.full(1, 6.0), crossed)
    assert startup.loss_s[0] == pytest.approx(PRIOR_S)
