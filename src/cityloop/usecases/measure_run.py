"""From what a run leaves behind to its figures."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_outputs import link_loss_s, read_statistics
from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sensing import describe_sensing
from cityloop.field.sensor_faults import Fault
from cityloop.field.sumo_process import outputs_in
from cityloop.field.sumo_truth import SumoTruth
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.evaluate.runs import JunctionResult, Run
from cityloop.traffic.evaluate.total_delay import total_delay
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.controls import REFERENCES
from cityloop.usecases.drive import LoopRecord
from cityloop.usecases.opened_city import City

HOUR_S = 3600


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
    faults
        How great a part of them fails in each way, 0-1.
    duration_s
        How long, from the scenario's begin. [s]
    plan
        For `fixed-time`: our plans as a file; without it, the shipped programmes, repaired.
    record
        For `adaptive`: where to write what was weighed in every second; None for nowhere.
    state
        For `adaptive`: file of what has been learnt, read first if it is there, written at the end.
    settings
        For `adaptive`: other parameters than its own.
    hires
        Folder for what the signal controllers would tell: a log, and their detectors; None for
        nowhere.
    """

    scenario: Scenario
    control: str
    seed: int
    sensing: Sensing = Sensing.CAMERA
    faults: tuple[tuple[Fault, float], ...] = ()
    duration_s: int = HOUR_S
    plan: Path | None = None
    record: Path | None = None
    state: Path | None = None
    settings: Settings | None = None
    hires: Path | None = None


class Outcome(NamedTuple):
    """What a run leaves besides SUMO's files.

    Attributes
    ----------
    truth
        Longest red and queues.
    loop
        The loop's record; None for a reference.
    stage_changes
        (signals,) switches begun.
    """

    truth: SumoTruth
    loop: LoopRecord | None
    stage_changes: npt.NDArray[np.int64]


def measure_run(order: RunOrder, city: City, folder: Path, outcome: Outcome) -> Run:
    """Work out the figures of a finished run.

    Parameters
    ----------
    order
        What was run.
    city
        The city.
    folder
        SUMO's outputs.
    outcome
        What else the run has left.

    Returns
    -------
    The figures.
    """
    begin_s = int(order.scenario.begin_s)
    end_s = begin_s + order.duration_s
    outputs = outputs_in(folder)
    delay = total_delay(read_trips(outputs.trips), end_s)
    statistics = read_statistics(outputs.statistics)
    loop = outcome.loop
    decision_ms = np.zeros(1) if loop is None else loop.decision_ms
    reference = order.control in REFERENCES
    return Run(
        scenario=order.scenario.name,
        control=order.control,
        sensing={"kind": "none"} if reference else describe_sensing(order.sensing, order.faults),
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
        longest_walk_red_s=outcome.truth.longest_walk_red_s,
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
        fallbacks=() if loop is None else loop.fallbacks,
        incidents=tuple(map(str, order.scenario.incidents)),
        junctions=_junctions(city, link_loss_s(outputs.links), outcome, end_s - begin_s),
        queue_time_s=tuple(outcome.truth.queue_time_s),
        queue=tuple(int(row.sum()) for row in outcome.truth.queue),
        versions=_versions(),
    )


def _junctions(
    city: City, loss_s: dict[str, float], outcome: Outcome, duration_s: int
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
