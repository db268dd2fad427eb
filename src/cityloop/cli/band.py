"""`cityloop traffic band`: green bands along an arterial, proven, and the plan that shows them."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cityloop.city.errors import InputError
from cityloop.city.network import Floats
from cityloop.cli.outputs import check_outputs
from cityloop.feeds.report_charts import shorten
from cityloop.traffic.plan.bands_arterial import Way
from cityloop.traffic.plan.bands_parts import FAIR
from cityloop.usecases.find_bands import BandOrder, Timed, find_band_plans, save_plans
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.show_bands import bands_json, places_m, write_bands, write_picture
from cityloop.usecases.stream_names import plain_name

KM_H: Final = 3.6
_NAME_LENGTH: Final = 24
_RANGE: Final = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?")


ScenarioArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCENARIO",
        help="A .sumocfg, a folder with one, or a data set's name (`cityloop data list`).",
    ),
]
AlongOption = Annotated[
    str | None,
    typer.Option("--along", metavar="J1,J2,…", help="The arterial's signals, in order."),
]
AutoOption = Annotated[
    bool, typer.Option("--auto", help="Find arterials: signals joined straight on, both ways.")
]
WayOption = Annotated[
    Way,
    typer.Option(
        "--way",
        help="Bands in both directions, out or in alone, or the widest of all these.",
    ),
]
WeightOption = Annotated[
    float,
    typer.Option("--weight", min=0, help="What the band in counts against the one out."),
]
CycleOption = Annotated[
    str | None,
    typer.Option(
        "--cycle",
        metavar="S or LOW-HIGH",
        help="The common cycle; default: the plans' longest.",
    ),
]
SpeedOption = Annotated[
    str,
    typer.Option("--speed", metavar="SHARE or LOW-HIGH", help="Of the speed limits: 1, or 0.85-1."),
]
SpeedChangeOption = Annotated[
    float | None,
    typer.Option("--speed-change", min=0, help="Most that 1/speed may change a link, in s per km."),
]
FreeOrderOption = Annotated[
    bool,
    typer.Option("--free-order", help="Let stages run in another order (left turns first …)."),
]
PerLinkOption = Annotated[
    bool,
    typer.Option("--per-link", help="Give each link a band of its own width, in one piece."),
]
QueueOption = Annotated[
    float, typer.Option("--queue", min=0, help="Seconds for a queue to leave before the band.")
]
LeastOption = Annotated[
    float, typer.Option("--least", min=0, help="A narrower band, in s, is none.")
]
FairOption = Annotated[
    float,
    typer.Option(
        "--fair",
        min=0,
        max=1,
        help="Cut the arterial where its bands are below this share of the cycle; 0: never.",
    ),
]
PlanOption = Annotated[
    Path | None,
    typer.Option("--plan", help="Begin with these plans of ours, not the shipped programmes."),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write the plans of all signals there.")
]
DiagramOption = Annotated[
    Path | None,
    typer.Option("--diagram", help="Draw the time-space diagram there (.svg or .png)."),
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="OUT", help="Write all of it there; - prints it instead."),
]
RoadnetOption = Annotated[
    Path | None, typer.Option("--roadnet", help="Instead of SCENARIO: a CityFlow roadnet.json.")
]
FlowOption = Annotated[Path | None, typer.Option("--flow", help="The CityFlow flow.json to it.")]


def band(  # noqa: PLR0913  one argument an option
    scenario: ScenarioArgument = None,
    *,
    along: AlongOption = None,
    auto: AutoOption = False,
    way: WayOption = Way.BOTH,
    weight: WeightOption = 1.0,
    cycle: CycleOption = None,
    speed: SpeedOption = "1",
    speed_change: SpeedChangeOption = None,
    free_order: FreeOrderOption = False,
    per_link: PerLinkOption = False,
    queue: QueueOption = 0.0,
    least: LeastOption = 2.0,
    fair: FairOption = FAIR,
    plan: PlanOption = None,
    out: OutOption = None,
    diagram: DiagramOption = None,
    json: JsonOption = None,
    roadnet: RoadnetOption = None,
    flow: FlowOption = None,
) -> None:
    """Find the widest green bands along an arterial, proven, and the offsets that give them.

    An offset is the start of the coordinated green, the plan's first stage, after the master zero.
    Example: cityloop traffic band champs-elysees --auto --out band.json --diagram band.svg
    """
    check_outputs(out, diagram, None if json in {None, "-"} else Path(str(json)))
    names = tuple(name.strip() for name in (along or "").split(",") if name.strip())
    if bool(names) == auto:
        _refuse("--along", "name the signals, or give --auto, one of the two")
    order = BandOrder(
        along=names,
        way=way,
        weight_in=weight,
        least_band_s=least,
        cycle_s=parse_cycle(cycle),
        speed=parse_range("--speed", speed),
        slowness_change_s_m=float("inf") if speed_change is None else speed_change / 1000,
        queue_s=queue,
        fair=fair,
        free_order=free_order,
        per_link=per_link,
        plan=plan,
    )
    found_scenario = find_scenario(scenario, roadnet=roadnet, flow=flow, say=_say)
    city = open_city(found_scenario)
    found = find_band_plans(city, order)
    if out is not None:
        save_plans(out, found)
    if diagram is not None:
        write_picture(diagram, city, found)
    if json == "-":
        typer.echo(bands_json(city, found).decode(), nl=False)
        return
    if json is not None:
        write_bands(Path(json), city, found)
    console = Console(highlight=False)
    for each in found.arterials:
        print_bands(console, each)


def parse_range(option: str, text: str) -> tuple[float, float]:
    """Read one number above 0, or two with a dash between.

    Parameters
    ----------
    option
        Where it was given.
    text
        Such as `1` or `0.85-1`.

    Returns
    -------
    The lower and the upper bound.

    Raises
    ------
    InputError
        If it is something else.
    """
    match = _RANGE.fullmatch(text.strip())
    low = float(match[1]) if match else 0.0
    high = float(match[2] or match[1]) if match else 0.0
    if not 0.0 < low <= high:
        _refuse(option, f"{text!r} is no number above 0, and no range such as 0.85-1")
    return low, high


def parse_cycle(text: str | None) -> tuple[int, int] | None:
    """Read the bounds of the common cycle.

    Parameters
    ----------
    text
        Whole seconds, such as `90` or `60-100`; None for none.

    Returns
    -------
    The bounds, or None. [s]

    Raises
    ------
    InputError
        If they are something else, or outside of what the gate lets a cycle be.
    """
    if text is None:
        return None
    low, high = parse_range("--cycle", text)
    if not (low.is_integer() and high.is_integer() and low >= 30 and high <= 240):  # noqa: PLR2004
        _refuse("--cycle", f"{text!r} is not within 30 to 240 whole seconds")
    return int(low), int(high)


def print_bands(console: Console, timed: Timed) -> None:
    """Print one arterial: its signals, its bands, and what must be said of them.

    Parameters
    ----------
    console
        Where to.
    timed
        The arterial.
    """
    full = [plain_name(name) for name in timed.arterial.names]
    names = [shorten(name, _NAME_LENGTH) for name in full]
    title = f"{names[0]} to {names[-1]}, cycle {timed.parts.cycle_s:g} s"
    table = Table(
        "signal", "at m", "offset s", "green out", "green in", "stages", title=Text(title)
    )
    table.columns[0].overflow = "fold"
    for column in table.columns[1:5]:
        column.justify = "right"
    for name, at_m, chosen in zip(full, places_m(timed), timed.chosen, strict=True):
        table.add_row(
            Text(name),
            f"{at_m:.0f}",
            str(chosen.plan.offset_s),
            f"{chosen.out.green_s}",
            f"{chosen.into.green_s}" if timed.corridor.into else "-",
            " ".join(map(str, chosen.order)),
        )
    console.print(table)
    for part, measured_s in zip(timed.parts.parts, timed.measured_s, strict=True):
        where = f"{names[part.first]} to {names[part.last]}"
        bands = part.bands
        if bands is None:
            console.print(Text(f"{names[part.first]}: a signal by itself"), soft_wrap=True)
            continue
        out_km_h = _span(bands.out_speed_m_s * KM_H, 0)
        line = (
            f"{where}: band out {_span(bands.out_s, 1)} s at {out_km_h} km/h,"
            f" in {_span(bands.in_s, 1)} s at {_span(bands.in_speed_m_s * KM_H, 0)} km/h;"
            f" {bands.value:.4f} of the cycle, bound {bands.bound:.4f}, gap {bands.gap:.1e};"
            f" with offsets in whole seconds {measured_s[0]:.1f} and {measured_s[1]:.1f} s"
        )
        console.print(Text(line), soft_wrap=True)
        for remark in bands.remarks:
            console.print(Text(f"  {remark}"), soft_wrap=True)
    if timed.before_s is not None:
        before = f"before: out {timed.before_s[0]:.1f} s, in {timed.before_s[1]:.1f} s"
        console.print(Text(f"{before} over all of it"), soft_wrap=True)
    for remark in (*timed.parts.reasons, *timed.remarks):
        said = remark
        for name, short in zip(timed.arterial.names, names, strict=True):
            said = said.replace(name, short)
        console.print(Text(said), soft_wrap=True)


def _span(values: Floats, decimals: int) -> str:
    low, high = f"{values.min():.{decimals}f}", f"{values.max():.{decimals}f}"
    return low if low == high else f"{low}-{high}"


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _refuse(option: str, cause: str) -> None:
    raise InputError(
        file=option, place="", cause=cause, remedy="see `cityloop traffic band --help`"
    )
