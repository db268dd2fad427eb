"""`cityloop sense estimate`: what is known of the road, from what was kept."""

from pathlib import Path
from typing import Annotated

import typer

from cityloop.traffic.estimate.live.line_queues import QueueRules
from cityloop.usecases.estimate_road import RoadOrder, estimate_road


def estimate(  # noqa: PLR0913  one argument an option
    data: Annotated[
        Path, typer.Argument(help="Folder of `sense serve`, or a Parquet or CSV file of events.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", help="Folder for the estimates.")],
    sites: Annotated[
        Path | None, typer.Option("--sites", help="CSV: where each detector is.")
    ] = None,
    ways: Annotated[
        Path | None, typer.Option("--ways", help="CSV: links and corridors between cameras.")
    ] = None,
    detectors: Annotated[
        Path | None,
        typer.Option("--detectors", help="Which detectors serve which phases, for queues."),
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Whose events, if several send.")] = "",
    window_s: Annotated[
        float, typer.Option("--window", min=1, max=86_400, help="Of a file: seconds of a window.")
    ] = 60.0,
    sliding_s: Annotated[
        float, typer.Option("--sliding", min=1, max=86_400, help="Seconds of a sliding window.")
    ] = 900.0,
    travel_s: Annotated[
        float,
        typer.Option("--travel", min=1, max=86_400, help="Seconds of a window of travel times."),
    ] = 300.0,
    utc_offset_h: Annotated[
        float, typer.Option("--utc-offset", min=-14, max=14, help="Local time less UTC in hours.")
    ] = 0.0,
    ride_s: Annotated[
        float,
        typer.Option("--ride", min=0, max=120, help="Seconds from advance detectors to the line."),
    ] = 5.0,
) -> None:
    """Estimate flows, turns, queues, travel times and detectors' health; Parquet files.

    Example: cityloop sense estimate road --sites sites.csv --out estimates
    """
    order = RoadOrder(
        data=data,
        out=out,
        source=source,
        sites=sites,
        ways=ways,
        signals=detectors,
        window_s=window_s,
        sliding_s=sliding_s,
        travel_s=travel_s,
        utc_offset_h=utc_offset_h,
        queues=QueueRules(ride_us=round(ride_s * 1e6)),
    )
    estimate_road(order, lambda name, rows: typer.echo(f"{name:<14} {rows:>9} rows"))
