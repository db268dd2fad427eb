"""Hi-res controller events sorted by device and parameter, and counted by bin."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]
Bytes = npt.NDArray[np.int8]


@numba.njit(cache=True, nogil=True)
def group_events(
    device: Ints, time_us: Longs, code: Shorts, parameter: Shorts, devices: int
) -> tuple[Ints, Longs, Longs, Shorts]:
    """Sort events by device, parameter, time and code, each event once.

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
    devices
        How many controllers there are.

    Returns
    -------
    (devices, parameters) group of each pair, -1 where nothing happened; (groups + 1,) where each
    begins; (kept,) times and codes.
    """
    width = 1
    for i in range(len(parameter)):
        width = max(width, parameter[i] + 1)
    counts = np.zeros(devices * width, np.int64)
    for i in range(len(device)):
        counts[device[i] * width + parameter[i]] += 1
    lookup = np.full(devices * width, -1, np.int32)
    groups = 0
    for key in range(len(counts)):
        if counts[key]:
            lookup[key] = groups
            groups += 1
    start = np.zeros(groups + 1, np.int64)
    for key in range(len(counts)):
        if counts[key]:
            start[lookup[key] + 1] = start[lookup[key]] + counts[key]
    times, codes = np.empty(len(device), np.int64), np.empty(len(device), np.int16)
    filled = start[:-1].copy()
    for i in range(len(device)):
        group = lookup[device[i] * width + parameter[i]]
        at = filled[group]
        # Within one moment by code.
        while at > start[group] and times[at - 1] == time_us[i] and codes[at - 1] > code[i]:
            times[at], codes[at] = times[at - 1], codes[at - 1]
            at -= 1
        times[at], codes[at] = time_us[i], code[i]
        filled[group] += 1
    kept = 0
    for group in range(groups):
        begin = kept
        for i in range(start[group], start[group + 1]):
            again = kept > begin and times[kept - 1] == times[i] and codes[kept - 1] == codes[i]
            if not again:
                times[kept], codes[kept] = times[i], codes[i]
                kept += 1
        start[group] = begin
    start[groups] = kept
    return lookup.reshape(devices, width), start, times[:kept], codes[:kept]


@numba.njit(cache=True, nogil=True)
def leave_out(
    start: Longs, times: Longs, codes: Shorts, first_code: int, last_code: int
) -> tuple[Longs, Longs, Shorts]:
    """Leave out the events of some codes.

    Parameters
    ----------
    start
        (groups + 1,) as `group_events` gives them.
    times
        (events,) [us]
    codes
        (events,)
    first_code, last_code
        Events with a code from the one to the other are left out.

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
        (groups + 1,) as `group_events` gives them.
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
        (groups + 1,) as `group_events` gives them.
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
