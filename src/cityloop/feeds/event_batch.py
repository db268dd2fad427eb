"""Batches of events as Arrow record batches: the schema of each kind, and which rows are taken."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cityloop.traffic.observe.events import (
    NAME_LENGTH_MAX,
    PLATE,
    Column,
    ColumnType,
    EventKind,
    Fault,
)

Bools = npt.NDArray[np.bool_]

_INT16_MAX: Final = 2**15 - 1
_YEAR_1970_US: Final = 0
_YEAR_2200_US: Final = 7_258_118_400_000_000
_CONTROL: Final = r"[\x00-\x1f\x7f]"
_BLANK, _DELETE = 0x20, 0x7F
_SHOWN_LENGTH_MAX: Final = 200


@dataclass(frozen=True)
class Decoded:
    """One batch as it was understood.

    Attributes
    ----------
    batch
        The events that were taken, in the kind's schema.
    rejected
        How many were not, by reason; a reason is `column-fault`.
    first
        The first of each reason: where it stood and what was found, in one line.
    """

    batch: Any
    rejected: dict[str, int]
    first: dict[str, str]


@cache
def arrow_type(column: Column) -> Any:  # noqa: ANN401  pyarrow has no types
    """Give the Arrow type in which a column is kept.

    Parameters
    ----------
    column
        The column.

    Returns
    -------
    The type.
    """
    match column.type:
        case ColumnType.TIME:
            return pa.timestamp("us", "UTC")
        case ColumnType.NAME | ColumnType.TOKEN:
            return pa.string()
        case ColumnType.INTEGER:
            return pa.int16() if column.high <= _INT16_MAX else pa.int32()
        case ColumnType.NUMBER:
            return pa.float32()
        case ColumnType.DEGREES:
            return pa.float64()


@cache
def arrow_schema(kind: EventKind) -> Any:  # noqa: ANN401  pyarrow has no types
    """Give a kind's Arrow schema, with unit and meaning of each column in its metadata.

    Parameters
    ----------
    kind
        The kind.

    Returns
    -------
    The schema.
    """
    return pa.schema(
        [
            pa.field(
                column.name,
                arrow_type(column),
                nullable=not column.required,
                metadata={"unit": column.unit, "meaning": column.meaning},
            )
            for column in kind.columns
        ]
    )


SpeakOf = Callable[[int], str]


def check_rows(
    kind: EventKind,
    columns: list[Any],
    faults: dict[int, str],
    place: SpeakOf,
) -> Decoded:
    """Take the rows whose values can be believed.

    Parameters
    ----------
    kind
        The kind of event.
    columns
        An Arrow array a column of the kind, all of one length: timestamps, strings, 64-bit integers
        or floats; null where there is nothing.
    faults
        Row to reason, for rows that are known to be no good.
    place
        Says of a row's number where it stands.

    Returns
    -------
    The rows that were taken, and why the others were not.
    """
    rejected: dict[str, int] = {}
    first: dict[str, str] = {}
    count = len(columns[0])
    good = np.ones(count, np.bool_)
    for row, reason in faults.items():
        good[row] = False
        rejected[reason] = rejected.get(reason, 0) + 1
        first.setdefault(reason, place(row))
    for column, values in zip(kind.columns, columns, strict=True):
        for fault, bad in _list_faults(column, values):
            now = bad & good
            if not now.any():
                continue
            reason = f"{column.name}-{fault}"
            row = int(np.argmax(now))
            rejected[reason] = rejected.get(reason, 0) + int(np.count_nonzero(now))
            first.setdefault(reason, f"{place(row)}: {_show(column, fault, values, row)}")
            good &= ~now
    if not good.all():
        mask = pa.array(good)
        columns = [values.filter(mask) for values in columns]
    schema = arrow_schema(kind)
    kept = [
        values if values.type == field.type else pc.cast(values, field.type, safe=False)
        for values, field in zip(columns, schema, strict=True)
    ]
    return Decoded(pa.record_batch(kept, schema=schema), rejected, first)


def are_plain(kind: EventKind, batch: Any) -> bool:  # noqa: ANN401  pyarrow has no types
    """Say whether all rows can be believed as they are; cheap, and may be unsure.

    Parameters
    ----------
    kind
        The kind of event.
    batch
        A record batch in the kind's schema, of at least one row.

    Returns
    -------
    Whether `check_rows` would take every row unchanged.
    """
    for column, values in zip(kind.columns, batch.columns, strict=True):
        if values.null_count:
            return False
        if column.type in {ColumnType.NAME, ColumnType.TOKEN}:
            plain = column.type is ColumnType.NAME or not _matches(values, PLATE).any()
            if not (plain and _names_are_plain(values)):
                return False
            continue
        low, high = _bounds(column)
        if column.type is ColumnType.TIME:
            values = values.view(pa.int64())  # noqa: PLW2901
        numbers = values.to_numpy()
        # Written so that a NaN is not plain, too.
        if not (numbers.min() >= low and numbers.max() <= high):
            return False
    return True


def _bounds(column: Column) -> tuple[float, float]:
    """Give the least and the greatest value that is believed."""
    if column.type is ColumnType.TIME:
        return _YEAR_1970_US, _YEAR_2200_US
    return column.low, column.high


def _list_faults(column: Column, values: Any) -> list[tuple[Fault, Bools]]:  # noqa: ANN401
    """List each fault that some row of a column has, with the rows that have it."""
    found: list[tuple[Fault, Bools]] = []
    if column.required and values.null_count:
        found.append((Fault.MISSING, values.is_null().to_numpy(zero_copy_only=False)))
    if column.type in {ColumnType.NAME, ColumnType.TOKEN}:
        found.extend(_name_faults(column, values))
        return found
    low, high = _bounds(column)
    if column.type is ColumnType.TIME:
        numbers = _numpy(values.view(pa.int64()), 0)
    else:
        numbers = _numpy(values, max(low, 0))
    # Written so that a NaN is out of range, too.
    inside = (numbers >= low) & (numbers <= high)
    if not inside.all():
        fault = Fault.NOT_A_TIME if column.type is ColumnType.TIME else Fault.RANGE
        found.append((fault, ~inside))
    return found


def _name_faults(column: Column, values: Any) -> list[tuple[Fault, Bools]]:  # noqa: ANN401
    found = []
    if not _names_are_plain(values):
        lengths = _numpy(pc.binary_length(values), 1)
        bad = (lengths < 1) | (lengths > NAME_LENGTH_MAX) | _matches(values, _CONTROL)
        if bad.any():
            found.append((Fault.NAME, bad))
    if column.type is ColumnType.TOKEN:
        plates = _matches(values, PLATE)
        if plates.any():
            found.append((Fault.PLATE, plates))
    return found


def _names_are_plain(values: Any) -> bool:  # noqa: ANN401
    """Whether no name is empty, too long or holds a control character; cheap, and may be unsure."""
    if values.null_count or not len(values):
        return False
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, np.int32, len(values) + 1, 4 * values.offset)
    lengths = ends[1:] - ends[:-1]
    if data is None or lengths.min() < 1 or lengths.max() > NAME_LENGTH_MAX:
        return False
    text = np.frombuffer(data, np.uint8, ends[-1] - ends[0], ends[0])
    return bool(text.min() >= _BLANK) and not bool((text == _DELETE).any())


def _show(column: Column, fault: Fault, values: Any, row: int) -> str:  # noqa: ANN401
    """Show what was found, but nothing that was refused for being personal."""
    if fault is Fault.PLATE:
        return column.name
    value = values[row]
    if column.type is ColumnType.TIME:
        value = value.cast(pa.int64())
        return f"{column.name} {value.as_py()} us since 1970"
    return f"{column.name} {value.as_py()!r}"[:_SHOWN_LENGTH_MAX]


def _matches(values: Any, pattern: str) -> Bools:  # noqa: ANN401
    matched = pc.match_substring_regex(values, pattern)
    if matched.null_count:
        matched = matched.fill_null(False)  # noqa: FBT003  pyarrow's own signature
    return np.asarray(matched.to_numpy(zero_copy_only=False), np.bool_)


def _numpy(values: Any, instead: float) -> npt.NDArray[Any]:  # noqa: ANN401
    """Give the numbers of an Arrow array, with something harmless where there is none."""
    if values.null_count:
        values = values.fill_null(pa.scalar(instead, values.type))
    return np.asarray(values.to_numpy(zero_copy_only=False))
