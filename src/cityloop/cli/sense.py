"""`cityloop sense`: what happens on the road, taken in, kept and measured."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cityloop.city.errors import InputError
from cityloop.cli.diagrams import coordination, draw_time_space
from cityloop.cli.estimate import estimate
from cityloop.cli.progress import progress_bar
from cityloop.cli.simulate import simulate
from cityloop.feeds.site_files import read_sites
from cityloop.runtime.mqtt_door import read_broker
from cityloop.runtime.replay_events import replay_events
from cityloop.runtime.serve_events import serve_events
from cityloop.traffic.estimate.live.road import RoadRules
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.follow_road import RoadBook
from cityloop.usecases.forecast_detectors import forecast_detectors, try_forecast
from cityloop.usecases.make_followers import make_followers
from cityloop.usecases.measure_signals import MeasureRules, measure_signals
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.read_known import read_known
from cityloop.usecases.retention import read_retention
from cityloop.usecases.retime_signals import retime_signals
from cityloop.usecases.shift_plans import shift_plans

sense_app = typer.Typer(
    name="sense",
    help="Events from the road: take them in, keep them, measure.",
    no_args_is_help=True,
)


sense_app.command("estimate")(estimate)
sense_app.command("coordination")(coordination)
sense_app.command("time-space")(draw_time_space)
sense_app.command("simulate")(simulate)


@sense_app.command("serve")
def serve_command(  # noqa: PLR0913  one argument an option
    *,
    data: Annotated[Path, typer.Option("--data", help="Folder in which the events are kept.")],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at.")
    ] = 8750,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    mqtt: Annotated[
        str, typer.Option("--mqtt", help="Take events from this broker, too: mqtt://HOST:1883.")
    ] = "",
    topic: Annotated[
        str, typer.Option("--mqtt-topic", help="Messages come to this topic and /KIND.")
    ] = "cityloop/v1/events",
    keep: Annotated[
        str, typer.Option("--keep", help="How long, such as detector=2y,hires=90d,passage=12h.")
    ] = "",
    city: Annotated[
        Path | None,
        typer.Option("--city", help="CSV of detectors, or a scenario: events of others are odd."),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option("--sites", help="CSV of where detectors are: estimate movements and turns."),
    ] = None,
    ways: Annotated[
        Path | None,
        typer.Option("--ways", help="CSV of links and corridors: estimate travel times."),
    ] = None,
    detectors: Annotated[
        Path | None,
        typer.Option("--detectors", help="Which detectors serve which phases: estimate queues."),
    ] = None,
    travel_s: Annotated[
        float, typer.Option("--travel", min=1.0, help="Seconds of a window of travel times.")
    ] = 300.0,
    ride_s: Annotated[
        float, typer.Option("--ride", help="Seconds from advance detectors to the line.")
    ] = 5.0,
    utc_offset_h: Annotated[
        float, typer.Option("--utc-offset", min=-14, max=14, help="Local time less UTC in hours.")
    ] = 0.0,
) -> None:
    """Take events in over HTTP until it is stopped; what is acknowledged is on the disk."""
    rules = RoadRules(utc_offset_us=round(utc_offset_h * 3600e6))
    broker = read_broker(mqtt, topic) if mqtt else None
    serve_events(
        data,
        host,
        port,
        lambda line: typer.echo(line, err=True),
        broker,
        retention_h=read_retention(keep),
        known=None if city is None else read_known(city),
        roads=None if sites is None else RoadBook(read_sites(sites), rules),
        followers=make_followers(ways, detectors, travel_s=travel_s, ride_s=ride_s),
    )


@sense_app.command("replay")
def replay_command(
    events: Annotated[Path, typer.Argument(help="Parquet or CSV file of events.")],
    *,
    kind: Annotated[str, typer.Option("--kind", help="What is in it, such as detector.")],
    to: Annotated[str, typer.Option("--to", help="The door.")] = "http://127.0.0.1:8750",
    source: Annotated[
        str, typer.Option("--source", help="The sender's name; the file's if not given.")
    ] = "",
    speed: Annotated[
        float,
        typer.Option("--speed", min=0.0, help="Seconds of event time a second; 0: no waiting."),
    ] = 0.0,
) -> None:
    """Send a file of events to a door, at any speed. Sent again, it counts once.

    Example: cityloop sense replay detectors.parquet --kind detector --speed 60
    """
    if kind not in KINDS:
        raise InputError(
            file="--kind",
            place="",
            cause=f"there is no kind of event {kind!r}",
            remedy=f"kinds are {', '.join(KINDS)}",
        )
    with progress_bar(events.name, 1, "files") as watch:
        said = replay_events(
            events,
            KINDS[kind],
            source=source or events.stem,
            to=to,
            speed=speed,
            watch=lambda share: watch(0, share),
        )
    typer.echo(
        f"{said.acknowledged} events acknowledged in {said.batches} batches, "
        f"{said.rejected} rejected"
    )


@sense_app.command("measure")
def measure_command(
    events: Annotated[
        Path, typer.Argument(help="Log of signal controllers: Parquet, CSV, folder.")
    ],
    *,
    detectors: Annotated[
        Path, typer.Option("--detectors", help="Which detectors serve which phases.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the measures.")],
    bin_min: Annotated[int, typer.Option("--bin", help="Length of a bin in minutes.")] = 15,
    latency_s: Annotated[
        float, typer.Option("--latency", help="Lateness of advance detectors in seconds.")
    ] = 0.0,
    cycle_run: Annotated[
        bool, typer.Option("--cycle-run", help="The controllers tell the cycle they ran (316).")
    ] = False,
) -> None:
    """Work out all signal performance measures of a log, one Parquet file each."""
    rules = MeasureRules(
        bin_min=bin_min, cycle_run=cycle_run, latency_us=round(latency_s * 1_000_000)
    )
    measure_signals(
        events, detectors, out, rules, lambda name, rows: typer.echo(f"{name:<20} {rows:>9} rows")
    )


@sense_app.command("retime")
def retime_command(  # noqa: PLR0913  one argument an option
    events: Annotated[
        Path, typer.Argument(help="Log of signal controllers: Parquet, CSV, folder.")
    ],
    *,
    detectors: Annotated[
        Path, typer.Option("--detectors", help="Which detectors serve which phases.")
    ],
    out: Annotated[Path, typer.Option("--out", help="JSON file for the shifts.")],
    links: Annotated[
        Path | None, typer.Option("--links", help="CSV of from, to, phase: who feeds whom.")
    ] = None,
    phases: Annotated[str, typer.Option("--phases", help="Phases that count, such as 2,6.")] = "",
    latency_s: Annotated[
        float, typer.Option("--latency", help="Lateness of advance detectors in seconds.")
    ] = 0.0,
    scenario: Annotated[
        str, typer.Option("--scenario", help="Whose plans are shifted: folder, file or name.")
    ] = "",
    plan: Annotated[
        Path | None, typer.Option("--plan", help="What runs now; else the shipped programmes.")
    ] = None,
    plan_out: Annotated[
        Path | None, typer.Option("--plan-out", help="File for the shifted plans, proven.")
    ] = None,
) -> None:
    """Find the shifts of offsets with which most arrivals would meet green."""
    if (plan_out is None) != (not scenario) or (plan is not None and plan_out is None):
        raise InputError(
            file="--plan-out",
            place="",
            cause="shifted plans need a scenario and a file",
            remedy="give --scenario and --plan-out together, or neither",
        )
    chosen = [each.strip() for each in phases.split(",") if each.strip()]
    if not all(each.isdecimal() for each in chosen):
        raise InputError(
            file="--phases",
            place="",
            cause=f"found {phases!r}, expected numbers",
            remedy="write the phases with commas between, such as 2,6",
        )
    found = retime_signals(
        events,
        detectors,
        out,
        links=links,
        phases=[int(each) for each in chosen],
        latency_us=round(latency_s * 1_000_000),
    )
    for each in found["devices"]:
        typer.echo(f"{each['device']}: offset {each['shift_s']:+d} s of {each['cycle_s']} s")
    for each in found["approaches"]:
        typer.echo(
            f"{each['device']} phase {each['phase']}: arrivals on green {each['before']:.3f} -> "
            f"{each['after']:.3f} (gain {each['low']:+.3f} to {each['high']:+.3f}, 95 %); "
            f"alone {each['alone_s']:+d} s, {each['alone']:.3f}"
        )
    if plan_out is not None:
        _write_plans(scenario, plan, found["devices"], plan_out)


def _write_plans(
    scenario: str, plan: Path | None, devices: list[dict[str, Any]], plan_out: Path
) -> None:
    """Bring shifts into plans, through the gate."""
    shifts = {each["device"]: (each["cycle_s"], each["shift_s"]) for each in devices}
    city = open_city(find_scenario(scenario, say=lambda line: typer.echo(line, err=True)))
    changed = shift_plans(city, plan, shifts, plan_out)
    typer.echo(f"{changed} plans shifted and proven by the gate, in {plan_out}")


@sense_app.command("forecast")
def forecast_command(
    history: Annotated[
        Path, typer.Argument(help="CSV or Parquet: a row a step, a column a detector.")
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV file for the forecast of each detector.")
    ] = None,
    nearness: Annotated[
        Path | None, typer.Option("--nearness", help="CSV: how near each detector is to each.")
    ] = None,
    step_min: Annotated[
        float, typer.Option("--step", min=0.1, help="Length of a step in minutes.")
    ] = 5.0,
    test: Annotated[
        float | None, typer.Option("--test", help="Hold this last share back, and try it there.")
    ] = None,
) -> None:
    """Forecast every detector 5, 15, 30 and 60 minutes ahead, or try how good that is."""
    if (out is None) == (test is None):
        raise InputError(
            file="--out",
            place="",
            cause="it is not clear whether to forecast or to try it",
            remedy="give --out FILE for a forecast, or --test 0.2 to try it",
        )
    with progress_bar(f"{history.name}, fitting", 1, "histories") as watch:

        def say(done: int, of: int) -> None:
            watch(0, done / of)

        if out is not None:
            count = forecast_detectors(history, nearness, step_min, out, say)
            lines = [f"{count} values forecast, in {out}"]
        else:
            errors = try_forecast(history, nearness, step_min, test or 0.0, say)
            lines = ["minutes  mean absolute error  same as now  penalty"]
            lines += [
                f"{each.minutes:>7}  {each.error:>19.3f}  {each.error_now:>11.3f}  "
                f"{each.penalty:>7.0f}"
                for each in errors
            ]
    typer.echo("\n".join(lines))
