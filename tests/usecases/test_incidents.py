"""Demand that doubles, a lane that is closed, buses that count more: in a real SUMO."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from cityloop.city.errors import InputError
from cityloop.city.scenario import Incident, Scenario
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_process import outputs_in
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.plan.compatible import compatible_stages
from cityloop.usecases.compare_controls import list_orders
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.run_orders import run_orders
from tests.made_scenarios import make_busy_crossroads
from tests.workers import run_apart

END_S = 400
CLOSED = "n_out_1"
BEGIN_S, OVER_S = 100, 300


class Watched(SumoField):
    """A field that counts who stands or drives on one lane, second by second."""

    def step(self, look_at) -> None:
        super().step(look_at)
        self.on_lane.append(self._sumo.lane.getLastStepVehicleNumber(CLOSED))

    on_lane: list[int]


def ride(scenario: Scenario, folder: Path, bus_weight: float) -> tuple[list[int], dict[str, float]]:
    """Run `adaptive`: who was on the lane, and the mean delay of buses and of cars."""
    city = open_city(scenario)
    stages = compatible_stages(city.network, city.signals, city.programmes)
    parts = (city.network, city.signals, city.table, city.view)
    controller = Adaptive(*parts, stages, Settings(bus_weight=bus_weight))
    with Watched(
        scenario, *parts, sensing=Sensing.CAMERA, seed=1, end_s=END_S, folder=folder
    ) as field:
        field.on_lane = []
        drive(field, controller, lambda _now_s: None, city.fallbacks)
    lost: dict[str, list[float]] = {}
    for trip in etree.parse(str(outputs_in(folder).trips)).getroot():
        lost.setdefault(trip.get("vType"), []).append(float(trip.get("timeLoss")))
    return field.on_lane, {kind: float(np.mean(each)) for kind, each in lost.items()}


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return make_busy_crossroads(tmp_path_factory.mktemp("incidents"), lanes=3, end_s=END_S)


def test_nobody_drives_onto_a_lane_while_it_is_closed(scenario, tmp_path):
    shut = replace(
        scenario, incidents=(Incident(begin_s=BEGIN_S, end_s=OVER_S, closed_lane=CLOSED),)
    )
    usual, _ = run_apart(ride, scenario, tmp_path, 1.0)
    on_lane, _ = run_apart(ride, shut, tmp_path, 1.0)
    # Who was there when it was closed has had a minute to leave.
    closed = slice(BEGIN_S + 60, OVER_S)
    assert max(usual[closed]) > 0
    assert max(on_lane[closed]) == 0
    assert max(on_lane[OVER_S + 5 :]) > 0


def test_doubled_demand_brings_more_and_the_run_says_so(scenario):
    busy = replace(scenario, incidents=(Incident(begin_s=BEGIN_S, end_s=OVER_S, demand=2.0),))
    orders = [
        order
        for each in (scenario, busy)
        for order in list_orders(each, ["actuated", "adaptive"], [1], duration_s=END_S)
    ]
    runs = run_orders(orders, lambda _index, _share: None)
    usual, doubled = runs[:2], runs[2:]
    assert [run.incidents for run in doubled] == [(f"demand=2@{BEGIN_S}-{OVER_S}",)] * 2
    assert {run.demanded for run in usual} == {usual[0].demanded}
    # Half of the time has twice the demand.
    for run in doubled:
        assert run.demanded == pytest.approx(1.5 * usual[0].demanded, rel=0.1)


def test_a_lane_that_is_not_there_is_refused_in_one_line(scenario):
    wrong = replace(
        scenario, incidents=(Incident(begin_s=BEGIN_S, end_s=OVER_S, closed_lane="nowhere_0"),)
    )
    with pytest.raises(InputError, match="nowhere_0") as refused:
        run_orders(list_orders(wrong, ["actuated"], [1]), lambda _index, _share: None)
    assert "\n" not in str(refused.value)


def test_buses_that_count_more_wait_less(scenario, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    _, alike = run_apart(ride, scenario, tmp_path / "one", 1.0)
    _, preferred = run_apart(ride, scenario, tmp_path / "many", 20.0)
    assert preferred["bus"] < 0.9 * alike["bus"]
