"""Files of events, Parquet or CSV, cut into the batches in which they are sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from cityloop.city.errors import InputError
from cityloop.traffic.observe.events import EventKind

BATCH_ROWS: Final = 10_000
_SECOND_US: Final = 1_000_000


class FileBatch(NamedTuple):
    """Events that are sent together.

    Attributes
    ----------
    time_us
        When the second in which they happened begins. [us since 1970]
    rows
        How many there are.
    body
        They, as an Arrow IPC stream.
    """

    time_us: int
    rows: int
    body: bytes


def read_event_file(path: Path, kind: EventKind) -> Any:  # noqa: ANN401  pyarrow has no types
    """Read a file of events, in the order in which they happened.

    Parameters
    ----------
    path
        A Parquet or CSV file whose columns are called as the kind's; others are left out. A CSV
        has a line of names; its times are RFC 3339.
    kind
        What is in it.

    Returns
    -------
    An Arrow table with a column of UTC times in microseconds; events without a time come first.

    Raises
    ------
    InputError
        If it cannot be read, or has no time or no events.
    """
    try:
        # One file alone: a folder called day=… beside it is not a column.
        read = csv.read_csv if path.suffix.lower() == ".csv" else _read_parquet
        table = read(path)
    except (OSError, pa.ArrowException) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _unusable(path, "", cause, "give a file of events in Parquet or CSV") from None
    wanted = [column.name for column in kind.columns if column.name in table.schema.names]
    if "time" not in wanted:
        found = ", ".join(table.schema.names[:10])
        raise _unusable(path, "columns", f"found {found}; there is no time", "name it time")
    if not len(table):
        raise _unusable(path, "", "there are no events in it", "give the file that was meant")
    table = table.select(wanted)
    try:
        times = table.column("time").cast(pa.timestamp("us", "UTC"))
    except pa.ArrowException as error:
        cause = f"its times are none ({str(error).splitlines()[0]})"
        raise _unusable(path, "column time", cause, "write them as RFC 3339, in UTC") from None
    table = table.set_column(wanted.index("time"), "time", times)
    return table.take(pc.sort_indices(table, [("time", "ascending")], null_placement="at_start"))


def _read_parquet(path: Path) -> Any:  # noqa: ANN401
    with pq.ParquetFile(path) as file:
        return file.read()


def cut_batches(table: Any) -> Iterator[FileBatch]:  # noqa: ANN401
    """Cut events into batches: a second of event time each, or a part of one.

    The same file always gives the same batches, so that a file sent twice counts once.

    Parameters
    ----------
    table
        As `read_event_file` gives it.

    Yields
    ------
    FileBatch
        Batches in the order of their times.
    """
    times = table.column("time").cast(pa.int64()).fill_null(0).to_numpy()
    second = times // _SECOND_US
    cuts = np.flatnonzero(np.diff(second)) + 1
    for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(second)], strict=True):
        for first in range(begin, end, BATCH_ROWS):
            part = table.slice(first, min(BATCH_ROWS, end - first))
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, part.schema) as writer:
                writer.write_table(part)
            body = sink.getvalue().to_pybytes()
            yield FileBatch(int(second[first]) * _SECOND_US, len(part), body)


def _unusable(path: Path, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=path, place=place, cause=cause, remedy=remedy)
