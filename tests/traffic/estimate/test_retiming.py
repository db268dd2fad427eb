"""Spoilt offsets of a corridor are found again from its log, better than pair by pair."""

import dataclasses

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.kernels import shifts as kernel
from cityloop.store.plan_file import read_plans
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, make_log
from cityloop.traffic.estimate.measures.arrivals_on_green import arrivals_on_green
from cityloop.traffic.estimate.retiming import (
    Link,
    find_cycle_s,
    join_shifts,
    measure_approaches,
    pair_shifts,
    predict,
    signed_s,
)
from cityloop.usecases.make_controller import repaired_plans
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.retime_signals import retime_signals
from cityloop.usecases.shift_plans import shift_plans
from tests.made_corridor import spoil_and_mend as spoil_and_mend_in_sumo
from tests.made_scenarios import make_busy_crossroads
from tests.shared_data import shared
from tests.workers import run_apart

S, CYCLE, HOUR = 10**6, 90, 3600
EAST, WEST = 2, 6
GREEN_S = 30


class Corridor:
    """Signals in a row; vehicles wait at red, leave 2 s apart, and some turn in between."""

    def __init__(self, seed: int, signals: int) -> None:
        rng = np.random.default_rng(seed)
        self.seed, self.signals = seed, signals
        self.ride_s = rng.integers(18, 75, signals - 1)

    def run(self, offset_s: np.ndarray) -> tuple[HiresLog, DetectorSetup, list[Link]]:
        rows: list[tuple[float, int, int, int]] = []
        for d, offset in enumerate(offset_s):
            for begin in range(-CYCLE, HOUR, CYCLE):
                for phase in (EAST, WEST):
                    at = begin + int(offset) % CYCLE
                    rows += [(at, 1, phase, d), (at + GREEN_S, 8, phase, d)]
                    rows += [(at + GREEN_S + 3, 10, phase, d)]
        for phase, way in ((EAST, range(self.signals)), (WEST, range(self.signals)[::-1])):
            rng = np.random.default_rng([self.seed, phase])
            coming = np.sort(rng.uniform(0, HOUR, 500))
            for d in way:
                rows += [(t, 82, 10 + phase, d) for t in coming]
                left, free = [], 0.0
                for t in coming:
                    start = max(t, free)
                    into = (start - offset_s[d]) % CYCLE
                    start += 0.0 if into < GREEN_S else CYCLE - into
                    free = start + 2.0
                    left.append(start)
                if d == way[-1]:
                    break
                ride = self.ride_s[d] if phase == EAST else self.ride_s[d - 1]
                through = rng.random(len(left)) < 0.85
                entering = rng.uniform(0, HOUR, int((~through).sum()))
                coming = np.sort(np.concatenate([np.array(left)[through] + ride, entering]))
        table = np.array(rows)
        keep = (table[:, 0] >= 0) & (table[:, 0] < HOUR)
        log = make_log(
            tuple(f"s{d}" for d in range(self.signals)),
            table[keep, 3].astype(np.int32),
            (table[keep, 0] * S).astype(np.int64),
            table[keep, 1].astype(np.int16),
            table[keep, 2].astype(np.int16),
        )
        device = np.repeat(np.arange(self.signals, dtype=np.int32), 2)
        served = np.tile(np.array([EAST, WEST], np.int32), self.signals)
        setup = DetectorSetup(
            device=device, phase=served, detector=served + 10, function=("Advance",) * len(device)
        )
        links = [Link(d, d + 1, EAST) for d in range(self.signals - 1)]
        links += [Link(d + 1, d, WEST) for d in range(self.signals - 1)]
        return log, setup, links


def share_on_green(log: HiresLog, setup: DetectorSetup) -> float:
    found = arrivals_on_green(log, setup, 900 * S)
    return float(found["green"].sum() / found["total"].sum())


def spoil_and_mend(seed: int) -> tuple[float, float, float, float]:
    """Give the shares on green with good offsets, spoilt ones, and those mended in two ways."""
    corridor, rng = Corridor(seed, 5), np.random.default_rng(seed)
    # Well coordinated: each round of measuring and shifting gains, until nothing is gained.
    good = np.zeros(5, int)
    for _ in range(4):
        log, setup, links = corridor.run(good)
        better = join_shifts(measure_approaches(log, setup, [CYCLE] * 5, links), rng)
        tried = (good + np.array([better[d] for d in range(5)])) % CYCLE
        if share_on_green(*corridor.run(tried)[:2]) <= share_on_green(log, setup):
            break
        good = tried
    spoilt = (good + rng.integers(10, 80, 5)) % CYCLE
    log, setup, links = corridor.run(spoilt)
    approaches = measure_approaches(log, setup, [CYCLE] * 5, links)
    shares = []
    for found in (join_shifts(approaches, rng), pair_shifts(approaches)):
        back = (spoilt + np.array([found[d] for d in range(5)])) % CYCLE
        shares.append(share_on_green(*corridor.run(back)[:2]))
    best = share_on_green(*corridor.run(good)[:2])
    return best, share_on_green(log, setup), shares[0], shares[1]


def test_joint_shifts_win_back_what_spoilt_offsets_lost_and_beat_pairs():
    """In one step. Shifting changes who queues, so where little was lost, less comes back."""
    best, lost, joint, pairs = np.array([spoil_and_mend(seed) for seed in range(8)]).T
    assert (lost < best).all()
    assert (joint - lost).sum() >= 0.9 * (best - lost).sum()
    assert (joint - lost >= 0.7 * (best - lost)).all()
    assert (joint >= pairs).all()
    assert joint.sum() > pairs.sum()


@pytest.mark.slow
def test_in_sumo_spoilt_plans_are_mended_through_the_gate_better_than_by_pairs(tmp_path):
    """Three corridors, as `benchmarks/retime.py` makes them; plans, runs and logs are real."""
    found = []
    for seed in (1, 2, 3):
        (tmp_path / str(seed)).mkdir()
        found.append(run_apart(spoil_and_mend_in_sumo, tmp_path / str(seed), seed))
    good, spoilt, joint, joint_last, pairs, pairs_last = np.sum(found, axis=0)
    assert all(each.spoilt < each.good - 0.05 for each in found)
    assert joint_last - spoilt >= 0.9 * (good - spoilt)
    assert all(each.joint > each.pairs for each in found)
    assert joint - spoilt > 1.5 * (pairs - spoilt)
    assert joint_last - spoilt > 1.5 * (pairs_last - spoilt)


def test_shifted_plans_go_through_the_gate_or_not_at_all(tmp_path):
    scenario = make_busy_crossroads(tmp_path, end_s=100)
    city = open_city(scenario)
    (name,) = city.signals.signal_ids
    (before,) = repaired_plans(city)
    out = tmp_path / "shifted.json"
    assert shift_plans(city, None, {name: (before.cycle_s, 17)}, out) == 1
    (after,) = read_plans(out, city.signals, city.table)
    assert after.offset_s == (before.offset_s + 17) % before.cycle_s
    again = tmp_path / "again.json"
    assert shift_plans(city, out, {name: (before.cycle_s, -17)}, again) == 1
    (back,) = read_plans(again, city.signals, city.table)
    assert back.offset_s == before.offset_s
    for shifts, said in (
        ({name: (before.cycle_s + 1, 5)}, "its cycle is"),
        ({"elsewhere": (90, 5)}, "it has no plan"),
    ):
        with pytest.raises(InputError, match=said):
            shift_plans(city, out, shifts, tmp_path / "none.json")
    # Who has to be served at least so often cannot wait for the shift.
    red_s = np.full_like(city.table.max_red_s, before.cycle_s // 2)
    tight = city._replace(table=dataclasses.replace(city.table, max_red_s=red_s))
    with pytest.raises(InputError, match="the gate refuses"):
        shift_plans(tight, out, {name: (before.cycle_s, 5)}, tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()


def test_the_cycle_is_what_is_told_or_else_what_is_seen():
    log, _, _ = Corridor(1, 2).run(np.array([0, 40]))
    assert [find_cycle_s(log, d) for d in (0, 1)] == [CYCLE, CYCLE]
    told = make_log(
        ("a",),
        np.zeros(3, np.int32),
        np.arange(3) * S,
        np.full(3, 316, np.int16),
        np.array([80, 100, 100], np.int16),
    )
    assert find_cycle_s(told, 0) == 100


def test_the_interval_of_the_gain_is_of_the_cycles():
    log, setup, links = Corridor(3, 3).run(np.array([0, 11, 60]))
    approach = measure_approaches(log, setup, [CYCLE] * 3, links)[0]
    none = predict(approach, {0: 0}, np.random.default_rng(1))
    assert (none.before, none.low, none.high) == (none.after, 0.0, 0.0)
    alone = predict(approach, {0: none.alone_s % CYCLE}, np.random.default_rng(1))
    assert alone.after == alone.alone
    assert alone.low <= alone.after - alone.before <= alone.high


def test_shifts_are_said_the_short_way_round():
    assert [signed_s(s, 90) for s in (0, 44, 45, 89)] == [0, 44, -45, -1]


@pytest.mark.parametrize("count", [0, 1, 40])
def test_the_kernel_does_what_anybody_would(count):
    rng = np.random.default_rng(count)
    arrivals = np.sort(rng.integers(0, 1000, count)) * S
    at = np.array([100, 130, 200, 240]) * S
    state, cycle = np.array([1, 8, 1, 8], np.int16), np.array([1, 1, 2, 2])
    shift = np.array([-50, 0, 70]) * S
    expected = np.zeros((3, 3), np.int32)
    for t in arrivals:
        own = 0 if t < at[0] else 1 if t < at[2] else 2
        for s in range(3):
            moved = (t - shift[s]) // S
            expected[own, s] += 100 <= moved < 130 or 200 <= moved < 240
    for shift_greens in (kernel.shift_greens, kernel.shift_greens.py_func):
        total, hits = shift_greens(arrivals, at, state, cycle, shift)
        assert total.sum() == count
        assert hits.tolist() == expected.tolist()


def test_the_gain_of_the_oregon_log_is_found(tmp_path):
    log, detectors = (
        shared(f"hires/{name}.parquet") for name in ("hires_test_data", "configs_test_data")
    )
    found = retime_signals(log, detectors, tmp_path / "shifts.json", phases=[2])
    (it,) = [each for each in found["approaches"] if each["device"] == "452"]
    assert it["before"] == pytest.approx(0.607, abs=0.003)
    assert it["after"] >= 0.735
    assert 0.1 < it["low"] < it["high"] < 0.2
    assert {"device": "452", "cycle_s": 130, "shift_s": -24} in found["devices"]
