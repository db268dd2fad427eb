"""Estimates that are kept up window by window are those of all windows at once."""

import numpy as np
import pytest

from cityloop.kernels.windows import SUMS, slide_windows
from cityloop.traffic.estimate.live.gaps import Method
from cityloop.traffic.estimate.live.road import Estimate, Road, RoadRules
from cityloop.traffic.estimate.live.service import service_of_delay, service_of_speed
from cityloop.traffic.estimate.live.sites import Movement, Site, Sites, place_detectors
from cityloop.traffic.estimate.live.soundness import Ailment
from cityloop.traffic.estimate.live.turning import balance_turns
from tests.naive import road as naive

S = 10**6
MINUTE = 60 * S
MONDAY = 1_795_392_000 * S  # 2026-11-23 00:00 UTC
HOUR_VEH = 60  # vehicles a minute to vehicles an hour
SITES = [
    Site("a", "J", "north", "", 1, 13.9),
    Site("b", "J", "north", "", 1, 13.9),
    Site("c", "J", "east", "", 2),
    Site("d", "J", "", "south", 1),
    Site("e"),
]


def told(vehicles: int, speed_m_s: float = 12.0, length_m: float = 6.0) -> list[int]:
    """What one detector of one lane tells in a minute in which all goes well."""
    occupancy = vehicles * length_m / speed_m_s / 60
    return [1, vehicles, 1, round(occupancy * 1e6), vehicles, round(speed_m_s * 1e3) * vehicles]


def drawn(seed: int, count: int, detectors: int) -> np.ndarray:
    """Draw windows in which detectors fall silent, stick, lie, and come back."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((count, detectors, SUMS), np.int64)
    mood = np.zeros(detectors, int)
    for w in range(count):
        busy = 8 + 6 * np.sin(w / 20)
        for d in range(detectors):
            if rng.random() < 0.05:
                mood[d] = rng.integers(6)
            row = told(int(rng.poisson(busy)), float(rng.uniform(8, 15)))
            match mood[d]:
                case 1:
                    row = [0] * SUMS
                case 2:
                    row = sums[w - 1, d].tolist() if w else row
                case 3:
                    row = [1, 0, 1, 1_000_000, 0, 0]
                case 4:
                    row = [1, int(rng.choice([9, 70, 200])), 1, 0, 0, 0]
                case 5:
                    row = told(2 * row[1])
                case _:
                    pass
            sums[w, d] = row
    return sums


def run(sites: Sites, begins: list[int], sums: np.ndarray, panes: int = 5) -> list[Estimate]:
    road = Road(sites, RoadRules(panes=panes))
    return [each for begin, its in zip(begins, sums, strict=True) for each in road.take(begin, its)]


@pytest.mark.parametrize("seed", range(3))
def test_window_by_window_is_all_windows_at_once(seed):
    sites = place_detectors([], SITES)
    sums = drawn(100 + seed, 130, len(SITES))
    begins = [MONDAY + k * MINUTE for k in range(130)]
    found = run(sites, begins, sums)
    ailments, values, methods = naive.fill(sites, RoadRules(panes=5), begins, sums.tolist())
    assert np.array([each.ailment for each in found]).tolist() == ailments
    assert np.array([each.method for each in found]).tolist() == methods
    np.testing.assert_allclose(np.array([each.values for each in found]), values, rtol=1e-9)
    # Everything that can be wrong was.
    assert {Ailment.SILENT, Ailment.STUCK, Ailment.IMPOSSIBLE} <= set(np.array(ailments).ravel())
    slid = slide_windows(sums, 5)
    assert all((each.slid == slid[k]).all() for k, each in enumerate(found))
    assert [each.slid_windows for each in found[:7]] == [1, 2, 3, 4, 5, 5, 5]


def steady(count: int, rates: list[float], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.array(
        [[told(int(rng.poisson(rate)), float(rng.uniform(9, 14))) for rate in rates]
         for _ in range(count)]
    )  # fmt: skip


def test_what_a_silent_detector_would_have_told_comes_from_its_neighbours():
    sites = place_detectors([], [Site("a", "J", "n"), Site("b", "J", "n")])
    sums = steady(200, [12.0, 6.0])
    truth = sums[100:, 0, 1].mean() * HOUR_VEH
    sums[100:, 0] = 0
    found = run(sites, [MONDAY + k * MINUTE for k in range(200)], sums)
    last = found[100:]
    assert {int(each.method[0, 0]) for each in last} == {Method.NEIGHBOURS}
    assert {int(each.ailment[0]) for each in last[4:]} == {Ailment.SILENT}
    assert np.mean([each.values[0, 0] for each in last]) == pytest.approx(truth, rel=0.1)
    assert all(each.values[0, 1] == each.sums[1, 1] * HOUR_VEH for each in last)


def test_without_neighbours_it_comes_from_the_days_before_then_is_held_then_is_unknown():
    sites = place_detectors(["a", "b"])
    day = 24 * 60 * MINUTE
    begins = [MONDAY + d * day + k * MINUTE for d in (0, 1) for k in range(40)]
    sums = steady(80, [12.0, 9.0])
    sums[40:, 0] = 0
    sums[60:, 1] = 0
    road = Road(sites, RoadRules())
    found = []
    for begin, its in zip(begins, sums, strict=True):
        found += [each for each in road.take(begin, its) if each.begin_us == begin]
    second = found[40:]
    assert [int(each.method[0, 0]) for each in second] == [Method.HISTORY] * 40
    usual = np.array([told(1)[1], *sums[:30, 0, 1]][1:]).mean() * HOUR_VEH
    assert second[0].values[0, 0] == pytest.approx(usual)
    evening = Road(sites, RoadRules())
    begins = [MONDAY + k * MINUTE for k in range(60)]
    sums = steady(60, [12.0, 9.0])
    sums[30:, 0] = 0
    methods = [int(e.method[0, 0]) for b, s in zip(begins, sums, strict=True)
               for e in evening.take(b, s)]  # fmt: skip
    # Half an hour later another slot of the day begins, of which nothing is known.
    assert methods[:30] == [Method.MEASURED] * 30
    assert methods[30:45] == [Method.HELD] * 15
    assert methods[45:] == [Method.NONE] * 15


def test_a_detector_that_counts_ever_less_is_found_out_and_one_that_does_not_is_not():
    sites = place_detectors([], [Site("a", "J", "n"), Site("b", "J", "n"), Site("c", "J", "n")])
    rates = np.full((1500, 3), 10.0)
    rates[700:, 0] *= np.linspace(1.0, 0.3, 800)
    rng = np.random.default_rng(5)
    sums = np.array(
        [[told(int(n), 12.0 + rng.normal()) for n in row] for row in rng.poisson(rates)]
    )
    found = run(sites, [MONDAY + k * MINUTE for k in range(1500)], sums)
    ailments = np.array([each.ailment for each in found])
    drifts = ailments == Ailment.DRIFTING
    assert not drifts[:700].any()
    assert drifts[1400:, 0].all()
    assert drifts[:, 1:].mean() < 0.01
    assert found[-1].method[0, 0] == Method.NEIGHBOURS
    assert found[-1].values[0, 0] > 2 * sums[-60:, 0, 1].mean() * HOUR_VEH * 0.8


def test_sound_detectors_are_not_accused():
    """Over a day with a night in which hardly anybody comes, and one that tells vehicles alone."""
    sites = place_detectors([], [Site("a", "J", "n"), Site("b", "J", "n"), Site("c", "J", "e")])
    rng = np.random.default_rng(8)
    busy = 0.3 + 11 * np.clip(np.sin(np.arange(1440) / 1440 * 2 * np.pi), 0, 1)
    sums = np.zeros((1440, 3, SUMS), np.int64)
    for w, rate in enumerate(busy):
        for d in range(2):
            sums[w, d] = told(int(rng.poisson(rate)), 12 + rng.normal())
        passed = int(rng.poisson(rate))
        sums[w, 2] = [passed, passed, 0, 0, 0, 0]  # one event a vehicle
    found = run(sites, [MONDAY + k * MINUTE for k in range(1440)], sums)
    accused = np.array([each.ailment for each in found]) != Ailment.SOUND
    assert accused.mean(axis=0).max() < 0.01


def test_lanes_side_by_side_are_one_movement():
    sites = place_detectors([], SITES)
    sums = np.tile(np.array([told(4, 10.0), told(8, 13.0), told(3), told(5), told(1)]), (6, 1, 1))
    found = run(sites, [MONDAY + k * MINUTE for k in range(6)], sums)[-1]
    assert sites.movements == (
        Movement("J", "north", ""),
        Movement("J", "east", ""),
        Movement("J", "", "south"),
    )
    assert found.movement_values[0].tolist() == [720.0, 180.0, 300.0]
    assert found.movement_values[2, 0] == pytest.approx((4 * 10 + 8 * 13) / 12)
    assert found.movement_measured.tolist() == [1.0, 1.0, 1.0]
    assert found.movement_service.tolist() == ["A", "", ""]


ARMS = "NESW"


@pytest.mark.parametrize("seed", range(8))
def test_turns_agree_with_what_was_counted(seed):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 300, (4, 4)) * (1 - np.eye(4, dtype=int))
    movements = [Movement("J", arm, "") for arm in ARMS] + [Movement("J", "", arm) for arm in ARMS]
    movements.append(Movement("other", "N", ""))
    counts = np.array([*truth.sum(axis=1), *truth.sum(axis=0), 7], float)
    turns = balance_turns(movements, counts, "J")
    found = np.array([turn.vehicles for turn in turns]).reshape(4, 4)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), truth.sum(axis=1), rtol=0.03, atol=3)
    np.testing.assert_allclose(found.sum(axis=0), truth.sum(axis=0), rtol=0.03, atol=3)
    assert not any(turn.counted for turn in turns)
    # With turns counted one by one all but the noise is known.
    one_by_one = [Movement("J", a, b) for a in ARMS for b in ARMS if a != b]
    counted = balance_turns(
        [*movements, *one_by_one],
        np.array([*counts, *truth[~np.eye(4, dtype=bool)]], float),
        "J",
    )
    for turn in counted:
        assert turn.counted == (turn.arm != turn.to)
        expected = truth[ARMS.index(turn.arm), ARMS.index(turn.to)]
        assert turn.vehicles == pytest.approx(expected, rel=0.05, abs=6)


def test_where_nothing_is_counted_no_turn_is_told():
    movements = [Movement("J", "N", ""), Movement("J", "", "S")]
    assert balance_turns(movements, np.full(2, np.nan), "J") == []
    assert balance_turns(movements[:1], np.array([5.0]), "J") == []
    (only,) = balance_turns(movements, np.array([60.0, 60.0]), "J")
    assert only.vehicles == pytest.approx(60, abs=2)


def test_levels_of_service_are_those_of_the_manual():
    delay_s = np.array([0, 10, 10.1, 20, 35, 55, 80, 80.1, np.nan])
    assert "".join(service_of_delay(delay_s)) == "AABBCDEF"
    share = np.array([1.2, 0.81, 0.80, 0.67, 0.50, 0.40, 0.31, 0.30, 0.0])
    assert "".join(service_of_speed(share, np.ones(9))) == "AABCDEEFF"
    assert service_of_speed(np.array([np.nan, 5.0]), np.array([1.0, np.nan])).tolist() == ["", ""]
