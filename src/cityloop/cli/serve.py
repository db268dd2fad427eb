"""`cityloop serve` and `cityloop accounts`. Only they load Django, when they run."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

DATA: Final = Path("cityloop-data")

accounts_app = typer.Typer(
    name="accounts",
    help="Who may do what in the console.",
    no_args_is_help=True,
)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="CITYLOOP_DATA", help="Folder of all that is kept.")
]


def serve(
    *,
    data: DataOption = DATA,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen at.")
    ] = 8760,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
) -> None:
    """Serve the console until it is stopped: pages in Chinese and English, and the API."""
    open_folder(data)
    from cityloop.runtime.serve_console import serve_console  # noqa: PLC0415

    serve_console(data, host, port, lambda line: typer.echo(line, err=True))


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
