"""Series of detectors in a table: a row a step, a column a detector."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from cityloop.city.errors import InputError
from cityloop.city.records import record

_TIME: Final = frozenset({"time", "timestamp", "datetime", "date"})
_DAY_US: Final = 86_400 * 10**6
_STEPS_MAX: Final = 2_000_000


@record
class Series:
    """What detectors told, step by step.

    Attributes
    ----------
    detectors
        Their names.
    begin_us
        When the first step begins; 0 where the table does not say. [us since 1970]
    step_us
        Length of a step; it divides a day. [us]
    values
        (steps, detectors) NaN where nothing was told.
    """

    detectors: tuple[str, ...]
    begin_us: int
    step_us: int
    values: npt.NDArray[np.float64]


def read_series(path: Path, step_min: float) -> Series:
    """Read a series.

    A first column named time gives the steps, in any order, some missing; without one a row follows
    the other and the first begins at midnight.

    Parameters
    ----------
    path
        A CSV or Parquet file.
    step_min
        Length of a step, where the table has no times. [min]

    Returns
    -------
    The series.

    Raises
    ------
    InputError
        If it cannot be read, or its steps are not even.
    """
    try:
        parquet = path.suffix.lower() == ".parquet"
        table = pq.ParquetFile(path).read() if parquet else csv.read_csv(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise _unusable(
            path, "", f"it cannot be read ({said})", "give a CSV or Parquet file"
        ) from None
    timed = table.num_columns > 0 and table.column_names[0].lower() in _TIME
    names = table.column_names[timed:]
    if not names or not table.num_rows:
        raise _unusable(path, "", "it has no detectors or no steps", "give a row a step")
    values = np.empty((table.num_rows, len(names)))
    for number, name in enumerate(names):
        column = table.column(number + timed)
        of = column.type
        if not (pa.types.is_integer(of) or pa.types.is_floating(of) or pa.types.is_null(of)):
            raise _unusable(
                path,
                f"column {name}",
                f"its type is {of}",
                "give numbers, or nothing where nothing is known",
            )
        values[:, number] = column.cast(pa.float64()).to_numpy()
    step_us = round(step_min * 60e6)
    if not timed:
        step_us = _checked(path, step_us)
        return Series(detectors=tuple(names), begin_us=0, step_us=step_us, values=values)
    times = _times(path, table.column(0))
    if len(times) > 1:
        step_us = int(np.diff(np.unique(times)).min(initial=_DAY_US))
    begin_us = int(times.min())
    rows = (times - begin_us) // _checked(path, step_us)
    if (rows * step_us != times - begin_us).any() or len(np.unique(rows)) < len(rows):
        raise _unusable(
            path,
            f"column {table.column_names[0]}",
            f"its times are no multiples of {step_us / 60e6:g} min apart, or some stand twice",
            "give even steps",
        )
    if rows.max() >= _STEPS_MAX:
        raise _unusable(
            path, f"column {table.column_names[0]}", "it spans too long", "give less of it"
        )
    whole = np.full((int(rows.max()) + 1, len(names)), np.nan)
    whole[rows] = values
    return Series(detectors=tuple(names), begin_us=begin_us, step_us=step_us, values=whole)


def read_nearness(path: Path, detectors: int) -> npt.NDArray[np.float64]:
    """Read how near each detector is to each: a square of numbers without a header.

    Parameters
    ----------
    path
        A CSV file.
    detectors
        How many there are, in the order of the series.

    Returns
    -------
    (detectors, detectors) 0 for not at all.

    Raises
    ------
    InputError
        If it cannot be read or has another size.
    """
    try:
        found = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise _unusable(
            path, "", f"it cannot be read ({said})", "give a square of numbers, without a header"
        ) from None
    if found.shape != (detectors, detectors) or not np.isfinite(found).all():
        raise _unusable(
            path,
            "",
            f"it has {found.shape[0]} rows and {found.shape[1]} columns, or gaps",
            f"give {detectors} rows of {detectors} numbers",
        )
    return found


def _times(path: Path, column: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401  pyarrow has no types
    if pa.types.is_string(column.type) and not column.null_count:
        try:
            moments = [datetime.fromisoformat(each) for each in column.to_pylist()]
        except ValueError:
            moments = []
        aware = [each if each.tzinfo else each.replace(tzinfo=UTC) for each in moments]
        column = pa.chunked_array([pa.array(aware, pa.timestamp("us", "UTC"))])
    if not pa.types.is_timestamp(column.type) or column.null_count or not len(column):
        raise _unusable(
            path, "column time", "not every row has a time", "write times as 2026-11-24T12:00:00Z"
        )
    times: npt.NDArray[np.int64] = (
        column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64()).to_numpy()
    )
    return times


def _checked(path: Path, step_us: int) -> int:
    if step_us <= 0 or _DAY_US % step_us:
        raise _unusable(
            path, "", f"a step of {step_us / 60e6:g} min does not divide a day", "give even steps"
        )
    return step_us


def _unusable(path: Path, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=path, place=place, cause=cause, remedy=remedy)
