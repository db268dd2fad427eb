"""Experiments: who orders what, what is waiting, how far it is, what came out.

A job is a row; each finished run is a row of its own. Whoever works it off asks for what is still
missing, so a restart loses no more than the run that it cut off.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.datasets import list_datasets
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.changes import Deed, changing
from cityloop.store.records.plans.models import Experiment, ExperimentRun, JobState
from cityloop.store.run_file import decode_run, encode_run
from cityloop.traffic.evaluate.differences import pair_runs
from cityloop.usecases.compare_controls import Comparison, list_orders, save_comparison
from cityloop.usecases.controls import check_control
from cityloop.usecases.fetch_dataset import cached_dataset
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.hub import find_hub
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.run_orders import run_orders

DEMO: Final = "demo-city"
RUNS_MAX: Final = 200
DURATION_S: Final = (60, 7200)


class ExperimentOrder(msgspec.Struct, frozen=True):
    """What is compared with what.

    Attributes
    ----------
    scenario
        One of `list_scenarios`.
    controls
        Controllers; the first is what the others are compared with.
    seeds
        Seeds; each controller runs with each.
    duration_s
        How long each run is. [s]
    """

    scenario: str
    controls: list[str]
    seeds: list[int]
    duration_s: int = 3600


class StoppedError(Exception):
    """A job was told to stop: cancelled by a person, or the console ends."""


def list_scenarios() -> list[str]:
    """List what can be run here without fetching anything."""
    hub = find_hub()
    live = [] if hub is None else [hub.city.scenario.name]
    kept = [
        each.name
        for each in list_datasets()
        if each.kind == "sumo-scenario" and cached_dataset(each.name) is not None
    ]
    return list(dict.fromkeys([*live, DEMO, *kept]))


def get_scenario(name: str) -> Scenario:
    """Give a scenario by its name.

    Parameters
    ----------
    name
        One of `list_scenarios`.

    Returns
    -------
    The scenario.

    Raises
    ------
    InputError
        If it is none of them, or cannot be read.
    """
    if name not in list_scenarios():
        raise _refuse("scenario", name, "it is not here", f"choose from {list_scenarios()}")
    hub = find_hub()
    if hub is not None and hub.city.scenario.name == name:
        return hub.city.scenario
    return make_demo_city() if name == DEMO else find_scenario(name, say=lambda _line: None)


def order_experiment(order: ExperimentOrder, *, by: Account, now: datetime) -> Experiment:
    """Order a comparison.

    Parameters
    ----------
    order
        What is wanted.
    by
        Who orders it.
    now
        The present time.

    Returns
    -------
    The job, waiting.

    Raises
    ------
    InputError
        If it cannot be run.
    """
    get_scenario(order.scenario)
    for control in order.controls:
        check_control(control)
    controls, seeds = set(order.controls), set(order.seeds)
    twice = len(controls) < len(order.controls) or len(seeds) < len(order.seeds)
    count = len(controls) * len(seeds)
    if twice or not 0 < count <= RUNS_MAX or not all(0 <= each < 2**31 for each in seeds):
        raise _refuse(
            "order", f"{count} runs", "controllers and seeds do not make 1 to 200 different runs",
            "name each once",
        )  # fmt: skip
    low, high = DURATION_S
    if not low <= order.duration_s <= high:
        raise _refuse("duration", f"{order.duration_s} s", "out of bounds", f"{low} to {high} s")
    made = Experiment(
        name=f"{order.scenario}: {', '.join(order.controls)}",
        order=msgspec.to_builtins(order),
        state=JobState.WAITING,
        made_by=by,
        made_at=now,
    )
    with changing(now) as deeds:
        made.save()
        deeds.append(Deed("experiment.order", "experiment", str(made.pk), by, detail=made.order))
    return made


def cancel_experiment(number: int, *, by: Account, now: datetime) -> Experiment:
    """Ask for a job to be stopped; what is finished of it stays.

    Parameters
    ----------
    number
        The job's.
    by
        Who asks.
    now
        The present time.

    Returns
    -------
    The job.

    Raises
    ------
    InputError
        If there is none, or it has ended.
    """
    with changing(now) as deeds:
        one = Experiment.objects.select_for_update().filter(pk=number).first()
        if one is None:
            raise _refuse("experiment", str(number), "there is none", "see the list")
        if one.state not in (JobState.WAITING, JobState.RUNNING):
            raise _refuse("experiment", str(number), f"it is {one.state}", "order another one")
        one.cancel = True
        if one.state == JobState.WAITING:
            one.state, one.ended_at = JobState.CANCELLED, now
        one.save(update_fields=["cancel", "state", "ended_at"])
        deeds.append(Deed("experiment.cancel", "experiment", str(one.pk), by))
    return one


def work_off(one: Experiment, clock: Callable[[], datetime], stopped: Callable[[], bool]) -> None:
    """Run what is missing of a job, one run after the other, each kept at once.

    Parameters
    ----------
    one
        The job.
    clock
        Tells the present time.
    stopped
        Whether the console ends: the job stays as it is, for the next start.
    """
    Experiment.objects.filter(pk=one.pk).update(state=JobState.RUNNING)
    state, trouble = JobState.DONE, ""
    try:
        orders = list_runs(one)
        there = set(one.runs.values_list("place", flat=True))
        pace = _Pace(one, clock, stopped, len(orders), len(there))
        for place, order in enumerate(orders):
            if place not in there:
                pace.check()
                (run,) = run_orders(
                    [order], lambda _, share: pace.tell(share), workers=1, tick=pace.check
                )
                ExperimentRun.objects.create(
                    experiment=one, place=place, figures=encode_run(run).decode()
                )
                pace.finished()
    except StoppedError:
        if not Experiment.objects.filter(pk=one.pk, cancel=True).exists():
            return
        state = JobState.CANCELLED
    except InputError as error:
        state, trouble = JobState.FAILED, str(error)
    Experiment.objects.filter(pk=one.pk).update(
        state=state, trouble=trouble, ended_at=clock(), seconds_left=None
    )


def list_runs(one: Experiment) -> list[RunOrder]:
    """List the runs that a job asks for, in their order."""
    order = read_order(one)
    return list_orders(
        get_scenario(order.scenario), order.controls, order.seeds, duration_s=order.duration_s
    )


def read_order(one: Experiment) -> ExperimentOrder:
    """Read what a job asks for."""
    return msgspec.convert(one.order, ExperimentOrder)


def tell_result(one: Experiment) -> Comparison:
    """Put together what is finished of a job, with differences and how sure they are.

    Parameters
    ----------
    one
        The job.

    Returns
    -------
    Runs and differences; of seeds with which not all controllers have run yet, nothing.
    """
    count = len(read_order(one).controls)
    rows = {row.place: row for row in one.runs.all()}
    runs = []
    for first in range(0, len(read_order(one).seeds) * count, count):
        if all(place in rows for place in range(first, first + count)):
            own = (rows[place] for place in range(first, first + count))
            runs += [decode_run(row.figures.encode()) for row in own]
    return Comparison(tuple(runs), pair_runs(runs) if runs else ())


def write_result(one: Experiment) -> bytes:
    """Write the report of a job: one HTML page for people.

    Parameters
    ----------
    one
        The job.

    Returns
    -------
    The page.

    Raises
    ------
    InputError
        If no seed is finished, or the scenario is no longer here.
    """
    comparison = tell_result(one)
    if not comparison.runs:
        raise _refuse("experiment", str(one.pk), "no seed is finished yet", "wait for the first")
    scenario = get_scenario(read_order(one).scenario)
    with tempfile.TemporaryDirectory(prefix="cityloop-report-") as name:
        path = Path(name) / "report.html"
        save_comparison(comparison, scenario, json=None, report=path)
        return path.read_bytes()


class _Pace:
    """How far a job is, how long it will take, and whether it shall stop."""

    def __init__(
        self,
        one: Experiment,
        clock: Callable[[], datetime],
        stopped: Callable[[], bool],
        count: int,
        there: int,
    ) -> None:
        self._one, self._clock, self._stopped = one, clock, stopped
        self._count, self._done, self._before = count, there, there
        self._begun = self._told = clock()

    def check(self) -> None:
        """Stop the job if somebody asked for that."""
        if self._stopped() or Experiment.objects.filter(pk=self._one.pk, cancel=True).exists():
            raise StoppedError

    def tell(self, share: float) -> None:
        """Write down how far it is, once a second at most."""
        now = self._clock()
        if (now - self._told).total_seconds() < 1:
            return
        self._told = now
        self.check()
        self._write(self._done + min(share, 1.0), now)

    def finished(self) -> None:
        """Count a finished run."""
        self._done += 1
        self._write(float(self._done), self._clock())

    def _write(self, done: float, now: datetime) -> None:
        gone = done - self._before
        took_s = (now - self._begun).total_seconds()
        left_s = took_s / gone * (self._count - done) if gone > 0 else None
        Experiment.objects.filter(pk=self._one.pk).update(
            done=done / self._count, seconds_left=left_s
        )


def _refuse(file: str, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=file, place=place[:100], cause=cause, remedy=remedy)
