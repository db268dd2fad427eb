"""`cityloop traffic plan`: a network's timing from what its cameras have counted."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from cityloop.city.errors import InputError
from cityloop.cli.outputs import check_outputs
from cityloop.cli.seeds import parse_seeds
from cityloop.usecases.controls import REFERENCES, RUNS_PLANS
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.measure_run import HOUR_S
from cityloop.usecases.plan_network import (
    DRAWN,
    NetworkPlan,
    PlanOrder,
    count_steps,
    plan_network,
    save_plan,
)
from cityloop.usecases.show_planning import planning_json, write_planning
from cityloop.usecases.warm_kernels import warm_kernels

NEAR_CAPACITY: Final = 0.95
WORSE_SHOWN: Final = 3
NAME_LENGTH: Final = 32
UNKNOWN: Final = "-"


Scenario = Annotated[
    str | None,
    typer.Argument(
        metavar="SCENARIO",
        help="A .sumocfg, a folder with one, or a data set's name (`cityloop data list`).",
    ),
]
Out = Annotated[Path, typer.Option("--out", help="Write the plans there, in our format.")]
ObserveSeeds = Annotated[
    str, typer.Option("--observe-seeds", help="Days on which cameras count, such as 11-13.")
]
RankSeeds = Annotated[
    str, typer.Option("--rank-seeds", help="Days on which the last candidates are tried; or none.")
]
ObserveUnder = Annotated[
    str, typer.Option("--observe-under", help="Who switches meanwhile: native or actuated.")
]
RunBy = Annotated[
    str, typer.Option("--for", help="Who will run the plans: fixed-time or coordinated.")
]
Duration = Annotated[
    int, typer.Option("--duration", min=60, help="Seconds of each day, from its begin.")
]
SearchSeed = Annotated[
    int, typer.Option("--search-seed", min=0, help="Fixes the search; equal seeds, equal plan.")
]
Drawn = Annotated[
    int,
    typer.Option(
        "--drawn",
        min=0,
        help="Plans drawn at random, or crossed from the best of these, that are tried for half a"
        " day; the best are candidates, too. 0 for none.",
    ),
]
Sumo = Annotated[
    Path | None, typer.Option("--sumo", help="Write them as a SUMO additional file, too.")
]
Csv = Annotated[
    Path | None, typer.Option("--csv", help="Write a timing sheet, too: one row a stage.")
]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="OUT",
        help="Write flows with their uncertainty, candidates, gains and losses there;"
        " - prints them instead.",
    ),
]
OfDay = Annotated[
    bool,
    typer.Option(
        "--time-of-day/--all-day",
        help="Other plans at times of day at which flows differ, where that pays.",
    ),
]
Zones = Annotated[
    bool,
    typer.Option(
        "--zones/--one-zone", help="Other cycles where coordinating signals does not pay."
    ),
]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Runs at a time.")]
Roadnet = Annotated[
    Path | None, typer.Option("--roadnet", help="Instead of SCENARIO: a CityFlow roadnet.json.")
]
Flow = Annotated[Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")]


def plan(  # noqa: PLR0913  one argument an option
    scenario: Scenario = None,
    *,
    out: Out,
    observe_seeds: ObserveSeeds = "11-13",
    rank_seeds: RankSeeds = "21-23",
    observe_under: ObserveUnder = "native",
    run_by: RunBy = RUNS_PLANS[0],
    duration: Duration = HOUR_S,
    search_seed: SearchSeed = 0,
    drawn: Drawn = DRAWN,
    sumo: Sumo = None,
    csv: Csv = None,
    json: Json = None,
    time_of_day: OfDay = True,
    zones: Zones = True,
    workers: Workers = 1,
    roadnet: Roadnet = None,
    flow: Flow = None,
) -> None:
    """Time a network's signals from what cameras count, and say what that is expected to bring.

    Example: cityloop traffic plan bologna-acosta --observe-seeds 11-13 --out plans.json
    """
    check_outputs(out, sumo, csv, None if json in {None, "-"} else Path(str(json)))
    _check_control("--observe-under", observe_under, REFERENCES, "does not run by itself")
    _check_control("--for", run_by, RUNS_PLANS, "runs no plans")
    order = PlanOrder(
        scenario=find_scenario(scenario, roadnet=roadnet, flow=flow, say=_say),
        observe_seeds=tuple(parse_seeds(observe_seeds, "--observe-seeds")),
        rank_seeds=() if rank_seeds == "none" else tuple(parse_seeds(rank_seeds, "--rank-seeds")),
        observe_under=observe_under,
        duration_s=duration,
        search_seed=search_seed,
        workers=workers,
        by_time_of_day=time_of_day,
        by_zone=zones,
        run_by=run_by,
        drawn=drawn,
    )
    warm_kernels(_say)
    with _steps(order.scenario.name, count_steps(order)) as bar:
        found = plan_network(order, bar)
    save_plan(found, out=out, sumo=sumo, csv=csv)
    if json == "-":
        typer.echo(planning_json(found).decode(), nl=False)
        return
    if json is not None:
        write_planning(Path(json), found)
    print_plan(Console(), found)


def _check_control(option: str, control: str, known: Collection[str], cause: str) -> None:
    """Refuse a controller that an option does not take."""
    if control not in known:
        raise InputError(
            file=option,
            place="",
            cause=f"{control!r} {cause}",
            remedy=f"choose from {', '.join(known)}",
        )


def print_plan(console: Console, found: NetworkPlan) -> None:
    """Print what was tried and what is expected of every signal.

    Parameters
    ----------
    console
        Where to.
    found
        What came out.
    """
    tried = Table(title="Candidates, the chosen one first")
    for name in ("candidate", "delay by the model, s", "TOTAL delay tried, s", "worst day, s"):
        tried.add_column(name, justify="left" if name == "candidate" else "right")
    for each in found.tried:
        whole = each.simulated_s[~np.isnan(each.simulated_s)]
        tried.add_row(
            each.name,
            _figure(each.predicted_s),
            f"{_figure(whole.mean())} ({len(whole)})" if len(whole) else UNKNOWN,
            _figure(whole.max()) if len(whole) else UNKNOWN,
        )
    console.print(tried)
    table = Table(title="Expected by the model, per vehicle that crosses")
    for name in ("signal", "veh/h", "cycle, s", "now, s", "plan, s", "fullest", "who loses"):
        table.add_column(name, justify="left" if name in ("signal", "who loses") else "right")
    cycles_s: dict[str, list[str]] = {}
    for plans in found.timetable.plans:
        for of_signal in plans:
            cycles_s.setdefault(of_signal.signal_id, []).append(str(of_signal.cycle_s))
    for gain in found.gains:
        worse = [f"{link} +{s:.0f} s" for link, s in gain.worse[:WORSE_SHOWN]]
        full = f"{gain.saturation:.2f}" + (" !" if gain.saturation > NEAR_CAPACITY else "")
        table.add_row(
            gain.signal_id[:NAME_LENGTH],
            f"{gain.vehicles_h:.0f}",
            ", ".join(cycles_s.get(gain.signal_id, [UNKNOWN])),
            _figure(gain.before_s),
            _figure(gain.after_s),
            full,
            ", ".join(worse) or UNKNOWN,
        )
    console.print(table)
    if len(found.timetable.plans) > 1:
        clocks = [f"{s // 3600:02d}:{s // 60 % 60:02d}" for s in found.timetable.begin_s]
        console.print(f"Plans change at {', '.join(clocks)}, by {found.timetable.mode}.")
    zones = int(found.zone.max(initial=0)) + 1
    if zones > 1:
        console.print(f"The signals run in {zones} zones, each with a master cycle of its own.")


def _figure(value: float) -> str:
    return UNKNOWN if np.isnan(value) else f"{value:.1f}"


@contextmanager
def _steps(title: str, count: int) -> Iterator[Callable[[], None]]:
    """Show a bar on the terminal's error stream."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(title, total=float(count))
        yield lambda: bar.advance(task)


def _say(line: str) -> None:
    typer.echo(line, err=True)
