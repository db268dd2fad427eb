"""Windows of event time add up to the same, in whatever order the events come."""

from typing import Any

import numpy as np
import pytest

from cityloop.kernels import windows as kernel
from cityloop.traffic.estimate.windows import (
    Events,
    SourceWindows,
    Status,
    Sums,
    WindowRules,
    flow_veh_h,
    mean_occupancy,
    mean_speed_m_s,
)
from tests.naive.windows import Cell, sum_windows

S = 10**6
RULES = WindowRules()
NOON = 1_795_521_600 * S


def drawn(rng: np.random.Generator, count: int, span_s: int) -> Events:
    def some(values: np.ndarray) -> np.ndarray:
        return np.where(rng.random(count) < 0.2, np.nan, values).astype(np.float32)

    return Events(
        time_us=NOON + rng.integers(0, span_s * S, count),
        detector=rng.integers(0, 7, count).astype(np.int32),
        count=rng.integers(0, 9, count).astype(np.int32),
        occupancy=some(rng.random(count)),
        speed_m_s=some(rng.random(count) * 40),
    )


def part(events: Events, which: object) -> Events:
    return Events(**{name: values[which] for name, values in vars(events).items()})


def added_up(rows: list[Sums]) -> dict[Cell, list[int]]:
    found: dict[Cell, list[int]] = {}
    for each in rows:
        for begin, detector, sums in zip(each.begin_us, each.detector, each.sums, strict=True):
            cell = found.setdefault((int(begin), int(detector)), [0] * 6)
            cell[:] = [a + int(b) for a, b in zip(cell, sums, strict=True)]
    return found


@pytest.mark.parametrize("seed", range(30))
def test_batches_in_any_order_add_up_to_the_naive_sums(seed):
    rng = np.random.default_rng(seed)
    events = drawn(rng, int(rng.integers(1, 400)), int(rng.choice([50, 400, 90_000])))
    order = rng.permutation(len(events.time_us)) if seed % 3 else np.argsort(events.time_us)
    windows = SourceWindows(RULES)
    rows = []
    for piece in np.array_split(order, int(rng.integers(1, 9))):
        # Sometimes the clock of this machine is behind, and some events seem to be of the future.
        arrived = NOON + int(rng.integers(0, 90_000)) * S
        rows += windows.add(part(events, piece), arrived, 7)
    assert added_up(rows + windows.list_open()) == sum_windows(events, RULES.window_us)
    rows += windows.pass_time(NOON + 200_000 * S)
    assert windows.list_open() == []
    assert added_up(rows) == sum_windows(events, RULES.window_us)


def one(time_s: float, detector: int = 0, count: int = 1) -> Events:
    return Events(
        time_us=np.array([NOON + int(time_s * S)]),
        detector=np.array([detector], np.int32),
        count=np.array([count], np.int32),
        occupancy=np.array([0.5], np.float32),
        speed_m_s=np.array([12.5], np.float32),
    )


def told(rows: list[Sums]) -> list[tuple[str, int, int]]:
    return [
        (each.status.value, int((begin - NOON) // S), int(sums[kernel.VEHICLES]))
        for each in rows
        for begin, sums in zip(each.begin_us, each.sums, strict=True)
    ]


def test_a_window_is_provisional_then_final_then_corrected():
    windows = SourceWindows(RULES)
    later = NOON + 3600 * S
    assert windows.add(one(5), later, 1) == []
    assert told(windows.list_open()) == [("provisional", 0, 1)]
    assert windows.add(one(89.9), later, 1) == []  # the watermark is at 59.9 s
    assert told(windows.list_open()) == [("provisional", 0, 1), ("provisional", 60, 1)]
    assert told(windows.add(one(90, count=2), later, 1)) == [("final", 0, 1)]
    assert told(windows.add(one(7, count=3), later, 1)) == [("late", 0, 3)]
    assert told(windows.list_open()) == [("provisional", 60, 3)]


def test_a_clock_that_jumps_ahead_makes_nobody_else_late():
    windows = SourceWindows(RULES)
    windows.add(one(5), NOON + 6 * S, 1)
    assert told(windows.add(one(5 * 3600), NOON + 7 * S, 1)) == [("ahead", 18_000, 1)]
    assert windows.add(one(8), NOON + 9 * S, 1) == []
    assert told(windows.list_open()) == [("provisional", 0, 2)]


def test_what_is_only_from_the_future_opens_no_window():
    windows = SourceWindows(RULES)
    assert told(windows.add(one(7200), NOON, 1)) == [("ahead", 7200, 1)]
    assert windows.list_open() == []
    windows.add(one(1), NOON, 1)
    assert told(windows.list_open()) == [("provisional", 0, 1)]


def test_a_heartbeat_closes_the_windows_of_a_source_that_is_silent():
    windows = SourceWindows(RULES)
    windows.add(one(5), NOON + 6 * S, 1)
    assert windows.pass_time(NOON + 59 * S) == []
    assert told(windows.pass_time(NOON + 60 * S)) == [("final", 0, 1)]
    assert windows.pass_time(NOON) == []


def test_the_estimates_of_a_window_by_hand():
    # Two events of 3 and 1 vehicles at 10 and 20 m/s, covered for .2 and .4 of their time.
    sums = np.array([[2, 4, 2, 600_000, 4, 3 * 10_000 + 20_000]])
    assert flow_veh_h(sums, RULES.window_us).tolist() == [240.0]
    assert mean_occupancy(sums).tolist() == pytest.approx([0.3], abs=1e-12)
    assert mean_speed_m_s(sums).tolist() == pytest.approx([12.5], abs=1e-12)
    assert np.isnan(mean_speed_m_s(np.zeros((1, 6), np.int64))).all()


@pytest.mark.parametrize("compiled", [True, False])
def test_sliding_windows_are_sums_of_their_panes(compiled):
    slide: Any = kernel.slide_windows if compiled else kernel.slide_windows.py_func
    rng = np.random.default_rng(3)
    sums = rng.integers(0, 100, (9, 4, kernel.SUMS))
    for panes in (1, 3, 20):
        slid = slide(sums, panes)
        for w in range(9):
            assert (slid[w] == sums[max(0, w - panes + 1) : w + 1].sum(axis=0)).all()
    assert slide(sums[:0], 3).shape == (0, 4, kernel.SUMS)


@pytest.mark.parametrize("count", [0, 1, 50])
def test_kernels_do_the_same_uncompiled(count):
    rng = np.random.default_rng(count)
    events = drawn(rng, count, 500)
    base = NOON + 60 * S
    results = []
    compiled: list[Any] = [kernel.add_events, kernel.add_spilled]
    for add, spill in (compiled, [each.py_func for each in compiled]):
        cells, untold = (np.zeros((3, 7, n), np.int64) for n in (kernel.CELL, kernel.UNTOLD))
        spilled = np.zeros(count, np.int32)
        columns = list(vars(events).values())
        answer = add(*columns, 0, base, 60 * S, 1, NOON + 400 * S, cells, untold, spilled)
        total = np.zeros((count, kernel.SUMS), np.int64)
        order = np.lexsort((events.detector, events.time_us // (60 * S)))
        window, detector, rows = spill(*columns, 60 * S, order, total)
        sums = kernel.sums_of_cells(cells, untold)
        for put, held in zip(kernel.cells_of_sums(sums), (cells, untold), strict=True):
            assert (put == held).all()
        summed = sums.tolist()
        results.append((answer, spilled.tolist(), window.tolist(), detector.tolist(), rows, summed))
        assert added_up(
            [
                Sums(
                    status=Status.LATE,
                    begin_us=window * 60 * S,
                    detector=detector,
                    sums=total[:rows],
                )
            ]
        ) == sum_windows(events, 60 * S)
    assert results[0] == results[1]
