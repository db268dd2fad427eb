"""Queues from events are those of small steps, in one piece or many, and of the hand formula."""

from typing import Any

import numpy as np
import pytest

from cityloop.kernels import line_queue as kernel
from cityloop.traffic.estimate.hires_log import DetectorSetup, make_log
from cityloop.traffic.estimate.live.line_queues import (
    LineQueue,
    QueueRows,
    QueueRules,
    queues_of_log,
)
from tests.naive.line_queue import run_queue

S = 10**6
NOON = 1_795_521_600 * S
PLAIN = QueueRules(ride_us=0, yellow_us=0)
WHAT = {"green": kernel.GREEN, "red": kernel.RED, "arrival": kernel.ARRIVAL}
NAMES = ("green_us", "at_green", "most", "left", "reach", "arrivals", "delay_s")


def drawn(seed: int, cycles: int, flow_veh_s: float) -> list[tuple[float, str]]:
    rng = np.random.default_rng(seed)
    events: list[tuple[float, str]] = [
        (round(float(t), 2), "arrival")
        for t in rng.uniform(0, 60 * cycles, int(60 * cycles * flow_veh_s))
    ]
    for k in range(cycles):
        events += [(60.0 * k + 5, "red"), (60.0 * k + 35 + int(rng.integers(5)), "green")]
    return events


def arrays(events: list[tuple[float, str]]) -> tuple[np.ndarray, np.ndarray]:
    times = np.array([NOON + round(t * S) for t, _ in events], np.int64)
    return times, np.array([WHAT[what] for _, what in events], np.int8)


def joined(rows: list[QueueRows]) -> dict[str, list[float]]:
    return {name: np.concatenate([getattr(r, name) for r in rows]).tolist() for name in NAMES}


@pytest.mark.parametrize("seed", range(4))
def test_a_queue_is_that_of_small_steps(seed):
    events = drawn(seed, 12, [0.05, 0.15, 0.25, 0.6][seed])
    found = LineQueue(1, PLAIN).take(*arrays(events), 2**62)
    expected = run_queue(events, 0.5, 2.0)
    assert len(found.green_us) == len(expected) == 11
    for k, (green_s, at_green, most, left, arrivals, area) in enumerate(expected):
        assert found.green_us[k] == NOON + round(green_s * S)
        assert found.arrivals[k] == arrivals
        got = (found.at_green[k], found.most[k], found.left[k])
        assert got == pytest.approx((at_green, most, left), abs=0.03)
        if arrivals:
            assert found.delay_s[k] * arrivals == pytest.approx(area, abs=0.05 * max(arrivals, 1))


@pytest.mark.parametrize("seed", range(6))
def test_in_pieces_it_is_the_same_to_the_last_digit(seed):
    rng = np.random.default_rng(seed)
    times, what = arrays(drawn(seed, 20, 0.2))
    presence = rng.uniform(0, 1200, 60)
    times = np.concatenate([times, NOON + (presence * S).astype(np.int64)])
    what = np.concatenate([what, np.tile([kernel.COVERED, kernel.UNCOVERED], 30).astype(np.int8)])
    rules = QueueRules()
    whole = LineQueue(2, rules).take(times, what, 2**62)
    pieces, queue = [], LineQueue(2, rules)
    cuts = np.sort(rng.uniform(0, 1300, 7))
    for begin_s, end_s in zip([-1e6, *cuts], [*cuts, 1e6], strict=True):
        its = (times >= NOON + begin_s * S) & (times < NOON + end_s * S)
        order = rng.permutation(np.flatnonzero(its))
        until_us = NOON + int(end_s * S) if end_s < 1e6 else 2**62
        pieces.append(queue.take(times[order], what[order], until_us))
    assert repr(joined(pieces)) == repr(joined([whole]))


def test_below_capacity_the_delay_is_that_of_the_hand_formula():
    """Uniform arrivals: r^2 / 2C / (1 - y), Webster's first term, without start-up loss."""
    cycle_s, red_s, flow, sat = 60, 30, 0.2, 0.5
    rules = QueueRules(ride_us=0, yellow_us=0, loss_us=0)
    events = [(k / flow / 50, "arrival") for k in range(1, int(cycle_s * 20 * flow * 50))]
    events = [e for e in events if e[0] < cycle_s * 20]
    for k in range(21):
        events += [(float(cycle_s * k), "red"), (float(cycle_s * k + red_s), "green")]
    times, what = arrays(events)
    # Fifty times the vehicles, each a fiftieth of one: close to a fluid.
    found = LineQueue(50, rules).take(times, what, 2**62)
    expected = red_s**2 / (2 * cycle_s) / (1 - flow / sat)
    assert found.delay_s[5:].mean() == pytest.approx(expected, rel=0.01)
    assert found.at_green[5:].mean() / 50 == pytest.approx(flow * red_s, rel=0.01)
    assert set(found.service[5:]) == {"B"}


def test_a_free_line_in_green_ends_what_was_counted_too_much():
    queue = LineQueue(1, QueueRules(ride_us=0, yellow_us=0))
    base = [(0.0, "red"), *[(float(t), "arrival") for t in range(1, 9)], (20.0, "green")]
    times, what = arrays([*base, (50.0, "red"), (80.0, "green"), (110.0, "red")])
    # The line is covered up to second 24 and free from then on: two have left, six were none.
    on = np.array([kernel.COVERED, kernel.UNCOVERED], np.int8)
    times = np.concatenate([times, NOON + np.array([2, 24]) * S])
    found = queue.take(times, np.concatenate([what, on]), 2**62)
    assert found.at_green.tolist() == [8.0, 0.0]
    assert found.left.tolist() == [0.0, 0.0]
    free = 8 * 22 - sum(range(1, 9)) + sum(range(1, 9)) - 8 * 2  # until 22 s, from 1 s on each
    assert found.delay_s[0] < (free + 8 * 10) / 8


def test_somebody_who_stands_at_the_line_is_one_at_least():
    queue = LineQueue(1, QueueRules(ride_us=0, yellow_us=0))
    times = NOON + np.array([0, 5, 30, 33, 60]) * S
    what = [kernel.RED, kernel.COVERED, kernel.GREEN, kernel.UNCOVERED, kernel.RED]
    found = queue.take(times, np.array(what, np.int8), 2**62)
    assert (found.at_green.tolist(), found.reach.tolist(), found.left.tolist()) == ([1], [1], [0])


def test_queues_of_a_log_are_those_of_its_phases():
    events = drawn(2, 10, 0.2)
    codes = {"green": (1, 2), "red": (8, 2), "arrival": (82, 11)}
    rows = np.array([(round(t * S) + NOON, *codes[what]) for t, what in events])
    log = make_log(
        ("452",),
        np.zeros(len(rows), np.int32),
        rows[:, 0],
        rows[:, 1].astype(np.int16),
        rows[:, 2].astype(np.int16),
    )
    setup = DetectorSetup(
        device=np.zeros(2, np.int32),
        phase=np.array([2, 4], np.int32),
        detector=np.array([11, 12], np.int32),
        function=("Advance", "Advance"),
    )
    ((device, phase, found),) = queues_of_log(log, setup, PLAIN)
    assert (device, phase) == (0, 2)
    alone = LineQueue(1, PLAIN).take(*arrays(events), 2**62)
    assert repr(joined([found])) == repr(joined([alone]))


@pytest.mark.parametrize("count", [0, 1, 300])
def test_the_kernel_does_the_same_uncompiled(count):
    times, what = arrays(drawn(1, 20, 0.2)[:count])
    order = np.argsort(times)
    answers = []
    compiled: list[Any] = [kernel.follow_queue]
    for follow in (compiled[0], compiled[0].py_func):
        kept, rows = kernel.begin_queue(), np.zeros((count, kernel.ROW))
        done = follow(times[order], what[order], 0.5, 2e6, 3e6, kept, rows)
        answers.append((done, rows.tolist(), kept.tolist()))
    assert answers[0] == answers[1]
