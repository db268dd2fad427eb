"""Plans tried out in the simulator, without sensors and without commands: SUMO runs them itself."""

import multiprocessing as mp
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import encode_plan
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sumo_process import close_sumo, outputs_in, start_sumo, step_sumo
from cityloop.traffic.evaluate.total_delay import total_delay
from cityloop.usecases.open_scenario import open_city


def simulate_plans(
    scenario: Scenario,
    choices: Sequence[tuple[Plan, ...]],
    seeds: Sequence[int],
    *,
    duration_s: int,
    done: Callable[[], None],
    workers: int = 1,
) -> Floats:
    """Run each of several choices of plans with each of some seeds.

    Parameters
    ----------
    scenario
        The files.
    choices
        Plans, one a signal; a signal without one keeps the scenario's programme.
    seeds
        SUMO's seeds.
    duration_s
        How long each run is. [s]
    done
        Called after each run.
    workers
        How many at a time.

    Returns
    -------
    (choices, seeds) TOTAL delay. [s]
    """
    delay_s = np.zeros((len(choices), len(seeds)))
    with ProcessPoolExecutor(
        workers, mp_context=mp.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        jobs = {
            (i, j): pool.submit(_simulate, scenario, plans, seed, duration_s)
            for i, plans in enumerate(choices)
            for j, seed in enumerate(seeds)
        }
        for place, job in jobs.items():
            delay_s[place] = job.result()
            done()
    return delay_s


def _simulate(scenario: Scenario, plans: tuple[Plan, ...], seed: int, duration_s: int) -> float:
    """Run once, in a process of its own: SUMO allows one at a time."""
    city = open_city(scenario)
    end_s = int(scenario.begin_s) + duration_s
    with tempfile.TemporaryDirectory(prefix="cityloop-plan-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in scenario.additional_files)
        scenario = replace(scenario, additional_files=quiet)
        programmes = folder / "plans.add.xml"
        write_programmes(
            programmes, tuple(encode_plan(city.signals, city.table, plan) for plan in plans)
        )
        sumo = start_sumo(scenario, (programmes,), seed=seed, end_s=end_s, folder=folder)
        try:
            for _ in range(duration_s):
                step_sumo(sumo, scenario, folder)
        finally:
            close_sumo(sumo)
        return total_delay(read_trips(outputs_in(folder).trips), end_s).total_delay_s
