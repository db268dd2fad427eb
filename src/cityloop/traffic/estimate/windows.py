"""What detectors counted, by window of event time: at once, for good, and corrected."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.windows import (
    CELL,
    CELL_EVENTS,
    OCCUPANCY_PPM,
    OCCUPIED_EVENTS,
    SPEED_MM_S,
    SUMS,
    TIMED_VEHICLES,
    UNTOLD,
    VEHICLES,
    add_events,
    add_spilled,
    cells_of_sums,
    sums_of_cells,
)

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_HOUR_S = 3600.0


class Status(StrEnum):
    """How sure the sums of a window are."""

    PROVISIONAL = "provisional"  # the window is open: more may come
    FINAL = "final"  # the watermark has passed: all that came in time
    LATE = "late"  # to be added to what was final
    AHEAD = "ahead"  # of events from the future; to be added, too


@dataclass(frozen=True, kw_only=True)
class WindowRules:
    """How windows open and close.

    Attributes
    ----------
    window_us
        Length of a window; windows begin at its multiples. [us]
    delay_us
        The watermark is the latest event time less this. [us]
    ahead_us
        By so much an event's time may be after its arrival. Later ones do not move the watermark,
        or one clock that is wrong would make everybody else late. [us]
    """

    window_us: int = 60 * 10**6
    delay_us: int = 30 * 10**6
    ahead_us: int = 60 * 10**6


@record
class Events:
    """Events of one source's detectors, in the order in which they came.

    Attributes
    ----------
    time_us
        (events,) [us since 1970]
    detector
        (events,) index of the detector in its source.
    count
        (events,) vehicles.
    occupancy
        (events,) 0-1 or NaN.
    speed_m_s
        (events,) or NaN. [m/s]
    """

    time_us: Longs
    detector: Ints
    count: Ints
    occupancy: Singles
    speed_m_s: Singles


@record
class Sums:
    """What was summed up of detectors and windows, all of one status.

    Attributes
    ----------
    status
        Of all of them.
    begin_us
        (rows,) begin of the window. [us since 1970]
    detector
        (rows,) index of the detector in its source.
    sums
        (rows, SUMS) whole numbers, as `kernels.windows` orders them. Those of one window and
        detector add up, whatever their status, to the sums of all its events.
    """

    status: Status
    begin_us: Longs
    detector: Ints
    sums: Longs


class SourceWindows:
    """The windows of one source.

    Whatever the order in which batches come, the rows of each window and detector add up to the
    same.

    Parameters
    ----------
    rules
        How windows open and close.
    """

    def __init__(self, rules: WindowRules) -> None:
        self.rules = rules
        slots = -(-rules.delay_us // rules.window_us) + 2
        self.cells = np.zeros((slots, 0, CELL), np.int64)
        self.untold = np.zeros((slots, 0, UNTOLD), np.int64)
        self.base = -1
        self.watermark_us = -1

    def add(self, events: Events, arrived_us: int, detectors: int) -> list[Sums]:
        """Add events.

        Parameters
        ----------
        events
            They.
        arrived_us
            When they came. [us since 1970]
        detectors
            Number of detectors of the source that are known by now.

        Returns
        -------
        Windows that were closed by them, and sums of events that were late or ahead.
        """
        self._make_room(detectors)
        times, limit_us = events.time_us, arrived_us + self.rules.ahead_us
        if not len(times):
            return []
        if self.base < 0:
            believed = times[times <= limit_us]
            if not len(believed):
                return self._spill(events, np.ones(len(times), np.bool_), limit_us)
            begin_us = max(0, int(believed[0]) - self.rules.delay_us, self.watermark_us)
            self.base = begin_us // self.rules.window_us
        out: list[Sums] = []
        position, count = 0, len(times)
        spilled, outside = np.empty(count, np.int32), list[Ints]()
        while True:
            position, spills, latest_us = add_events(
                *(times, events.detector, events.count, events.occupancy, events.speed_m_s),
                position,
                self.base * self.rules.window_us,
                self.rules.window_us,
                self.base % len(self.cells),
                limit_us,
                self.cells,
                self.untold,
                spilled,
            )
            if spills:
                outside.append(spilled[:spills].copy())
            if position < count:
                # It is ahead of all open windows, so it moves the watermark before it is added.
                latest_us = int(times[position])
            out += self.pass_time(latest_us - self.rules.delay_us)
            if position == count:
                break
        if outside:
            which = np.zeros(count, np.bool_)
            which[np.concatenate(outside)] = True
            out += self._spill(events, which, limit_us)
        return out

    def pass_time(self, watermark_us: int) -> list[Sums]:
        """Move the watermark, if it is later than before, and close the windows that it has passed.

        Parameters
        ----------
        watermark_us
            Nothing older is expected. [us since 1970]

        Returns
        -------
        The windows that were closed.
        """
        if watermark_us <= self.watermark_us:
            return []
        self.watermark_us = watermark_us
        if self.base < 0:
            return []
        base = max(self.base, watermark_us // self.rules.window_us)
        out = []
        for window in range(self.base, min(base, self.base + len(self.cells))):
            out += self._look(Status.FINAL, window)
            self.cells[window % len(self.cells)] = 0
            self.untold[window % len(self.cells)] = 0
        self.base = base
        return out

    def list_open(self) -> list[Sums]:
        """List the sums of the windows that are open.

        Returns
        -------
        One entry a window, the oldest first.
        """
        if self.base < 0:
            return []
        out = []
        for window in range(self.base, self.base + len(self.cells)):
            out += self._look(Status.PROVISIONAL, window)
        return out

    def open_sums(self) -> Longs:
        """Give the sums of all windows that are open, to be kept.

        Returns
        -------
        (slots, detectors, SUMS) as `recall` reads them.
        """
        return sums_of_cells(self.cells, self.untold)

    def recall(self, sums: Longs, base: int, watermark_us: int) -> None:
        """Go on from where other windows were.

        Parameters
        ----------
        sums
            Their `open_sums`.
        base
            Their `base`.
        watermark_us
            Their `watermark_us`. [us since 1970]
        """
        self.cells, self.untold = cells_of_sums(sums)
        self.base, self.watermark_us = base, watermark_us

    def _look(self, status: Status, window: int) -> list[Sums]:
        """Give the sums of an open window, or nothing if there was no event."""
        cells, untold = (each[window % len(self.cells)] for each in (self.cells, self.untold))
        rows = np.flatnonzero(cells[:, CELL_EVENTS])
        if not len(rows):
            return []
        sums = sums_of_cells(cells.take(rows, axis=0), untold.take(rows, axis=0))
        begin_us = np.full(len(rows), window * self.rules.window_us, np.int64)
        detector = rows.astype(np.int32)
        return [Sums(status=status, begin_us=begin_us, detector=detector, sums=sums)]

    def _make_room(self, detectors: int) -> None:
        have = self.cells.shape[1]
        if detectors > have:
            more = ((0, 0), (0, max(detectors, 2 * have) - have), (0, 0))
            self.cells, self.untold = np.pad(self.cells, more), np.pad(self.untold, more)

    def _spill(self, events: Events, outside: npt.NDArray[np.bool_], limit_us: int) -> list[Sums]:
        """Sum up what is in no open window."""
        out = []
        ahead = events.time_us > limit_us
        for status, which in ((Status.LATE, outside & ~ahead), (Status.AHEAD, outside & ahead)):
            if not which.any():
                continue
            time_us, detector = events.time_us[which], events.detector[which]
            order = np.lexsort((detector, time_us // self.rules.window_us)).astype(np.int64)
            sums = np.zeros((len(order), SUMS), np.int64)
            window, detector, rows = add_spilled(
                *(time_us, detector, events.count[which]),
                *(events.occupancy[which], events.speed_m_s[which]),
                self.rules.window_us,
                order,
                sums,
            )
            begin_us = window * self.rules.window_us
            out.append(
                Sums(status=status, begin_us=begin_us, detector=detector, sums=sums[:rows].copy())
            )
        return out


def sum_events(events: Events, window_us: int) -> Sums:
    """Sum up events of any times in one piece: what `SourceWindows` comes to in the end.

    Parameters
    ----------
    events
        They.
    window_us
        Length of a window. [us]

    Returns
    -------
    The sums by window and detector.
    """
    order = np.lexsort((events.detector, events.time_us // window_us)).astype(np.int64)
    sums = np.zeros((len(order), SUMS), np.int64)
    window, detector, rows = add_spilled(
        *(events.time_us, events.detector, events.count, events.occupancy, events.speed_m_s),
        window_us,
        order,
        sums,
    )
    return Sums(
        status=Status.FINAL,
        begin_us=window * window_us,
        detector=detector,
        sums=sums[:rows].copy(),
    )


def flow_veh_h(sums: Longs, window_us: int) -> Doubles:
    """Work out the flow from the sums of windows.

    Parameters
    ----------
    sums
        (..., SUMS)
    window_us
        Length of the windows. [us]

    Returns
    -------
    (...,) [veh/h]
    """
    return np.asarray(sums[..., VEHICLES] * (_HOUR_S * 1e6 / window_us), np.float64)


def mean_occupancy(sums: Longs) -> Doubles:
    """Work out the mean occupancy, each event weighing the same.

    Parameters
    ----------
    sums
        (..., SUMS)

    Returns
    -------
    (...,) 0-1, NaN where no event told it.
    """
    with np.errstate(invalid="ignore"):
        share = sums[..., OCCUPANCY_PPM] / sums[..., OCCUPIED_EVENTS] / 1e6
    return np.asarray(share, np.float64)


def mean_speed_m_s(sums: Longs) -> Doubles:
    """Work out the mean speed, each vehicle weighing the same.

    Parameters
    ----------
    sums
        (..., SUMS)

    Returns
    -------
    (...,) NaN where no vehicle had one. [m/s]
    """
    with np.errstate(invalid="ignore"):
        speed = sums[..., SPEED_MM_S] / sums[..., TIMED_VEHICLES] / 1e3
    return np.asarray(speed, np.float64)
