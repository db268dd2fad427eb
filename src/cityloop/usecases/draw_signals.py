"""Drawing what signals did from a log, as data and as pictures."""

import csv
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.feeds.signal_diagrams import CoordinationPicture, TimeSpacePicture, write_picture
from cityloop.store.whole_file import write_whole
from cityloop.traffic.estimate.hires_log import HiresLog, Table
from cityloop.traffic.estimate.measures.coordination_diagram import coordination_diagram
from cityloop.traffic.estimate.measures.time_space import CorridorSignal, time_space

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Final = ("device", "at_m", "out", "in")
MINUTES_MAX: Final = 24 * 60


def draw_coordination_of(
    events: Path,
    detectors: Path,
    device: str,
    phase: int,
    *,
    out: Path,
    data: Path | None = None,
    latency_us: int = 0,
) -> tuple[int, float]:
    """Draw the coordination diagram of a phase.

    Parameters
    ----------
    events
        The log; see `read_hires_log`.
    detectors
        Which detectors serve which phases.
    device
        The controller.
    phase
        Its phase.
    out
        The picture, SVG or PNG.
    data
        Parquet file for the arrivals, each with its cycle.
    latency_us
        By so much detectors tell later than they see. [us]

    Returns
    -------
    How many arrivals there were, and the share of them on green.

    Raises
    ------
    InputError
        If an input cannot be used, there is nothing to draw, or a file cannot be written.
    """
    log, _ = read_hires_log(events)
    setup = read_detector_setup(detectors, log)
    number = _device(log, device, "--device")
    cycles, arrivals = coordination_diagram(log, setup, number, phase, latency_us=latency_us)
    if not len(arrivals["time_us"]):
        raise InputError(
            file=detectors,
            place=f"device {device}, phase {phase}",
            cause="nobody arrives over an advance detector in a whole cycle",
            remedy="choose a phase with detectors of function Advance",
        )
    title = f"{device}, phase {phase}: coordination diagram"
    write_picture(out, CoordinationPicture(title, cycles, arrivals))
    if data is not None:
        of = arrivals["cycle"]
        table = {
            "time_us": arrivals["time_us"],
            **{f"cycle_{name}": values[of] for name, values in cycles.items()},
            "into_s": arrivals["into_s"],
            "green": arrivals["green"],
        }
        _write(data, table)
    return len(arrivals["time_us"]), float(arrivals["green"].mean())


def draw_time_space_of(  # noqa: PLR0913  one argument an option
    events: Path,
    detectors: Path,
    corridor: Path,
    *,
    out: Path,
    data: Path | None = None,
    begin: str = "",
    minutes: float = 15.0,
    advance_m: float = 100.0,
    speed_m_s: float = 14.0,
) -> tuple[int, int]:
    """Draw the time-space diagram of a corridor, as it was.

    Parameters
    ----------
    events
        The log; see `read_hires_log`.
    detectors
        Which detectors serve which phases.
    corridor
        CSV of device, at_m, out, in: the signals, their places along the road, and the phases of
        through traffic onwards and back.
    out
        The picture, SVG or PNG.
    data
        Parquet file for greens and vehicles.
    begin
        From when; the begin of the log if empty.
    minutes
        For how long. [min]
    advance_m
        How far advance detectors are before the line. [m]
    speed_m_s
        How fast vehicles are taken to go on. [m/s]

    Returns
    -------
    How many greens and how many vehicles were drawn.

    Raises
    ------
    InputError
        If an input cannot be used, there is nothing to draw, or a file cannot be written.
    """
    log, _ = read_hires_log(events)
    setup = read_detector_setup(detectors, log)
    signals = _read_corridor(corridor, log)
    from_us = _moment(begin) if begin else log.first_us
    to_us = from_us + round(minutes * 60e6)
    greens, vehicles = time_space(log, setup, signals, from_us, to_us)
    if not len(greens["signal"]):
        raise InputError(
            file=events,
            place="--from",
            cause=f"no green of these signals in {minutes:g} min from {_said(from_us)} on",
            remedy=f"the log begins at {_said(log.first_us)}",
        )
    names = [log.device_ids[each.device] for each in signals]
    picture = TimeSpacePicture(
        title=f"{names[0]} to {names[-1]}: time-space diagram, as it was",
        names=names,
        at_m=[each.at_m for each in signals],
        greens=greens,
        vehicles=vehicles,
        advance_m=advance_m,
        speed_m_s=speed_m_s,
        from_us=from_us,
        to_us=to_us,
    )
    write_picture(out, picture)
    if data is not None:
        count = len(vehicles["signal"])
        table = {
            "what": np.array(["green"] * len(greens["signal"]) + ["vehicle"] * count),
            "device": np.array(names)[np.concatenate([greens["signal"], vehicles["signal"]])],
            "onwards": np.concatenate([greens["onwards"], vehicles["onwards"]]),
            "time_us": np.concatenate([greens["begin_us"], vehicles["time_us"]]),
            "end_us": np.concatenate([greens["end_us"], vehicles["time_us"]]),
        }
        _write(data, table)
    return len(greens["signal"]), len(vehicles["signal"])


def _read_corridor(path: Path, log: HiresLog) -> list[CorridorSignal]:
    found: list[CorridorSignal] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                found.append(_corridor_row(path, line, row, log))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            file=path, place="", cause=f"it cannot be read ({error})", remedy="give a CSV file"
        ) from None
    if not found:
        raise InputError(
            file=path,
            place="",
            cause="it has no signals",
            remedy="write device,at_m,out,in and a row a signal",
        )
    return sorted(found, key=lambda each: each.at_m)


def _corridor_row(
    path: Path, line: int, row: Mapping[str, str | None], log: HiresLog
) -> CorridorSignal:
    device, at_m, *phases = ((row.get(name) or "").strip() for name in _COLUMNS)
    try:
        place_m = float(at_m)
    except ValueError:
        place_m = math.nan
    if not math.isfinite(place_m) or not all(each.isdecimal() or not each for each in phases):
        raise InputError(
            file=path,
            place=f"line {line}",
            cause=f"found {device}, {at_m}, {', '.join(phases)}, expected a device, metres, phases",
            remedy="write device,at_m,out,in in the first line and in this order below",
        )
    out, into = (int(each or 0) for each in phases)
    return CorridorSignal(_device(log, device, f"{path}: line {line}"), place_m, out, into)


def _device(log: HiresLog, name: str, place: str) -> int:
    if name not in log.device_ids:
        raise InputError(
            file=place,
            place="",
            cause=f"there is no device {name!r}; there are {', '.join(log.device_ids)[:200]}",
            remedy="name one of them",
        )
    return log.device_ids.index(name)


def _moment(said: str) -> int:
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise InputError(
            file="--from",
            place="",
            cause=f"found {said[:40]!r}, which is no moment",
            remedy="write it as 2024-05-13T15:30",
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def _said(time_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M")


def _write(path: Path, table: Table) -> None:
    columns: dict[str, Any] = {
        name.removesuffix("_us"): pa.array(values, pa.timestamp("us"))
        if name.endswith("_us")
        else pa.array(values)
        for name, values in table.items()
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    write_whole(path, bytes(sink.getvalue()))
