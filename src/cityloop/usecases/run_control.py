"""One run: a scenario, a controller and a seed, measured as every other run is."""

import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_additional import write_detectors, write_programmes
from cityloop.feeds.sumo_outputs import link_loss_s, read_statistics, write_link_request
from cityloop.feeds.sumo_programmes import actuated_programme
from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sensing import describe_sensing
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_native import SumoNative
from cityloop.field.sumo_process import outputs_in
from cityloop.field.sumo_sensors import list_loops
from cityloop.field.sumo_truth import SumoTruth
from cityloop.store.plan_file import read_plans
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.control.max_pressure import MaxPressure
from cityloop.traffic.control.protocol import Controller
from cityloop.traffic.evaluate.runs import JunctionResult, Run
from cityloop.traffic.evaluate.total_delay import total_delay
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.plan.repair import repair_programme
from cityloop.traffic.plan.stages import programme_stages, shipped_stages
from cityloop.usecases.drive import LoopRecord, drive
from cityloop.usecases.open_scenario import City, open_city

REFERENCES: Final = ("native", "actuated")
CONTROLS: Final = ("native", "actuated", "max-pressure", "fixed-time")
BEST_CONTROL: Final = "max-pressure"
HOUR_S: Final = 3600


@dataclass(frozen=True, kw_only=True)
class RunOrder:
    """What is to be run.

    Attributes
    ----------
    scenario
        The files.
    control
        One of `CONTROLS`.
    seed
        For SUMO and the sensors.
    sensing
        Which sensors there are.
    duration_s
        How long, from the scenario's begin. [s]
    plan
        For `fixed-time`: our plans as a file; without it, the shipped programmes, repaired.
    """

    scenario: Scenario
    control: str
    seed: int
    sensing: Sensing = Sensing.CAMERA
    duration_s: int = HOUR_S
    plan: Path | None = None


class _Outcome(NamedTuple):
    """What a run leaves besides SUMO's files."""

    truth: SumoTruth
    loop: LoopRecord | None
    stage_changes: np.ndarray


def check_control(name: str) -> str:
    """Check the name of a controller.

    Parameters
    ----------
    name
        As a person gives it.

    Returns
    -------
    The same name.

    Raises
    ------
    InputError
        If there is no such controller.
    """
    if name not in CONTROLS:
        raise InputError(
            file="--control",
            place="",
            cause=f"there is no controller {name!r}",
            remedy=f"choose from {', '.join(CONTROLS)}",
        )
    return name


def run_control(order: RunOrder, progress: Callable[[float], None]) -> Run:
    """Run one order in this process. SUMO allows one at a time in a process.

    Parameters
    ----------
    order
        What to run.
    progress
        Told the share that is done, 0-1.

    Returns
    -------
    The run's figures.

    Raises
    ------
    InputError
        If the scenario or the plan cannot be used.
    """
    check_control(order.control)
    city = open_city(order.scenario)
    begin_s = int(order.scenario.begin_s)
    end_s = begin_s + order.duration_s

    def every_second(now_s: int) -> None:
        if now_s % 20 == 0:
            progress((now_s - begin_s) / order.duration_s)

    with tempfile.TemporaryDirectory(prefix="cityloop-run-") as name:
        folder = Path(name)
        links = write_link_request(folder, begin_s=begin_s, end_s=end_s)
        if order.control in REFERENCES:
            outcome = _run_reference(order, city, end_s, folder, links, every_second)
        else:
            outcome = _run_commanded(order, city, end_s, folder, links, every_second)
        return _measured(order, city, begin_s, end_s, folder, outcome)


def _run_reference(
    order: RunOrder,
    city: City,
    end_s: int,
    folder: Path,
    links: Path,
    every_second: Callable[[int], None],
) -> _Outcome:
    additional: tuple[Path, ...] = (links,)
    if order.control == "actuated":
        programmes = folder / "actuated.add.xml"
        write_programmes(programmes, tuple(actuated_programme(text) for text in city.texts))
        additional = (links, programmes)
    with SumoNative(
        order.scenario,
        city.network,
        city.signals,
        city.view,
        seed=order.seed,
        end_s=end_s,
        folder=folder,
        additional=additional,
    ) as native:
        while not native.ended:
            native.step()
            every_second(native.now_s)
    return _Outcome(native.truth, None, native.stage_changes)


def _run_commanded(
    order: RunOrder,
    city: City,
    end_s: int,
    folder: Path,
    links: Path,
    every_second: Callable[[int], None],
) -> _Outcome:
    additional: tuple[Path, ...] = (links,)
    if order.sensing is Sensing.LOOPS:
        loops = folder / "loops.add.xml"
        write_detectors(loops, list_loops(city.network, city.view))
        additional = (links, loops)
    controller = make_controller(order, city)
    with SumoField(
        order.scenario,
        city.network,
        city.signals,
        city.table,
        city.view,
        sensing=order.sensing,
        seed=order.seed,
        end_s=end_s,
        folder=folder,
        additional=additional,
    ) as field:
        loop = drive(field, controller, every_second)
    return _Outcome(field.truth, loop, loop.stage_changes)


def make_controller(order: RunOrder, city: City) -> Controller:
    """Build the controller that an order names.

    Parameters
    ----------
    order
        Names it, and the plan file where one is given.
    city
        What it is for.

    Returns
    -------
    The controller.

    Raises
    ------
    InputError
        If the plan file cannot be used.
    """
    if order.control == "max-pressure":
        stages = shipped_stages(city.signals, city.programmes)
        return MaxPressure(city.network, city.signals, city.table, city.view, stages)
    if order.plan is not None:
        return FixedTime(city.signals, city.table, read_plans(order.plan, city.signals, city.table))
    return FixedTime(city.signals, city.table, repaired_plans(city))


def repaired_plans(city: City) -> tuple:  # type: ignore[type-arg]
    """Make the shipped programmes into plans that keep the safety table.

    Parameters
    ----------
    city
        The city.

    Returns
    -------
    One plan for each signal that has a programme and serves someone.
    """
    index = {name: s for s, name in enumerate(city.signals.signal_ids)}
    plans = []
    for programme in city.programmes:
        signal = index[programme.signal_id]
        stages = programme_stages(city.signals, signal, programme)
        if stages:
            plans.append(repair_programme(city.signals, city.table, signal, programme, stages))
    return tuple(plans)


def _measured(
    order: RunOrder, city: City, begin_s: int, end_s: int, folder: Path, outcome: _Outcome
) -> Run:
    outputs = outputs_in(folder)
    delay = total_delay(read_trips(outputs.trips), end_s)
    statistics = read_statistics(outputs.statistics)
    loop = outcome.loop
    decision_ms = np.zeros(1) if loop is None else loop.decision_ms
    reference = order.control in REFERENCES
    return Run(
        scenario=order.scenario.name,
        control=order.control,
        sensing={"kind": "none"} if reference else describe_sensing(order.sensing),
        seed=order.seed,
        begin_s=begin_s,
        end_s=end_s,
        demanded=delay.demanded,
        inserted=delay.inserted,
        arrived=delay.arrived,
        teleports=statistics.teleports,
        collisions=statistics.collisions,
        total_delay_s=delay.total_delay_s,
        depart_delay_s=delay.depart_delay_s,
        time_loss_s=delay.time_loss_s,
        travel_time_s=delay.travel_time_s,
        waiting_s=delay.waiting_s,
        stops=delay.stops,
        longest_wait_s=delay.longest_wait_s,
        longest_red_s=outcome.truth.longest_red_s,
        longest_red_lane=outcome.truth.longest_red_lane,
        decision_ms={
            "p50": float(np.percentile(decision_ms, 50)),
            "p99": float(np.percentile(decision_ms, 99)),
            "max": float(decision_ms.max()),
        },
        commands={
            "proven": 0 if loop is None else loop.proven,
            "refused": 0 if loop is None else loop.refused,
            "broken": 0 if loop is None else loop.broken,
        },
        refusals=() if loop is None else loop.refusals,
        junctions=_junctions(city, link_loss_s(outputs.links), outcome, end_s - begin_s),
        queue_time_s=tuple(outcome.truth.queue_time_s),
        queue=tuple(int(row.sum()) for row in outcome.truth.queue),
        versions=_versions(),
    )


def _junctions(
    city: City, loss_s: dict[str, float], outcome: _Outcome, duration_s: int
) -> tuple[JunctionResult, ...]:
    """Give each signal the time that is lost on the links that its sensors cover."""
    signals, view = city.signals, city.view
    link = city.network.lane_link[view.lane]
    pairs = np.unique(np.stack([view.signal, link]), axis=1) if len(link) else np.zeros((2, 0), int)
    delay_s = np.zeros(len(signals.signal_ids))
    for s, i in pairs.T:
        delay_s[s] += loss_s.get(city.network.link_ids[i], 0.0)
    per_h = HOUR_S / duration_s
    return tuple(
        JunctionResult(
            signal_id=name,
            x_m=float(signals.signal_x_m[s]),
            y_m=float(signals.signal_y_m[s]),
            delay_s=float(delay_s[s]),
            stage_changes_per_h=float(outcome.stage_changes[s] * per_h),
        )
        for s, name in enumerate(signals.signal_ids)
    )


def _versions() -> dict[str, str]:
    names = ("cityloop", "eclipse-sumo", "libsumo", "numba", "numpy")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
