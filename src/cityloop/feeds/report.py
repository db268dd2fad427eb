"""The report: one page of HTML for the people who decide, with nothing in it that is fetched."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from cityloop.city.network import Network
from cityloop.feeds.report_charts import (
    Bar,
    Interval,
    Line,
    Style,
    bar_chart,
    interval_chart,
    line_chart,
    shorten,
)
from cityloop.feeds.report_map import (
    choose_named,
    delay_map,
    frame_junctions,
    hours,
    roads,
)
from cityloop.feeds.report_words import (
    EMPTY_HEADLINE,
    NAMES,
    NOT_KNOWN,
    Both,
    FigureName,
    alone_headline,
    broken_headline,
    certainty,
    change_text,
    headline,
    interval_text,
    mean_texts,
    number,
    percent,
    signed,
    teleports_headline,
)
from cityloop.feeds.whole_file import write_whole
from cityloop.traffic.evaluate.differences import Difference
from cityloop.traffic.evaluate.runs import Run
from cityloop.traffic.evaluate.summary import (
    ControlRuns,
    JunctionChange,
    SeedCount,
    count_seeds,
    group_runs,
    is_worse,
    list_junctions,
    queue_band,
)

TOTAL: Final = "total_delay_s"
LONGEST_RED_S: Final = 180.0
NAME_LENGTH: Final = 44
WORST_SHOWN: Final = 10
REFUSALS_SHOWN: Final = 3
DECISION: Final = FigureName("决策时间 p99", "Decision time, p99", Both("毫秒", "ms"), 1)
TILES: Final = (TOTAL, "stops", "arrived", "teleports")
_REFERENCE: Final = Style("#6b7280", "none")
_BEST: Final = Style("#0b5fa5", "none")
# Five colours and six dashes: no two of thirty controls look alike.
_COLOURS: Final = ("#8a6fae", "#4f9185", "#a5896a", "#a76d8c", "#7c8f3c")
_DASHES: Final = ("7 3", "2 3", "9 3 2 3", "4 4", "1 2", "12 4")
_BANDS_MAX: Final = 4


class Comparison(NamedTuple):
    """One control beside the reference.

    Attributes
    ----------
    ours, against
        The runs.
    by_figure
        The differences by figure; none without a seed that both have.
    junctions
        The junctions with their changes.
    """

    ours: ControlRuns
    against: ControlRuns
    by_figure: dict[str, Difference]
    junctions: tuple[JunctionChange, ...]

    def seeds_of(self, figure: str) -> SeedCount:
        """Count the seeds in which a figure is less and more."""
        return count_seeds(self.ours, self.against, figure)


class Cell(NamedTuple):
    """One control's entry in the table of all figures."""

    mean: str
    change: str
    interval: str
    worse: bool
    alarm: bool


class Worse(NamedTuple):
    """What got worse under one control."""

    control: str
    figures: tuple[dict[str, Any], ...]
    junctions: tuple[JunctionChange, ...]
    hidden: int
    compared: int


def write_report(
    path: Path, runs: Sequence[Run], differences: Sequence[Difference], network: Network
) -> None:
    """Write the report of some runs; the old file, or none, stays until the new one is complete.

    Parameters
    ----------
    path
        Where to.
    runs
        Runs of one scenario, at least one; the first one's control is the reference.
    differences
        What `pair_runs` gives for these runs.
    network
        The roads for the map.

    Raises
    ------
    InputError
        If the file cannot be written.
    ValueError
        If there are no runs.
    """
    if not runs:
        raise ValueError("a report needs at least one run")
    # A name that is no text, as a file's may be, must not cost the report.
    write_whole(path, _render(runs, differences, network).encode(errors="replace"))


def _render(runs: Sequence[Run], differences: Sequence[Difference], network: Network) -> str:
    environment = Environment(
        loader=PackageLoader("cityloop.feeds"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"hours": hours, "percent": percent, "number": number, "signed": signed}
    environment.filters["name"] = partial(shorten, length=NAME_LENGTH)
    controls = group_runs(runs)
    comparisons = _compare(controls, differences)
    best = _best(comparisons)
    styles = _styles(controls, best)
    return environment.get_template("report.html").render(
        scenario=runs[0].scenario,
        reference=controls[0],
        controls=controls,
        styles=styles,
        seeds=sorted({run.seed for run in runs}),
        minutes=(runs[0].end_s - runs[0].begin_s) / 60,
        main=_headline(controls, best, len(comparisons)),
        alarms=_alarms(controls[0], best),
        tiles=_tiles(controls, best),
        bars=_bars(controls, styles),
        intervals=_intervals(comparisons, styles),
        findings=_findings(comparisons),
        unpaired=[c.ours.control for c in comparisons if not c.by_figure],
        worse=[_worse(comparison) for comparison in comparisons if comparison.by_figure],
        maps=_maps(controls, comparisons, network),
        queues=_queues(controls, styles),
        unchecked=[each.control for each in controls if not _commanded(each)],
        safety=[_safety(control) for control in controls],
        rows=_rows(controls, comparisons),
        sensings=_sensings(controls),
        versions=runs[0].versions,
        longest_red_s=LONGEST_RED_S,
    )


def _compare(
    controls: Sequence[ControlRuns], differences: Sequence[Difference]
) -> list[Comparison]:
    against, *others = controls
    return [
        Comparison(
            ours=ours,
            against=against,
            by_figure={d.figure: d for d in differences if d.control == ours.control},
            junctions=list_junctions(ours, against),
        )
        for ours in others
    ]


def _commanded(ours: ControlRuns) -> bool:
    """Say whether we command the signals, through the gate; if not, nobody checks the programme."""
    return ours.runs[0].sensing.get("kind") != "none"


def _teleports(ours: ControlRuns) -> int:
    return sum(run.teleports for run in ours.runs)


def _best(comparisons: Sequence[Comparison]) -> Comparison | None:
    """Choose the control with the least delay; one with more teleports comes after the rest."""
    found = [comparison for comparison in comparisons if TOTAL in comparison.by_figure]
    return min(
        found,
        key=lambda c: (
            c.by_figure["teleports"].difference > 0 if "teleports" in c.by_figure else False,
            c.by_figure[TOTAL].mean,
        ),
        default=None,
    )


def _styles(controls: Sequence[ControlRuns], best: Comparison | None) -> dict[str, Style]:
    styles = {controls[0].control: _REFERENCE if len(controls) > 1 else _BEST}
    if best is not None:
        styles[best.ours.control] = _BEST
    others = [each.control for each in controls if each.control not in styles]
    return styles | {
        name: Style(_COLOURS[i % len(_COLOURS)], _DASHES[i % len(_DASHES)])
        for i, name in enumerate(others)
    }


def _headline(
    controls: Sequence[ControlRuns], best: Comparison | None, compared: int
) -> tuple[Both, Both | None]:
    """Give the main sentence and how sure it is."""
    if not any(run.demanded for control in controls for run in control.runs):
        return EMPTY_HEADLINE, None
    if best is None:
        first = controls[0]
        return alone_headline(first.control, first.mean(TOTAL), len(first.runs)), None
    difference = best.by_figure[TOTAL]
    return headline(difference, alone=compared == 1), certainty(difference, best.seeds_of(TOTAL))


def _alarms(reference: ControlRuns, best: Comparison | None) -> list[Both]:
    """Say what stands against the main result."""
    main = best.ours if best else reference
    alarms = []
    teleports = _teleports(main)
    if teleports:
        theirs = _teleports(reference) if best else None
        gained = best is not None and best.by_figure[TOTAL].difference < 0
        alarms.append(
            teleports_headline(main.control, teleports, reference.control, theirs, gained=gained)
        )
    broken = sum(run.commands.get("broken", 0) for run in main.runs)
    if broken:
        alarms.append(broken_headline(main.control, broken))
    return alarms


def _tiles(controls: Sequence[ControlRuns], best: Comparison | None) -> list[dict[str, Any]]:
    tiles = []
    for figure in TILES:
        name = NAMES[figure]
        difference = best.by_figure.get(figure) if best else None
        means = [difference.mean if difference else controls[0].mean(figure)]
        means += [difference.against_mean] if difference else []
        now, *before = mean_texts(figure, *means)
        tiles.append(
            {
                "name": name,
                "now": now,
                "before": before,
                "alarm": figure == "teleports" and means[0] > 0,
                "change": _tile_change(difference),
            }
        )
    return tiles


def _tile_change(difference: Difference | None) -> str:
    if difference is None or difference.difference == 0:
        return ""
    if difference.ratio is None:
        return signed(difference.difference, max(NAMES[difference.figure].decimals, 1))
    return percent(difference.ratio - 1)


def _bars(controls: Sequence[ControlRuns], styles: dict[str, Style]) -> str:
    name = NAMES[TOTAL]
    bars = [
        Bar(
            name=each.control,
            style=styles[each.control],
            value=each.mean(TOTAL),
            seeds=tuple(run.total_delay_s for run in each.runs),
            alarm=f"{_teleports(each)} 次瞬移 teleports" if _teleports(each) else "",
        )
        for each in controls
    ]
    unit = f"{name.zh} {name.en} [{name.unit.zh} {name.unit.en}]"
    return bar_chart(bars, width=430.0, unit=unit, decimals=name.decimals)


def _intervals(comparisons: Sequence[Comparison], styles: dict[str, Style]) -> str | None:
    found = [comparison for comparison in comparisons if TOTAL in comparison.by_figure]
    if not found:
        return None
    against = found[0].against.control
    intervals = [Interval(against, styles[against], 0.0, None, None)]
    intervals += [
        Interval(
            name=each.ours.control,
            style=styles[each.ours.control],
            value=each.by_figure[TOTAL].difference,
            low=each.by_figure[TOTAL].low,
            high=each.by_figure[TOTAL].high,
        )
        for each in found
    ]
    unit = NAMES[TOTAL].unit
    return interval_chart(
        intervals, width=430.0, unit=f"差值 Difference [{unit.zh} {unit.en}]", decimals=1
    )


def _findings(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """Say of each control how much and how sure."""
    return [
        {
            "control": each.ours.control,
            "change": change_text(each.by_figure[TOTAL]),
            "certainty": certainty(each.by_figure[TOTAL], each.seeds_of(TOTAL)),
            "teleports": _teleports(each.ours),
        }
        for each in comparisons
        if TOTAL in each.by_figure
    ]


def _worse(comparison: Comparison) -> Worse:
    figures = tuple(
        {
            "name": NAMES[figure],
            "change": change_text(difference),
            "means": mean_texts(figure, difference.against_mean, difference.mean),
            "certainty": certainty(difference, comparison.seeds_of(figure)),
        }
        for figure, difference in comparison.by_figure.items()
        if is_worse(difference)
    )
    worse = [junction for junction in comparison.junctions if junction.change_s > 0]
    worse.sort(key=lambda junction: -junction.change_s)
    return Worse(
        control=comparison.ours.control,
        figures=figures,
        junctions=tuple(worse[:WORST_SHOWN]),
        hidden=max(0, len(worse) - WORST_SHOWN),
        compared=len(comparison.junctions),
    )


def _maps(
    controls: Sequence[ControlRuns], comparisons: Sequence[Comparison], network: Network
) -> dict[str, Any]:
    shown = [(c.ours.control, c.junctions) for c in comparisons if c.junctions]
    if not shown:
        shown = [(controls[0].control, list_junctions(controls[0], None))]
    every = [junction for _, junctions in shown for junction in junctions]
    largest_s = max((max(j.delay_s, j.before_s or 0.0) for j in every), default=0.0)
    first = sorted(shown[0][1], key=lambda j: -(j.delay_s if j.before_s is None else j.before_s))
    numbers = {junction.signal_id: i for i, junction in enumerate(first, start=1)}
    for junction in every:
        numbers.setdefault(junction.signal_id, len(numbers) + 1)
    view = frame_junctions(network, every)
    maps = []
    for control, junctions in shown:
        named = choose_named(junctions)
        picture = delay_map(
            junctions,
            view,
            numbers=numbers,
            named=named,
            largest_s=largest_s,
            label=f"{control}: 各路口延误 delay per junction",
        )
        by_name = {junction.signal_id: junction for junction in junctions}
        table = sorted((by_name[name] for name in named), key=lambda j: numbers[j.signal_id])
        maps.append({"control": control, "picture": picture, "table": table})
    return {
        "roads": roads(network, view),
        "maps": maps,
        "numbers": numbers,
        "compared": any(junction.before_s is not None for junction in every),
        "junctions": len(numbers),
    }


def _queues(controls: Sequence[ControlRuns], styles: dict[str, Style]) -> str | None:
    """Draw all queues; where they are many, bands for the reference and the best alone."""
    banded = list(styles) if len(controls) <= _BANDS_MAX else list(styles)[:2]
    bands = [queue_band(control) for control in controls]
    lines = [
        Line(
            name=band.control,
            style=styles[band.control],
            time=tuple(time_s / 60 for time_s in band.time_s),
            value=band.mean,
            low=band.low if band.control in banded else band.mean,
            high=band.high if band.control in banded else band.mean,
        )
        for band in bands
        if band.time_s
    ]
    if not lines:
        return None
    return line_chart(
        lines,
        width=880.0,
        height=340.0,
        across="开始后的分钟 minutes from the start",
        upward="信号灯前停车的车辆 vehicles standing before the signals",
    )


def _safety(control: ControlRuns) -> dict[str, Any]:
    """Put together what no gain can excuse."""
    red = max(control.runs, key=lambda run: run.longest_red_s)
    wait = max(control.runs, key=lambda run: run.longest_wait_s)
    refusals = [f"{line} (seed {run.seed})" for run in control.runs for line in run.refusals]
    return {
        "control": control.control,
        "commanded": _commanded(control),
        "teleports": _teleports(control),
        "collisions": sum(run.collisions for run in control.runs),
        "refused": sum(run.commands.get("refused", 0) for run in control.runs),
        "broken": sum(run.commands.get("broken", 0) for run in control.runs),
        "proven": sum(run.commands.get("proven", 0) for run in control.runs),
        "red": red,
        "wait": wait,
        "refusals": refusals[:REFUSALS_SHOWN],
    }


def _rows(
    controls: Sequence[ControlRuns], comparisons: Sequence[Comparison]
) -> list[tuple[FigureName, list[Cell]]]:
    by_control = {each.ours.control: each.by_figure for each in comparisons}
    rows = []
    for figure, name in NAMES.items():
        means = [control.mean(figure) for control in controls]
        cells = []
        for control, mean, text in zip(controls, means, mean_texts(figure, *means), strict=True):
            difference = by_control.get(control.control, {}).get(figure)
            cells.append(
                Cell(
                    mean=text,
                    change=change_text(difference) if difference else "",
                    interval=interval_text(difference) if difference else NOT_KNOWN,
                    worse=is_worse(difference) if difference else False,
                    alarm=figure in {"teleports", "collisions"} and mean > 0,
                )
            )
        rows.append((name, cells))
    slowest_ms = [
        number(max(run.decision_ms.get("p99", 0.0) for run in control.runs), 1)
        if _commanded(control)
        else NOT_KNOWN
        for control in controls
    ]
    cells = [Cell(text, "", NOT_KNOWN, worse=False, alarm=False) for text in slowest_ms]
    return [*rows, (DECISION, cells)]


def _sensings(controls: Sequence[ControlRuns]) -> list[tuple[str, str, str]]:
    """Say what each control sees: its name, the kind of sensors, their parameters."""
    found = []
    for control in controls:
        sensing = control.runs[0].sensing
        rest = ", ".join(f"{key} = {value}" for key, value in sensing.items() if key != "kind")
        found.append((control.control, str(sensing.get("kind", NOT_KNOWN)), rest))
    return found
