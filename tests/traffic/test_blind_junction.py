"""Cameras that fail on a real run: the junction goes on, by estimates or by its own plan."""

from cityloop.field.sensor_faults import Fault
from cityloop.traffic.evaluate.runs import Run
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.run_control import run_control
from tests.made_scenarios import make_busy_crossroads
from tests.workers import run_apart

SECONDS = 600


def run_with(folder, share: float) -> Run:
    scenario = make_busy_crossroads(folder, end_s=SECONDS)
    order = RunOrder(
        scenario=scenario,
        control="adaptive",
        seed=1,
        duration_s=SECONDS,
        faults=((Fault.SILENT, share),),
    )
    return run_apart(run_control, order, print)


def test_some_blind_lanes_are_served_by_estimates(tmp_path):
    run = run_with(tmp_path, 0.25)
    assert run.fallbacks == ()
    assert run.commands["refused"] == run.commands["broken"] == 0
    assert run.sensing["silent_share"] == 0.25
    assert run.longest_red_s <= 180
    assert run.arrived > 0.8 * run.demanded


def test_a_junction_without_any_camera_follows_its_own_plan(tmp_path):
    run = run_with(tmp_path, 1.0)
    ((signal, second_s, reason),) = [(f.signal_id, f.second_s, f.reason) for f in run.fallbacks]
    assert 300 < second_s < 315
    assert signal
    assert reason == "no command for 3 s"
    assert run.commands["refused"] == run.commands["broken"] == 0
    assert run.arrived > 0.5 * run.demanded
