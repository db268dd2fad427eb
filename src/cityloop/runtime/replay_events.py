"""Sending a file of events to a door, at any speed."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from cityloop.feeds.event_files import cut_batches, read_event_file
from cityloop.runtime.batch_names import read_source
from cityloop.runtime.door import Door
from cityloop.traffic.observe.events import EventKind


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
    door = Door(to, read_source(source))
    began_s, first_us = time.monotonic(), 0
    batches = sent = acknowledged = rejected = 0
    with closing(door):
        for sequence, batch in enumerate(cut_batches(table)):
            if speed > 0:
                first_us = first_us or batch.time_us
                due_s = began_s + (batch.time_us - first_us) / 1e6 / speed
                time.sleep(max(due_s - time.monotonic(), 0.0))
            said = door.send(kind.name, sequence, batch.body)
            batches, sent = batches + 1, sent + batch.rows
            acknowledged += said["acknowledged"]
            rejected += said["rejected"]
            watch(sent / len(table))
    return Replayed(batches, acknowledged, rejected)
