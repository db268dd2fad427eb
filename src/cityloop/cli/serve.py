"""`cityloop serve` and `cityloop accounts`. Only they load Django, when they run."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from cityloop.city.errors import InputError

DATA: Final = Path("cityloop-data")
DEMO_DATA: Final = Path("cityloop-demo-data")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

accounts_app = typer.Typer(
    name="accounts",
    help="Who may do what in the console.",
    no_args_is_help=True,
)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="CITYLOOP_DATA", help="Folder of all that is kept.")
]


def serve(  # noqa: PLR0913  one argument an option
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="CITYLOOP_DATA",
            help=f"Folder of all that is kept: {DATA}, with --demo {DEMO_DATA}.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at.")
    ] = 8760,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    demo: Annotated[
        bool,
        typer.Option("--demo", help="A made city, live, for everybody; its account may do all."),
    ] = False,
    live: Annotated[
        str | None,
        typer.Option("--live", metavar="SCENARIO", help="Show a scenario's city, live."),
    ] = None,
    pace: Annotated[
        float, typer.Option("--pace", min=0.1, max=50, help="Seconds of the city in a second.")
    ] = 4.0,
    plans: Annotated[
        Path | None,
        typer.Option("--plans", help="With --live: plans of the city's own twin, a file."),
    ] = None,
    sensor_faults: Annotated[
        str,
        typer.Option("--sensor-faults", help="Let our twin's sensors fail, as in traffic run."),
    ] = "",
) -> None:
    """Serve the console until it is stopped: pages in Chinese and English, and the API.

    Example: cityloop serve --demo
    """
    _check_plans(plans, live)
    if demo:
        _check_demo(host, live)
        # Its account may do everything: never in a city's own records.
        os.environ |= {"CITYLOOP_PUBLIC": "1", "DATABASE_URL": ""}
        data = data / "demo" if data else DEMO_DATA
    folder = data or DATA
    open_folder(folder)
    from cityloop.cli.faults import parse_faults  # noqa: PLC0415
    from cityloop.runtime.serve_console import LiveOrder, serve_console  # noqa: PLC0415
    from cityloop.usecases.find_scenario import find_scenario  # noqa: PLC0415
    from cityloop.usecases.live.demo_city import make_demo_city  # noqa: PLC0415

    shown = None
    if demo or live:
        scenario = make_demo_city() if demo else find_scenario(live, say=_say)
        shown = LiveOrder(scenario, pace, tuple(parse_faults(sensor_faults)), plans)
    if demo:
        from cityloop.usecases.manage_accounts import open_demo_account  # noqa: PLC0415

        name, password = open_demo_account()
        _say(f"To plan and apply, sign in as {name} with the password {password}")
    serve_console(folder, host, port, shown, _say)


def _check_plans(plans: Path | None, live: str | None) -> None:
    if plans and not live:
        raise InputError(
            file="--plans",
            place="",
            cause="there is no city to run them",
            remedy="name a scenario with --live",
        )


def _check_demo(host: str, live: str | None) -> None:
    """Refuse a demo that others could reach: its account may do everything."""
    if live is not None or host not in LOOPBACK:
        raise InputError(
            file="--demo",
            place="",
            cause="it shows a city of its own, to this machine alone",
            remedy="leave out --live, and --host; or leave out --demo",
        )


def _say(line: str) -> None:
    typer.echo(line, err=True)


@accounts_app.command("add")
def add_command(
    name: Annotated[str, typer.Argument(help="Name to sign in with.")],
    *,
    role: Annotated[str, typer.Option("--role", help="What the person is to the console.")],
    data: DataOption = DATA,
) -> None:
    """Make an account; the password is asked for, or read from CITYLOOP_PASSWORD."""
    password = os.environ.get("CITYLOOP_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    open_folder(data)
    from cityloop.usecases.manage_accounts import add_account  # noqa: PLC0415

    account = add_account(name, role, password, by=None)
    typer.echo(f"{account} may sign in as {role}.")


def open_folder(data: Path) -> None:
    """Open the records, and bring them to the models of this version.

    Parameters
    ----------
    data
        Folder of all that is kept.

    Raises
    ------
    InputError
        If the folder or the database cannot be used.
    """
    from cityloop.store.records.open_records import (  # noqa: PLC0415
        migrate_records,
        open_records,
    )

    open_records(data)
    migrate_records()
