"""Logs are laid out as sorting a set of their events would, and silences are found."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from cityloop.kernels import hires, intervals
from cityloop.kernels.hires import number_devices
from cityloop.kernels.intervals import overlap_windows
from cityloop.traffic.estimate import hires_log
from cityloop.traffic.estimate.hires_log import HiresLog, make_log, without_actuations

KERNELS = ("count_pairs", "place_events", "close_gaps", "leave_out")


def drawn(seed: int, count: int) -> dict[str, np.ndarray]:
    """Draw events of which many are of one moment and many come again."""
    rng = np.random.default_rng(seed)
    return {
        "device": rng.integers(0, 3, count).astype(np.int32),
        "time_us": rng.integers(0, 1 + count // 20, count) * 10**6,
        "code": rng.choice([1, 8, 81, 82, 90], count).astype(np.int16),
        "parameter": rng.integers(0, 4, count).astype(np.int16),
    }


def listed(log: HiresLog) -> list[tuple[int, int, int, int]]:
    found = []
    for group in range(len(log.group_device)):
        part = slice(log.start[group], log.start[group + 1])
        its = int(log.group_device[group]), int(log.group_parameter[group])
        events = zip(log.times_us[part].tolist(), log.codes[part].tolist(), strict=True)
        found += [(*its, *event) for event in events]
        assert log.group(*its) == group
    return found


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 40, 3000])
def test_a_log_is_the_sorted_set_of_its_events(monkeypatch, compiled, count):
    if not compiled:
        for name in KERNELS:
            monkeypatch.setattr(hires_log, name, getattr(hires, name).py_func)
    events = drawn(count, count)
    wanted = sorted(set(zip(*(events[n].tolist() for n in ORDER), strict=True)))
    with ThreadPoolExecutor(2) as pool:
        for at_once in (map, pool.map):
            log = make_log(("a", "b", "c"), **events, at_once=at_once)
            assert listed(log) == wanted
            lamps = without_actuations(log)
            assert listed(lamps) == [each for each in wanted if each[3] not in {81, 82}]
            assert (lamps.lookup == log.lookup).all()
    assert len(wanted) < count or count < 3


ORDER = ("device", "parameter", "time_us", "code")


@pytest.mark.parametrize("compiled", [True, False])
def test_silences_are_gaps_that_are_too_long_for_the_hour(compiled):
    find: Any = intervals.find_silences if compiled else intervals.find_silences.py_func
    rng = np.random.default_rng(5)
    device = rng.integers(0, 2, 200).astype(np.int32)
    time_us = np.cumsum(rng.integers(1, 100, 200)) * 10**6
    longest_us = np.where(np.arange(1440) < 60, 60, 120) * 10**6
    wanted = []
    for i in range(200):
        before = [j for j in range(i) if device[j] == device[i]]
        if (
            before
            and time_us[i] - time_us[before[-1]]
            > longest_us[time_us[before[-1]] // 60_000_000 % 1440]
        ):
            wanted.append((device[i], time_us[before[-1]], time_us[i]))
    assert len(wanted) > 40
    assert list(zip(*find(device, time_us, 2, longest_us), strict=True)) == wanted


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("count", [0, 1, 60])
def test_intervals_overlap_windows_as_comparing_all_pairs_tells(compiled, count):
    overlaps: Any = overlap_windows if compiled else overlap_windows.py_func
    rng = np.random.default_rng(count)
    windows = sorted((int(rng.integers(0, 3)), int(rng.integers(0, 90))) for _ in range(count // 5))
    device, begin = np.array(windows, np.int64).reshape(-1, 2).T
    end = begin + rng.integers(1, 20, len(begin))
    latest = end.copy()
    for i in range(1, len(end)):
        if device[i] == device[i - 1]:
            latest[i] = max(latest[i], latest[i - 1])
    of, since = rng.integers(0, 3, count), rng.integers(0, 100, count)
    until = since + rng.integers(1, 5, count)
    wanted = [
        any(
            device[w] == of[i] and begin[w] < until[i] and end[w] > since[i]
            for w in range(len(end))
        )
        for i in range(count)
    ]
    found = overlaps(
        *(device.astype(np.int32), begin.copy(), latest, 3, of.astype(np.int32), since, until)
    )
    assert found.tolist() == wanted
    assert count < 60 or {True, False} == set(wanted)


@pytest.mark.parametrize("compiled", [True, False])
def test_devices_are_numbered_as_they_come(compiled):
    number: Any = number_devices if compiled else number_devices.py_func
    numbers, own = number(np.array([454, 227, 454, 452]), 227, 454)
    assert (numbers.tolist(), own.tolist()) == ([0, 1, 0, 2], [454, 227, 452])


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("count", [0, 1, 200])
def test_long_intervals_and_known_bins_as_looking_at_each_tells(compiled, count):
    kernels: list[Any] = [intervals.find_long, intervals.all_bins_known]
    long, known_of = kernels if compiled else [each.py_func for each in kernels]
    rng = np.random.default_rng(count)
    begin = rng.integers(7_000_000, 12_000_000, count)
    end = np.where(rng.random(count) < 0.2, -1, begin + rng.integers(0, 400_000, count))
    wanted = [i for i in range(count) if end[i] >= 0 and end[i] // 1000 - begin[i] // 1000 >= 200]
    assert long(begin, end, 200).tolist() == wanted
    device = rng.integers(0, 2, count).astype(np.int32)
    known, until = rng.random((2, 7)) < 0.7, begin + rng.integers(0, 2_000_000, count)
    there = [
        all(known[device[i], b - 7] for b in range(begin[i] // 10**6, until[i] // 10**6 + 1))
        for i in range(count)
    ]
    assert known_of(known, 7, 10**6, device, begin, until).tolist() == there
    assert count < 200 or ({True, False} == set(there) and 0 < len(wanted) < count)
