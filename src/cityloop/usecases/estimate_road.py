"""Estimates of the road from what was kept, or from a file of events."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.feeds.event_arrow import decode_arrow
from cityloop.feeds.event_batch import arrow_schema
from cityloop.feeds.event_files import cut_batches, read_event_file
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.feeds.site_files import read_sites, read_ways
from cityloop.kernels.windows import SUMS
from cityloop.store.history import list_days, read_day
from cityloop.store.whole_file import make_folder, write_whole
from cityloop.traffic.estimate.live.line_queues import QueueRules, queues_of_log
from cityloop.traffic.estimate.live.road import Estimate, Road, RoadRules
from cityloop.traffic.estimate.live.sites import Site, Sites, place_detectors
from cityloop.traffic.estimate.live.travel_times import TravelTimes, Way
from cityloop.traffic.estimate.windows import Events, sum_events
from cityloop.traffic.observe.events import DETECTOR, PASSAGE, EventKind
from cityloop.usecases.estimate_windows import ESTIMATES, SUM_COLUMNS
from cityloop.usecases.road_tables import (
    detector_table,
    movement_table,
    queue_table,
    travel_table,
    turn_table,
)

Longs = npt.NDArray[np.int64]
Say = Callable[[str, int], None]

_DAY_US: Final = 86_400 * 10**6
_FAR_US: Final = 2**62
_AHEAD: Final = "ahead"


@dataclass(frozen=True, kw_only=True)
class RoadOrder:
    """What is to be estimated.

    Attributes
    ----------
    data
        A folder of `cityloop sense serve`, or a Parquet or CSV file of events.
    out
        The folder for the estimates.
    source
        Whose events; empty if there is but one source.
    sites
        CSV of where the detectors are.
    ways
        CSV of links and corridors, for travel times.
    signals
        Which detectors serve which phases, for queues.
    window_s
        Length of a window, of a file; a folder has its own. [s]
    sliding_s
        Length of a sliding window. [s]
    travel_s
        Length of the windows of travel times. [s]
    utc_offset_h
        Local time less UTC. [h]
    queues
        What is taken to hold of approaches.
    """

    data: Path
    out: Path
    source: str = ""
    sites: Path | None = None
    ways: Path | None = None
    signals: Path | None = None
    window_s: float = 60.0
    sliding_s: float = 900.0
    travel_s: float = 300.0
    utc_offset_h: float = 0.0
    queues: QueueRules = field(default_factory=QueueRules)


@dataclass(frozen=True)
class _Rows:
    """Sums of one day, in order of time."""

    names: list[str]
    begin_us: Longs
    detector: npt.NDArray[np.int64]
    sums: Longs


def estimate_road(order: RoadOrder, say: Say) -> None:
    """Estimate all that the data allow, and write it down, a Parquet file a day and estimate.

    Parameters
    ----------
    order
        What is to be estimated.
    say
        Told the name of each estimate and its number of rows.

    Raises
    ------
    InputError
        If an input cannot be used, nothing can be estimated, or the folder cannot be written.
    """
    sites = read_sites(order.sites) if order.sites is not None else {}
    ways = read_ways(order.ways) if order.ways is not None else []
    make_folder(order.out)
    rows: dict[str, int] = {}

    def write(name: str, day: date | None, table: Any) -> None:  # noqa: ANN401
        place = order.out / name
        make_folder(place)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        file = "all" if day is None else f"{day.isoformat()}"
        write_whole(place / f"{file}.parquet", bytes(sink.getvalue()))
        rows[name] = rows.get(name, 0) + table.num_rows

    if order.data.is_dir():
        _estimate_folder(order, sites, ways, write)
    else:
        _estimate_file(order, sites, ways, write)
    if not rows:
        raise InputError(
            file=order.data,
            place="",
            cause="it holds nothing that can be estimated",
            remedy="give detector events; passages and --ways; or hi-res events and --detectors",
        )
    for name, count in rows.items():
        say(name, count)


def _estimate_folder(
    order: RoadOrder,
    sites: dict[str, list[Site]],
    ways: Sequence[Way],
    write: Callable[[str, date | None, Any], None],
) -> None:
    history = order.data / "history"
    days = list_days(history, ESTIMATES)
    if days:
        source = _source(order, days)
        of = {day: its[source] for day, its in days.items() if source in its}
        columns = ["time", "detector", "status", "window_s", *SUM_COLUMNS]
        tables = {day: read_day(place, columns[1:2]) for day, place in of.items()}
        names = sorted({n for t in tables.values() for n in t.column(0).unique().to_pylist()})
        placed = place_detectors(names, [*sites.get("", ()), *sites.get(source, ())])
        read = ((day, read_day(place, columns)) for day, place in of.items())
        _estimate_days(order, placed, ((day, *_kept(table)) for day, table in read), write)
    passed = list_days(history, PASSAGE.name)
    if passed and ways:
        source = _source(order, passed)
        _travel(
            order,
            ways,
            (
                (day, read_day(its[source], ["time", "camera", "vehicle_token"]))
                for day, its in passed.items()
                if source in its
            ),
            write,
        )
    if order.signals is not None and (history / "hires").is_dir():
        _queues(order, history / "hires", order.signals, write)


def _kept(table: Any) -> tuple[int, _Rows]:  # noqa: ANN401
    """Give the length of the windows of a day, and their sums; what was ahead of time is left."""
    status = table.column("status").to_pylist()
    use = np.array([each != _AHEAD for each in status], np.bool_)
    table = table.filter(pa.array(use))
    coded = table.column("detector").combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    begin_us = table.column("time").cast(pa.int64()).to_numpy()
    detector = coded.indices.to_numpy().astype(np.int64)
    sums = np.stack([table.column(name).to_numpy() for name in SUM_COLUMNS], axis=1)
    lengths = table.column("window_s").to_numpy()
    window_us = round(float(lengths[0]) * 1e6) if len(lengths) else 0
    return window_us, _Rows(names, begin_us, detector, sums.astype(np.int64))


def _estimate_days(
    order: RoadOrder,
    sites: Sites,
    days: Iterator[tuple[date, int, _Rows]],
    write: Callable[[str, date | None, Any], None],
) -> None:
    road: Road | None = None
    index = {name: number for number, name in enumerate(sites.detectors)}
    for day, window_us, rows in days:
        if not len(rows.begin_us):
            continue
        if road is None:
            road = Road(sites, _rules(order, window_us))
        number = np.array([index[name] for name in rows.names], np.int64)[rows.detector]
        estimates: list[Estimate] = []
        order_of = np.argsort(rows.begin_us, kind="stable")
        begins, first = np.unique(rows.begin_us[order_of], return_index=True)
        for begin_us, its in zip(begins.tolist(), np.split(order_of, first[1:]), strict=True):
            sums = np.zeros((len(sites.detectors), SUMS), np.int64)
            np.add.at(sums, number[its], rows.sums[its])
            estimates += road.take(begin_us, sums)
        write("detectors", day, detector_table(sites, estimates, road.rules.window_us))
        if sites.movements:
            write("movements", day, movement_table(sites, estimates, road.rules.window_us))
        turns = turn_table(road, estimates)
        if turns.num_rows:
            write("turns", day, turns)


def _rules(order: RoadOrder, window_us: int) -> RoadRules:
    panes = order.sliding_s * 1e6 / window_us
    if panes < 1 or panes != int(panes):
        raise InputError(
            file="--sliding",
            place="",
            cause=f"{order.sliding_s:g} s is no multiple of a window of {window_us / 1e6:g} s",
            remedy="give one",
        )
    offset_us = round(order.utc_offset_h * 3600e6)
    return RoadRules(window_us=window_us, panes=int(panes), utc_offset_us=offset_us)


def _estimate_file(
    order: RoadOrder,
    sites: dict[str, list[Site]],
    ways: Sequence[Way],
    write: Callable[[str, date | None, Any], None],
) -> None:
    if order.signals is not None:
        _queues(order, order.data, order.signals, write)
        return
    kind = PASSAGE if ways else DETECTOR
    table = _checked(order.data, kind)
    if not table.num_rows:
        return
    if kind is PASSAGE:
        time_us = table.column("time").cast(pa.int64()).to_numpy()
        day = time_us // _DAY_US
        _travel(
            order,
            ways,
            (
                (date.fromordinal(719_163 + int(each)), table.filter(pa.array(day == each)))
                for each in np.unique(day)
            ),
            write,
        )
        return
    coded = table.column("detector").combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    events = Events(
        time_us=table.column("time").cast(pa.int64()).to_numpy(),
        detector=coded.indices.to_numpy().astype(np.int32),
        count=table.column("count").to_numpy().astype(np.int32),
        occupancy=table.column("occupancy").to_numpy().astype(np.float32),
        speed_m_s=table.column("speed").to_numpy().astype(np.float32),
    )
    window_us = round(order.window_s * 1e6)
    summed = sum_events(events, window_us)
    day = summed.begin_us // _DAY_US
    placed = place_detectors(sorted(names), [*sites.get("", ()), *sites.get(order.source, ())])
    days = (
        (
            date.fromordinal(719_163 + int(each)),
            window_us,
            _Rows(
                names,
                summed.begin_us[day == each],
                summed.detector[day == each].astype(np.int64),
                summed.sums[day == each],
            ),
        )
        for each in np.unique(day)
    )
    _estimate_days(order, placed, days, write)


def _checked(path: Path, kind: EventKind) -> Any:  # noqa: ANN401
    """Read a file of events, and leave out what the door would reject."""
    batches = cut_batches(read_event_file(path, kind))
    decoded = [decode_arrow(kind, each.body, path.name).batch for each in batches]
    return pa.Table.from_batches(decoded, arrow_schema(kind))


def _travel(
    order: RoadOrder,
    ways: Sequence[Way],
    days: Iterator[tuple[date, Any]],
    write: Callable[[str, date | None, Any], None],
) -> None:
    times = TravelTimes(ways, round(order.travel_s * 1e6))
    for day, table in days:
        columns = (
            table.column("time").cast(pa.int64()).to_pylist(),
            table.column("camera").to_pylist(),
            table.column("vehicle_token").to_pylist(),
        )
        times.add(zip(*columns, strict=True))
        end_us = (day.toordinal() - 719_163 + 1) * _DAY_US
        write("travel_times", day, travel_table(ways, times.close(end_us)))


def _queues(
    order: RoadOrder,
    log_path: Path,
    setup_path: Path,
    write: Callable[[str, date | None, Any], None],
) -> None:
    log, _ = read_hires_log(log_path)
    setup = read_detector_setup(setup_path, log)
    found = queues_of_log(log, setup, order.queues)
    write("queues", None, queue_table(log.device_ids, found))


def _source(order: RoadOrder, days: dict[date, dict[str, Path]]) -> str:
    known = sorted({source for its in days.values() for source in its})
    if order.source in known:
        return order.source
    if not order.source and len(known) == 1:
        return known[0]
    raise InputError(
        file="--source",
        place="",
        cause=f"there are events of {', '.join(known)[:200]}, not of {order.source!r}"
        if order.source
        else f"there is more than one source: {', '.join(known)[:200]}",
        remedy="name one of them",
    )
