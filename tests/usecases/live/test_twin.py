"""Twins: what the live picture reckons is what SUMO writes; plans are changed without a refusal."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_picture import SumoPictures
from cityloop.field.sumo_process import load_libsumo, outputs_in
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.evaluate.total_delay import total_delay
from cityloop.traffic.observe.observation import Reading, Sensing
from cityloop.traffic.safety.fallback import FallbackKind
from cityloop.usecases.drive import Loop
from cityloop.usecases.find_bands import BandOrder, find_band_plans
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.twin import _Runs
from cityloop.usecases.live.twin_orders import RunPlans, TwinOrder
from cityloop.usecases.make_controller import make_controller, repaired_plans
from cityloop.usecases.open_scenario import open_city

END_S = 400


@pytest.fixture(scope="module")
def city():
    return open_city(make_demo_city())


def field_of(city, folder):
    return SumoField(
        city.scenario, city.network, city.signals, city.table, city.view,
        sensing=Sensing.CAMERA, needs=Reading.ALL, seed=1, end_s=END_S, folder=folder,
    )  # fmt: skip


def test_every_signal_of_the_demo_passes_the_gate_as_it_is(city):
    assert {each.kind for each in city.fallbacks} == {FallbackKind.OWN}


def test_the_delay_is_that_of_sumos_own_trips(city, tmp_path):
    with field_of(city, tmp_path) as field:
        loop = Loop(field, make_controller("fixed-time", city, None), city.fallbacks)
        pictures = SumoPictures(load_libsumo(), city.network, city.view, 12)
        picture, stops = pictures.take(0), 0
        while not field.ended:
            loop.second()
            picture = pictures.take(field.now_s)
            assert picture.stops >= stops
            stops = picture.stops
    trips = total_delay(read_trips(outputs_in(tmp_path).trips), END_S)
    assert picture.departed == trips.inserted
    assert picture.arrived == trips.arrived
    assert picture.stops == pytest.approx(trips.stops * trips.inserted, rel=0.02)
    # SUMO counts departure delay from the drawn tenth of a second on, the picture whole seconds.
    assert picture.delay_s == pytest.approx(trips.total_delay_s * trips.demanded, rel=0.03)
    assert loop.record().refused == 0


def test_a_controller_hands_over_to_a_plan_and_back_without_a_refusal(city, tmp_path):
    shifted = tuple(
        replace(plan, offset_s=(17 * i) % plan.cycle_s)
        for i, plan in enumerate(repaired_plans(city))
    )
    with field_of(city, tmp_path) as field:
        loop = Loop(field, make_controller("adaptive", city, None), city.fallbacks)
        names = []
        while not field.ended:
            if field.now_s == 100:
                loop.change_controller(FixedTime(city.signals, city.table, shifted))
            if field.now_s == 300:
                loop.change_controller(make_controller("adaptive", city, None))
            assert loop.second().refusals == ()
            names.append(loop.controller.name)
            if field.now_s == 299:
                # In step: each signal shows the stage of its plan's clock.
                lamps = loop.lamps
                for plan in shifted:
                    s = city.signals.signal_ids.index(plan.signal_id)
                    at_s = (lamps.now_s - 1 - plan.offset_s) % plan.cycle_s
                    ends = np.cumsum(plan.green_s + plan.clearance_s) - plan.clearance_s
                    stage = int(np.searchsorted(ends, at_s, side="right")) % len(ends)
                    target = lamps.target[city.signals.groups_of(s)]
                    assert np.array_equal(target, plan.stages[stage])
    record = loop.record()
    assert (record.refused, record.broken, record.fallbacks) == (0, 0, ())
    assert names[99] == "adaptive"
    assert names[130] == "fixed-time"
    assert names[-1] == "adaptive"


@pytest.mark.slow
def test_the_computed_plans_of_both_corridors_help(city, tmp_path):
    delay_s = {}
    found = find_band_plans(city, BandOrder(fair=0.0, cycle_s=(83, 83)))
    for name, plans in (("own", repaired_plans(city)), ("waves", found.plans)):
        order = TwinOrder(name=name, scenario=city.scenario, control="fixed-time", lasts_s=1800)
        runs = _Runs(order, city)
        runs.change(RunPlans(1, plans))
        *_, (_, last) = (runs.second() for _ in range(1800))
        runs.close()
        assert last.alerts == [] or {each.kind for each in last.alerts} == {"spillback"}
        delay_s[name] = last.delay_s / last.departed
    assert delay_s["waves"] < 0.85 * delay_s["own"]
