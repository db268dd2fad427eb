"""Sending a file of events to a door, at any speed."""

import http.client
import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from cityloop.city.errors import InputError
from cityloop.feeds.event_files import FileBatch, cut_batches, read_event_file
from cityloop.runtime.batch_names import SEQUENCE, SOURCE, read_source
from cityloop.traffic.observe.events import EventKind
from cityloop.usecases.keep_events import ARROW

_TRIES: Final = 60
_ACCEPTED: Final = 202
_AGAIN: Final = frozenset({429, 503})
_TIMEOUT_S: Final = 60.0


class Replayed(NamedTuple):
    """What the door said of a file.

    Attributes
    ----------
    batches, acknowledged, rejected
        How many batches were sent, and of their events how many were kept and how many were not.
    """

    batches: int
    acknowledged: int
    rejected: int


def replay_events(
    path: Path,
    kind: EventKind,
    *,
    source: str,
    to: str,
    speed: float,
    watch: Callable[[float], None],
) -> Replayed:
    """Send a file of events to a door.

    Parameters
    ----------
    path
        A Parquet or CSV file.
    kind
        What is in it.
    source
        The sender's name. A file that is sent twice under one name counts once.
    to
        The door, such as `http://127.0.0.1:8750`.
    speed
        How many seconds of event time pass in a second; 0 for as fast as the door takes them.
    watch
        Told the share that is sent, 0-1.

    Returns
    -------
    What became of it.

    Raises
    ------
    InputError
        If the file cannot be used, or the door is not there or refuses a batch.
    """
    table = read_event_file(path, kind)
    door = _Door(to, f"/v1/events/{kind.name}", read_source(source))
    began_s, first_us = time.monotonic(), 0
    batches = sent = acknowledged = rejected = 0
    with closing(door):
        for sequence, batch in enumerate(cut_batches(table)):
            if speed > 0:
                first_us = first_us or batch.time_us
                due_s = began_s + (batch.time_us - first_us) / 1e6 / speed
                time.sleep(max(due_s - time.monotonic(), 0.0))
            said = door.send(sequence, batch)
            batches, sent = batches + 1, sent + batch.rows
            acknowledged += said["acknowledged"]
            rejected += said["rejected"]
            watch(sent / len(table))
    return Replayed(batches, acknowledged, rejected)


class _Door:
    """A door at the other end of one connection, which is opened again when it breaks."""

    def __init__(self, to: str, path: str, source: str) -> None:
        parts = urlsplit(to)
        makes = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if parts.scheme not in makes or not host or parts.path.strip("/"):
            raise InputError(
                file="--to",
                place="",
                cause=f"found {to!r}, expected a door's address",
                remedy="write http://127.0.0.1:8750, where `cityloop sense serve` listens",
            )
        self._to, self._path, self._source = to, path, source
        self._connection = makes[parts.scheme](host, port, timeout=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, sequence: int, batch: FileBatch) -> dict[str, int]:
        """Send a batch until it is taken; give what was acknowledged and rejected."""
        headers = {"Content-Type": ARROW, SOURCE: self._source, SEQUENCE: str(sequence)}
        broken = ""
        for _ in range(_TRIES):
            try:
                self._connection.request("POST", self._path, batch.body, headers)
                answer = self._connection.getresponse()
                said = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError) as error:
                broken = str(error) or type(error).__name__
                self._connection.close()
                if isinstance(error, ConnectionRefusedError):
                    break
                time.sleep(1.0)
                continue
            if answer.status == _ACCEPTED:
                return {key: int(said[key]) for key in ("acknowledged", "rejected")}
            if answer.status not in _AGAIN:
                raise InputError(
                    file=self._to,
                    place=f"batch {sequence}",
                    cause=f"refused with {answer.status}: {said.get('cause', '')}",
                    remedy=str(said.get("remedy", "mend it")),
                )
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        raise InputError(
            file=self._to,
            place=f"batch {sequence}",
            cause=f"the door does not take it ({broken or 'too busy'})",
            remedy="start it with `cityloop sense serve`; sent again, the file counts once",
        )
