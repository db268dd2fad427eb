"""`cityloop traffic check`: what the safety gate says of plans and programmes."""

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cityloop.cli.outputs import check_outputs
from cityloop.usecases.check_plan import check_plans, check_shipped, choose_check
from cityloop.usecases.check_result import Check, PlanCheck, check_json, write_check
from cityloop.usecases.explain_check import check_picture, explain_check
from cityloop.usecases.inspect_scenario import find_inspected
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.stream_names import plain_name

REFUSED: Final = 1


def check(
    plan: Annotated[
        Path | None,
        typer.Argument(
            metavar="PLAN",
            help="Plans of ours, or a SUMO file with tlLogic programmes; if none, the city's own.",
        ),
    ] = None,
    *,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="SCENARIO",
            help="A .sumocfg, a folder with one, a .net.xml, or a data set's name.",
        ),
    ] = None,
    roadnet: Annotated[
        Path | None,
        typer.Option("--roadnet", help="Instead of --network: a CityFlow roadnet.json."),
    ] = None,
    flow: Annotated[
        Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="OUT", help="Write all of it there; - prints it instead."),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain",
            metavar="OUT",
            help="Draw one junction's stages and its first violation there (.svg or .png).",
        ),
    ] = None,
    signal: Annotated[
        str | None,
        typer.Option(
            "--signal", help="Which junction --explain draws; the first refused if not given."
        ),
    ] = None,
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
    checked = check_shipped(city) if plan is None else check_plans(plan, city)
    if explain is not None:
        explain_check(explain, city, checked, choose_check(checked, signal))
    _tell(checked.result, json)
    if not checked.result.approved:
        raise typer.Exit(REFUSED)


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
