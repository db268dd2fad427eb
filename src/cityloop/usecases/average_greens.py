"""A fixed plan's greens from those that followed the traffic: what each stage had on average.

Counts tell what was served, not what wanted to be, and the model does not see what blocks. A plan
whose greens follow the traffic finds out, within its own cycle and order of stages; the average of
what it gave is a split that has met both.
"""

import multiprocessing as mp
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.field.sumo import SumoField
from cityloop.traffic.control.coordinated import Coordinated
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.plan.repair import least_green_s, share_out
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City


def average_greens(
    city: City, plans: tuple[Plan, ...], *, seed: int, duration_s: int
) -> tuple[Plan, ...]:
    """Run plans with greens that follow the traffic, and share out their cycles as those did.

    Parameters
    ----------
    city
        Whose.
    plans
        At most one a signal.
    seed
        SUMO's seed.
    duration_s
        How long the run is. [s]

    Returns
    -------
    The same plans, but for the greens.
    """
    # SUMO allows one run at a time in a process.
    with ProcessPoolExecutor(1, mp_context=mp.get_context("spawn")) as pool:
        shown_s = pool.submit(_follow, city.scenario, plans, seed, duration_s).result()
    return tuple(
        _as_shown(city, plan, lasted_s) for plan, lasted_s in zip(plans, shown_s, strict=True)
    )


def _as_shown(city: City, plan: Plan, lasted_s: Ints) -> Plan:
    """Share out a plan's cycle in proportion to how long each stage was shown."""
    if not lasted_s.any():
        return plan
    s = city.signals.signal_ids.index(plan.signal_id)
    min_green_s = city.table.min_green_s[city.signals.groups_of(s)]
    count = len(plan.stages)
    least_s = np.array([least_green_s(min_green_s, plan.stages, i) for i in range(count)])
    least_s = np.minimum(least_s, plan.green_s)
    budget_s = int(plan.green_s.sum())
    green_s = share_out(lasted_s * (budget_s / lasted_s.sum()), least_s, budget_s)
    return replace(plan, green_s=green_s.astype(np.int32))


def _follow(
    scenario: Scenario, plans: tuple[Plan, ...], seed: int, duration_s: int
) -> tuple[Ints, ...]:
    """Run once; give how long each stage of each plan was shown. [s]."""
    city = open_city(scenario)
    controller = Coordinated(city.network, city.signals, city.table, city.view, plans)
    with tempfile.TemporaryDirectory(prefix="cityloop-follow-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in scenario.additional_files)
        with SumoField(
            replace(scenario, additional_files=quiet),
            city.network,
            city.signals,
            city.table,
            city.view,
            sensing=Sensing.CAMERA,
            needs=controller.needs,
            seed=seed,
            end_s=int(scenario.begin_s) + duration_s,
            folder=folder,
        ) as field:
            drive(field, controller, lambda _now_s: None, city.fallbacks)
    return controller.shown_s
