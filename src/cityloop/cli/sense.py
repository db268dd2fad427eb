"""`cityloop sense`: what happens on the road, taken in, kept and measured."""

from pathlib import Path
from typing import Annotated

import typer

from cityloop.runtime.serve_events import serve_events

sense_app = typer.Typer(
    name="sense", help="Events from the road: take them in and keep them.", no_args_is_help=True
)


@sense_app.command("serve")
def serve_command(
    *,
    data: Annotated[Path, typer.Option("--data", help="Folder in which the events are kept.")],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at.")
    ] = 8750,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
) -> None:
    """Take events in over HTTP until it is stopped; what is acknowledged is on the disk."""
    serve_events(data, host, port, lambda line: typer.echo(line, err=True))
