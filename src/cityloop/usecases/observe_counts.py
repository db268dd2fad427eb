"""Watching a scenario under its own signals: what cameras count, and nothing else."""

import multiprocessing as mp
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import actuated_programme
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.field.sumo_native import SumoNative
from cityloop.traffic.estimate.counts import Counter, Counts
from cityloop.usecases.open_scenario import open_city


def observe_counts(
    scenario: Scenario,
    seeds: Sequence[int],
    *,
    control: str,
    duration_s: int,
    done: Callable[[], None],
    workers: int = 1,
) -> tuple[Counts, ...]:
    """Watch a scenario with each of some seeds.

    Parameters
    ----------
    scenario
        The files.
    seeds
        SUMO's seeds.
    control
        `native` or `actuated`: who switches the signals meanwhile.
    duration_s
        For how long. [s]
    done
        Called after each.
    workers
        How many at a time.

    Returns
    -------
    The counts, seed by seed.
    """
    found = []
    with ProcessPoolExecutor(
        workers, mp_context=mp.get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        jobs = [pool.submit(_watch, scenario, seed, control, duration_s) for seed in seeds]
        for job in jobs:
            found.append(job.result())
            done()
    return tuple(found)


def _watch(scenario: Scenario, seed: int, control: str, duration_s: int) -> Counts:
    """Watch one run, in a process of its own: SUMO allows one at a time."""
    city = open_city(scenario)
    begin_s = int(scenario.begin_s)
    counter = Counter(city.view, begin_s)
    with tempfile.TemporaryDirectory(prefix="cityloop-watch-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in scenario.additional_files)
        scenario = replace(scenario, additional_files=quiet)
        additional: tuple[Path, ...] = ()
        if control == "actuated":
            programmes = folder / "actuated.add.xml"
            write_programmes(programmes, tuple(actuated_programme(text) for text in city.texts))
            additional = (programmes,)
        with SumoNative(
            scenario, city.network, city.signals, city.view,
            seed=seed, end_s=begin_s + duration_s, folder=folder,
            additional=additional, watched=True,
        ) as native:  # fmt: skip
            while not native.ended:
                native.step()
                counter.add(native.observe(), native.green)
    return counter.counts()
