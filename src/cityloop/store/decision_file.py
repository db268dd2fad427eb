"""What a controller weighed in every second of a run, as a Parquet file that anybody can open.

One row a second and signal. What is fixed of a signal, its lanes and stages, is in the file's
metadata under `cityloop`, as JSON.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.city.network import Floats, Ints
from cityloop.city.records import record
from cityloop.store.whole_file import write_whole

FORMAT: Final = "cityloop-decisions"
VERSION: Final = 1
CONTROL: Final = "adaptive"
"""The one controller whose decisions are recorded."""

AHEAD_S: Final = (10, 20, 30)
_KEY: Final = b"cityloop"
_GROUP_S: Final = 240
_GROUP_BYTES_MAX: Final = 256 << 20
_AGAIN: Final = "give a file that `cityloop traffic run --record` has written"

_LISTS: Final = (
    "cost", "earliest_s", "queue", *(f"arrivals_{s}_s" for s in AHEAD_S), "discharge_veh_h",
)  # fmt: skip
_SCHEMA: Final = pa.schema(
    [
        ("second_s", pa.int32()),
        ("signal", pa.dictionary(pa.int32(), pa.string())),
        ("stage_before", pa.int16()),
        ("stage_after", pa.int16()),
        ("reason", pa.dictionary(pa.int32(), pa.string())),
        ("waited_s", pa.int32()),
        ("waited_group", pa.int16()),
        ("gate", pa.dictionary(pa.int32(), pa.string())),
        *((name, pa.list_(pa.float32())) for name in _LISTS),
    ]
)


class StageText(msgspec.Struct, forbid_unknown_fields=True):
    """One stage: the signal's own numbers of the groups that are green, and that yield in it."""

    green: list[int]
    yields: list[int]


class SignalText(msgspec.Struct, forbid_unknown_fields=True):
    """What is fixed of a signal: its lanes, what its groups let go in words, and its stages."""

    signal: str
    lanes: list[str]
    groups: list[str]
    stages: list[StageText]


class FallbackText(msgspec.Struct, forbid_unknown_fields=True):
    """A signal that was taken from the controller."""

    signal: str
    second_s: int
    reason: str


class DecisionHeader(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose decisions they are."""

    format: str = FORMAT
    version: int = VERSION
    scenario: str
    control: str
    seed: int
    begin_s: int
    end_s: int
    signals: list[SignalText]
    fallbacks: list[FallbackText] = []


@record
class DecisionSecond:
    """One second of all signals.

    Attributes
    ----------
    second_s
        The second. [s]
    stage_before, stage_after
        (signals,) the stage that ran and the stage that runs, counted from the signal's first; -1
        for none.
    reason, gate
        (signals,) why, and what the gate said.
    waited_s, waited_group
        (signals,) the longest wait, and the signal's own number of the group that it is for. [s]
    weighed
        (signals,) which have weighed their options; the costs of the others mean nothing.
    cost
        (stages + signals,) least cost of each first step, signal by signal, hold last. [s]
    earliest_s
        (stages,) when each may begin. [s]
    queue, arrivals
        (lanes,) and (lanes, 3) vehicles that wait, and that come in `AHEAD_S`.
    discharge_veh_h
        Tables of (stages, lanes), signal by signal. [veh/h]
    """

    second_s: int
    stage_before: Ints
    stage_after: Ints
    reason: tuple[str, ...]
    gate: tuple[str, ...]
    waited_s: Ints
    waited_group: Ints
    weighed: npt.NDArray[np.bool_]
    cost: Floats
    earliest_s: Ints
    queue: Floats
    arrivals: Floats
    discharge_veh_h: Floats


class DecisionRow(NamedTuple):
    """One signal's decision in one second, as `DecisionSecond` has it; no cost if none weighed."""

    second_s: int
    stage_before: int
    stage_after: int
    reason: str
    gate: str
    waited_s: int
    waited_group: int
    cost: list[float]
    earliest_s: list[float]
    queue: list[float]
    arrivals: list[list[float]]
    discharge_veh_h: list[list[float]]


class DecisionWriter:
    """Collects the decisions of a run, packed, and writes them when it has ended.

    Parameters
    ----------
    signals
        What is fixed of each signal.
    """

    def __init__(self, signals: list[SignalText]) -> None:
        self._names = pa.array([each.signal for each in signals], pa.string())
        stages = np.array([len(each.stages) for each in signals], np.int64)
        lanes = np.array([len(each.lanes) for each in signals], np.int64)
        self._stages, self._lanes = stages, lanes
        self._waiting: list[DecisionSecond] = []
        self._out = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._out, _SCHEMA, compression="zstd")

    def add(self, second: DecisionSecond) -> None:
        """Take in one second.

        Parameters
        ----------
        second
            The decisions of all signals.
        """
        self._waiting.append(second)
        if len(self._waiting) >= _GROUP_S:
            self._flush()

    def write(self, path: Path, header: DecisionHeader) -> None:
        """Write the file, whole or not at all. Nothing can be added afterwards.

        Parameters
        ----------
        path
            Where to.
        header
            Whose decisions they are.

        Raises
        ------
        InputError
            If the file cannot be written.
        """
        self._flush()
        self._writer.add_key_value_metadata({_KEY: msgspec.json.encode(header)})
        self._writer.close()
        write_whole(path, self._out.getvalue().to_pybytes())

    def _flush(self) -> None:
        seconds, count = self._waiting, len(self._names)
        if not seconds:
            return
        index = np.tile(np.arange(count, dtype=np.int32), len(seconds))
        columns = {
            "second_s": np.repeat([each.second_s for each in seconds], count).astype(np.int32),
            "signal": pa.DictionaryArray.from_arrays(index, self._names),
            "reason": pa.array([r for each in seconds for r in each.reason]).dictionary_encode(),
            "gate": pa.array([g for each in seconds for g in each.gate]).dictionary_encode(),
        }
        for name in ("stage_before", "stage_after", "waited_s", "waited_group"):
            columns[name] = np.concatenate([getattr(each, name) for each in seconds])
        options = self._stages + 1
        weighed = np.concatenate([each.weighed for each in seconds])
        cost = np.concatenate([each.cost[np.repeat(each.weighed, options)] for each in seconds])
        columns["cost"] = _lists(cost, np.where(weighed, np.tile(options, len(seconds)), 0))
        for name, each_size in (
            ("earliest_s", self._stages),
            ("queue", self._lanes),
            ("discharge_veh_h", self._stages * self._lanes),
        ):
            values = np.concatenate([getattr(each, name) for each in seconds])
            columns[name] = _lists(values, np.tile(each_size, len(seconds)))
        for i, ahead_s in enumerate(AHEAD_S):
            values = np.concatenate([each.arrivals[:, i] for each in seconds])
            columns[f"arrivals_{ahead_s}_s"] = _lists(values, np.tile(self._lanes, len(seconds)))
        arrays = [
            pa.array(columns[f.name], f.type) if isinstance(columns[f.name], np.ndarray)
            else columns[f.name].cast(f.type)
            for f in _SCHEMA
        ]  # fmt: skip
        self._writer.write_table(pa.table(arrays, schema=_SCHEMA))
        self._waiting = []


def read_decision(
    path: Path, signal_id: str, second_s: int
) -> tuple[DecisionHeader, SignalText, DecisionRow]:
    """Read what one signal weighed in one second.

    Parameters
    ----------
    path
        The file.
    signal_id
        The signal.
    second_s
        The second. [s]

    Returns
    -------
    Whose decisions they are, what is fixed of the signal, and the decision.

    Raises
    ------
    InputError
        If the file is none of ours, is broken, or has no such signal or second.
    """
    if not path.is_file():
        raise InputError(
            file=path, place="", cause="there is no such file", remedy="check the name"
        )
    try:
        with pq.ParquetFile(path) as file:
            header = _header(path, file)
            signal = _find_signal(path, header, signal_id)
            _check_second(path, header, second_s)
            rows = [row for row in _rows(path, file, second_s) if row["signal"] == signal_id]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            file=path, place="", cause=f"the file is broken or none of ours ({error})"[:300],
            remedy=_AGAIN,
        ) from None  # fmt: skip
    if not rows:
        raise InputError(
            file=path,
            place=f"second {second_s}",
            cause="the controller decided nothing in that second: it had failed",
            remedy="ask for an earlier second; `fallbacks` in the run's JSON say when and why",
        )
    return header, signal, _checked(path, signal, rows[0])


def _header(path: Path, file: Any) -> DecisionHeader:  # noqa: ANN401  pyarrow has no types
    said = (file.metadata.metadata or {}).get(_KEY)
    if said is None:
        raise InputError(
            file=path, place="", cause="this Parquet file holds no decisions", remedy=_AGAIN
        )
    try:
        known = msgspec.json.decode(said, type=dict[str, object])
        if (known.get("format"), known.get("version")) != (FORMAT, VERSION):
            raise InputError(
                file=path,
                place="metadata",
                cause=f"found {known.get('format')!r:.60}, version {known.get('version')!r:.20};"
                f" expected {FORMAT!r}, version {VERSION}",
                remedy="record the run again with this cityloop",
            )
        header = msgspec.json.decode(said, type=DecisionHeader)
    except msgspec.DecodeError as error:
        raise InputError(
            file=path, place="metadata", cause=f"it does not fit ({error})", remedy=_AGAIN
        ) from None
    if header.control != CONTROL:
        raise InputError(
            file=path,
            place="metadata, control",
            cause=f"{header.control[:60]!r} weighs no options that could be explained",
            remedy=f"record a run of {CONTROL}",
        )
    return header


def _find_signal(path: Path, header: DecisionHeader, signal_id: str) -> SignalText:
    for each in header.signals:
        if each.signal == signal_id:
            return each
    names = ", ".join(each.signal for each in header.signals[:5])
    more = ", …" if len(header.signals) > 5 else ""  # noqa: PLR2004
    raise InputError(
        file=path,
        place=f"junction {signal_id[:60]!r}",
        cause="the run has no such junction",
        remedy=f"choose one of its {len(header.signals)}: {names}{more}",
    )


def _check_second(path: Path, header: DecisionHeader, second_s: int) -> None:
    if not header.begin_s <= second_s < header.end_s:
        raise InputError(
            file=path,
            place=f"second {second_s}",
            cause=f"the run has the seconds from {header.begin_s} to {header.end_s - 1}",
            remedy="choose one of these",
        )


def _rows(path: Path, file: Any, second_s: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Read the rows of one second, from the part of the file that holds it."""
    if not file.schema_arrow.equals(_SCHEMA):
        raise InputError(
            file=path, place="columns", cause="they are not those of decisions", remedy=_AGAIN
        )
    for number in range(file.metadata.num_row_groups):
        part = file.metadata.row_group(number)
        known = part.column(0).statistics
        if known is not None and known.has_min_max and not known.min <= second_s <= known.max:
            continue
        if part.total_byte_size > _GROUP_BYTES_MAX:
            raise InputError(
                file=path, place=f"part {number}", cause="it is too large", remedy=_AGAIN
            )
        table = file.read_row_group(number)
        table.validate(full=True)
        yield from table.filter(pc.equal(table["second_s"], second_s)).to_pylist()


def _checked(path: Path, signal: SignalText, row: dict[str, Any]) -> DecisionRow:
    """Check that a row fits its signal."""
    lanes, stages = len(signal.lanes), len(signal.stages)
    sizes = dict.fromkeys(_LISTS, lanes) | {
        "earliest_s": stages, "discharge_veh_h": stages * lanes,
        "cost": stages + 1 if row["cost"] else 0,
    }  # fmt: skip
    whole = all(value is not None for value in row.values())
    fits = whole and all(
        len(row[name]) == size and None not in row[name] for name, size in sizes.items()
    )
    fits = fits and all(-1 <= row[name] < stages for name in ("stage_before", "stage_after"))
    fits = fits and -1 <= row["waited_group"] < len(signal.groups)
    groups = [g for stage in signal.stages for g in (*stage.green, *stage.yields)]
    if not fits or any(not 0 <= g < len(signal.groups) for g in groups):
        raise InputError(
            file=path,
            place=f"junction {signal.signal}, second {row['second_s']}",
            cause="the row does not fit the junction's lanes and stages",
            remedy="record the run again",
        )
    flat = row["discharge_veh_h"]
    return DecisionRow(
        second_s=row["second_s"],
        stage_before=row["stage_before"],
        stage_after=row["stage_after"],
        reason=row["reason"],
        gate=row["gate"],
        waited_s=row["waited_s"],
        waited_group=row["waited_group"],
        cost=row["cost"],
        earliest_s=row["earliest_s"],
        queue=row["queue"],
        arrivals=[row[f"arrivals_{s}_s"] for s in AHEAD_S],
        discharge_veh_h=[flat[k * lanes : (k + 1) * lanes] for k in range(stages)],
    )


def _lists(values: Floats, sizes: npt.NDArray[np.int64]) -> Any:  # noqa: ANN401
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    return pa.ListArray.from_arrays(starts, pa.array(values.astype(np.float32)))
