"""The history of events: Parquet by kind, day and source, which any reader of Parquet can open."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any, Final
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.store.disk import Disk, put_file

_DAY_US: Final = 86_400 * 10**6
# Columns of few different values.
_REPEATED: Final = frozenset(
    {"detector", "device", "code", "parameter", "camera", "movement", "vehicle_class"}
    | {"vehicle_token", "sequence", "count", "status", "window_s"}
)
_EPOCH: Final = date(1970, 1, 1)


def write_history(
    folder: Path, disk: Disk, number: int, batches: Iterable[tuple[str, str, Any]]
) -> int:
    """Write the batches of one segment of the log, one file a kind, day and source.

    The same segment gives the same files: to write them again changes nothing.

    Parameters
    ----------
    folder
        Where the history is.
    disk
        The file system.
    number
        Of the segment; names the files.
    batches
        Kind, source and Arrow record batch of each, with a column `time`.

    Returns
    -------
    How many events were written.
    """
    parts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for kind, source, batch in batches:
        parts[kind, source].append(batch)
    written = 0
    for (kind, source), its in parts.items():
        table = pa.Table.from_batches(its)
        days = table.column("time").cast(pa.int64()).to_numpy() // _DAY_US
        one_day = len(days) > 0 and days.min() == days.max()
        for day in days[:1] if one_day else np.unique(days):
            # In the order in which they came: to sort them costs more than to take them in.
            chosen = table if one_day else table.filter(pa.array(days == day))
            place = _part(folder, kind, _EPOCH + timedelta(days=int(day)), source)
            disk.make_folder(place)
            put_file(disk, place / f"{number:012}.parquet", _parquet(chosen))
            written += chosen.num_rows
    return written


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


def _parquet(table: Any) -> bytes:  # noqa: ANN401  pyarrow has no types
    told = [each.name for each in table.schema if each.name in _REPEATED]
    sink = pa.BufferOutputStream()
    # Many small pieces are written slowly, and so is a dictionary of what hardly ever repeats.
    pq.write_table(
        table.combine_chunks(), sink, compression="zstd", compression_level=1, use_dictionary=told
    )
    return bytes(sink.getvalue())
