"""Hi-res event logs and detector configurations as agencies keep them, in Parquet or CSV."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cityloop.city.errors import InputError
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, make_log

_CODE_MAX: Final = 2**15 - 1
# What agencies call a column, blanks and underscores left out.
_TIME: Final = ("timestamp", "time", "datetime")
_DEVICE: Final = (
    *("deviceid", "device", "signalid", "signal", "locationidentifier", "location"),
    *("intersection", "trafficsignal", "devicename", "name"),
)
_CODE: Final = ("eventid", "eventcode", "code", "event")
_PARAMETER: Final = ("parameter", "eventparameter", "eventparam", "param", "detector")
_PHASE: Final = ("phase",)
_FUNCTION: Final = ("function",)


def read_hires_log(path: Path) -> tuple[HiresLog, Any]:
    """Read a log of signal controllers.

    Events with a code or parameter outside 0 to 32,767 are left out, repeated ones count once.

    Parameters
    ----------
    path
        A Parquet or CSV file, or a folder of Parquet files such as our own history.

    Returns
    -------
    The log, and the names of its devices as an Arrow array, in the type that they had.

    Raises
    ------
    InputError
        If it cannot be read, or a column is missing or of another type.
    """
    source = _open(path)
    code, code_fits = _shorts(path, source, _CODE)
    parameter, parameter_fits = _shorts(path, source, _PARAMETER)
    whole = code_fits is None and parameter_fits is None
    keep = np.ones(len(code), np.bool_)
    for fits in (code_fits, parameter_fits):
        keep &= True if fits is None else fits
    codes = code if whole else code[keep]
    parameters = parameter if whole else parameter[keep]
    time_us = _times(path, source)
    time_us = time_us if whole else time_us[keep]
    coded = _column(path, source, _DEVICE).dictionary_encode()
    coded = coded.unify_dictionaries().combine_chunks()
    names, device = coded.dictionary, coded.indices.to_numpy(zero_copy_only=False)
    if coded.null_count:
        raise _unusable(path, "device", "some events have no device", "give every event one")
    order = pc.sort_indices(names).to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order))
    device = rank[device] if whole else rank[device[keep]]
    names = names.take(pa.array(order))
    log = make_log(tuple(map(str, names.to_pylist())), device, time_us, codes, parameters)
    return log, names


def read_detector_setup(path: Path, log: HiresLog) -> DetectorSetup:
    """Read which detectors serve which phases.

    Parameters
    ----------
    path
        A Parquet or CSV file with device, phase, detector (parameter) and function.
    log
        The log whose devices are meant.

    Returns
    -------
    The setup; devices that are not in the log have -1.

    Raises
    ------
    InputError
        If it cannot be read, or a column is missing or of another type.
    """
    source = _open(path)
    known = {name: index for index, name in enumerate(log.device_ids)}
    devices = [str(each) for each in _column(path, source, _DEVICE).to_pylist()]
    functions = [str(each) for each in _column(path, source, _FUNCTION).to_pylist()]
    return DetectorSetup(
        device=np.array([known.get(each, -1) for each in devices], np.int32),
        phase=_numbers(path, source, _PHASE).astype(np.int32),
        detector=_numbers(path, source, _PARAMETER).astype(np.int32),
        function=tuple(functions),
    )


def _open(path: Path) -> Any:  # noqa: ANN401  pyarrow has no types
    if not path.exists():
        raise _unusable(path, "", "there is no such file", "check the name")
    form = "csv" if path.suffix.lower() in {".csv", ".txt"} else "parquet"
    # Only here: it draws in pandas, for which no other command should wait.
    import pyarrow.dataset as ds  # noqa: PLC0415

    try:
        source = ds.dataset(str(path), format=form)
        if not source.schema.names:
            raise _unusable(path, "", "it has no columns", "give the file that was meant")
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise _unusable(
            path, "", f"it cannot be read as {form} ({said})", "give a Parquet or CSV file"
        ) from None
    return source


def _column(path: Path, source: Any, wanted: tuple[str, ...]) -> Any:  # noqa: ANN401
    plain = {
        "".join(c for c in name if c not in " _").lower(): name for name in source.schema.names
    }
    found = next((plain[each] for each in wanted if each in plain), None)
    if found is None:
        raise _unusable(
            path,
            f"column {wanted[0]}",
            f"it is not there; there are {', '.join(source.schema.names)[:200]}",
            f"name one of them {wanted[0]}",
        )
    try:
        column = source.to_table(columns=[found]).column(0)
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise _unusable(
            path, f"column {found}", f"it cannot be read ({said})", "write the file again"
        ) from None
    if not len(column):
        raise _unusable(path, f"column {found}", "it is empty", "give the file that was meant")
    return column


def _numbers(
    path: Path,
    source: Any,  # noqa: ANN401
    wanted: tuple[str, ...],
) -> npt.NDArray[np.int64]:
    return _as_numbers(path, _column(path, source, wanted), wanted)


def _as_numbers(
    path: Path,
    column: Any,  # noqa: ANN401
    wanted: tuple[str, ...],
) -> npt.NDArray[np.int64]:
    fits = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not fits or column.null_count:
        raise _unusable(
            path,
            f"column {wanted[0]}",
            f"{column.null_count} rows have none" if fits else f"its type is {column.type}",
            "give a whole number in every row",
        )
    numbers = column.to_numpy()
    if pa.types.is_floating(column.type):
        with np.errstate(invalid="ignore"):
            numbers = np.where(np.abs(numbers) < 2**31, numbers, -1)
    return np.asarray(numbers)


def _shorts(
    path: Path,
    source: Any,  # noqa: ANN401
    wanted: tuple[str, ...],
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_] | None]:
    """Give a column of small numbers, and where they are such, or None if they all are."""
    column = _column(path, source, wanted)
    if pa.types.is_integer(column.type) and not column.null_count:
        ends = pc.min_max(column).as_py()
        if ends["min"] >= 0 and ends["max"] <= _CODE_MAX:
            return np.asarray(column.cast(pa.int16()).to_numpy()), None
    numbers = _as_numbers(path, column, wanted)
    fits = (numbers >= 0) & (numbers <= _CODE_MAX)
    return np.where(fits, numbers, 0).astype(np.int16), fits


def _times(path: Path, source: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401
    column = _column(path, source, _TIME)
    if not pa.types.is_timestamp(column.type) or column.null_count:
        raise _unusable(
            path,
            "column timestamp",
            f"{column.null_count} rows have none"
            if pa.types.is_timestamp(column.type)
            else f"its type is {column.type}",
            "write times as 2024-05-13 15:00:00.1",
        )
    if column.type.unit != "us":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return np.concatenate([chunk.view(pa.int64()).to_numpy() for chunk in column.chunks])


def _unusable(path: Path, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=path, place=place, cause=cause, remedy=remedy)
