"""What sensors deliver: errors of the right size, a second late, nothing that may not be known."""

import dataclasses
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityloop.field.sensing import Truth, describe_sensing, sense
from cityloop.traffic.observe.observation import Observation, Sensing
from tests.field.sensed import Watch, watch
from tests.made_networks import make_crossroads
from tests.made_scenarios import Driver, crossroads_edges, make_drivers, make_scenario
from tests.workers import run_apart

VEHICLES = 40_000


def make_truth(count: int = VEHICLES, **changes) -> Truth:
    """Make a truth of vehicles at 75 m and 8 m/s, and 1,000 approaches that 10 have crossed."""
    values: dict[str, Any] = {
        "now_s": 7,
        "looked_at": np.ones(1, bool),
        "view": np.arange(count, dtype=np.int32),
        "distance_m": np.full(count, 75.0),
        "speed_m_s": np.full(count, 8.0),
        "is_bus": np.zeros(count, bool),
        "crossed": np.full(1000, 10, np.int32),
        "exit_full": np.array([0, 1, -1], np.int8),
        "stop_occupied": np.full(1000, -1, np.int8),
        "advance_count": np.full(1000, -1, np.int32),
        "advance_occupancy": np.full(1000, -1.0),
    }
    return Truth(**(values | changes))


def see(truth: Truth, seed: int = 1, sensing: Sensing = Sensing.CAMERA) -> Observation:
    return sense(truth, sensing, np.random.default_rng(seed))


def test_cameras_err_as_much_as_is_written():
    # Tolerances are four standard errors of each figure.
    seen = see(make_truth())
    missed = 1 - len(seen.vehicle_view) / VEHICLES
    assert missed == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / VEHICLES))
    for found, true, sd in ((seen.vehicle_distance_m, 75.0, 2.5), (seen.vehicle_speed_m_s, 8, 0.5)):
        assert found.mean() == pytest.approx(true, abs=4 * sd / np.sqrt(VEHICLES))
        assert found.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * VEHICLES))
        # As a normal error does: one in 370 beyond three standard deviations.
        assert np.mean(np.abs(found - true) > 3 * sd) == pytest.approx(0.0027, abs=0.0011)
    uncounted = 1 - seen.crossed.sum() / 10_000
    assert uncounted == pytest.approx(0.02, abs=4 * np.sqrt(0.02 * 0.98 / 10_000))
    assert np.corrcoef(seen.vehicle_distance_m, seen.vehicle_speed_m_s)[0, 1] < 0.02


def test_who_is_missed_is_drawn_anew_each_second():
    rng = np.random.default_rng(1)
    truth = make_truth()
    everyone = range(VEHICLES)
    first, second = (
        set(everyone) - set(sense(truth, Sensing.CAMERA, rng).vehicle_view.tolist())
        for _ in range(2)
    )
    assert len(first & second) / VEHICLES == pytest.approx(0.05**2, abs=0.001)


def test_no_error_makes_a_distance_or_a_speed_negative():
    at_line = make_truth(distance_m=np.zeros(VEHICLES), speed_m_s=np.zeros(VEHICLES))
    seen = see(at_line)
    assert seen.vehicle_distance_m.min() == 0.0
    assert seen.vehicle_speed_m_s.min() == 0.0


def test_the_same_seed_errs_the_same():
    assert see(make_truth()) == see(make_truth())
    assert see(make_truth()) != see(make_truth(), seed=2)


def test_nobody_there():
    truth = make_truth(0, crossed=np.array([-1, 0], np.int32))
    seen = see(truth)
    assert len(seen.vehicle_view) == 0
    # What was not looked at stays unknown.
    assert seen.crossed.tolist() == [-1, 0]


def test_loops_see_no_vehicle_and_no_exit():
    occupied = np.array([1, 0, -1], np.int8)
    truth = make_truth(
        crossed=np.array([2, 0, 1], np.int32),
        stop_occupied=occupied,
        advance_count=np.array([1, -1, 0], np.int32),
        advance_occupancy=np.array([0.25, -1.0, 0.0]),
    )
    assert see(truth, sensing=Sensing.LOOPS) == Observation(
        seen_s=7,
        looked_at=np.ones(1, bool),
        vehicle_view=np.zeros(0, np.int32),
        vehicle_distance_m=np.zeros(0, np.float32),
        vehicle_speed_m_s=np.zeros(0, np.float32),
        vehicle_is_bus=np.zeros(0, bool),
        crossed=np.array([2, 0, 1], np.int32),
        exit_full=np.full(3, -1, np.int8),
        stop_occupied=occupied,
        advance_count=np.array([1, -1, 0], np.int32),
        advance_occupancy=np.array([0.25, -1.0, 0.0], np.float32),
    )


def test_a_run_says_what_it_was_sensed_with():
    assert describe_sensing(Sensing.CAMERA) == {
        "kind": "camera",
        "lateness_s": 1,
        "view_m": 150.0,
        "distance_sd_m": 2.5,
        "speed_sd_m_s": 0.5,
        "missed_share": 0.05,
        "count_missed_share": 0.02,
    }
    assert describe_sensing(Sensing.LOOPS) == {
        "kind": "loops",
        "lateness_s": 1,
        "advance_m": 60.0,
    }


# --- Through the whole loop -------------------------------------------------------------------

NAMES = re.compile(rb"vehicle-|secret|[nesw]_(in|out)|:m_|car\b|\bbus")


def busy(folder: Path, *, names: tuple[str, ...] = ()) -> Watch:
    """Let the busy crossroads be watched; its vehicles may be named otherwise."""
    net = make_crossroads(folder, crossroads_edges(lanes=2), "--no-turnarounds")
    drivers = make_drivers(5, flow_veh_h=1400, end_s=240, buses=0.1)
    if names:
        drivers = [d._replace(name=name) for d, name in zip(drivers, names, strict=False)]
    scenario = make_scenario(folder, net, drivers, end_s=240)
    return watch(scenario, folder / "run")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return run_apart(busy, tmp_path_factory.mktemp("busy"))


def test_every_observation_is_exactly_a_second_late(seen):
    assert [now_s - told.seen_s for now_s, told, _ in seen.told] == [1] * 240


def test_what_is_seen_is_where_it_was_a_second_ago(tmp_path):
    """One vehicle alone, at 13 m/s: the second before and the present one are five errors apart."""
    ahead_m = run_apart(lone_driver, tmp_path)
    assert len(ahead_m) > 6
    late, present = np.array(ahead_m).T
    assert np.abs(late.mean()) < 3 * 2.5 / np.sqrt(len(late))
    assert present.mean() > 10


def lone_driver(folder: Path) -> list[tuple[float, float]]:
    net = make_crossroads(folder, crossroads_edges(), "--no-turnarounds")
    scenario = make_scenario(folder, net, [Driver("alone", 3.0, "n_in s_out")], end_s=15)
    found = watch(scenario, folder / "run")
    length_m = dict(zip(found.network.lane_ids, found.network.lane_length_m, strict=True))
    rows = []
    for now_s, told, _ in found.told:
        now, then = (found.places.get(s, {}).get("alone") for s in (now_s, now_s - 1))
        if now and then and now[0] == then[0] == "n_in_0" and len(told.vehicle_view):
            seen_m = float(told.vehicle_distance_m[0])
            rows.append(
                (seen_m - (length_m["n_in_0"] - then[1]), seen_m - (length_m["n_in_0"] - now[1]))
            )
    return rows


def test_nothing_beyond_150_m_is_seen(seen):
    """Queues reach far beyond; what is told is at most an error further than the view."""
    lane = dict(zip(seen.network.lane_ids, seen.network.lane_length_m, strict=True))
    beyond = within = told = 0
    for now_s, observation, _ in seen.told:
        for place, way_m, *_ in seen.places.get(now_s - 1, {}).values():
            if "_in_" in place:
                beyond += lane[place] - way_m > 150
                within += lane[place] - way_m <= 150
        told += len(observation.vehicle_view)
        assert observation.vehicle_distance_m.max(initial=0.0) < 150 + 5 * 2.5
    assert beyond > 200
    assert told == pytest.approx(0.95 * within, rel=0.01)


TYPES = {
    "seen_s": int,
    "looked_at": np.bool_,
    "vehicle_view": np.int32,
    "vehicle_distance_m": np.float32,
    "vehicle_speed_m_s": np.float32,
    "vehicle_is_bus": np.bool_,
    "crossed": np.int32,
    "exit_full": np.int8,
    "stop_occupied": np.int8,
    "advance_count": np.int32,
    "advance_occupancy": np.float32,
}


def test_an_observation_is_figures_and_nothing_else(seen):
    view = seen.view
    for _, told, _ in seen.told:
        assert {field.name for field in dataclasses.fields(told)} == set(TYPES)
        assert vars(told).keys() == TYPES.keys()
        assert type(told.seen_s) is int
        for name, kind in list(TYPES.items())[1:]:
            array = getattr(told, name)
            assert (type(array), array.ndim, array.dtype) == (np.ndarray, 1, kind), name
            # No larger array hides behind it.
            assert array.base is None or array.base.size == array.size, name
        vehicles = {len(getattr(told, name)) for name in TYPES if name.startswith("vehicle")}
        assert len(vehicles) == 1
        approaches = ("crossed", "stop_occupied", "advance_count", "advance_occupancy")
        assert {len(getattr(told, name)) for name in approaches} == {len(view.approach_lane)}
        assert len(told.exit_full) == len(view.exit_lane)
        assert len(told.looked_at) == 1


def test_the_values_are_such_as_may_be_known(seen):
    everything = [told for _, told, _ in seen.told[2:]]
    lanes = np.concatenate([told.vehicle_view for told in everything])
    assert set(lanes.tolist()) == set(range(len(seen.view.lane)))
    assert set(np.concatenate([told.crossed for told in everything]).tolist()) <= {0, 1, 2}
    assert set(np.concatenate([told.exit_full for told in everything]).tolist()) <= {0, 1}
    for name in ("stop_occupied", "advance_count", "advance_occupancy"):
        assert {float(v) for told in everything for v in getattr(told, name)} == {-1.0}


def test_no_name_of_a_vehicle_or_a_road_can_be_read(seen):
    told = [pickle.dumps((observation, lamps)) for _, observation, lamps in seen.told]
    assert [found.group() for each in told if (found := NAMES.search(each))] == []
    # The names would be found if they were there.
    assert NAMES.search(pickle.dumps(seen.places))


def test_other_names_change_nothing_that_is_seen(seen, tmp_path):
    rng = np.random.default_rng(8)
    names = tuple(f"secret-{number}" for number in rng.permutation(1000))
    renamed = run_apart(busy, tmp_path, names=names)
    assert {name.split("-")[0] for name in renamed.places[200]} == {"secret"}
    assert [told for _, told, _ in renamed.told] == [told for _, told, _ in seen.told]


def test_buses_are_told_from_cars(seen):
    """As many in ten as drive there, and the longer vehicles of SUMO are the ones."""
    told = [observation for _, observation, _ in seen.told]
    buses = sum(int(observation.vehicle_is_bus.sum()) for observation in told)
    within = sum(
        length_m == 12 and "_in_" in lane
        for places in seen.places.values()
        for lane, _, _, length_m in places.values()
    )
    assert 0 < buses < within
