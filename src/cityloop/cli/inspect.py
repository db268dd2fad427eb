"""`cityloop traffic inspect`: what is there in a scenario, and what is wrong with it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cityloop.city.faults import Severity
from cityloop.usecases.findings import SEVERITY_NAMES, Finding
from cityloop.usecases.inspect_scenario import (
    Inspection,
    find_inspected,
    inspect_scenario,
    inspection_json,
    write_inspection,
)
from cityloop.usecases.stream_names import plain_name

FOUND_ERRORS: Final = 1
_SIGNALS_SHOWN: Final = 20
_EXAMPLES_SHOWN: Final = 3
_NAMES_SHOWN: Final = 8
_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TITLES: Final = {
    "conflicting-green": "green together though their paths meet",
    "false-priority": "shown G though it must give way",
    "no-yellow": "no yellow",
    "short-yellow": "yellow too short for the speed",
    "long-yellow": "yellow longer than the speed asks for",
    "early-green": "green before a conflicting yellow has ended",
    "short-all-red": "all-red or clearance too short between conflicting movements",
    "short-green": "green below the minimum",
    "long-red": "red beyond the maximum",
    "never-green": "never green",
    "cycle": "cycle outside 30 to 240 s",
    "offset": "offset outside the cycle",
    "no-programme": "signal without a programme",
    "unknown-signal": "programme for an unknown signal",
    "programme-twice": "programme there twice",
    "no-phase": "programme without phases",
    "state-length": "states that do not fit the signal's outputs",
    "several-programmes": "several programmes",
    "no-movement": "signal that controls nobody",
}


class Only(StrEnum):
    """Which findings are printed."""

    ERRORS = "errors"
    WARNINGS = "warnings"
    ALL = "all"


_LEAST: Final = {
    Only.ERRORS: Severity.ERROR,
    Only.WARNINGS: Severity.WARNING,
    Only.ALL: Severity.NOTE,
}


def inspect(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            help="A .sumocfg, a folder with one, a .net.xml, or a data set's name.",
        ),
    ] = None,
    *,
    roadnet: Annotated[
        Path | None, typer.Option("--roadnet", help="Instead of SCENARIO: a CityFlow roadnet.json.")
    ] = None,
    flow: Annotated[
        Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="OUT", help="Write all of it there; - prints it instead."),
    ] = None,
    only: Annotated[
        Only, typer.Option("--only", help="Which findings to print: the worst alone, or all.")
    ] = Only.ALL,
) -> None:
    """Say what is there in a scenario and what is wrong with it. Exit 1 if there are errors.

    Example: cityloop traffic inspect bologna-acosta
    """
    found = find_inspected(
        scenario, roadnet=roadnet, flow=flow, say=lambda line: typer.echo(line, err=True)
    )
    inspection = inspect_scenario(found)
    if json == "-":
        typer.echo(inspection_json(inspection).decode(), nl=False)
    else:
        if json is not None:
            write_inspection(Path(json), inspection)
        print_inspection(Console(highlight=False), inspection, _LEAST[only])
    if inspection.has_errors:
        raise typer.Exit(FOUND_ERRORS)


def print_inspection(console: Console, inspection: Inspection, least: Severity) -> None:
    """Print what is there, then the findings.

    Parameters
    ----------
    console
        Where to.
    inspection
        What was found.
    least
        Findings below this are counted alone.
    """
    console.print(_contents(inspection))
    if inspection.signals:
        console.print(_signals(inspection))
    shown = [finding for finding in inspection.findings if finding.severity >= least]
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        by_kind: dict[str, list[Finding]] = {}
        for finding in shown:
            if finding.severity is severity:
                by_kind.setdefault(finding.kind if finding.signal_id else "", []).append(finding)
        for kind, findings in by_kind.items():
            if kind:
                _print_at_signals(console, severity, kind, findings)
            else:
                _print_each(console, severity, findings)
    counts = [
        f"{number} {SEVERITY_NAMES[severity]}{'' if number == 1 else 's'}"
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
        if (number := sum(f.severity is severity for f in inspection.findings))
    ]
    console.print(Text(", ".join(counts) or "nothing found"), soft_wrap=True)
    if inspection.signals:
        console.print(
            "Judged by the default safety table: yellow 3 s to 50 km/h, 4 s to 70, 5 s above;"
            " all-red 1 s; green 5 s, walk 7 s; red 180 s. Phases count from 0.",
            style="dim",
        )


def _contents(inspection: Inspection) -> Table:
    table = Table(show_header=False, title=Text(inspection.name))
    end = "no end" if inspection.end_s is None else f"{inspection.end_s:g} s"
    vehicles = [
        f"{name} {'without end' if number is None else f'{number:,.0f}'}"
        for name, number in inspection.vehicles
    ]
    if inspection.persons:
        vehicles.append(f"people on foot or in buses {inspection.persons:,}")
    rows = {
        "from": inspection.origin,
        "time": f"{inspection.begin_s:g} s to {end}",
        "roads": (
            f"{inspection.nodes:,} nodes, {inspection.links:,} links ({inspection.link_km:.1f} km),"
            f" {inspection.lanes:,} lanes ({inspection.lane_km:.1f} km)"
        ),
        "movements": f"{inspection.movements:,}, and {inspection.crossings:,} crossings on foot",
        "signals": (
            f"{len(inspection.signals):,} with"
            f" {sum(signal.groups for signal in inspection.signals):,} groups in use"
        ),
        "demand": ", ".join(vehicles) or "nobody",
        "detectors": ", ".join(f"{kind} {number:,}" for kind, number in inspection.detectors)
        or "none",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _signals(inspection: Inspection) -> Table:
    table = Table("signal", "groups", "walks", "programme", "kind", "phases", "cycle s", "offset s")
    table.columns[0].overflow = "fold"
    for column in (1, 2, 5, 6, 7):
        table.columns[column].justify = "right"
    for signal in inspection.signals[:_SIGNALS_SHOWN]:
        table.add_row(
            Text(signal.signal_id),
            str(signal.groups),
            str(signal.crossings),
            Text(signal.programme_id or "none"),
            Text(signal.kind),
            str(signal.phases),
            f"{signal.cycle_s:g}",
            f"{signal.offset_s:g}",
        )
    left = len(inspection.signals) - _SIGNALS_SHOWN
    if left > 0:
        table.caption = f"and {left} more; --json has them all"
    return table


def _print_at_signals(
    console: Console, severity: Severity, kind: str, findings: Sequence[Finding]
) -> None:
    """Print one kind of finding: examples at the signal that has most, and who else has it."""
    by_signal: dict[str, list[Finding]] = {}
    for finding in findings:
        by_signal.setdefault(finding.signal_id, []).append(finding)
    (first, its), *others = sorted(by_signal.items(), key=lambda item: -len(item[1]))
    title = Text.assemble(
        (SEVERITY_NAMES[severity], _STYLES[severity]),
        f" {_TITLES.get(kind, kind)}: {len(findings)} at",
        f" {len(by_signal)} signal{'s' if others else ''}",
    )
    console.print(title, soft_wrap=True)
    console.print(Padding(Text(f"{first}: {len(its)}, in {its[0].file}"), (0, 0, 0, 2)))
    for finding in its[:_EXAMPLES_SHOWN]:
        place = finding.place.replace(f", signal {plain_name(first)}", "")
        line = f"{place}: {finding.cause}; {finding.remedy}"
        console.print(Padding(Text(line), (0, 0, 0, 4)))
    if len(its) > _EXAMPLES_SHOWN:
        console.print(Padding(Text(f"and {len(its) - _EXAMPLES_SHOWN} more here"), (0, 0, 0, 4)))
    if others:
        names = ", ".join(f"{name} ({len(found)})" for name, found in others[:_NAMES_SHOWN])
        more = " …" if len(others) > _NAMES_SHOWN else ""
        line = (
            f"the same at {len(others)} more signal{'s' if len(others) > 1 else ''}: {names}{more}"
        )
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _print_each(console: Console, severity: Severity, findings: Sequence[Finding]) -> None:
    for finding in findings:
        where = f"{finding.file}: {finding.place}" if finding.place else finding.file
        console.print(
            Text.assemble(
                (SEVERITY_NAMES[severity], _STYLES[severity]),
                f" {where}: {finding.cause}; {finding.remedy}",
            )
        )
