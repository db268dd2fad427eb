"""The command `cityloop`."""

import sys

import typer

from cityloop.city.errors import InputError
from cityloop.cli.circle import circle_app
from cityloop.cli.data import data_app
from cityloop.cli.demo import demo
from cityloop.cli.sense import sense_app
from cityloop.cli.traffic import traffic_app
from cityloop.cli.warm import warm

app = typer.Typer(
    name="cityloop",
    help="Sense, work out, act, check: the loops that run a city, beginning with its signals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(traffic_app)
app.add_typer(circle_app)
app.add_typer(data_app)
app.add_typer(sense_app)
app.command()(demo)
app.command()(warm)

UNUSABLE = 2
INTERRUPTED = 130


def main() -> None:
    """Run the command; what cannot be used is said in one line."""
    try:
        app()
    except InputError as error:
        sys.stderr.write(f"cityloop: {error}\n")
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        sys.stderr.write("cityloop: interrupted, nothing was kept\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
