"""The worker of experiments: one thread of the console's process, one job after the other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final

from django.db import DatabaseError, close_old_connections, connections

from cityloop.usecases.experiments.job_queue import fail_experiment, find_next

_LOG: Final = logging.getLogger("cityloop.experiments")
LOOK_S: Final = 1.0
_END_S: Final = 5.0


@contextmanager
def experiment_worker() -> Iterator[None]:
    """Work off experiments while the block runs; what was cut off goes on first.

    Yields
    ------
    Nothing.
    """
    stopped = Event()
    thread = Thread(target=_run, args=(stopped,), name="experiments", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # A run that is cut off is run again at the next start.
        thread.join(_END_S)


def _run(stopped: Event) -> None:
    while not stopped.wait(LOOK_S):
        close_old_connections()
        try:
            one = find_next()
            if one is not None:
                # Only here: what runs and compares, a console without jobs can do without.
                from cityloop.usecases.experiments.jobs import work_off  # noqa: PLC0415

                work_off(one, lambda: datetime.now(UTC), stopped.is_set)
        except Exception:  # noqa: BLE001  a bug of ours must not end the worker
            _LOG.exception("an experiment could not be worked off")
            _give_up()
            stopped.wait(LOOK_S * 10)
    connections.close_all()


def _give_up() -> None:
    """Leave the job alone that has met a bug of ours, so that others get their turn."""
    with suppress(DatabaseError):
        one = find_next()
        if one is not None:
            fail_experiment(one, "a fault of cityloop; see the console's log", datetime.now(UTC))
