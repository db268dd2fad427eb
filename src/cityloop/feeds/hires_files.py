"""Hi-res event logs and detector configurations as agencies keep them, in Parquet or CSV."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from cityloop.city.errors import InputError
from cityloop.kernels.hires import number_devices
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, make_log
from cityloop.traffic.estimate.live.signal_queues import Approach, list_approaches

Longs = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int16]

Part = tuple[Longs, Any, Shorts, Shorts]
Piece = Callable[[], Iterator[list[Any]]]

_CODE_MAX: Final = 2**15 - 1
_PART_ROWS: Final = 1 << 17
_WORKERS: Final = 2
# Devices are numbered by a table if their own numbers lie this close together.
_SPAN_MAX: Final = 1 << 16
_LONG_MAX: Final = 2**63 - 1
_ROOM_MAX: Final = 1 << 28
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
    # Part by part, each brought to small numbers at once: a long log is held once, not twice.
    gathered = _Gathered(path, _count_rows(path))
    for parts in _side_by_side(path, _pieces(path, (_TIME, _DEVICE, _CODE, _PARAMETER))):
        for part in parts:
            gathered.add(*part)
    if not gathered.rows:
        raise _unusable(path, "", "there are no events in it", "give the file that was meant")
    device, names = gathered.ranked()
    rows = slice(0, gathered.rows)
    with ThreadPoolExecutor(_WORKERS) as pool:
        log = make_log(
            tuple(map(str, names.to_pylist())),
            *(device, gathered.time_us[rows], gathered.code[rows], gathered.parameter[rows]),
            at_once=pool.map,
        )
    return log, names


def _side_by_side(path: Path, pieces: Iterator[Piece]) -> Iterator[list[Part]]:
    """Read pieces of a log, some at a time, and give their parts in order."""

    def read(piece: Piece) -> list[Part]:
        return [_part(path, columns) for columns in piece() if len(columns[0])]

    with ThreadPoolExecutor(_WORKERS) as pool:
        begun: deque[Future[list[Part]]] = deque()
        for piece in pieces:
            begun.append(pool.submit(read, piece))
            if len(begun) > 2 * _WORKERS:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


class _Gathered:
    """The parts of a log, one after the other in arrays that have room for all of them."""

    def __init__(self, path: Path, room: int) -> None:
        self._path = path
        self._known: dict[Any, int] = {}
        self._type: Any = None
        self.rows = 0
        self.time_us: Longs = np.empty(room, np.int64)
        self.device = np.empty(room, np.int32)
        self.code: Shorts = np.empty(room, np.int16)
        self.parameter: Shorts = np.empty(room, np.int16)

    def add(self, time_us: Longs, coded: Any, code: Shorts, parameter: Shorts) -> None:  # noqa: ANN401
        """Take in a part; its devices are a dictionary of its own."""
        end = self.rows + len(time_us)
        if end > len(self.time_us):
            for name in ("time_us", "device", "code", "parameter"):
                setattr(self, name, np.resize(getattr(self, name), max(end, 2 * self.rows)))
        if self._type is None:
            self._type = coded.type.value_type
        if coded.type.value_type != self._type:
            raise _unusable(
                self._path,
                "column deviceid",
                f"its files differ ({coded.type.value_type} and {self._type})",
                "write them with one type",
            )
        listed = coded.dictionary.to_pylist()
        numbers = [self._known.setdefault(each, len(self._known)) for each in listed]
        part = slice(self.rows, end)
        self.time_us[part], self.code[part], self.parameter[part] = time_us, code, parameter
        indices = coded.indices.to_numpy()
        same = numbers == list(range(len(numbers)))
        self.device[part] = indices if same else np.array(numbers, np.int32)[indices]
        self.rows = end

    def ranked(self) -> tuple[npt.NDArray[np.int32], Any]:
        """Give the devices their numbers in the order of their names, and the names."""
        names = pa.array(list(self._known), self._type)
        order = pc.sort_indices(names).to_numpy()
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order))
        device = self.device[: self.rows]
        if (rank != np.arange(len(rank))).any():
            device = rank[device]
        return device, names.take(pa.array(order))


def _count_rows(path: Path) -> int:
    """Count the rows of Parquet files without reading them; 0 where that cannot be said."""
    try:
        files = path.rglob("*.parquet") if path.is_dir() else [path]
        rows = sum(int(pq.read_metadata(file).num_rows) for file in files)
    except (pa.ArrowException, OSError, ValueError):
        return 0
    # What a broken file claims is not believed: room is only made for it, and more when it comes.
    return min(max(rows, 0), _ROOM_MAX)


def _part(path: Path, columns: list[Any]) -> Part:
    """Bring a part of a log to times, coded devices, codes and parameters."""
    times, devices, codes, parameters = columns
    if devices.null_count:
        raise _unusable(path, "device", "some events have no device", "give every event one")
    code, code_fits = _shorts(path, codes, _CODE)
    parameter, parameter_fits = _shorts(path, parameters, _PARAMETER)
    time_us, coded = _times(path, times), _coded(devices)
    if code_fits is None and parameter_fits is None:
        return time_us, coded, code, parameter
    keep = np.ones(len(code), np.bool_)
    for fits in (code_fits, parameter_fits):
        keep &= True if fits is None else fits
    return time_us[keep], coded.filter(pa.array(keep)), code[keep], parameter[keep]


def _coded(devices: Any) -> Any:  # noqa: ANN401
    """Give the devices of a part as a dictionary."""
    if not pa.types.is_integer(devices.type):
        return devices.dictionary_encode()
    span = pc.min_max(devices)
    least, most = span["min"].as_py(), span["max"].as_py()
    if most - least > _SPAN_MAX or most > _LONG_MAX:
        return devices.dictionary_encode()
    numbers, own = number_devices(devices.cast(pa.int64()).to_numpy(), least, most)
    values = pa.array(own.tolist(), devices.type)
    return pa.DictionaryArray.from_arrays(pa.array(numbers), values)


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
    known = {name: index for index, name in enumerate(log.device_ids)}
    parts = list(_read(path, (_DEVICE, _PHASE, _PARAMETER, _FUNCTION)))
    if not sum(len(part[0]) for part in parts):
        raise _unusable(path, "", "there are no detectors in it", "give the file that was meant")
    devices = [known.get(str(each), -1) for part in parts for each in part[0].to_pylist()]
    phase, detector = (
        np.concatenate([_numbers(path, part[number], wanted) for part in parts])
        for number, wanted in ((1, _PHASE), (2, _PARAMETER))
    )
    return DetectorSetup(
        device=np.array(devices, np.int32),
        phase=phase.astype(np.int32),
        detector=detector.astype(np.int32),
        function=tuple(str(each) for part in parts for each in part[3].to_pylist()),
    )


def read_approaches(path: Path) -> list[Approach]:
    """Read which detectors serve which phases, before there is a log.

    Parameters
    ----------
    path
        As for `read_detector_setup`.

    Returns
    -------
    The phases that have advance detectors.

    Raises
    ------
    InputError
        If it cannot be read, a column is missing or of another type, or there is no such phase.
    """
    rows: list[tuple[str, int, int, str]] = []
    for device, phase, detector, function in _read(path, (_DEVICE, _PHASE, _PARAMETER, _FUNCTION)):
        columns = (
            map(str, device.to_pylist()),
            _numbers(path, phase, _PHASE).astype(np.int64).tolist(),
            _numbers(path, detector, _PARAMETER).astype(np.int64).tolist(),
            map(str, function.to_pylist()),
        )
        rows += zip(*columns, strict=True)
    approaches = list_approaches(rows)
    if not approaches:
        raise _unusable(
            path,
            "column function",
            "no phase has an Advance detector",
            "give one to each approach whose queue shall be estimated",
        )
    return approaches


def _read(path: Path, wanted: tuple[tuple[str, ...], ...]) -> Iterator[list[Any]]:
    """Read the wanted columns of a file, or of the files of a folder, part by part."""
    for piece in _pieces(path, wanted):
        yield from piece()


def _pieces(path: Path, wanted: tuple[tuple[str, ...], ...]) -> Iterator[Piece]:
    """List what can be read side by side of a file, or of the files of a folder."""
    if not path.exists():
        raise _unusable(path, "", "there is no such file", "check the name")
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise _unusable(path, "", "it holds no Parquet file", "give the folder that was meant")
    for file in files:
        if file.suffix.lower() in {".csv", ".txt"}:
            yield partial(_read_csv, file, wanted)
        else:
            yield from _parquet_pieces(file, wanted)


@contextmanager
def _readable(path: Path, form: str) -> Iterator[None]:
    """Say in one line if a file cannot be read."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise _unusable(
            path, "", f"it cannot be read as {form} ({said})", "give a Parquet or CSV file"
        ) from None


def _parquet_pieces(path: Path, wanted: tuple[tuple[str, ...], ...]) -> Iterator[Piece]:
    """Cut a file into runs of row groups that are as long as a part."""
    with _readable(path, "parquet"):
        about = pq.read_metadata(path)
        names = _find_columns(path, about.schema.to_arrow_schema().names, wanted)
        groups, rows = list[int](), 0
        for group in range(about.num_row_groups):
            groups.append(group)
            rows += about.row_group(group).num_rows
            if rows >= _PART_ROWS or group == about.num_row_groups - 1:
                yield partial(_read_parquet, path, about, groups, names)
                groups, rows = [], 0


def _read_parquet(
    path: Path,
    about: Any,  # noqa: ANN401
    groups: list[int],
    names: list[str],
) -> Iterator[list[Any]]:
    with _readable(path, "parquet"), pq.ParquetFile(path, metadata=about) as source:
        for batch in source.iter_batches(_PART_ROWS, groups, names, use_threads=False):
            yield [batch.column(name) for name in names]


def _read_csv(path: Path, wanted: tuple[tuple[str, ...], ...]) -> Iterator[list[Any]]:
    with _readable(path, "csv"):
        table = csv.read_csv(path)
        names = _find_columns(path, table.schema.names, wanted)
        for batch in table.to_batches(_PART_ROWS):
            yield [batch.column(name) for name in names]


def _find_columns(path: Path, names: list[str], wanted: tuple[tuple[str, ...], ...]) -> list[str]:
    plain = {"".join(c for c in name if c not in " _").lower(): name for name in names}
    found = [next((plain[each] for each in its if each in plain), None) for its in wanted]
    for its, name in zip(wanted, found, strict=True):
        if name is None:
            raise _unusable(
                path,
                f"column {its[0]}",
                f"it is not there; there are {', '.join(names)[:200]}",
                f"name one of them {its[0]}",
            )
    return [name for name in found if name is not None]


def _numbers(path: Path, column: Any, wanted: tuple[str, ...]) -> Longs:  # noqa: ANN401  pyarrow has no types
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
    column: Any,  # noqa: ANN401
    wanted: tuple[str, ...],
) -> tuple[Shorts, npt.NDArray[np.bool_] | None]:
    """Give a column of small numbers, and where they are such, or None if they all are."""
    if pa.types.is_integer(column.type) and not column.null_count:
        with suppress(pa.ArrowInvalid):
            short = column.cast(pa.int16()).to_numpy()
            return short, None if short.min() >= 0 else short >= 0
    numbers = _numbers(path, column, wanted)
    fits = (numbers >= 0) & (numbers <= _CODE_MAX)
    return np.where(fits, numbers, 0).astype(np.int16), fits


def _times(path: Path, column: Any) -> Longs:  # noqa: ANN401
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
    return np.asarray(column.view(pa.int64()).to_numpy())


def _unusable(path: Path, place: str, cause: str, remedy: str) -> InputError:
    return InputError(file=path, place=place, cause=cause, remedy=remedy)
