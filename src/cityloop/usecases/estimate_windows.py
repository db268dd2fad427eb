"""The windows of all sources, kept up with the events, and written down as they close."""

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cityloop.kernels.windows import SUMS
from cityloop.store.event_log import Entry
from cityloop.traffic.estimate.windows import (
    Events,
    SourceWindows,
    Sums,
    WindowRules,
    flow_veh_h,
    mean_occupancy,
    mean_speed_m_s,
)
from cityloop.traffic.observe.events import DETECTOR, HEARTBEAT
from cityloop.traffic.observe.names import Names, names_of
from cityloop.usecases.follow_road import RoadBook, RoadState

ESTIMATES: Final = "detector-windows"
SUM_COLUMNS: Final = (
    "events",
    "vehicles",
    "occupied_events",
    "occupancy_ppm",
    "timed_vehicles",
    "speed_mm_s",
)


class _SourceState(msgspec.Struct):
    names: list[str]
    base: int
    watermark_us: int
    slots: int
    sums: bytes


class _State(msgspec.Struct):
    window_us: int
    delay_us: int
    ahead_us: int
    sources: dict[str, _SourceState]
    roads: dict[str, RoadState] = {}


class WindowBook:
    """Follows the log: the same entries in the same order give the same windows, to the last digit.

    Parameters
    ----------
    rules
        How windows open and close.
    roads
        What is estimated from windows that have closed; None for nothing.
    """

    def __init__(self, rules: WindowRules, roads: RoadBook | None = None) -> None:
        self.rules, self.roads = rules, roads
        self._windows: dict[str, SourceWindows] = {}
        self._names: dict[str, Names] = {}
        # By segment of the log: what closed while it was written, and of which source.
        self._closed: dict[int, list[tuple[str, Sums]]] = {}

    def take(self, entry: Entry, events: Any, segment: int) -> None:  # noqa: ANN401  pyarrow
        """Take in a batch that has been kept.

        Parameters
        ----------
        entry
            Who sent it, and when it came.
        events
            Its events, in the kind's schema.
        segment
            Of the log, in which it stands.
        """
        if entry.kind not in {DETECTOR.name, HEARTBEAT.name} or not events.num_rows:
            return
        windows = self._windows.get(entry.source)
        if windows is None:
            windows = self._windows[entry.source] = SourceWindows(self.rules)
            self._names[entry.source] = Names()
        times = events.column(0).view(pa.int64()).to_numpy()
        if entry.kind == HEARTBEAT.name:
            limit_us = entry.received_us + self.rules.ahead_us
            rows = windows.pass_time(min(int(times.max()), limit_us))
        else:
            names = self._names[entry.source]
            given = Events(
                time_us=times,
                detector=_indices(names, events.column(1)),
                count=events.column(2).to_numpy(),
                occupancy=_singles(events.column(3)),
                speed_m_s=_singles(events.column(4)),
            )
            rows = windows.add(given, entry.received_us, len(names))
        if rows:
            closed = self._closed.setdefault(segment, [])
            closed.extend((entry.source, each) for each in rows)
            if self.roads is not None:
                names_now = self._names[entry.source].list_names()
                self.roads.take(entry.source, rows, names_now)

    def table(self, segment: int) -> list[tuple[str, Any]]:
        """Give what closed while a segment was written.

        Parameters
        ----------
        segment
            Of the log.

        Returns
        -------
        Source and record batch; the sums of one window and detector add up, whatever their status.
        """
        found = []
        for source, rows in self._closed.get(segment, []):
            names = pa.array(self._names[source].list_names(), pa.string())
            columns = {
                "time": pa.array(rows.begin_us, pa.timestamp("us", "UTC")),
                "detector": names.take(pa.array(rows.detector)),
                "status": pa.array([rows.status.value] * len(rows.detector), pa.string()),
                "window_s": np.full(len(rows.detector), self.rules.window_us / 1e6),
            }
            columns |= {name: rows.sums[:, k] for k, name in enumerate(SUM_COLUMNS)}
            found.append((source, pa.record_batch(columns)))
        return found

    def forget(self, segment: int) -> None:
        """Forget what closed while a segment was written: it is history.

        Parameters
        ----------
        segment
            Of the log.
        """
        self._closed.pop(segment, None)

    def windows_of(self, source: str) -> list[Sums]:
        """Give the sums of the windows of one source that are open.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a window, the oldest first.
        """
        windows = self._windows.get(source)
        return [] if windows is None else windows.list_open()

    def names_of(self, source: str) -> list[str]:
        """Give the names of one source's detectors.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        They, by index.
        """
        names = self._names.get(source)
        return [] if names is None else names.list_names()

    def list_open(self, source: str) -> list[dict[str, object]]:
        """List the estimates of the windows that are open.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a window and detector, with `time_us`, `detector`, `status`, `events`, `vehicles`,
        `flow_veh_h`, `occupancy` and `speed_m_s`, the last two None where nobody told them.
        """
        names = self.names_of(source)
        found: list[dict[str, object]] = []
        for rows in self.windows_of(source):
            columns = (
                rows.begin_us.tolist(),
                rows.detector.tolist(),
                rows.sums.tolist(),
                flow_veh_h(rows.sums, self.rules.window_us).tolist(),
                mean_occupancy(rows.sums).tolist(),
                mean_speed_m_s(rows.sums).tolist(),
            )
            for begin_us, detector, sums, flow, occupancy, speed in zip(*columns, strict=True):
                found.append(
                    {
                        "time_us": begin_us,
                        "detector": names[detector],
                        "status": rows.status.value,
                        "events": sums[0],
                        "vehicles": sums[1],
                        "flow_veh_h": flow,
                        "occupancy": None if np.isnan(occupancy) else occupancy,
                        "speed_m_s": None if np.isnan(speed) else speed,
                    }
                )
        return found

    def encode(self) -> bytes:
        """Write down all windows.

        Returns
        -------
        What `decode_windows` reads.
        """
        sources = {
            source: _SourceState(
                names=self._names[source].list_names(),
                base=windows.base,
                watermark_us=windows.watermark_us,
                slots=len(windows.cells),
                sums=windows.open_sums()[:, : len(self._names[source])].tobytes(),
            )
            for source, windows in self._windows.items()
        }
        rules = self.rules
        roads = {} if self.roads is None else self.roads.encode()
        state = _State(rules.window_us, rules.delay_us, rules.ahead_us, sources, roads)
        return msgspec.msgpack.encode(state)


def decode_windows(data: bytes, roads: RoadBook | None = None) -> WindowBook:
    """Read windows as they were written down.

    Parameters
    ----------
    data
        From `WindowBook.encode`.
    roads
        What is estimated from windows that have closed; it goes on from where it was.

    Returns
    -------
    The same windows.
    """
    state = msgspec.msgpack.decode(data, type=_State)
    book = WindowBook(
        WindowRules(window_us=state.window_us, delay_us=state.delay_us, ahead_us=state.ahead_us),
        roads,
    )
    if roads is not None:
        roads.recall(state.roads)
    for source, each in state.sources.items():
        windows = book._windows[source] = SourceWindows(book.rules)  # noqa: SLF001  its own
        book._names[source] = names_of(each.names)  # noqa: SLF001
        sums = np.frombuffer(each.sums, np.int64).reshape(each.slots, len(each.names), SUMS)
        windows.recall(sums, each.base, each.watermark_us)
    return book


def _indices(names: Names, column: Any) -> npt.NDArray[np.int32]:  # noqa: ANN401
    _, offsets, text = column.buffers()
    ends = np.frombuffer(offsets, np.int32, len(column) + 1, 4 * column.offset)
    return names.number(ends, np.frombuffer(text, np.uint8))


def _singles(column: Any) -> npt.NDArray[np.float32]:  # noqa: ANN401
    singles: npt.NDArray[np.float32] = column.to_numpy(zero_copy_only=False)
    return singles
