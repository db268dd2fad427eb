"""Opening a city in a process of its own: what that takes is not kept by who only shows it."""

import multiprocessing as mp
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.traffic.plan.timetable import Timetable
from cityloop.usecases.opened_city import City


class Opened(NamedTuple):
    """A city, and the plans that its own signals run, proven."""

    city: City
    timetable: Timetable


def open_apart(scenario: Scenario, plans: Path | None, say: Callable[[str], None]) -> Opened:
    """Compile the kernels if need be, and read all that is fixed of a scenario.

    Parameters
    ----------
    scenario
        Its files.
    plans
        The plans of its own signals, as a file; None for those that it is shipped with.
    say
        Told a line when something takes a while.

    Returns
    -------
    The city and its plans.

    Raises
    ------
    InputError
        If a file is broken, the gate refuses a plan, or the process has ended before it was done.
    """
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_open, args=(scenario, plans, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        while isinstance(said := ours.recv(), str):
            say(said)
    except EOFError:
        raise InputError(
            file=scenario.name,
            place="",
            cause="the process that opened it has ended early",
            remedy="see what it said above; it may have lacked memory",
        ) from None
    finally:
        ours.close()
        process.join()
    if isinstance(said, InputError):
        raise said
    opened: Opened = said
    return opened


def _open(scenario: Scenario, plans: Path | None, pipe: Connection) -> None:
    """Send lines to be said, then what was opened or what is wrong. The body of a process."""
    # Only in its process: numba alone takes more memory than the pages do.
    from cityloop.usecases.make_controller import own_timetable  # noqa: PLC0415
    from cityloop.usecases.open_scenario import open_city  # noqa: PLC0415
    from cityloop.usecases.warm_kernels import warm_kernels  # noqa: PLC0415

    try:
        warm_kernels(pipe.send)
        city = open_city(scenario)
        pipe.send(Opened(city, own_timetable(city, plans)))
    except InputError as error:
        pipe.send(error)
