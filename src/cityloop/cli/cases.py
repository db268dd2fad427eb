"""`cityloop cases`: what is done with citizens' cases at the machine itself."""

from datetime import UTC, datetime

import typer

from cityloop.cli.serve import DATA, DataOption, open_folder

cases_app = typer.Typer(
    name="cases",
    help="Citizens' cases: the clock, and who sits at which desk.",
    no_args_is_help=True,
)


@cases_app.command("clock")
def clock_command(*, data: DataOption = DATA) -> None:
    """Ring what is due, close what nobody rated, erase what may no longer be kept; once."""
    open_folder(data)
    from cityloop.usecases.cases.clock import go_round  # noqa: PLC0415
    from cityloop.usecases.cases.rules import city_rules  # noqa: PLC0415

    done = go_round(city_rules(), datetime.now(UTC), retention=True)
    typer.echo(
        f"{done.alarms} alarms entered, {done.closed} cases closed without a rating, "
        f"{done.erased} cases rid of personal data."
    )
    for each in done.failed:
        typer.echo(f"Not treated: case {each}", err=True)
    if done.failed:
        raise typer.Exit(1)
