"""Experiments as jobs: worked off, cut off and gone on with, cancelled, told with their runs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Change
from cityloop.store.records.plans.models import Experiment, ExperimentRun
from cityloop.store.run_file import decode_run, encode_run
from cityloop.traffic.evaluate.differences import pair_runs
from cityloop.usecases.experiments import jobs
from cityloop.usecases.experiments.job_queue import find_next
from cityloop.usecases.experiments.jobs import (
    ExperimentOrder,
    cancel_experiment,
    list_runs,
    order_experiment,
    tell_result,
    work_off,
    write_result,
)
from cityloop.usecases.manage_accounts import add_account
from cityloop.usecases.run_control import run_control

PASSWORD = "Sieben-Bruecken-7"


def clock():
    return datetime.now(UTC)


@pytest.fixture
def ann(sqlite_records):
    return add_account("ann", "engineer", PASSWORD, by=None)


@pytest.fixture(scope="module")
def two_runs():
    """Two real runs of a minute; libsumo takes one at a time, one after the other."""
    order = Experiment(order={"scenario": "demo-city", "controls": ["fixed-time"], "seeds": [1]})
    (first,) = list_runs(order)
    return [
        run_control(replace(first, duration_s=60, seed=seed), lambda _: None) for seed in (1, 2)
    ]


def test_a_job_that_a_restart_cuts_off_goes_on_behind_what_is_finished(ann, monkeypatch, two_runs):
    asked = ExperimentOrder("demo-city", ["fixed-time"], [1, 2], 60)
    one = order_experiment(asked, by=ann, now=clock())
    later = order_experiment(asked, by=ann, now=clock())
    assert find_next() == one
    ran = []

    def run(orders, watch, workers, tick):
        tick()
        ran.append(orders[0].seed)
        watch(0, 0.5)
        return [two_runs[orders[0].seed - 1]]

    monkeypatch.setattr(jobs, "run_orders", run)
    # The console ends after the first run: the job stays as it is.
    work_off(one, clock, lambda: len(ran) == 1)
    one.refresh_from_db()
    assert (one.state, one.runs.count(), ran) == ("running", 1, [1])
    assert find_next() == one
    work_off(one, clock, lambda: False)
    one.refresh_from_db()
    assert (one.state, one.done, ran) == ("done", 1.0, [1, 2])
    assert find_next() == later
    told = tell_result(one)
    assert list(told.runs) == two_runs
    assert told.differences == pair_runs(two_runs)
    assert b"<html" in write_result(one)
    assert [c.action for c in Change.objects.filter(subject="experiment")] == [
        "experiment.order",
        "experiment.order",
    ]


def test_a_run_comes_back_from_its_text(two_runs):
    for run in two_runs:
        assert decode_run(encode_run(run)) == run


def test_a_job_is_cancelled_while_it_waits_and_while_it_runs(ann, monkeypatch, two_runs):
    asked = ExperimentOrder("demo-city", ["fixed-time"], [1, 2], 60)
    one = order_experiment(asked, by=ann, now=clock())
    cancel_experiment(one.pk, by=ann, now=clock())
    one.refresh_from_db()
    assert one.state == "cancelled"
    with pytest.raises(InputError, match="it is cancelled"):
        cancel_experiment(one.pk, by=ann, now=clock())
    two = order_experiment(asked, by=ann, now=clock())

    def run(orders, watch, workers, tick):
        cancel_experiment(two.pk, by=ann, now=clock())
        return [two_runs[orders[0].seed - 1]]

    monkeypatch.setattr(jobs, "run_orders", run)
    work_off(two, clock, lambda: False)
    two.refresh_from_db()
    # What was finished stays.
    assert (two.state, two.runs.count()) == ("cancelled", 1)
    assert find_next() is None


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (ExperimentOrder("nowhere", ["adaptive"], [1]), "it is not here"),
        (ExperimentOrder("demo-city", ["magic"], [1]), "no controller 'magic'"),
        (ExperimentOrder("demo-city", ["adaptive", "adaptive"], [1]), "1 to 200 different runs"),
        (ExperimentOrder("demo-city", ["adaptive"], list(range(201))), "1 to 200 different runs"),
        (ExperimentOrder("demo-city", ["adaptive"], [1], 5), "out of bounds"),
    ],
)
def test_what_cannot_be_run_is_not_ordered(ann, order, said):
    with pytest.raises(InputError, match=said):
        order_experiment(order, by=ann, now=clock())
    assert (Experiment.objects.count(), ExperimentRun.objects.count()) == (0, 0)
