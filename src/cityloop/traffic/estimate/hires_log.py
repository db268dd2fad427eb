"""A log of signal controllers, laid out for measures: what happened to each parameter, in order."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.hires import (
    close_gaps,
    count_codes,
    count_devices,
    count_pairs,
    leave_out,
    place_events,
)
from cityloop.kernels.intervals import find_silences

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]
Table = dict[str, npt.NDArray[Any]]
Map = Callable[..., Iterable[Any]]

CODES = 2**15
DETECTOR_OFF, DETECTOR_ON = 81, 82
# From this hour on a silence may be so long: at night a signal may rest in green. [h, s]
_SILENCES = ((0, 900), (5, 300), (6, 120), (21, 300), (23, 900))


@record
class HiresLog:
    """Events of signal controllers by device, parameter, time and code, each once.

    Attributes
    ----------
    device_ids
        Names of the controllers.
    lookup
        (devices, parameters) group of each pair, -1 where nothing happened.
    group_device, group_parameter
        (groups,) whose group it is.
    start
        (groups + 1,) where the events of each begin.
    times_us
        (events,) [us]
    codes
        (events,) as the Indiana enumerations number them.
    first_us, last_us
        Time of the first and of the last event; 0 and -1 if there is none. [us]
    silent_device
        (silences,) whose silence it is: a device that told nothing for longer than it should.
    silent_from_us, silent_to_us
        (silences,) the last event before and the first one after. [us]
    """

    device_ids: tuple[str, ...]
    lookup: Ints
    group_device: Ints
    group_parameter: Ints
    start: Longs
    times_us: Longs
    codes: Shorts
    first_us: int
    last_us: int
    silent_device: Ints
    silent_from_us: Longs
    silent_to_us: Longs

    def group(self, device: int, parameter: int) -> int:
        """Find the group of a device and a parameter; -1 if nothing happened to it."""
        if not (0 <= device < len(self.lookup) and 0 <= parameter < self.lookup.shape[1]):
            return -1
        return int(self.lookup[device, parameter])


@record
class DetectorSetup:
    """Which detectors serve which phases, and for what.

    Attributes
    ----------
    device
        (rows,) index of the controller in the log, -1 if it is not there.
    phase
        (rows,)
    detector
        (rows,) its number at the controller.
    function
        What each is for: Advance, Presence, Yellow_Red, Stopbar Count.
    """

    device: Ints
    phase: Ints
    detector: Ints
    function: tuple[str, ...]


def make_log(
    device_ids: tuple[str, ...],
    device: Ints,
    time_us: Longs,
    code: Shorts,
    parameter: Shorts,
    at_once: Map = map,
) -> HiresLog:
    """Lay out a log.

    Parameters
    ----------
    device_ids
        Names of the controllers.
    device
        (events,) index into `device_ids`.
    time_us
        (events,) in any order; several events of one moment in any order, too. [us]
    code
        (events,) at least 0.
    parameter
        (events,) at least 0.
    at_once
        Does the work on both halves of the log: one after the other as `map` does, or side by side
        as `Executor.map`.

    Returns
    -------
    The log.
    """
    if len(time_us) and (time_us[1:] < time_us[:-1]).any():
        order = np.argsort(time_us, kind="stable")
        device, time_us = device[order], time_us[order]
        code, parameter = code[order], parameter[order]
    lookup, start, times, codes = _group_events(
        at_once, len(device_ids), device, time_us, code, parameter
    )
    present = np.argwhere(lookup >= 0)
    silent_device, silent_from_us, silent_to_us = find_silences(
        device, time_us, len(device_ids), _longest_silence_us()
    )
    return HiresLog(
        device_ids=device_ids,
        lookup=lookup,
        group_device=present[:, 0].astype(np.int32),
        group_parameter=present[:, 1].astype(np.int32),
        start=start,
        times_us=times,
        codes=codes,
        first_us=int(time_us[0]) if len(time_us) else 0,
        last_us=int(time_us[-1]) if len(time_us) else -1,
        silent_device=silent_device,
        silent_from_us=silent_from_us,
        silent_to_us=silent_to_us,
    )


def _group_events(
    at_once: Map,
    devices: int,
    device: Ints,
    time_us: Longs,
    code: Shorts,
    parameter: Shorts,
) -> tuple[Ints, Longs, Longs, Shorts]:
    """Sort events by device, parameter, time and code, each once; two halves side by side.

    Returns
    -------
    (devices, parameters) group of each pair, -1 where nothing happened; (groups + 1,) where each
    begins; (kept,) times and codes.
    """
    # No moment lies in both halves.
    middle = int(np.searchsorted(time_us, time_us[len(time_us) // 2])) if len(time_us) else 0
    halves = [slice(0, middle), slice(middle, len(time_us))]
    counts = np.zeros((2, devices, int(parameter.max(initial=0)) + 1), np.int64)
    list(at_once(lambda half, its: count_pairs(device[half], parameter[half], its), halves, counts))
    present = counts.sum(axis=0) > 0
    lookup = np.full(present.shape, -1, np.int32)
    lookup[present] = np.arange(present.sum())
    # One half of a group behind the other, one group behind the other.
    rooms = np.stack([its[present] for its in counts], axis=1)
    begin = (np.cumsum(rooms) - rooms.ravel()).reshape(rooms.shape)
    times, codes = np.empty(len(time_us), np.int64), np.empty(len(time_us), np.int16)
    ends = at_once(
        lambda half, first: place_events(
            *(device[half], time_us[half], code[half], parameter[half]),
            *(lookup, first, times, codes),
        ),
        halves,
        np.ascontiguousarray(begin.T),
    )
    start = close_gaps(begin, np.stack(list(ends), axis=1), times, codes)
    return lookup, start, times[: start[-1]], codes[: start[-1]]


def without_actuations(log: HiresLog) -> HiresLog:
    """Give a log without the ons and offs of detectors, which most of its events are.

    Parameters
    ----------
    log
        The log.

    Returns
    -------
    The same devices, groups and span, some groups without events.
    """
    start, times_us, codes = leave_out(
        log.start, log.times_us, log.codes, DETECTOR_OFF, DETECTOR_ON
    )
    return replace(log, start=start, times_us=times_us, codes=codes)


def span_bins(log: HiresLog, bin_us: int) -> tuple[int, int]:
    """Give the first bin of a log and the number of bins up to its last one.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    The first bin's begin divided by its length; the number of bins.
    """
    first = log.first_us // bin_us
    return first, log.last_us // bin_us - first + 1


def count_by_bin(log: HiresLog, columns: list[list[int]], bin_us: int) -> tuple[Ints, Longs, Longs]:
    """Count the events of some codes by device, parameter and bin.

    Parameters
    ----------
    log
        The log.
    columns
        Which codes each column counts.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    (rows,) group; (rows,) begin of the bin [us]; (rows, columns) counts, not all zero.
    """
    class_of = np.full(CODES, -1, np.int8)
    for column, codes in enumerate(columns):
        class_of[codes] = column
    group, number, counts = count_codes(
        log.start, log.times_us, log.codes, class_of, len(columns), bin_us
    )
    return group, number * bin_us, counts


def active_bins(log: HiresLog, bin_us: int, code_max: int = CODES) -> tuple[int, Longs]:
    """Count each device's events by bin.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]
    code_max
        Events with a higher code do not count.

    Returns
    -------
    Number of the first bin; (devices, bins) counts.
    """
    first, bins = span_bins(log, bin_us)
    counts = count_devices(
        log.start,
        log.times_us,
        log.codes,
        log.group_device,
        len(log.device_ids),
        first,
        bins,
        bin_us,
        code_max,
    )
    return first, counts


def _longest_silence_us() -> Longs:
    minutes = np.arange(24 * 60)
    hours, seconds = np.array(_SILENCES).T
    return np.asarray(seconds[np.searchsorted(hours * 60, minutes, side="right") - 1] * 10**6)
