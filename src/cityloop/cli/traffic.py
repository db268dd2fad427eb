"""`cityloop traffic`: run, compare, inspect and check scenarios of road traffic."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cityloop.cli.band import band
from cityloop.cli.check import check
from cityloop.cli.explain import explain
from cityloop.cli.faults import parse_faults
from cityloop.cli.inspect import inspect
from cityloop.cli.outputs import check_outputs
from cityloop.cli.plan import plan as plan_command
from cityloop.cli.progress import progress_bar
from cityloop.cli.seeds import parse_seeds
from cityloop.cli.tables import list_failures, print_differences, print_runs
from cityloop.feeds.sumo_incidents import parse_incidents
from cityloop.store.run_file import write_run
from cityloop.store.whole_file import make_folder
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.compare_controls import compare_controls, list_orders, save_comparison
from cityloop.usecases.controls import CONTROLS, check_control
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.keep_learnt import check_learns
from cityloop.usecases.measure_run import HOUR_S
from cityloop.usecases.record_decisions import check_recorded
from cityloop.usecases.run_orders import run_orders
from cityloop.usecases.warm_kernels import warm_kernels

traffic_app = typer.Typer(
    name="traffic", help="Road traffic: run, compare, inspect, check.", no_args_is_help=True
)

traffic_app.command("inspect")(inspect)
traffic_app.command("check")(check)
traffic_app.command("band")(band)
traffic_app.command("explain")(explain)
traffic_app.command("plan")(plan_command)

ScenarioArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCENARIO",
        help="A .sumocfg, a folder with one, or a data set's name (`cityloop data list`).",
    ),
]
RoadnetOption = Annotated[
    Path | None, typer.Option("--roadnet", help="Instead of SCENARIO: a CityFlow roadnet.json.")
]
FlowOption = Annotated[Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")]
SensingOption = Annotated[
    Sensing, typer.Option("--sensing", help="Which sensors the controllers have.")
]
FaultsOption = Annotated[
    str,
    typer.Option(
        "--sensor-faults",
        help="Let sensors fail after 300 s, such as silent=0.2,stuck=0.1,late=0.1: how great a part"
        " of the approach lanes.",
    ),
]
IncidentOption = Annotated[
    str,
    typer.Option(
        "--incident",
        help="What goes wrong, in seconds from the begin: demand=2@1200-1800 doubles the demand,"
        " closed=LANE@1200-1800 closes a lane. Several with commas between.",
    ),
]
BusWeightOption = Annotated[
    float, typer.Option("--bus-weight", min=0.1, max=100.0, help="For adaptive: cars a bus counts.")
]
DurationOption = Annotated[
    int, typer.Option("--duration", min=1, help="Seconds from the scenario's begin.")
]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", help="For fixed-time and coordinated: a plan file of ours.")
]


@traffic_app.command("run")
def run_command(  # noqa: PLR0913  one argument an option
    scenario: ScenarioArgument = None,
    *,
    control: Annotated[str, typer.Option("--control", help=f"One of {', '.join(CONTROLS)}.")],
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="SUMO's seed.")] = 1,
    sensing: SensingOption = Sensing.CAMERA,
    sensor_faults: FaultsOption = "",
    incident: IncidentOption = "",
    bus_weight: BusWeightOption = 1.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures there.")] = None,
    duration: DurationOption = HOUR_S,
    plan: PlanOption = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", help="For adaptive: write what it weighs in every second there."),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            "--state", help="For adaptive: go on from what was learnt, and keep it there."
        ),
    ] = None,
    hires: Annotated[
        Path | None,
        typer.Option("--hires", help="Folder for what the signal controllers would log."),
    ] = None,
    roadnet: RoadnetOption = None,
    flow: FlowOption = None,
) -> None:
    """Run one scenario under one controller and print its figures.

    Example: cityloop traffic run bologna-acosta --control max-pressure --seed 1 --json out.json
    """
    check_control(control)
    faults = parse_faults(sensor_faults)
    check_outputs(json, record, state)
    if hires is not None:
        make_folder(hires)
    if record is not None:
        check_recorded(control)
    if state is not None:
        check_learns(control)
    incidents = parse_incidents(incident)
    found = find_scenario(scenario, roadnet=roadnet, flow=flow, say=_say)
    found = replace(found, incidents=incidents)
    orders = list_orders(
        found, [control], [seed], sensing=sensing, faults=faults, duration_s=duration, plan=plan
    )
    settings = Settings(bus_weight=bus_weight)
    orders = [
        replace(order, record=record, state=state, settings=settings, hires=hires)
        for order in orders
    ]
    warm_kernels(_say)
    with progress_bar(f"{found.name}, {control}", 1) as watch:
        (run,) = run_orders(orders, watch)
    if json is not None:
        write_run(json, run)
    print_runs(Console(), [run])
    for line in list_failures([run]):
        _say(line)


@traffic_app.command("compare")
def compare_command(  # noqa: PLR0913  one argument an option
    scenario: ScenarioArgument = None,
    *,
    control: Annotated[
        str,
        typer.Option(
            "--control", help="Controllers with commas between; the first is the measure."
        ),
    ] = "native,actuated,adaptive",
    seeds: Annotated[str, typer.Option("--seeds", help="Such as 1-5 or 1,2,7.")] = "1-5",
    sensing: SensingOption = Sensing.CAMERA,
    sensor_faults: FaultsOption = "",
    incident: IncidentOption = "",
    bus_weight: BusWeightOption = 1.0,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write all runs and differences there.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a page for people there (HTML).")
    ] = None,
    duration: DurationOption = HOUR_S,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Runs at a time; default: processors.")
    ] = None,
    plan: PlanOption = None,
    roadnet: RoadnetOption = None,
    flow: FlowOption = None,
) -> None:
    """Compare controllers on one scenario, over the same seeds, and say how sure the result is.

    Example: cityloop traffic compare bologna-acosta --control native,max-pressure --seeds 1-3
    --report report.html
    """
    controls = parse_controls(control)
    chosen = parse_seeds(seeds)
    faults = parse_faults(sensor_faults)
    check_outputs(json, report)
    incidents = parse_incidents(incident)
    found = find_scenario(scenario, roadnet=roadnet, flow=flow, say=_say)
    found = replace(found, incidents=incidents)
    orders = list_orders(
        found, controls, chosen, sensing=sensing, faults=faults, duration_s=duration, plan=plan
    )
    orders = [replace(order, settings=Settings(bus_weight=bus_weight)) for order in orders]
    warm_kernels(_say)
    with progress_bar(found.name, len(orders)) as watch:
        comparison = compare_controls(orders, watch, workers=workers)
    save_comparison(comparison, found, json=json, report=report)
    console = Console()
    print_runs(console, comparison.runs)
    print_differences(console, comparison.differences)
    for line in list_failures(comparison.runs):
        _say(line)
    if report is not None:
        console.print(f"Report: {report}", highlight=False)


def parse_controls(text: str) -> list[str]:
    """Read a list of controllers.

    Parameters
    ----------
    text
        Names with commas between.

    Returns
    -------
    The names, each once, in order.

    Raises
    ------
    InputError
        If one is unknown, or there is none.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        check_control(text.strip())
    return [check_control(name) for name in names]


def _say(line: str) -> None:
    typer.echo(line, err=True)
