"""Taking in one event of each kind before anybody waits for it."""

import json
from typing import Any, Final

import pyarrow as pa

from cityloop.traffic.estimate.live.signal_queues import Approach
from cityloop.traffic.estimate.windows import WindowRules
from cityloop.traffic.observe.events import KINDS, ColumnType
from cityloop.usecases.estimate_windows import WindowBook
from cityloop.usecases.follow_queues import QueueBook
from cityloop.usecases.keep_events import ARROW, Batch, understand_batch

_TIME: Final = "2026-01-05T00:00:00Z"
_LONG_BEFORE: Final = "2026-01-04T00:00:00Z"
_MINUTES_US: Final = 600 * 10**6
_VALUES: Final[dict[ColumnType, Any]] = {
    ColumnType.TIME: _TIME,
    ColumnType.NAME: "warm",
    ColumnType.TOKEN: "warm",
    ColumnType.INTEGER: 1,
    ColumnType.NUMBER: 0.5,
    ColumnType.DEGREES: 0.5,
}


def warm_intake() -> None:
    """Take in one event of each kind, in both formats, and let a window close.

    What is compiled is loaded by that, and what reads formats is set up; the first sender would
    wait for it otherwise. Nothing is kept.
    """
    book = WindowBook(WindowRules())
    queues = QueueBook([Approach("warm", 1, (1,), (1,))])
    for kind in KINDS.values():
        values = {column.name: _VALUES[column.type] for column in kind.columns}
        first = _take(kind.name, "application/x-ndjson", json.dumps(values).encode())
        before = json.dumps(values | {"time": _LONG_BEFORE}).encode()
        late = _take(kind.name, "application/x-ndjson", before)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, first.events.schema) as writer:
            writer.write_batch(first.events)
        second = _take(kind.name, ARROW, bytes(sink.getvalue()))
        bytes(second.events.serialize())
        book.take(first.entry, first.events, 1)
        book.take(late.entry, late.events, 1)
        queues.take(late.entry, late.events)
        queues.take(first.entry, first.events)
    book.table(1)
    queues.list_now("warm")


def _take(kind: str, content_type: str, body: bytes) -> Batch:
    return understand_batch(
        kind=KINDS[kind],
        source="warm",
        sequence=0,
        content_type=content_type,
        body=body,
        received_us=1_767_571_200 * 10**6 + _MINUTES_US,
    )
