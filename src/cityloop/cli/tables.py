"""Runs and differences as tables for the terminal."""

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.runs import Run

SURE = 0.0
_RUNS = {
    "own": "its own programme",
    "repaired": "its own programme, repaired,",
    "flashing": "all-way flashing",
}


def print_runs(console: Console, runs: Sequence[Run]) -> None:
    """Print one row a controller, means over its seeds.

    Parameters
    ----------
    console
        Where to.
    runs
        Runs of one scenario.
    """
    by_control: dict[str, list[Run]] = {}
    for run in runs:
        by_control.setdefault(run.control, []).append(run)
    seeds = len({run.seed for run in runs})
    title = f"{runs[0].scenario}: {seeds} seed{'s' if seeds > 1 else ''}, means"
    table = Table(
        "control",
        "TOTAL\ndelay s",
        "stops",
        "arrived of\ndemanded",
        "longest\nwait s",
        "longest\nred s",
        "tele-\nports",
        "refused",
        title=title,
    )
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for control, its in by_control.items():
        teleports = sum(run.teleports for run in its)
        refused = sum(run.commands["refused"] + run.commands["broken"] for run in its)
        commanded = any(run.commands["proven"] for run in its)
        table.add_row(
            control,
            f"{_mean(its, 'total_delay_s'):.1f}",
            f"{_mean(its, 'stops'):.2f}",
            f"{_mean(its, 'arrived'):.0f}/{_mean(its, 'demanded'):.0f}",
            f"{_mean(its, 'longest_wait_s'):.0f}",
            f"{_mean(its, 'longest_red_s'):.0f}",
            Text(str(teleports), style="bold red" if teleports else ""),
            Text(str(refused), style="bold red" if refused else "") if commanded else "-",
        )
    console.print(table)


def print_differences(console: Console, differences: Sequence[Difference]) -> None:
    """Print in one sentence a controller how its TOTAL delay differs, and how sure that is.

    Parameters
    ----------
    console
        Where to.
    differences
        All differences of a comparison.
    """
    for d in differences:
        if d.figure != "total_delay_s" or d.ratio is None:
            continue
        change = f"{abs(1 - d.ratio):.0%} {'less' if d.ratio < 1 else 'more'}"
        if d.low is None or d.high is None:
            sure = "one seed: no interval"
        else:
            clear = "" if d.low > SURE or d.high < SURE else "; not sure: it may be none"
            sure = f"95 % interval {d.low:+.1f} to {d.high:+.1f} s over {d.seeds} seeds{clear}"
        console.print(
            f"{d.control} against {d.against}: {change} TOTAL delay "
            f"({d.difference:+.1f} s a vehicle; {sure})",
            highlight=False,
        )


def list_failures(runs: Sequence[Run]) -> list[str]:
    """Say what the gate has refused, and which signals were taken from their controller.

    Parameters
    ----------
    runs
        Runs of one scenario.

    Returns
    -------
    One line each: the first refusals of each run, then who was handed over, when and why.
    """
    lines = []
    for run in runs:
        whose = f"{run.control}, seed {run.seed}: " if len(runs) > 1 else ""
        lines += [f"{whose}refused: {refusal}" for refusal in run.refusals]
        lines += [
            f"{whose}fallback: signal {taken.signal_id}, second {taken.second_s}: {taken.reason};"
            f" it runs {_RUNS.get(taken.runs, taken.runs)} from then on"
            for taken in run.fallbacks
        ]
    return lines


def _mean(runs: Sequence[Run], figure: str) -> float:
    return float(np.mean([getattr(run, figure) for run in runs]))
