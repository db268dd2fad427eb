"""The last candidates for a network's plans, tried out in the simulator."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.feeds.sumo_programmes import encode_timetable
from cityloop.store.plan_file import write_timetable
from cityloop.traffic.plan.timetable import Timetable
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.opened_city import City
from cityloop.usecases.run_orders import run_orders
from cityloop.usecases.simulate_plans import simulate_programmes

CLOSE: Final = 1.15
"""Who is so much worse than the best with the first seed is not tried with the others."""

CHANCE: Final = 1.15
"""Who is the best of dozens by chance, on these very days, counts for so much worse than it was."""

TRIED: Final = 3
"""So many candidates are tried with all seeds."""


class Choice(NamedTuple):
    """Plans that may be taken, proven, with what the model says.

    Attributes
    ----------
    name
        What it is.
    timetable
        The plans.
    delay, saturation
        (queues,) by the model; NaN where it was not asked. [veh s], -
    zone
        (signals,) signals of one zone share a master cycle.
    by_chance
        Whether it was drawn, and not searched for.
    """

    name: str
    timetable: Timetable
    delay: Floats
    saturation: Floats
    zone: Ints
    by_chance: bool = False


class Tried(NamedTuple):
    """A candidate and what came of it.

    Attributes
    ----------
    name
        Its cycle, or what it is.
    predicted_s
        Delay by the model, per vehicle and signal crossed; NaN where it was not asked. [s]
    simulated_s
        (rank seeds,) TOTAL delay; NaN where it was not tried. [s]
    """

    name: str
    predicted_s: float
    simulated_s: Floats


def rank_choices(  # noqa: PLR0913
    city: City,
    choices: Sequence[Choice],
    seeds: Sequence[int],
    *,
    control: str,
    crossings: float,
    duration_s: int,
    done: Callable[[], None],
    workers: int = 1,
) -> tuple[Choice, tuple[Tried, ...]]:
    """Try choices beside what runs now, all with one seed, the best with the others, too.

    Parameters
    ----------
    city
        Whose.
    choices
        One at least. Without seeds the first is taken.
    seeds
        SUMO's seeds.
    control
        Who runs the plans: `fixed-time` or `coordinated`.
    crossings
        Vehicles that cross a stop line, over all periods.
    duration_s
        How long each run is. [s]
    done
        Called after each run.
    workers
        Runs at a time.

    Returns
    -------
    The best, and all in the order in which they were found, the best first and what runs now last.
    """
    delay_s = np.full((len(choices) + 1, len(seeds)), np.nan)
    best = 0
    if seeds:
        run = run_fixed if control == "fixed-time" else _run_followed
        now = simulate_programmes(
            city.scenario, [()], seeds, duration_s=duration_s, done=done, workers=workers
        )
        delay_s[-1] = now.delay_s[0]
        days = Days(city, control, duration_s, done, workers)
        delay_s[:-1, 0] = run(days, choices, seeds[:1])[:, 0]
        counts = np.where([each.by_chance for each in choices], CHANCE, 1.0)
        first_s = counts * delay_s[:-1, 0]
        first = np.argsort(first_s, kind="stable")
        close = [int(i) for i in first[:TRIED] if first_s[i] <= CLOSE * first_s[first[0]]]
        if len(seeds) > 1:
            delay_s[close, 1:] = run(days, [choices[i] for i in close], seeds[1:])
        # A plan that is good on most days and jams on one is no good plan.
        best = min(close, key=lambda i: float(counts[i] * (delay_s[i].mean() + delay_s[i].max())))
    tried = [
        Tried(each.name, float(each.delay.sum()) / max(crossings, 1.0), row)
        for each, row in zip(choices, delay_s[:-1], strict=True)
    ]
    ordered = [tried[best], *(each for i, each in enumerate(tried) if i != best)]
    ordered.append(Tried("what runs now", float("nan"), delay_s[-1]))
    return choices[best], tuple(ordered)


class Days(NamedTuple):
    """How choices are tried.

    Attributes
    ----------
    city
        Whose.
    control
        Who runs the plans: `fixed-time` or `coordinated`.
    duration_s
        How long each run is. [s]
    done
        Called after each run.
    workers
        Runs at a time.
    """

    city: City
    control: str
    duration_s: int
    done: Callable[[], None]
    workers: int


def run_fixed(days: Days, choices: Sequence[Choice], seeds: Sequence[int]) -> Floats:
    """Let SUMO run the plans itself, as they stand.

    Parameters
    ----------
    days
        How.
    choices
        The plans.
    seeds
        SUMO's seeds.

    Returns
    -------
    (choices, seeds) TOTAL delay. [s]
    """
    city, begin_s = days.city, int(days.city.scenario.begin_s)
    texts = [
        encode_timetable(
            city.signals,
            city.table,
            each.timetable,
            begin_s=begin_s,
            end_s=begin_s + days.duration_s,
        )
        for each in choices
    ]
    return simulate_programmes(
        city.scenario,
        texts,
        seeds,
        duration_s=days.duration_s,
        done=days.done,
        workers=days.workers,
    ).delay_s


def _run_followed(days: Days, choices: Sequence[Choice], seeds: Sequence[int]) -> Floats:
    """Run the plans as a controller does that sees the traffic: (choices, seeds). [s]."""
    with tempfile.TemporaryDirectory(prefix="cityloop-rank-") as name:
        orders = []
        for i, each in enumerate(choices):
            plan = Path(name) / f"{i}.json"
            write_timetable(plan, each.timetable)
            orders += [
                RunOrder(
                    scenario=days.city.scenario,
                    control=days.control,
                    seed=seed,
                    duration_s=days.duration_s,
                    plan=plan,
                )
                for seed in seeds
            ]
        runs = []
        for first in range(0, len(orders), days.workers):
            some = orders[first : first + days.workers]
            runs += run_orders(some, lambda _order, _share: None, workers=days.workers)
            for _ in some:
                days.done()
    found = np.array([run.total_delay_s for run in runs], np.float64)
    return found.reshape(len(choices), len(seeds))
