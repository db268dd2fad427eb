"""The history of events: Parquet by kind, day and source, which any reader of Parquet can open."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any, Final, Self
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.store.disk import Disk, WholeFile

_DAY_US: Final = 86_400 * 10**6
# Columns of few different values.
_REPEATED: Final = frozenset(
    {"detector", "device", "code", "parameter", "camera", "movement", "vehicle_class"}
    | {"vehicle_token", "sequence", "count", "status", "window_s"}
)
_EPOCH: Final = date(1970, 1, 1)
# So many rows are in memory while a segment becomes history; a row group has about as many.
_PIECE_ROWS: Final = 1 << 17
_DAYS_MAX: Final = 32


def write_history(
    folder: Path, disk: Disk, number: int, kind: str, source: str, batches: Iterable[Any]
) -> int:
    """Write what one segment of the log holds of one kind and source, one file a day.

    The same batches give the same files: to write them again changes nothing. Only a part of them
    is in memory at a time.

    Parameters
    ----------
    folder
        Where the history is.
    disk
        The file system.
    number
        Of the segment; names the files.
    kind
        Of event.
    source
        Who sent them.
    batches
        Arrow record batches with a column `time`.

    Returns
    -------
    How many events were written.
    """
    with _Days(folder, disk, number, kind, source) as days:
        for table in _pieces(batches):
            day = table.column("time").cast(pa.int64()).to_numpy() // _DAY_US
            one_day = day.min() == day.max()
            for each in day[:1] if one_day else np.unique(day):
                # In the order in which they came: to sort them costs more than to take them in.
                its = table if one_day else table.filter(pa.array(day == each))
                days.write(int(each), its)
    return days.written


def _pieces(batches: Iterable[Any]) -> Iterator[Any]:
    """Bring batches together into tables that are worth a row group."""
    held: list[Any] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= _PIECE_ROWS:
            # Many small pieces are written slowly.
            yield pa.Table.from_batches(held).combine_chunks()
            held, rows = [], 0
    if rows:
        yield pa.Table.from_batches(held).combine_chunks()


class _Days:
    """The files of the days of one kind and source in one segment, as they are being written."""

    def __init__(self, folder: Path, disk: Disk, number: int, kind: str, source: str) -> None:
        self._folder, self._disk, self._number = folder, disk, number
        self._kind, self._source = kind, source
        self._open: dict[int, tuple[Any, WholeFile]] = {}
        # Whoever sends events of very many days has no more files open than others.
        self._rounds = 0
        self.written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._finish()
        for _, file in self._open.values():
            file.give_up()

    def write(self, day: int, table: Any) -> None:  # noqa: ANN401  pyarrow has no types
        if day not in self._open:
            if len(self._open) == _DAYS_MAX:
                self._finish()
                self._rounds += 1
            self._open[day] = self._begin(day, table.schema)
        self._open[day][0].write_table(table)
        self.written += table.num_rows

    def _begin(self, day: int, schema: Any) -> tuple[Any, WholeFile]:  # noqa: ANN401
        place = _part(self._folder, self._kind, _EPOCH + timedelta(days=day), self._source)
        self._disk.make_folder(place)
        more = f"-{self._rounds}" if self._rounds else ""
        file = WholeFile(self._disk, place / f"{self._number:012}{more}.parquet")
        # A dictionary of what hardly ever repeats is written slowly.
        told = [each.name for each in schema if each.name in _REPEATED]
        try:
            writer = pq.ParquetWriter(
                pa.PythonFile(file, mode="w"),
                schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=told,
            )
        except OSError:
            file.give_up()
            raise
        return writer, file

    def _finish(self) -> None:
        while self._open:
            day, (writer, file) = next(iter(self._open.items()))
            writer.close()
            file.put()
            del self._open[day]


def drop_history(folder: Path, kind: str, before: datetime) -> list[Path]:
    """Remove the days of one kind that ended before a moment.

    Parameters
    ----------
    folder
        Where the history is.
    kind
        Of event.
    before
        The moment, in UTC.

    Returns
    -------
    The folders that were removed.
    """
    removed = []
    for place in sorted((folder / kind).glob("day=*")):
        try:
            day = datetime.fromisoformat(place.name.removeprefix("day=")).replace(tzinfo=UTC)
        except ValueError:
            continue
        if day + timedelta(days=1) <= before:
            rmtree(place)
            removed.append(place)
    return removed


def list_days(folder: Path, kind: str) -> dict[date, dict[str, Path]]:
    """List what there is of one kind.

    Parameters
    ----------
    folder
        Where the history is.
    kind
        Of event.

    Returns
    -------
    Day, then source, to the folder of its files; the earliest day first.
    """
    found: dict[date, dict[str, Path]] = {}
    for place in sorted((folder / kind).glob("day=*")):
        try:
            day = date.fromisoformat(place.name.removeprefix("day="))
        except ValueError:
            continue
        found[day] = {
            unquote(each.name.removeprefix("source=")): each
            for each in sorted(place.glob("source=*"))
        }
    return found


def read_day(place: Path, columns: Sequence[str]) -> Any:  # noqa: ANN401
    """Read the files of one day and source.

    Parameters
    ----------
    place
        Their folder, from `list_days`.
    columns
        Which columns.

    Returns
    -------
    An Arrow table, in the order in which the rows were written.

    Raises
    ------
    InputError
        If a file is no Parquet of ours.
    """
    parts = []
    for path in sorted(place.glob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                parts.append(file.read(columns=list(columns)).select(columns))
        except (OSError, KeyError, pa.ArrowException) as error:
            raise InputError(
                file=path,
                place="",
                cause=f"it cannot be read ({str(error).splitlines()[0][:200]})",
                remedy="remove it, or bring it back from a backup",
            ) from None
    return pa.concat_tables(parts) if parts else pa.table({})


def _part(folder: Path, kind: str, day: date, source: str) -> Path:
    return folder / kind / f"day={day.isoformat()}" / f"source={quote(source, safe='')}"
