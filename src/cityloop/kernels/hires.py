"""Hi-res controller events sorted by device and parameter, and counted by bin."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]
Bytes = npt.NDArray[np.int8]


@numba.njit(cache=True, nogil=True)
def number_devices(given: Longs, least: int, most: int) -> tuple[Ints, Longs]:
    """Give controllers numbers in the order in which they come.

    Parameters
    ----------
    given
        (events,) their own numbers.
    least
        The lowest of these.
    most
        The highest one; there is room for all between.

    Returns
    -------
    (events,) number, from 0 on; (devices,) their own numbers.
    """
    known = np.full(most - least + 1, -1, np.int32)
    own = np.empty(len(known), np.int64)
    numbers = np.empty(len(given), np.int32)
    count = 0
    for i in range(len(given)):
        at = np.uint64(given[i] - least)
        if known[at] < 0:
            known[at], own[count] = count, given[i]
            count += 1
        numbers[i] = known[at]
    return numbers, own[:count].copy()


@numba.njit(cache=True, nogil=True)
def count_pairs(device: Ints, parameter: Shorts, counts: Longs) -> None:
    """Count the events of each device and parameter.

    Parameters
    ----------
    device
        (events,) index of the controller.
    parameter
        (events,) to what something happened, at least 0.
    counts
        (devices, parameters) added to.
    """
    for i in range(len(device)):
        counts[device[i], parameter[i]] += 1


@numba.njit(cache=True, nogil=True)
def place_events(  # noqa: PLR0913
    device: Ints,
    time_us: Longs,
    code: Shorts,
    parameter: Shorts,
    lookup: Ints,
    begin: Longs,
    times: Longs,
    codes: Shorts,
) -> Longs:
    """Put events into their groups by time and code, each event once.

    Parameters
    ----------
    device
        (events,) index of the controller.
    time_us
        (events,) not falling. [us]
    code
        (events,) what happened.
    parameter
        (events,) to what, at least 0.
    lookup
        (devices, parameters) group of each pair.
    begin
        (groups,) from where on each group has room for its events.
    times
        (all events,) written. [us]
    codes
        (all events,) written.

    Returns
    -------
    (groups,) up to where each group's room is taken; less than its events are many if some came
    again.
    """
    end = begin.copy()
    width, groups = lookup.shape[1], lookup.ravel()
    for i in range(len(device)):
        # Indices that cannot be negative save a check at each access.
        group = np.uint64(groups[np.uint64(device[i] * width + parameter[i])])
        t_us, its = time_us[i], code[i]
        first, at = begin[group], end[group]
        if at > first and times[np.uint64(at - 1)] == t_us:
            # Within one moment by code.
            while at > first and times[at - 1] == t_us and codes[at - 1] > its:
                at -= 1
            if at > first and times[at - 1] == t_us and codes[at - 1] == its:
                continue
            for k in range(end[group], at, -1):
                times[k], codes[k] = times[k - 1], codes[k - 1]
        times[np.uint64(at)], codes[np.uint64(at)] = t_us, its
        end[group] += 1
    return end


@numba.njit(cache=True, nogil=True)
def close_gaps(begin: Longs, end: Longs, times: Longs, codes: Shorts) -> Longs:
    """Move the events of all groups together.

    Parameters
    ----------
    begin
        (groups, pieces) from where on each piece of a group lies; one piece behind the other.
    end
        (groups, pieces) up to where.
    times
        (events,) moved. [us]
    codes
        (events,) moved.

    Returns
    -------
    (groups + 1,) where each group begins now.
    """
    start = np.zeros(len(begin) + 1, np.int64)
    kept = 0
    for group in range(len(begin)):
        for piece in range(begin.shape[1]):
            first, count = begin[group, piece], end[group, piece] - begin[group, piece]
            if first > kept:
                for k in range(count):
                    times[kept + k], codes[kept + k] = times[first + k], codes[first + k]
            kept += count
        start[group + 1] = kept
    return start


@numba.njit(cache=True, nogil=True)
def leave_out(
    start: Longs, times: Longs, codes: Shorts, first_code: int, last_code: int
) -> tuple[Longs, Longs, Shorts]:
    """Leave out the events of some codes.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)
    first_code
        The lowest code that is left out.
    last_code
        The highest one; those between are left out, too.

    Returns
    -------
    (groups + 1,) where the events of each group begin now; (kept,) times and codes.
    """
    count = 0
    for code in codes:
        count += code < first_code or code > last_code
    kept_times, kept_codes = np.empty(count, np.int64), np.empty(count, np.int16)
    kept_start = np.zeros_like(start)
    kept = 0
    for group in range(len(start) - 1):
        for i in range(start[group], start[group + 1]):
            if codes[i] < first_code or codes[i] > last_code:
                kept_times[kept], kept_codes[kept] = times[i], codes[i]
                kept += 1
        kept_start[group + 1] = kept
    return kept_start, kept_times, kept_codes


@numba.njit(cache=True, nogil=True)
def count_codes(
    start: Longs, times: Longs, codes: Shorts, class_of: Bytes, classes: int, bin_us: int
) -> tuple[Ints, Longs, Longs]:
    """Count the events of some codes by group and bin.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)
    class_of
        (codes,) in which column a code is counted, or -1.
    classes
        Number of columns.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    (rows,) group; (rows,) bin, as its begin divided by its length; (rows, classes) counts. A row
    has at least one that is not zero.
    """
    room = 0  # at most an event a row, and a row a bin
    for group in range(len(start) - 1):
        events = start[group + 1] - start[group]
        if events:
            bins = times[start[group + 1] - 1] // bin_us - times[start[group]] // bin_us + 1
            room += min(events, bins)
    group_of, bin_of = np.empty(room, np.int32), np.empty(room, np.int64)
    counts = np.zeros((room, classes), np.int64)
    rows = 0
    for group in range(len(start) - 1):
        ends_us = np.int64(-(2**62))
        for i in range(start[group], start[group + 1]):
            column = class_of[codes[i]]
            if column < 0:
                continue
            if times[i] >= ends_us:
                number = times[i] // bin_us
                ends_us = (number + 1) * bin_us
                group_of[rows], bin_of[rows] = group, number
                rows += 1
            counts[rows - 1, column] += 1
    return group_of[:rows], bin_of[:rows], counts[:rows]


@numba.njit(cache=True, nogil=True)
def count_devices(  # noqa: PLR0913
    start: Longs,
    times: Longs,
    codes: Shorts,
    group_device: Ints,
    devices: int,
    first_bin: int,
    bins: int,
    bin_us: int,
    code_max: int,
) -> Longs:
    """Count the events of each controller by bin.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)
    group_device
        (groups,) whose group it is.
    devices
        How many controllers there are.
    first_bin
        Number of the first bin: its begin divided by its length.
    bins
        How many there are.
    bin_us
        Length of a bin. [us]
    code_max
        Events with a higher code do not count.

    Returns
    -------
    (devices, bins)
    """
    counts = np.zeros((devices, bins), np.int64)
    for group in range(len(start) - 1):
        row = counts[group_device[group]]
        ends_us = np.int64(-(2**62))
        number = 0
        for i in range(start[group], start[group + 1]):
            if codes[i] > code_max:
                continue
            if times[i] >= ends_us:
                number = times[i] // bin_us
                ends_us = (number + 1) * bin_us
            row[number - first_bin] += 1
    return counts
