"""What `adaptive` faces in one second, what its next minute costs, and the first steps."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.city.signals import Bools
from cityloop.kernels.horizon import best_steps
from cityloop.kernels.horizon_tables import Network as Tables
from cityloop.kernels.horizon_tables import Weights
from cityloop.traffic.control.stage_table import StageTable


@dataclass(frozen=True)
class Settings:
    """The one parameter set for every city. What each part is worth: docs/adaptive.md.

    Attributes
    ----------
    stop_s
        Delay that a stop is worth. [s]
    storage
        How much more a queue costs when it fills its lane. [-]
    end_red_s, end_square_s
        What is left at the horizon costs: for each vehicle at red, and for the square of a queue
        over its discharge. [s]
    switch_s
        Delay that a change of stage is worth for each lane of the signal, over the time that it
        takes: nobody changes for less. [s]
    horizon_s, fine_s, coarse_s
        How far a plan looks; for how long by the second, and in which steps from then on. [s]
    overdue_s, overdue_walk_s
        Who has waited for so long is served next; a walk. [s]
    stuck_s
        For how long nobody moves at a green before a signal is taken for blocked. [s]
    bus_weight
        How many vehicles a bus counts for.
    learns
        Whether it learns what each stage lets go and when queues start.
    looks_upstream
        Whether it asks what the signals upstream have let go, beyond what cameras see.
    joins
        Whether signals that hold no queue between them are planned together.
    beyond_shipped
        Whether it may show stages that the city's own programmes do not have.
    """

    stop_s: float = 3.0
    storage: float = 2.0
    end_red_s: float = 8.0
    end_square_s: float = 0.5
    switch_s: float = 0.65
    horizon_s: int = 60
    fine_s: int = 10
    coarse_s: int = 3
    overdue_s: int = 155
    overdue_walk_s: int = 90
    stuck_s: int = 12
    bus_weight: float = 1.0
    learns: bool = True
    looks_upstream: bool = True
    joins: bool = True
    beyond_shipped: bool = True


class Faced(NamedTuple):
    """What all signals face in one second.

    Attributes
    ----------
    rate
        As `StageTable.rate`, learnt. [veh/s]
    due
        (signals,) whose step is wanted.
    stage
        (signals,) the stage that runs, counted from the signal's first.
    earliest_s
        (stages,) when each stage may begin. [s]
    queue
        (lanes,) vehicles that wait now.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    weight
        (lanes,) what one vehicle counts.
    startup_s
        (lanes,) green that passes before a queue moves. [s]
    """

    rate: Floats
    due: Bools
    stage: Ints
    earliest_s: Ints
    queue: Floats
    came: Floats
    weight: Floats
    startup_s: Floats


def plan_stages(table: StageTable, settings: Settings, faced: Faced, first_cost: Floats) -> Ints:
    """Let every signal that is due find its best first step.

    Parameters
    ----------
    table
        Stages, lanes and clearances.
    settings
        What a plan costs, and how far it looks.
    faced
        What the signals face now.
    first_cost
        (stages + signals,) written: least cost of each first step, signal by signal, hold last.

    Returns
    -------
    (signals,) stage to go to, counted from the signal's first, or `HOLD`.
    """
    tables, weights, grid_s = horizon_tables(table, settings, faced)
    return np.asarray(
        best_steps(
            tables, weights, grid_s, faced.due, faced.stage, faced.earliest_s, faced.queue,
            faced.came, first_cost,
        )
    )  # fmt: skip


def horizon_tables(
    table: StageTable, settings: Settings, faced: Faced
) -> tuple[Tables, Weights, Ints]:
    """Put together what the recursion needs.

    Parameters
    ----------
    table
        Stages, lanes and clearances.
    settings
        What a plan costs, and how far it looks.
    faced
        What the signals face now.

    Returns
    -------
    The tables of all signals, what a plan costs, and the times at which it may change. [s]
    """
    fine = np.arange(settings.fine_s)
    coarse = np.arange(settings.fine_s, settings.horizon_s + 1, settings.coarse_s)
    weights = Weights(
        settings.stop_s,
        settings.storage,
        settings.end_red_s,
        settings.end_square_s,
        settings.switch_s,
    )
    tables = Tables(
        table.stage_start, table.lane_start, table.rate_start, table.clearance_start, faced.rate,
        table.clearance_s, table.min_green_s, table.room, faced.weight, faced.startup_s,
    )  # fmt: skip
    return tables, weights, np.concatenate([fine, coarse]).astype(np.int32)
