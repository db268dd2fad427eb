"""`cityloop data`: which real data sets there are, and fetching one."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cityloop.feeds.datasets import Dataset, find_cached, list_datasets
from cityloop.usecases.fetch_dataset import cache_dir, fetch_dataset

data_app = typer.Typer(
    name="data", help="Real data sets that arrive in packages.", no_args_is_help=True
)


@data_app.command("list")
def list_command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the data sets, their terms, and which of them are in the cache."""
    if as_json:
        typer.echo(json.dumps([_row(dataset) for dataset in list_datasets()], indent=2))
        return
    table = Table("name", "what", "size", "terms", "cached")
    table.columns[0].no_wrap = True
    table.columns[2].justify = "right"
    table.columns[2].no_wrap = True
    for dataset in list_datasets():
        cached = "yes" if find_cached(dataset, cache_dir()) else "no"
        size = f"{dataset.size_bytes / 1e6:.1f} MB"
        table.add_row(dataset.name, dataset.title, size, dataset.terms, cached)
    console = Console()
    console.print(table)
    console.print("Fetch one with: cityloop data get NAME", highlight=False)


@data_app.command("get")
def get_command(
    name: Annotated[str, typer.Argument(help="The data set's name; see `cityloop data list`.")],
) -> None:
    """Fetch a data set into the cache and print the folder where it is."""
    folder = fetch_dataset(name, lambda line: typer.echo(line, err=True))
    typer.echo(folder)


def _row(dataset: Dataset) -> dict[str, object]:
    folder = find_cached(dataset, cache_dir())
    return {
        "name": dataset.name,
        "kind": dataset.kind,
        "title": dataset.title,
        "size_bytes": dataset.size_bytes,
        "package": dataset.package,
        "version": dataset.version,
        "terms": dataset.terms,
        "origin": dataset.origin,
        "files": [file.name for file in dataset.files],
        "cached": None if folder is None else str(folder),
    }
