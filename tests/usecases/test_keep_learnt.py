"""A controller that is started anew knows what the one before has learnt."""

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.usecases.keep_learnt import check_learns, keep_learnt, recall_learnt
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.run_control import run_control
from tests.made_scenarios import make_busy_crossroads
from tests.workers import run_apart

SECONDS = 200


def started(city) -> Adaptive:
    controller = make_controller("adaptive", city, None)
    assert isinstance(controller, Adaptive)
    return controller


def test_what_a_run_has_learnt_is_known_after_a_restart_to_the_last_bit(tmp_path):
    state = tmp_path / "state.json"
    scenario = make_busy_crossroads(tmp_path, end_s=SECONDS)
    order = RunOrder(scenario=scenario, control="adaptive", seed=1, duration_s=SECONDS, state=state)
    run_apart(run_control, order, print)
    first = state.read_bytes()
    city = open_city(scenario)
    restarted = started(city)
    blank = restarted.learnt
    recall_learnt(state, city, restarted)
    assert restarted.learnt != blank
    assert restarted.learnt.used.any()
    keep_learnt(tmp_path / "again.json", city, restarted)
    assert (tmp_path / "again.json").read_bytes() == first
    # What is given out is no view: nobody else writes into it.
    restarted.learnt = blank
    assert (restarted.learnt.counts == blank.counts).all()
    run_apart(run_control, order, print)
    recall_learnt(state, city, restarted)
    assert state.read_bytes() != first
    assert np.isfinite(restarted.learnt.counts).all()


def test_who_learns_nothing_keeps_nothing():
    check_learns("adaptive")
    with pytest.raises(InputError, match="learns nothing"):
        check_learns("max-pressure")
