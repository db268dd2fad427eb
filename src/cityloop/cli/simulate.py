"""`cityloop sense simulate`: a SUMO run as a live source of events."""

from typing import Annotated

import typer

from cityloop.cli.progress import progress_bar
from cityloop.runtime.live_source import send_simulation
from cityloop.usecases.find_scenario import find_scenario


def simulate(
    scenario: Annotated[
        str,
        typer.Argument(help="A .sumocfg, a folder with one, or a data set's name."),
    ],
    *,
    to: Annotated[str, typer.Option("--to", help="The door.")] = "http://127.0.0.1:8750",
    source: Annotated[
        str, typer.Option("--source", help="The sender's name; one of its own if not given.")
    ] = "",
    speed: Annotated[
        float,
        typer.Option("--speed", min=0.0, help="Seconds of simulation a second; 0: no waiting."),
    ] = 1.0,
    duration: Annotated[
        int, typer.Option("--duration", min=1, help="Seconds from the scenario's begin.")
    ] = 3600,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="SUMO's seed.")] = 1,
) -> None:
    """Run a scenario under its own programmes, and send what its road reports to a door.

    Example: cityloop sense simulate bologna-acosta --to http://127.0.0.1:8750
    """
    found = find_scenario(scenario, say=lambda line: typer.echo(line, err=True))
    with progress_bar(found.name, 1, "runs") as watch:
        acknowledged = send_simulation(
            found,
            seed=seed,
            duration_s=duration,
            to=to,
            source=source,
            speed=speed,
            watch=lambda share: watch(0, share),
        )
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(acknowledged.items()))
    typer.echo(f"acknowledged: {said or 'nothing'}")
