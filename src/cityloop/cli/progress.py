"""Progress of many runs as one bar with the time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cityloop.usecases.run_orders import Watch


@contextmanager
def progress_bar(title: str, count: int, unit: str = "runs") -> Iterator[Watch]:
    """Show a bar on the terminal's error stream while runs are under way.

    Parameters
    ----------
    title
        What is being done.
    count
        Number of runs, or of what else is done one by one.
    unit
        What they are.

    Yields
    ------
    What the runs report to.
    """
    shares = [0.0] * count
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]}/{task.fields[count]} " + unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Where nobody looks, a bar would leave an empty line in a log.
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(title, total=float(count), done=0, count=count)

        def watch(index: int, share: float) -> None:
            shares[index] = max(shares[index], share)
            done = sum(share >= 1.0 for share in shares)
            bar.update(task, completed=sum(shares), done=done)

        yield watch


@contextmanager
def spinner(title: str) -> Iterator[None]:
    """Show that something is under way whose end nobody knows, and for how long.

    Parameters
    ----------
    title
        What is being done.

    Yields
    ------
    None
        Nothing.
    """
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        bar.add_task(title, total=None)
        yield
