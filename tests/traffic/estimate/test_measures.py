"""The measures on logs so small that they can be worked out by hand."""

import numpy as np
import pytest

from cityloop.traffic.estimate.hires_log import (
    DetectorSetup,
    HiresLog,
    Table,
    make_log,
    without_actuations,
)
from cityloop.traffic.estimate.measures.actuations import actuations
from cityloop.traffic.estimate.measures.arrivals_on_green import arrivals_on_green, platoon_ratio
from cityloop.traffic.estimate.measures.coordination import coordination
from cityloop.traffic.estimate.measures.coordination_state import coordination_state
from cityloop.traffic.estimate.measures.has_data import has_data
from cityloop.traffic.estimate.measures.pedestrians import (
    full_pedestrians,
    pedestrians,
    unique_presses,
)
from cityloop.traffic.estimate.measures.rows import unique_rows
from cityloop.traffic.estimate.measures.split_failures import split_failures
from cityloop.traffic.estimate.measures.splits import splits
from cityloop.traffic.estimate.measures.terminations import terminations
from cityloop.traffic.estimate.measures.timeline import KINDS, timeline
from cityloop.traffic.estimate.measures.waits import pedestrian_delay, phase_wait
from cityloop.traffic.estimate.measures.yellow_red import yellow_red

S = 10**6
BIN = 900 * S
GREEN = KINDS.index("Green")
NOON = 1_715_601_600 * S
SETUP = DetectorSetup(
    device=np.zeros(3, np.int32),
    phase=np.full(3, 2, np.int32),
    detector=np.array([5, 6, 7], np.int32),
    function=("Advance", "Presence", "Yellow_Red"),
)
Row = tuple[float, int, int]  # second, code, parameter


def log_of(*rows: Row, shuffled: int = 0) -> HiresLog:
    order = np.random.default_rng(shuffled).permutation(len(rows)) if shuffled else range(len(rows))
    table = [rows[i] for i in order]
    return make_log(
        ("452",),
        np.zeros(len(table), np.int32),
        np.array([NOON + round(second * S) for second, _, _ in table]),
        np.array([code for _, code, _ in table], np.int16),
        np.array([parameter for _, _, parameter in table], np.int16),
    )


def cycle(begin_s: float, green_s: float = 20, phase: int = 2) -> list[Row]:
    return [
        (begin_s, 1, phase),
        (begin_s + green_s, 7, phase),
        (begin_s + green_s, 8, phase),
        (begin_s + green_s + 4, 9, phase),
        (begin_s + green_s + 4, 10, phase),
        (begin_s + green_s + 5, 11, phase),
    ]


def plain(table: dict[str, np.ndarray], *names: str) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].tolist() for name in names), strict=True))


def test_repeated_events_count_once_and_order_does_not_matter():
    rows = [(1, 82, 5), (1, 82, 5), (2, 82, 5), (2, 81, 5), *cycle(0)]
    for shuffled in (0, 1, 2):
        log = log_of(*rows, shuffled=shuffled)
        assert plain(actuations(log, BIN), "detector", "total") == [(5, 2)]
        assert len(log.times_us) == len(rows) - 1


def test_bins_without_an_actuation_stay_while_the_device_tells_of_anything():
    log = log_of((1, 82, 5), (901, 1, 2), (2800, 82, 5))
    assert plain(actuations(log, BIN), "time_us", "total") == [
        (NOON, 1),
        (NOON + BIN, 0),
        (NOON + 3 * BIN, 1),
    ]


def test_arrivals_on_green_with_bins_of_zero():
    log = log_of(
        *cycle(100),
        *cycle(160),
        (110, 82, 5),
        (119.9, 82, 5),
        (120, 82, 5),
        (150, 82, 5),
        (950, 82, 5),
    )
    found = arrivals_on_green(log, SETUP, BIN)
    assert plain(found, "time_us", "total", "green", "share") == [
        (NOON, 4, 2, 0.5),
        (NOON + BIN, 1, 0, 0.0),
    ]
    # 40 s of 900 s were green: arrivals met green 11.25 times as often as by chance.
    ratios = platoon_ratio(log, found, BIN)
    assert plain(ratios, "green_s", "arrival_type") == [(40.0, 6)]
    assert ratios["platoon_ratio"].tolist() == pytest.approx([0.5 / (40 / 900)], rel=1e-6)


def test_latency_moves_arrivals_back():
    log = log_of(*cycle(100), (121, 82, 5))
    assert arrivals_on_green(log, SETUP, BIN)["green"].tolist() == [0]
    assert arrivals_on_green(log, SETUP, BIN, latency_us=2 * S)["green"].tolist() == [1]


def test_who_crosses_the_line_after_green_by_half_seconds():
    # Red begins at 124; detectors tell 1.5 s late.
    log = log_of(
        *cycle(100), *cycle(160), (124.5, 82, 7), (126.5, 82, 7), (126.6, 82, 7), (110, 82, 7)
    )
    found = yellow_red(log, SETUP, BIN)
    assert plain(found, "state", "offset_s", "count") == [(8, -1.0, 1), (10, 1.0, 2)]


def test_a_split_failure_is_covered_in_green_and_in_early_red():
    busy = [(90, 82, 6), (210, 81, 6)]
    free = [(290, 82, 6), (302, 81, 6)]
    log = log_of(*cycle(100), *cycle(160), *busy, *cycle(300), *free, *cycle(400))
    found = split_failures(log, SETUP, BIN)
    assert plain(found, "green_s", "failures", "cycles") == [(20.0, 2, 4)]
    assert found["green_occupancy"].tolist() == pytest.approx([(1 + 1 + 0.1 + 0) / 4])
    assert found["red_occupancy"].tolist() == pytest.approx([(1 + 1 + 0 + 0) / 4])


def test_terminations_splits_and_coordination_by_hand():
    log = log_of(
        (1, 4, 2), (2, 4, 2), (3, 6, 4), (4, 302, 30), (5, 302, 31), (6, 131, 3), (7, 316, 90)
    )
    assert plain(terminations(log, BIN), "phase", "reason", "total") == [
        (2, "GapOut", 2),
        (4, "ForceOff", 1),
    ]
    assert plain(splits(log, BIN), "code", "services", "average_s") == [
        (302, 2, 30.5),
        (316, 1, 90.0),
    ]
    known = {"time_us": np.array([NOON, NOON + BIN]), "device": np.zeros(2, np.int32)}
    assert plain(coordination_state(log, known, BIN), "pattern", "cycle_s", "cycle_run_s") == [
        (3, 0, 90),
        (3, 0, 90),
    ]


def test_pedestrians_by_hand():
    log = log_of((1, 90, 4), (10, 90, 4), (30, 90, 4), (40, 21, 4), (60, 22, 4))
    found = full_pedestrians(log, pedestrians(log, BIN), unique_presses(log, BIN), BIN)
    assert plain(found, "services", "actuations", "unique_actuations") == [(1, 3, 1)]
    assert found["volume"].tolist() == pytest.approx([0.7167 + 0.0599 + 1.1063 / 4], rel=1e-6)


def busy_bin() -> list[Row]:
    """An event a minute, so that the device is there all the time."""
    return [(60.0 * minute, 82, 9) for minute in range(15)]


def test_waits_end_with_green_and_begin_with_the_call():
    log = log_of(
        *busy_bin(),
        (100, 43, 2),
        *cycle(130),
        *cycle(190),
        (250, 44, 2),
        (300, 90, 4),
        (333, 21, 4),
    )
    known = has_data(log, BIN)
    assert known["time_us"].tolist() == [NOON]
    events = timeline(log, known, BIN)
    waited = [
        row
        for row in plain(events, "kind", "begin_us", "end_us", "valid")
        if row[0] == KINDS.index("Phase Wait")
    ]
    assert waited == [
        (KINDS.index("Phase Wait"), NOON + 100 * S, NOON + 130 * S, True),
        (KINDS.index("Phase Wait"), NOON + 150 * S, NOON + 190 * S, True),
    ]
    found = phase_wait(log, events, BIN, cycle_run=False)
    assert plain(found, "phase", "wait_s", "wait_s_max", "skips") == [(2, 35.0, 40.0, 0)]
    assert plain(pedestrian_delay(events, BIN), "phase", "delay_s", "samples") == [(4, 33.0, 1)]


def test_what_lies_across_a_silence_or_a_set_clock_is_not_valid():
    quiet = [(0.0, 1, 2), (1.0, 82, 9), (2.0, 82, 9), (400.0, 7, 2), (500.0, 1, 4), (505, 181, 0)]
    log = log_of(*quiet, (520, 7, 4), *((600.0 + 60 * i, 82, 9) for i in range(5)), (640, 82, 9))
    known = {"time_us": np.array([NOON]), "device": np.zeros(1, np.int32)}
    greens = [
        row for row in plain(timeline(log, known, BIN), "kind", "value", "valid") if row[0] == GREEN
    ]
    assert greens == [(GREEN, 2, False), (GREEN, 4, False)]


def test_measures_that_ignore_detectors_are_the_same_without_their_events():
    rng = np.random.default_rng(7)
    codes = [4, 21, 22, 67, 81, 82, 90, 131, 132, 302, 316]
    others = [(second, int(rng.choice(codes)), int(rng.integers(2, 6))) for second in range(7200)]
    calls = [(60 * k + at, code, 2) for k in range(119) for at, code in ((40, 43), (61, 44))]
    log = log_of(*others, *calls, *(row for k in range(120) for row in cycle(60 * k)))
    lamps, known = without_actuations(log), has_data(log, BIN)
    assert len(known["time_us"]) == 8
    assert set(log.codes) - set(lamps.codes) == {81, 82}
    assert (lamps.first_us, lamps.last_us) == (log.first_us, log.last_us)

    def measured(given: HiresLog) -> list[Table]:
        events = timeline(given, known, BIN)
        walks, people = pedestrians(given, BIN), unique_presses(given, BIN)
        return [
            *(events, walks, people, full_pedestrians(given, walks, people, BIN)),
            *(terminations(given, BIN), splits(given, BIN), coordination(given, BIN)),
            platoon_ratio(given, arrivals_on_green(log, SETUP, BIN), BIN),
            coordination_state(given, known, BIN),
            phase_wait(given, events, BIN, cycle_run=True),
        ]

    for whole, without in zip(measured(log), measured(lamps), strict=True):
        assert {name: each.tolist() for name, each in whole.items()} == {
            name: each.tolist() for name, each in without.items()
        }
        assert len(whole["device"])


@pytest.mark.parametrize("count", [0, 1, 300])
def test_different_rows_are_those_of_numpy(count):
    rng = np.random.default_rng(count)
    columns = rng.integers(-2, 3, (3, count))
    rows, which, counts = unique_rows(*columns)
    wanted = np.unique(columns, axis=1, return_inverse=True, return_counts=True)
    assert np.stack(rows).tolist() == wanted[0].tolist()
    assert which.tolist() == wanted[1].tolist()
    assert counts.tolist() == wanted[2].tolist()


@pytest.mark.parametrize("rows", [[], [(0, 0, 0)], [(0, 81, 9), (1, 82, 9)]])
def test_an_empty_setup_and_a_log_of_nothing_that_counts_give_empty_measures(rows):
    nothing = DetectorSetup(
        device=np.zeros(0, np.int32),
        phase=np.zeros(0, np.int32),
        detector=np.zeros(0, np.int32),
        function=(),
    )
    whole = log_of(*rows)
    log = without_actuations(whole)
    arrivals = arrivals_on_green(whole, nothing, BIN)
    for table in (
        arrivals,
        platoon_ratio(log, arrivals, BIN),
        yellow_red(whole, nothing, BIN),
        split_failures(whole, nothing, BIN),
        actuations(log, BIN),
        terminations(log, BIN),
        splits(log, BIN),
        full_pedestrians(log, pedestrians(log, BIN), unique_presses(log, BIN), BIN),
        has_data(log, BIN),
        timeline(log, has_data(log, BIN), BIN),
    ):
        assert {len(column) for column in table.values()} == {0}
