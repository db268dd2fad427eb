"""`cityloop backup` and `cityloop restore`: all that the console keeps, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from cityloop.cli.serve import DATA, DataOption, open_folder


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it, such as city.tar.gz.")],
    *,
    data: DataOption = DATA,
) -> None:
    """Write all that the console keeps into one file, while it may be running."""
    open_folder(data)
    from cityloop.store.records.backups import write_backup  # noqa: PLC0415

    size = write_backup(data, file)
    typer.echo(f"{file}: {size} bytes. It holds the key that signs sessions: keep it safe.")


def restore(
    file: Annotated[Path, typer.Argument(help="From `cityloop backup`.")],
    *,
    data: DataOption = DATA,
) -> None:
    """Bring a backup back into a folder, and a database, with nothing in them."""
    from cityloop.store.records.backups import read_backup  # noqa: PLC0415

    read_backup(file, data)
    open_folder(data)
    typer.echo(f"{data} is as it was. Start it with: cityloop serve --data {data}")
