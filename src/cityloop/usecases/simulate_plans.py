"""Plans tried out in the simulator, without sensors and without commands: SUMO runs them itself."""

import multiprocessing as mp
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_additional import ProgrammeText, write_programmes
from cityloop.feeds.sumo_outputs import read_statistics
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sumo_process import close_sumo, outputs_in, start_sumo, step_sumo
from cityloop.traffic.evaluate.total_delay import total_delay


class Outcomes(NamedTuple):
    """What came of some choices with some seeds.

    Attributes
    ----------
    delay_s
        (choices, seeds) TOTAL delay. [s]
    longest_wait_s
        (choices, seeds) the most that one vehicle waited. [s]
    teleports
        (choices, seeds) how often a vehicle was taken out of a jam.
    """

    delay_s: Floats
    longest_wait_s: Floats
    teleports: Ints


def simulate_programmes(
    scenario: Scenario,
    choices: Sequence[tuple[ProgrammeText, ...]],
    seeds: Sequence[int],
    *,
    duration_s: int,
    done: Callable[[], None],
    workers: int = 1,
) -> Outcomes:
    """Run each of several choices of programmes with each of some seeds.

    Parameters
    ----------
    scenario
        The files.
    choices
        Programmes, one a signal; a signal without one keeps the scenario's.
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
    What came of them.
    """
    shape = (len(choices), len(seeds))
    found = Outcomes(np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int32))
    with ProcessPoolExecutor(
        workers, mp_context=mp.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        jobs = {
            (i, j): pool.submit(_simulate, scenario, texts, seed, duration_s)
            for i, texts in enumerate(choices)
            for j, seed in enumerate(seeds)
        }
        for place, job in jobs.items():
            delay_s, longest_wait_s, teleports = job.result()
            found.delay_s[place], found.longest_wait_s[place] = delay_s, longest_wait_s
            found.teleports[place] = teleports
            done()
    return found


def _simulate(
    scenario: Scenario, texts: tuple[ProgrammeText, ...], seed: int, duration_s: int
) -> tuple[float, float, int]:
    """Run once, in a process of its own: SUMO allows one at a time."""
    end_s = int(scenario.begin_s) + duration_s
    with tempfile.TemporaryDirectory(prefix="cityloop-plan-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in scenario.additional_files)
        scenario = replace(scenario, additional_files=quiet)
        programmes = folder / "plans.add.xml"
        write_programmes(programmes, texts)
        sumo = start_sumo(scenario, (programmes,), seed=seed, end_s=end_s, folder=folder)
        try:
            for _ in range(duration_s):
                step_sumo(sumo, scenario, folder)
        finally:
            close_sumo(sumo)
        said = total_delay(read_trips(outputs_in(folder).trips), end_s)
        teleports = read_statistics(outputs_in(folder).statistics).teleports
        return said.total_delay_s, said.longest_wait_s, teleports
