"""Events in Arrow's IPC stream format."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cityloop.city.errors import InputError
from cityloop.feeds.event_batch import Decoded, are_plain, arrow_schema, arrow_type, check_rows
from cityloop.traffic.observe.events import PLATE_KEYS, Column, ColumnType, EventKind, Fault

_UNPACKED_BYTES_MAX: Final = 256 << 20
_MICROSECONDS_MAX: Final = 9.0e18


def decode_arrow(kind: EventKind, body: bytes, source: str) -> Decoded:
    """Read a batch in Arrow's IPC stream format.

    Times may be of any unit; those without a zone are UTC. Text may be plain, large or in a
    dictionary, integers and floats of any width. A column that the kind does not know is left out.

    Parameters
    ----------
    kind
        The kind of event.
    body
        The stream: a schema and its record batches.
    source
        Who sent it, for messages.

    Returns
    -------
    The rows that were taken.

    Raises
    ------
    InputError
        If this is no such stream, or its schema does not fit the kind.
    """
    plain = find_plain(kind, body)
    if plain is not None:
        return plain
    table = _read(body, source)
    names = table.schema.names
    plates = sorted(name for name in names if name.lower() in PLATE_KEYS)
    if plates:
        raise InputError(
            file=source,
            place=f"column {plates[0]}",
            cause="number plates are not taken",
            remedy="send a pseudonym as vehicle_token, made where the plate was read",
        )
    faults: dict[int, str] = {}
    columns = [_column(table, names, column, source, faults=faults) for column in kind.columns]
    return check_rows(kind, columns, faults, lambda row: f"row {row}")


def find_plain(kind: EventKind, body: bytes) -> Decoded | None:
    """Read a stream of one batch in the kind's own schema in which nothing is odd, the quick way.

    Parameters
    ----------
    kind
        The kind of event.
    body
        The stream.

    Returns
    -------
    All its rows, as the long way would give them; None if the long way has to look.
    """
    try:
        messages = pa.ipc.MessageReader.open_stream(body)
        if not _is_own_schema(kind, messages.read_next_message().metadata.to_pybytes()):
            return None
        batch = pa.ipc.read_record_batch(messages.read_next_message(), arrow_schema(kind))
        if any(True for _ in messages):
            return None
        # The stream comes from outside: offsets may point anywhere until this has been asked.
        batch.validate(full=True)
    except (pa.ArrowException, OSError, EOFError, StopIteration):
        return None
    small = 0 < batch.get_total_buffer_size() <= _UNPACKED_BYTES_MAX
    return Decoded(batch, {}, {}) if small and are_plain(kind, batch) else None


@lru_cache(maxsize=256)
def _is_own_schema(kind: EventKind, message: bytes) -> bool:
    whole = len(message).to_bytes(4, "little")
    schema = pa.ipc.read_schema(pa.py_buffer(b"\xff\xff\xff\xff" + whole + message))
    return bool(schema.remove_metadata().equals(arrow_schema(kind)))


def _read(body: bytes, source: str) -> Any:  # noqa: ANN401  pyarrow has no types
    try:
        with pa.ipc.open_stream(body) as reader:
            table = reader.read_all()
        # The stream comes from outside: offsets may point anywhere until this has been asked.
        table.validate(full=True)
        if table.get_total_buffer_size() > _UNPACKED_BYTES_MAX:
            raise InputError(
                file=source,
                place="Arrow stream",
                cause=f"unpacked it holds more than {_UNPACKED_BYTES_MAX >> 20} MiB",
                remedy="send smaller batches",
            )
        # A dictionary's own words are not looked at by the validation of the table.
        return pa.table([_plain(column) for column in table.columns], names=table.schema.names)
    except (pa.ArrowException, ValueError, TypeError, OSError, EOFError, MemoryError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            file=source,
            place="Arrow stream",
            cause=f"it cannot be read ({said[:200]})",
            remedy="send one Arrow IPC stream: a schema, record batches, end of stream",
        ) from None


def _plain(column: Any) -> Any:  # noqa: ANN401
    if pa.types.is_dictionary(column.type):
        for chunk in column.chunks:
            chunk.dictionary.validate(full=True)
            chunk.validate(full=True)
        column = column.cast(column.type.value_type)
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _column(
    table: Any,  # noqa: ANN401
    names: list[str],
    column: Column,
    source: str,
    *,
    faults: dict[int, str],
) -> Any:  # noqa: ANN401
    """Give one column as an array, in the wide type that its checks work on."""
    found = names.count(column.name)
    if found == 0 and not column.required:
        return pa.nulls(table.num_rows, arrow_type(column))
    if found != 1:
        raise InputError(
            file=source,
            place=f"column {column.name}",
            cause="it is not in the schema" if found == 0 else f"it is there {found} times",
            remedy=f"send each of the kind's columns once; the schema has {', '.join(names)}"[:300],
        )
    values = table.column(column.name).chunk(0)
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), arrow_type(column))
    if not _FITS[column.type](values.type):
        raise InputError(
            file=source,
            place=f"column {column.name}",
            cause=f"its type is {values.type}, expected one for a {column.type.value}",
            remedy=f"send it as {arrow_type(column)}",
        )
    return _widen(column, values, faults)


def _widen(column: Column, values: Any, faults: dict[int, str]) -> Any:  # noqa: ANN401
    if column.type is ColumnType.TIME:
        return _microseconds(column, values, faults)
    if column.type is ColumnType.INTEGER:
        # Beyond 2**63 an integer is out of range as a float as well.
        return values.cast(pa.float64(), safe=False) if values.type == pa.uint64() else values
    if column.type not in {ColumnType.NUMBER, ColumnType.DEGREES}:
        return values if values.type == pa.string() else values.cast(pa.string())
    if values.type not in {pa.float32(), pa.float64()}:
        values = values.cast(pa.float64(), safe=False)
    if not column.required:
        # Data frames write "nothing" as NaN.
        plain = values.fill_null(0.0) if values.null_count else values
        nothing = np.isnan(plain.to_numpy(zero_copy_only=False))
        if nothing.any():
            values = pc.if_else(pa.array(nothing), pa.scalar(None, values.type), values)
    return values


def _microseconds(column: Column, values: Any, faults: dict[int, str]) -> Any:  # noqa: ANN401
    """Bring times to whole microseconds; what is finer is cut off."""
    unit = values.type.unit
    if unit == "us":
        return values if values.type == arrow_type(column) else values.cast(arrow_type(column))
    counts = values.cast(pa.int64())
    raw = (counts.fill_null(0) if counts.null_count else counts).to_numpy(zero_copy_only=False)
    if unit == "ns":
        fine = raw // 1000
    else:
        times = {"s": 1_000_000, "ms": 1000}[unit]
        beyond = np.abs(raw.astype(np.float64)) > _MICROSECONDS_MAX / times
        for row in np.flatnonzero(beyond):
            faults.setdefault(int(row), f"{column.name}-{Fault.NOT_A_TIME}")
        fine = np.where(beyond, 0, raw) * times
    nothing = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
    return pa.array(fine, pa.int64(), mask=nothing).cast(arrow_type(column))


_FITS: Final = {
    ColumnType.TIME: pa.types.is_timestamp,
    ColumnType.NAME: lambda given: (
        pa.types.is_string(given) or pa.types.is_large_string(given) or given == pa.string_view()
    ),
    ColumnType.TOKEN: lambda given: (
        pa.types.is_string(given) or pa.types.is_large_string(given) or given == pa.string_view()
    ),
    ColumnType.INTEGER: pa.types.is_integer,
    ColumnType.NUMBER: lambda given: pa.types.is_floating(given) or pa.types.is_integer(given),
    ColumnType.DEGREES: lambda given: pa.types.is_floating(given) or pa.types.is_integer(given),
}
