"""`cityloop demo`: an hour of a real city, under its own plans and under ours."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from cityloop.cli.circle import demo_circle
from cityloop.cli.outputs import check_outputs
from cityloop.cli.progress import progress_bar
from cityloop.cli.tables import list_failures, print_differences, print_runs
from cityloop.usecases.compare_controls import compare_controls, list_orders, save_comparison
from cityloop.usecases.controls import BEST_CONTROL, REFERENCES
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.warm_kernels import warm_kernels

SCENARIO: Final = "bologna-acosta"
SEEDS: Final = (1, 2, 3)


def demo(
    *,
    json: Annotated[Path | None, typer.Option("--json", help="Write the same as data.")] = None,
    report: Annotated[
        Path, typer.Option("--report", help="Where the page for people goes.")
    ] = Path("cityloop-demo.html"),
    circle: Annotated[
        bool, typer.Option("--circle", help="The service circle of Helsinki's centre instead.")
    ] = False,
) -> None:
    """Fetch an hour of Bologna's traffic and compare its own signal plans with ours.

    Three seeds of the city's own plans, of SUMO's actuated control and of our best controller so
    far; a table, a report, and what to try next.
    """

    def say(line: str) -> None:
        typer.echo(line, err=True)

    check_outputs(json, report)
    if circle:
        demo_circle(json, report)
        return
    scenario = find_scenario(SCENARIO, say=say)
    controls = (*REFERENCES, BEST_CONTROL)
    orders = list_orders(scenario, controls, SEEDS)
    warm_kernels(say)
    with progress_bar(f"{scenario.name}, one hour", len(orders)) as watch:
        comparison = compare_controls(orders, watch)
    save_comparison(comparison, scenario, json=json, report=report)
    console = Console()
    print_runs(console, comparison.runs)
    print_differences(console, comparison.differences)
    for line in list_failures(comparison.runs):
        say(line)
    console.print(f"Report: {report.absolute()} (open it in a browser)", highlight=False)
    console.print(
        "Next, find out what is wrong with a city's own plans: "
        f"cityloop traffic inspect {SCENARIO}",
        highlight=False,
    )
    console.print(
        "Or see a city live, its own plans beside ours: make serve (cityloop serve --demo)",
        highlight=False,
    )
