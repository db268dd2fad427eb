"""The command `cityloop`."""

import sys
from importlib import import_module
from typing import Final

import typer

from cityloop.city.errors import InputError

GROUPS: Final = {
    "traffic": "cityloop.cli.traffic:traffic_app",
    "circle": "cityloop.cli.circle:circle_app",
    "data": "cityloop.cli.data:data_app",
    "sense": "cityloop.cli.sense:sense_app",
    "accounts": "cityloop.cli.serve:accounts_app",
    "cases": "cityloop.cli.cases:cases_app",
}
COMMANDS: Final = {
    "backup": "cityloop.cli.backups:backup",
    "demo": "cityloop.cli.demo:demo",
    "restore": "cityloop.cli.backups:restore",
    "serve": "cityloop.cli.serve:serve",
    "warm": "cityloop.cli.warm:warm",
}
"""Where each first word's commands stand."""

UNUSABLE = 2
INTERRUPTED = 130


def build_app(first: str = "") -> typer.Typer:
    """Put the commands together: those of one first word alone, or all if there is none like it.

    What the other words would load is seconds of a person's time.

    Parameters
    ----------
    first
        The first word after `cityloop`.

    Returns
    -------
    The commands.
    """
    app = typer.Typer(
        name="cityloop",
        help="Sense, work out, act, check: the loops that run a city, beginning with its signals.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    # With one command alone, the first word would not be asked for.
    app.callback()(lambda: None)
    everything = GROUPS | COMMANDS
    for word in (first,) if first in everything else everything:
        module, _, name = everything[word].partition(":")
        found = getattr(import_module(module), name)
        if word in GROUPS:
            app.add_typer(found)
        else:
            app.command()(found)
    return app


def main() -> None:
    """Run the command; what cannot be used is said in one line."""
    try:
        build_app(*sys.argv[1:2])()
    except InputError as error:
        sys.stderr.write(f"cityloop: {error}\n")
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        sys.stderr.write("cityloop: interrupted, nothing was kept\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
