"""A file of plans by time of day: judged, run through the gate, and written for SUMO."""

import dataclasses

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.sumo_programmes import decode_programme, encode_timetable
from cityloop.store.plan_file import write_timetable
from cityloop.traffic.control.time_of_day import TimeOfDay
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.show_timetable import show_timetable
from cityloop.traffic.plan.timetable import Timetable
from cityloop.usecases.check_plan import check_plans
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.run_orders import run_orders
from tests.made_scenarios import make_busy_crossroads

SWITCH_S = 150


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    return make_busy_crossroads(tmp_path_factory.mktemp("busy"), end_s=300)


@pytest.fixture(scope="module")
def city(busy):
    return open_city(busy)


@pytest.fixture(scope="module")
def day(city):
    approved = city.fallbacks[0].approved
    assert approved is not None
    plan = approved.plan
    later = dataclasses.replace(plan, offset_s=(plan.offset_s + 17) % plan.cycle_s)
    return Timetable(begin_s=(0, SWITCH_S), plans=((plan,), (later,)), mode=Mode.SHORT_WAY)


def test_each_plan_is_judged_with_the_switch_to_it(city, day, tmp_path):
    path = tmp_path / "day.json"
    write_timetable(path, day)
    checks = check_plans(path, city).result.checks
    assert [(each.name, each.refusals) for each in checks] == [
        ("from 00:00:00", ()),
        ("from 00:02:30", ()),
    ]
    # Who has waited as long as he may cannot wait for a switch.
    red_s = int(day.plans[0][0].cycle_s)
    tight = dataclasses.replace(
        city.table, max_red_s=np.full_like(city.table.max_red_s, red_s // 2)
    )
    with pytest.raises(InputError, match="the gate refuses the plan"):
        make_controller("fixed-time", city._replace(table=tight), path)


@pytest.mark.parametrize("control", ["fixed-time", "coordinated"])
def test_a_day_runs_through_the_gate_without_a_refusal(busy, city, day, control, tmp_path):
    path = tmp_path / "day.json"
    write_timetable(path, day)
    assert isinstance(make_controller(control, city, path), TimeOfDay)
    order = RunOrder(scenario=busy, control=control, seed=1, duration_s=300, plan=path)
    (run,) = run_orders([order], lambda _order, _share: None, workers=1)
    assert (run.control, run.refusals, run.fallbacks) == (control, (), ())
    assert run.commands["refused"] == run.commands["broken"] == 0
    assert run.arrived > 0


def test_sumo_is_given_every_second_of_the_day(city, day):
    signals, table = city.signals, city.table
    (text,) = encode_timetable(signals, table, day, begin_s=20, end_s=320)
    groups = int(signals.group_start[1] - signals.group_start[0])
    programme = decode_programme(text, groups)
    shown = np.repeat(programme.lamps, programme.phase_s.astype(int), axis=0)
    expected = show_timetable(signals, table, day, signals.signal_ids[0], 20, 320)
    assert expected is not None
    assert shown.tolist() == expected.tolist()
    assert text.offset_s == 20
