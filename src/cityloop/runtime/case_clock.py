"""The clock of citizens' cases: one thread of the console's process."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final

from django.db import close_old_connections, connections

from cityloop.city.errors import InputError
from cityloop.usecases.cases.clock import go_round
from cityloop.usecases.cases.rules import city_rules

_LOG: Final = logging.getLogger("cityloop.cases")
_RETENTION_S: Final = 3600.0
_END_S: Final = 5.0
VARIABLE: Final = "CITYLOOP_CLOCK_S"


@contextmanager
def case_clock() -> Iterator[None]:
    """Let the clock go round while the block runs, at once and then every `CITYLOOP_CLOCK_S`.

    Yields
    ------
    Nothing. With 0 there is no clock: `cityloop cases clock` is called from elsewhere.

    Raises
    ------
    InputError
        If the variable is no time, or the city's rules cannot be used.
    """
    every_s = _every_s()
    city_rules()  # rules that cannot be used are said before anything is served
    if every_s == 0:
        yield
        return
    stopped = Event()
    thread = Thread(target=_run, args=(every_s, stopped), name="case clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        # A round that takes longer may be cut off anywhere: each of its steps is a transaction.
        thread.join(_END_S)


def _every_s() -> float:
    text = os.environ.get(VARIABLE, "60")
    try:
        every_s = float(text)
    except ValueError:
        every_s = -1
    if not 0 <= every_s <= _RETENTION_S:
        raise InputError(
            file=VARIABLE,
            place="",
            cause=f"{text!r} is no time between two rounds",
            remedy="give seconds, 0 to 3600; 0 for none",
        )
    return every_s


def _run(every_s: float, stopped: Event) -> None:
    kept_s, failed = -_RETENTION_S, frozenset[str]()
    while not stopped.is_set():
        begin_s = time.monotonic()
        retention = begin_s - kept_s >= _RETENTION_S
        close_old_connections()
        try:
            done = go_round(city_rules(), datetime.now(UTC), retention=retention)
        except Exception:  # noqa: BLE001  a bug of ours must not end the clock
            # The database may be away for a while; the next round makes up for this one.
            _LOG.exception("the clock of cases could not go round")
        else:
            kept_s = begin_s if retention else kept_s
            for each in sorted(set(done.failed) - failed):
                _LOG.error("the clock could not treat case %s", each)
            failed = frozenset(done.failed)
        stopped.wait(max(0.0, every_s - (time.monotonic() - begin_s)))
    connections.close_all()
