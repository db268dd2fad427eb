"""`cityloop sense coordination` and `time-space`: what signals did, drawn from their log."""

from pathlib import Path
from typing import Annotated

import typer

from cityloop.cli.outputs import check_outputs
from cityloop.usecases.draw_signals import (
    MINUTES_MAX,
    draw_coordination_of,
    draw_time_space_of,
)

EventsArgument = Annotated[
    Path, typer.Argument(help="Log of signal controllers: Parquet, CSV, folder.")
]
DetectorsOption = Annotated[
    Path, typer.Option("--detectors", help="Which detectors serve which phases.")
]
OutOption = Annotated[Path, typer.Option("--out", help="The picture: SVG or PNG.")]
DataOption = Annotated[Path | None, typer.Option("--data", help="What is drawn, as data: Parquet.")]


def coordination(
    events: EventsArgument,
    *,
    detectors: DetectorsOption,
    device: Annotated[str, typer.Option("--device", help="The controller.")],
    phase: Annotated[int, typer.Option("--phase", min=1, help="Its phase.")],
    out: OutOption,
    data: DataOption = None,
    latency_s: Annotated[
        float, typer.Option("--latency", help="Lateness of advance detectors in seconds.")
    ] = 0.0,
) -> None:
    """Draw the Purdue coordination diagram of a phase: who arrives when in the cycle.

    Example: cityloop sense coordination log.parquet --detectors detectors.parquet --device 452
    --phase 2 --out 452-2.svg
    """
    check_outputs(out, data)
    arrivals, share = draw_coordination_of(
        events, detectors, device, phase, out=out, data=data, latency_us=round(latency_s * 1e6)
    )
    typer.echo(f"{arrivals} arrivals, {share:.1%} on green; {out}")


def draw_time_space(  # noqa: PLR0913  one argument an option
    events: EventsArgument,
    *,
    detectors: DetectorsOption,
    corridor: Annotated[
        Path, typer.Option("--corridor", help="CSV of device, at_m, out, in: its signals.")
    ],
    out: OutOption,
    data: DataOption = None,
    begin: Annotated[str, typer.Option("--from", help="From when; the log's begin if not.")] = "",
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.1, max=MINUTES_MAX, help="For how long.")
    ] = 15.0,
    advance_m: Annotated[
        float, typer.Option("--advance", min=0, help="Metres from advance detectors to the line.")
    ] = 100.0,
    speed_km_h: Annotated[
        float, typer.Option("--speed", min=1, help="Speed at which vehicles are taken to go on.")
    ] = 50.0,
) -> None:
    """Draw the time-space diagram of a corridor as it was: its greens, and who came to them.

    Example: cityloop sense time-space log.parquet --detectors detectors.parquet
    --corridor corridor.csv --from 2024-05-13T15:30 --out corridor.svg
    """
    check_outputs(out, data)
    greens, vehicles = draw_time_space_of(
        events,
        detectors,
        corridor,
        out=out,
        data=data,
        begin=begin,
        minutes=minutes,
        advance_m=advance_m,
        speed_m_s=speed_km_h / 3.6,
    )
    typer.echo(f"{greens} greens, {vehicles} vehicles; {out}")
