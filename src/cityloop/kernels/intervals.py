"""What lies between the events of a log: each with the next of its kind, waits, walks, silences."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Shorts = npt.NDArray[np.int16]
Bytes = npt.NDArray[np.int8]

GREEN, GREEN_END, CALLED, CALL_DROPPED = 1, 7, 43, 44
WALK, CLEARANCE, BUTTON = 21, 22, 90
_MS = 1000
_MINUTE_US = 60_000_000
_DAY_MINUTES = 1440


@numba.njit(cache=True, nogil=True)
def follow_codes(
    start: Longs, times: Longs, codes: Shorts, class_of: Bytes, classes: int
) -> tuple[Ints, Shorts, Longs, Longs, Shorts]:
    """Give each event of some classes of codes the next one of its class and group.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)
    class_of
        (codes,) class of each code, or -1.
    classes
        How many there are.

    Returns
    -------
    (rows,) group; code; time [us]; time of the next one, -1 if there is none [us]; code of the
    next one.
    """
    rows = 0
    for code in codes:
        rows += class_of[code] >= 0
    group_of, code_of = np.empty(rows, np.int32), np.empty(rows, np.int16)
    begin, end = np.empty(rows, np.int64), np.full(rows, -1, np.int64)
    next_code = np.full(rows, -1, np.int16)
    row = 0
    for group in range(len(start) - 1):
        last = np.full(classes, -1, np.int64)
        for i in range(start[group], start[group + 1]):
            kind = class_of[codes[i]]
            if kind < 0:
                continue
            group_of[row], code_of[row], begin[row] = group, codes[i], times[i]
            if last[kind] >= 0:
                end[last[kind]], next_code[last[kind]] = times[i], codes[i]
            last[kind] = row
            row += 1
    return group_of, code_of, begin, end, next_code


@numba.njit(cache=True, nogil=True)
def find_waits(
    start: Longs, times: Longs, codes: Shorts
) -> tuple[Ints, Longs, Longs, npt.NDArray[np.bool_]]:
    """Find how long each phase waited for green once it was called.

    A wait begins with a call, or with the end of green if the call holds on, and ends with the
    next green if nothing else comes in between.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)

    Returns
    -------
    (waits,) group; begin [us]; end [us]; whether the call that it stands for was dropped in the
    end, and not made a second time before.
    """
    count = 0
    for code in codes:
        count += code == GREEN
    group_of, begin = np.empty(count, np.int32), np.empty(count, np.int64)
    end, sound = np.empty(count, np.int64), np.ones(count, np.bool_)
    row = 0
    for group in range(len(start) - 1):
        last_code = 0
        last_us = np.int64(0)
        called = False
        # Waits since the last call or drop: the next of the two decides whether they are sound.
        first_open = row
        for i in range(start[group], start[group + 1]):
            code = codes[i]
            if code not in (GREEN, GREEN_END, CALLED, CALL_DROPPED):
                continue
            if code == GREEN and (last_code == CALLED or (last_code == GREEN_END and called)):
                group_of[row], begin[row], end[row] = group, last_us, times[i]
                row += 1
            if code in (CALLED, CALL_DROPPED):
                for k in range(first_open, row):
                    # A wait that begins with this very event belongs to the next call.
                    sound[k] = not called or code == CALL_DROPPED
                first_open = row
                called = code == CALLED
            last_code, last_us = code, times[i]
    return group_of[:row], begin[:row], end[:row], sound[:row]


@numba.njit(cache=True, nogil=True)
def find_walks(start: Longs, times: Longs, codes: Shorts) -> tuple[Ints, Longs, Longs]:
    """Find how long those who pressed a button first after a clearance waited to walk.

    Parameters
    ----------
    start
        (groups + 1,) where the events of each group begin.
    times
        (events,) [us]
    codes
        (events,)

    Returns
    -------
    (waits,) group; begin [us]; end [us].
    """
    count = 0
    for code in codes:
        count += code == BUTTON
    group_of, begin = np.empty(count, np.int32), np.empty(count, np.int64)
    end = np.empty(count, np.int64)
    row = 0
    for group in range(len(start) - 1):
        last_code = 0
        open_from = row
        for i in range(start[group], start[group + 1]):
            code = codes[i]
            if code not in (WALK, CLEARANCE, BUTTON):
                continue
            if code == BUTTON:
                if last_code in (0, CLEARANCE):
                    group_of[row], begin[row] = group, times[i]
                    row += 1
            else:
                for k in range(open_from, row):
                    end[k] = times[i]
                open_from = row
            last_code = code
        row = open_from  # nobody saw them walk
    return group_of[:row], begin[:row], end[:row]


@numba.njit(cache=True, nogil=True)
def find_silences(
    device: Ints, time_us: Longs, devices: int, longest_us: Longs
) -> tuple[Ints, Longs, Longs]:
    """Find where a device told nothing for too long.

    Parameters
    ----------
    device
        (events,) index of the controller.
    time_us
        (events,) not falling. [us]
    devices
        How many controllers there are.
    longest_us
        (1440,) by the minute of the day in which a silence begins, how long it may be. [us]

    Returns
    -------
    (silences,) device; last event before [us]; first event after [us].
    """
    last = np.full(devices, -1, np.int64)
    # Most gaps are shorter than any silence: the minute need not be looked up for them.
    least_us = longest_us.min()
    after, before = np.empty(16, np.int64), np.empty(16, np.int64)
    count = 0
    for i in range(len(device)):
        before_us = last[device[i]]
        gap_us = time_us[i] - before_us
        long = before_us >= 0 and gap_us > least_us
        if long and gap_us > longest_us[before_us // _MINUTE_US % _DAY_MINUTES]:
            if count == len(after):
                after, before = np.concatenate((after, after)), np.concatenate((before, before))
            after[count], before[count] = i, before_us
            count += 1
        last[device[i]] = time_us[i]
    return device[after[:count]], before[:count], time_us[after[:count]]


@numba.njit(cache=True, nogil=True)
def overlap_windows(
    window_device: Ints,
    window_begin_us: Longs,
    window_end_us: Longs,
    devices: int,
    device: Ints,
    begin_us: Longs,
    end_us: Longs,
) -> npt.NDArray[np.bool_]:
    """Tell which intervals overlap any window of their device.

    Parameters
    ----------
    window_device
        (windows,) rising.
    window_begin_us
        (windows,) rising for each device. [us]
    window_end_us
        (windows,) the latest end of the device's windows up to there. [us]
    devices
        How many controllers there are.
    device
        (intervals,)
    begin_us
        (intervals,) [us]
    end_us
        (intervals,) [us]

    Returns
    -------
    (intervals,)
    """
    first = np.searchsorted(window_device, np.arange(devices + 1))
    found = np.zeros(len(device), np.bool_)
    for i in range(len(device)):
        low, high = first[device[i]], first[device[i] + 1]
        begin = low
        while low < high:
            middle = (low + high) // 2
            if window_begin_us[middle] < end_us[i]:
                low = middle + 1
            else:
                high = middle
        found[i] = low > begin and window_end_us[low - 1] > begin_us[i]
    return found


@numba.njit(cache=True, nogil=True)
def find_long(begin_us: Longs, end_us: Longs, ms_min: int) -> Longs:
    """Find the intervals that have an end and are long enough.

    Parameters
    ----------
    begin_us
        (intervals,) [us]
    end_us
        (intervals,) -1 where there is none. [us]
    ms_min
        So long at least, from the millisecond of the begin to that of the end. [ms]

    Returns
    -------
    (found,) their indices.
    """
    found = np.empty(len(begin_us), np.int64)
    count = 0
    for i in range(len(begin_us)):
        if end_us[i] >= 0 and end_us[i] // _MS - begin_us[i] // _MS >= ms_min:
            found[count] = i
            count += 1
    return found[:count]


@numba.njit(cache=True, nogil=True)
def all_bins_known(
    known: npt.NDArray[np.bool_],
    first_bin: int,
    bin_us: int,
    device: Ints,
    begin_us: Longs,
    end_us: Longs,
) -> npt.NDArray[np.bool_]:
    """Tell which intervals lie in bins of their device that are all known.

    Parameters
    ----------
    known
        (devices, bins)
    first_bin
        Number of the first bin: its begin divided by its length.
    bin_us
        Length of a bin. [us]
    device
        (intervals,)
    begin_us
        (intervals,) in one of the bins. [us]
    end_us
        (intervals,) in the same bin or a later one. [us]

    Returns
    -------
    (intervals,)
    """
    devices, bins = known.shape
    gap = np.full((devices, bins + 1), bins, np.int64)  # the next bin that is not known
    for d in range(devices):
        for b in range(bins - 1, -1, -1):
            gap[d, b] = gap[d, b + 1] if known[d, b] else b
    found = np.empty(len(device), np.bool_)
    for i in range(len(device)):
        begin, end = begin_us[i] // bin_us - first_bin, end_us[i] // bin_us - first_bin
        found[i] = gap[device[i], begin] > end
    return found
