"""`cityloop traffic check`: what the safety gate says of plans and programmes."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cityloop.city.errors import InputError
from cityloop.cli.outputs import check_outputs
from cityloop.traffic.plan.mode import Mode
from cityloop.usecases.check_plan import Checked, check_plans, check_shipped, choose_check
from cityloop.usecases.check_result import Check, PlanCheck, check_json, write_check
from cityloop.usecases.explain_check import check_picture, explain_check
from cityloop.usecases.inspect_scenario import find_inspected
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import plain_name

REFUSED: Final = 1


PlanArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PLAN",
        help="Plans of ours, or a SUMO file with tlLogic programmes; if none, the city's own.",
    ),
]
NetworkOption = Annotated[
    str | None,
    typer.Option(
        "--network",
        metavar="SCENARIO",
        help="A .sumocfg, a folder with one, a .net.xml, or a data set's name.",
    ),
]
RoadnetOption = Annotated[
    Path | None, typer.Option("--roadnet", help="Instead of --network: a CityFlow roadnet.json.")
]
FlowOption = Annotated[Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")]
RunningOption = Annotated[
    Path | None,
    typer.Option("--running", metavar="PLAN", help="Plans of ours that run now: rule 8."),
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="How junctions get from these to PLAN.")]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="OUT", help="Write all of it there; - prints it instead."),
]
ExplainOption = Annotated[
    Path | None,
    typer.Option(
        "--explain",
        metavar="OUT",
        help="Draw one junction's stages and its first violation there (.svg or .png).",
    ),
]
SignalOption = Annotated[
    str | None,
    typer.Option("--signal", help="Which junction --explain draws; if none, the first refused."),
]


def check(  # noqa: PLR0913  one argument an option
    plan: PlanArgument = None,
    *,
    network: NetworkOption = None,
    roadnet: RoadnetOption = None,
    flow: FlowOption = None,
    running: RunningOption = None,
    mode: ModeOption = Mode.DWELL,
    json: JsonOption = None,
    explain: ExplainOption = None,
    signal: SignalOption = None,
) -> None:
    """Say which rules of the safety gate plans or programmes keep. Exit 1 if one is refused.

    Example: cityloop traffic check programmes.add.xml --network bologna-acosta --explain why.svg
    """
    check_outputs(None if json in {None, "-"} else Path(str(json)), explain)
    if explain is not None:
        check_picture(explain)
    scenario = find_inspected(
        network, roadnet=roadnet, flow=flow, say=lambda line: typer.echo(line, err=True)
    )
    city = open_city(scenario)
    checked = _judge(city, plan, running, mode)
    if explain is not None:
        explain_check(explain, city, checked, choose_check(checked, signal))
    _tell(checked.result, json)
    if not checked.result.approved:
        raise typer.Exit(REFUSED)


def _judge(city: City, plan: Path | None, running: Path | None, mode: Mode) -> Checked:
    if plan is not None:
        return check_plans(plan, city, running=running, mode=mode)
    if running is not None:
        raise InputError(
            file="--running",
            place="",
            cause="there is no PLAN that the junctions could switch to",
            remedy="give one, or leave it out",
        )
    return check_shipped(city)


def _tell(result: PlanCheck, json: str | None) -> None:
    if json == "-":
        typer.echo(check_json(result).decode(), nl=False)
        return
    if json is not None:
        write_check(Path(json), result)
    print_check(Console(highlight=False), result)


def print_check(console: Console, result: PlanCheck) -> None:
    """Print a row a rule, then each refusal, then the warnings.

    Parameters
    ----------
    console
        Where to.
    result
        What the gate says.
    """
    table = Table("rule", "asks for", "passed", "refused", "not judged")
    table.title = Text(f"{result.plan}, for {result.network}")
    for column in (0, 2, 3, 4):
        table.columns[column].justify = "right"
    for count in result.rules:
        table.add_row(
            str(count.rule),
            count.asks,
            str(count.passed),
            Text(str(count.refused), style="bold red" if count.refused else ""),
            str(count.unjudged) if count.unjudged else "",
        )
    console.print(table)
    several = len({check.signal_id for check in result.checks}) < len(result.checks)
    for each in result.checks:
        _print_refusals(console, each, named=several)
    for each in result.checks:
        _print_warnings(console, each)
    for remark in result.remarks:
        _print_line(console, "warning", "yellow", remark)
    junctions = {check.signal_id for check in result.checks}
    refused = {check.signal_id for check in result.checks if not check.approved}
    verdict = f"refused: {len(refused)} of {len(junctions)}" if refused else "approved"
    plural = "s" if len(junctions) > 1 else ""
    console.print(
        Text.assemble(
            f"{len(junctions)} junction{plural}: ",
            (verdict, "bold red" if refused else "bold green"),
        )
    )
    console.print(
        "Judged by the default safety table (docs/safety.md). Rules 8 and 9 are about switches and"
        " commands, which programmes have not; after a plan's first refusal the gate stops.",
        style="dim",
    )


def _print_refusals(console: Console, check: Check, *, named: bool) -> None:
    """Print one line a rule, with its first breach, and how many more there are."""
    name = f" (programme {plain_name(check.name)})" if named and check.name else ""
    for rule in dict.fromkeys(breach.rule for breach in check.refusals):
        its = [breach for breach in check.refusals if breach.rule == rule]
        # Lanes of one movement are told once.
        others = {breach.movements for breach in its} - {its[0].movements}
        more = f" (and {len(others)} more)" if others else ""
        line = f"rule {rule}: signal {plain_name(check.signal_id)}{name}, {its[0]}{more}"
        _print_line(console, "refused", "bold red", line)


def _print_warnings(console: Console, check: Check) -> None:
    if not check.warnings:
        return
    more = f" (and {len(check.warnings) - 1} more groups)" if len(check.warnings) > 1 else ""
    _print_line(console, "warning", "yellow", f"{check.warnings[0]}{more}")


def _print_line(console: Console, word: str, style: str, line: str) -> None:
    console.print(Text.assemble((word, style), f": {line}"), soft_wrap=True)
