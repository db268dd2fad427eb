"""`cityloop cases`: what is done with citizens' cases at the machine itself."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cityloop.cli.serve import DATA, DataOption, open_folder

cases_app = typer.Typer(
    name="cases",
    help="Citizens' cases: the clock, and who sits at which desk.",
    no_args_is_help=True,
)


NameArgument = Annotated[str, typer.Argument(help="The name that the officer signs in with.")]
DepartmentArgument = Annotated[str, typer.Argument(help="The department's key in the rules.")]


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


@cases_app.command("seat")
def seat_command(
    name: NameArgument,
    department: DepartmentArgument,
    *,
    data: DataOption = DATA,
) -> None:
    """Give an officer a seat at a department's desk: its cases are theirs to see and to answer."""
    open_folder(data)
    from cityloop.usecases.cases.rules import city_rules  # noqa: PLC0415
    from cityloop.usecases.cases.seats import give_seat  # noqa: PLC0415

    made = give_seat(name, department, rules=city_rules(), by=None, now=datetime.now(UTC))
    typer.echo(f"{name} {'sits' if made else 'sat already'} at {department}.")


@cases_app.command("unseat")
def unseat_command(
    name: NameArgument,
    department: DepartmentArgument,
    *,
    data: DataOption = DATA,
) -> None:
    """Take an officer's seat at a department's desk."""
    open_folder(data)
    from cityloop.usecases.cases.seats import take_seat  # noqa: PLC0415

    take_seat(name, department, by=None, now=datetime.now(UTC))
    typer.echo(f"{name} sits at {department} no longer.")


@cases_app.command("seats")
def seats_command(*, data: DataOption = DATA) -> None:
    """List who sits at which desk."""
    open_folder(data)
    from cityloop.usecases.cases.rules import city_rules  # noqa: PLC0415
    from cityloop.usecases.cases.seats import list_seats  # noqa: PLC0415

    seated: dict[str, list[str]] = {key: [] for key in city_rules().departments}
    for each in list_seats():
        seated.setdefault(each.department, []).append(each.name)
    for department, names in seated.items():
        typer.echo(f"{department}: {', '.join(names) or 'nobody'}")
