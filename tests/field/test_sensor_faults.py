"""Sensors that fail: only those, only from their time on, and each in its own way."""

import numpy as np

from cityloop.field.sensor_faults import BEGIN_S, LATE_S, Fault, SensorFaults
from cityloop.traffic.observe.view import build_view
from tests.made_lanes import Way, make_lanes
from tests.traffic.test_waiting import observe


def told_of(fault, seconds):
    """Let one of two lanes fail; give what each of them tells in the last second."""
    network, signals = make_lanes(
        {"a_0": 100.0, "b_0": 100.0, "out_0": 200.0},
        [Way("a_0", "out_0", lamp="m 0"), Way("b_0", "out_0", "l", lamp="m 1")],
    )
    view = build_view(network, signals)
    faults = SensorFaults(view, {fault: 0.5}, np.random.default_rng(1))
    sound = [
        observe(
            view,
            t,
            [(v, float(t % 90), 8.0) for v in range(len(view.lane))],
            crossed=np.full(2, t, np.int32),
        )
        for t in range(seconds)
    ]
    told = [faults.spoil(each) for each in sound][-1]
    owner = view.feed_approach[view.feed_start[:-1]][told.vehicle_view]
    failed = int(np.flatnonzero(faults.fails[fault])[0])
    return [
        (told.vehicle_distance_m[owner == a].tolist(), int(told.crossed[a]))
        for a in (failed, 1 - failed)
    ]


def test_nothing_fails_before_its_time():
    last = BEGIN_S - 1
    for fault in Fault:
        assert told_of(fault, BEGIN_S) == [([last % 90.0], last), ([last % 90.0], last)]


def test_silent_stuck_and_late():
    now = BEGIN_S + 40
    sound = ([now % 90.0], now)
    assert told_of(Fault.SILENT, now + 1) == [([], -1), sound]
    assert told_of(Fault.STUCK, now + 1) == [([BEGIN_S % 90.0], BEGIN_S), sound]
    late = now - LATE_S
    assert told_of(Fault.LATE, now + 1) == [([late % 90.0], late), sound]
