"""`cityloop traffic explain`: why `adaptive` did what it did at one junction in one second."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cityloop.city.errors import InputError
from cityloop.cli.outputs import check_outputs
from cityloop.usecases.explain_decision import (
    Explanation,
    LaneWeighed,
    OptionWeighed,
    explain_decision,
    write_explanation,
)

_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")
_SECONDS = re.compile(r"\d{1,9}")


def explain(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="A record that `cityloop traffic run --record` wrote."),
    ],
    *,
    junction: Annotated[str, typer.Option("--junction", help="The signal's name.")],
    at: Annotated[
        str,
        typer.Option("--at", metavar="T", help="A second of the run, such as 25300 or 7:01:40."),
    ],
    json: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write all of it there.")
    ] = None,
) -> None:
    """Say which options a junction had in one second, what each would have cost, and the choice.

    Example: cityloop traffic explain run.parquet --junction 209 --at 7:01:40
    """
    check_outputs(json)
    explanation = explain_decision(run, junction, parse_second(at))
    if json is not None:
        write_explanation(json, explanation)
    print_explanation(Console(highlight=False), explanation)


def parse_second(text: str) -> int:
    """Read a second of a run.

    Parameters
    ----------
    text
        Seconds, or hours, minutes and seconds with colons between.

    Returns
    -------
    The second. [s]

    Raises
    ------
    InputError
        If it is neither.
    """
    clock = _CLOCK.fullmatch(text)
    if clock:
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    if not _SECONDS.fullmatch(text):
        raise InputError(
            file="--at",
            place="",
            cause=f"{text[:40]!r} is no second of a run",
            remedy="give such as 25300 or 7:01:40",
        )
    return int(text)


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Print lanes, options, the choice and what the gate said.

    Parameters
    ----------
    console
        Where to.
    explanation
        What to print.
    """
    e = explanation
    clock = f"{e.second_s // 3600}:{e.second_s // 60 % 60:02}:{e.second_s % 60:02}"
    head = f"junction {e.junction}, second {e.second_s} ({clock})"
    console.print(Text(f"{head}: {e.scenario}, {e.control}, seed {e.seed}", "bold"))
    console.print(_lanes_table(e.lanes))
    if any(option.cost_s is not None for option in e.options):
        console.print(_options_table(e.options))
    told = [("choice", e.choice), ("gate", e.gate)]
    if e.longest_wait_s:
        told.append(("longest wait", f"{e.longest_wait_s} s, {e.longest_wait_of}"))
    if e.handed_over:
        told.append(("handed over", e.handed_over))
    for word, line in told:
        console.print(Text.assemble((word, "bold"), f": {line}"), soft_wrap=True)


def _lanes_table(lanes: list[LaneWeighed]) -> Table:
    table = Table(
        "lane", "waiting", "come in\n10 s", "\n20 s", "\n30 s", "lets go\nveh/h", "at best"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for lane in lanes:
        table.add_row(
            Text(lane.lane),
            f"{lane.queue:.1f}",
            f"{lane.arrivals_10_s:.1f}",
            f"{lane.arrivals_20_s:.1f}",
            f"{lane.arrivals_30_s:.1f}",
            f"{lane.discharge_veh_h:.0f}",
            f"{lane.discharge_best_veh_h:.0f}",
        )
    return table


def _options_table(options: list[OptionWeighed]) -> Table:
    table = Table("", "option", "green", "cost s", "more than\nthe best", show_lines=True)
    for column in table.columns[3:]:
        column.justify = "right"
    for option in options:
        if option.cost_s is not None:
            figures = (f"{option.cost_s:.1f}", f"{option.more_than_best_s:.1f}")
        elif option.not_before_s:
            figures = ("-", f"not for\n{option.not_before_s} s yet")
        else:
            figures = ("-", "not now")
        table.add_row(
            Text(">" if option.chosen else "", "bold green"),
            Text(option.option, "bold" if option.chosen else ""),
            Text("\n".join(option.green)),
            *figures,
        )
    return table
