"""Timeline: what happened from when to when, and whether that can be believed."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.kernels.intervals import find_waits, find_walks, follow_codes
from cityloop.traffic.estimate.hires_log import CODES, HiresLog, Ints, Longs, Shorts, Table

Bools = npt.NDArray[np.bool_]

NO_VALUE = -1
# Begin and end of what has both; what the two mean together.
PAIRS = {
    (71, 72): "Advance Warning Overlap",
    (55, 56): "Advance Warning Phase",
    (32, 33): "FYA",
    (1, 7): "Green",
    (8, 9): "Yellow",
    (10, 11): "Red",
    (67, 65): "Overlap Ped",
    (21, 23): "Ped Service",
    (43, 44): "Phase Call",
    (41, 42): "Phase Hold",
    (46, 47): "Phase Omit",
    (48, 49): "Ped Omit",
    (91, 92): "Ped Detector Failed",
    (102, 104): "Preempt",
    (176, 177): "Special Function",
    (112, 115): "TSP Call",
    (94, 93): "TSP Detector",
    (118, 119): "TSP Service",
    (0, 12): "Split",
}
OVERLAPS = {61: "Overlap Green", 62: "Overlap Trail Green", 63: "Overlap Yellow", 64: "Overlap Red"}
FAULTS = {84: "Other", 85: "Watchdog", 86: "Stuck Off", 87: "Stuck On", 88: "Erratic"}
TOGGLES = {202: "Aux Switch", 180: "Stop Time Input", 178: "Manual Control"}
INSTANTS = {
    131: "Pattern Change",
    179: "Interval Advance",
    182: "Power Failure",
    184: "Power Restored",
    132: "Cycle Length Change",
    133: "Offset Change",
    181: "Clock Update",
}
TRANSITIONS = {2: "Transition Longway", 3: "Transition Shortway", 4: "Transition Dwell"}
FLASHES = {
    1: "Flash - Other",
    2: "Flash - Not Flash",
    3: "Flash - Automatic",
    4: "Flash - Local Manual",
    5: "Flash - Fault Monitor",
    6: "Flash - MMU",
    7: "Flash - Startup",
    8: "Flash - Preempt",
}
ALARM_BITS = {
    1: "Cycle Fault",
    2: "Coord Fault",
    4: "Coord Fail",
    8: "Cycle Fail",
    16: "MMU Flash",
    32: "Local Flash",
}
_VALUELESS = {
    "Watchdog",
    "Power Failure",
    "Power Restored",
    *TRANSITIONS.values(),
    *FLASHES.values(),
    *ALARM_BITS.values(),
}
# What a row of the timeline may be; `kind` numbers them, in the order of their names.
KINDS = tuple(
    sorted(
        {"Ped Delay", "Phase Wait", "TSP Adjustment"}.union(
            *(
                each.values()
                for each in (PAIRS, OVERLAPS, FAULTS, TOGGLES, INSTANTS)
                + (TRANSITIONS, FLASHES, ALARM_BITS)
            )
        )
    )
)
# The end of one of these without a begin stands in the timeline, too, but is not valid.
_END_COUNTS = {93, 119}
_DETECTOR_RESTORED, _OVERLAP_OFF, _TSP_ADJUSTED, _TRANSITION = 83, 65, (113, 114), 150
_FLASH, _ALARM, _CLOCK_SET = 173, 174, 181
_CLEARANCE_US_MAX = 10 * 10**6  # a longer yellow or red clearance is bad data
_CLOCK_US = 5 * 10**6
_MS = 1000


class _Rows:
    """Rows as they are found."""

    def __init__(self, log: HiresLog) -> None:
        self._log = log
        self._parts: list[tuple[Ints, Shorts, Ints, Longs, Longs, Bools, Bools]] = []

    def add(
        self,
        name: str,
        group: npt.NDArray[np.integer],
        begin_us: Longs,
        end_us: Longs,
        valid: Bools,
        *,
        instant: bool = False,
    ) -> None:
        count = len(group)
        value = np.full(count, NO_VALUE, np.int32)
        if name not in _VALUELESS:
            value = self._log.group_parameter[group]
        self._parts.append(
            (
                self._log.group_device[group],
                np.full(count, KINDS.index(name), np.int16),
                value,
                begin_us,
                end_us,
                valid,
                np.full(count, instant),
            )
        )

    def column(self, number: int) -> npt.NDArray[Any]:
        return np.concatenate([np.asarray(part[number]) for part in self._parts])


def timeline(
    log: HiresLog, known: Table, bin_us: int, *, instant_us: int = 60 * 10**6, ms_min: int = 200
) -> Table:
    """List what happened from when to when.

    A row is valid if its end fits its begin, if it overlaps neither a silence of its device nor
    five seconds around a setting of its clock, and if its device was there in all its bins.

    Parameters
    ----------
    log
        The log.
    known
        From `has_data`: the bins in which a device was there all the time.
    bin_us
        Length of a bin. [us]
    instant_us
        What has no length is given this. [us]
    ms_min
        What is shorter is left out. [ms]

    Returns
    -------
    `device`, `begin_us`, `end_us`, `kind` (index into `KINDS`), `value` (-1 where there is none),
    `valid`.
    """
    rows = _Rows(log)
    pairs = _follow(log, list(PAIRS))
    _add_pairs(rows, pairs)
    _add_followed(rows, log)
    moments = _find(log, (*INSTANTS, *TOGGLES, _TRANSITION, _FLASH, _ALARM))
    _add_device_wide(rows, log, moments, instant_us)
    _add_waits(rows, log, pairs)
    device, kind, value, begin_us, end_us, valid, instant = map(rows.column, range(7))
    keep = np.flatnonzero((end_us >= 0) & (end_us // _MS - begin_us // _MS >= ms_min))
    # One number for what comes after the time.
    behind = (device[keep].astype(np.int64) << 32) + (kind[keep].astype(np.int64) << 16)
    behind += value[keep]
    keep = keep[np.lexsort((behind, begin_us[keep]))]
    table: Table = {
        "device": device[keep],
        "begin_us": begin_us[keep],
        "end_us": end_us[keep],
        "kind": kind[keep],
        "value": value[keep],
    }
    begin, end = np.asarray(begin_us[keep], np.int64), np.asarray(end_us[keep], np.int64)
    its = np.asarray(device[keep], np.int32)
    table["valid"] = (
        np.asarray(valid[keep], np.bool_)
        & (
            np.asarray(instant[keep], np.bool_)
            | ~_overlaps(*_doubtful(log, *moments[_CLOCK_SET]), its, begin, end)
        )
        & _was_there(log, known, bin_us, its, begin, end)
    )
    return table


Followed = tuple[Ints, Shorts, Longs, Longs, Shorts]
Moments = dict[int, tuple[Longs, Longs]]


def _follow(log: HiresLog, classes: list[tuple[int, ...]]) -> Followed:
    class_of = np.full(CODES, -1, np.int8)
    for number, codes in enumerate(classes):
        class_of[list(codes)] = number
    return follow_codes(log.start, log.times_us, log.codes, class_of, len(classes))


def _add_pairs(rows: _Rows, pairs: Followed) -> None:
    group, code, begin_us, end_us, next_code = pairs
    for (first, last), name in PAIRS.items():
        mine = np.flatnonzero(code == first)
        valid = next_code[mine] == last
        if name in {"Yellow", "Red"}:
            valid &= end_us[mine] // _MS - begin_us[mine] // _MS <= _CLEARANCE_US_MAX // _MS
        rows.add(name, group[mine], begin_us[mine], end_us[mine], valid)
        if last in _END_COUNTS:
            mine = np.flatnonzero((code == last) & (next_code == last))
            rows.add(name, group[mine], begin_us[mine], end_us[mine], np.zeros(len(mine), np.bool_))


def _add_followed(rows: _Rows, log: HiresLog) -> None:
    classes = [tuple(range(61, 67)), (_DETECTOR_RESTORED, *FAULTS), (*_TSP_ADJUSTED, 115)]
    group, code, begin_us, end_us, next_code = _follow(log, classes)
    off = np.zeros(len(log.group_device), np.bool_)
    off[group[code == _OVERLAP_OFF]] = True
    for first, name in OVERLAPS.items():
        mine = np.flatnonzero(code == first)
        after = next_code[mine]
        match name:
            case "Overlap Yellow":
                valid = np.ones(len(mine), np.bool_)
            case "Overlap Red":
                valid = (after == _OVERLAP_OFF) | ((after == 61) & ~off[group[mine]])  # noqa: PLR2004
            case _:
                valid = after != first
        rows.add(name, group[mine], begin_us[mine], end_us[mine], valid)
    for first, name in FAULTS.items():
        mine = np.flatnonzero(code == first)
        valid = next_code[mine] == _DETECTOR_RESTORED
        rows.add(name, group[mine], begin_us[mine], end_us[mine], valid)
    mine = np.flatnonzero(np.isin(code, _TSP_ADJUSTED))
    valid = np.ones(len(mine), np.bool_)
    rows.add("TSP Adjustment", group[mine], begin_us[mine], end_us[mine], valid)


def _add_device_wide(rows: _Rows, log: HiresLog, moments: Moments, instant_us: int) -> None:
    """Add what follows one upon the other at a device, whatever the parameter."""
    for code, name in INSTANTS.items():
        group, times = moments[code]
        rows.add(
            name, group, times, times + instant_us, np.ones(len(group), np.bool_), instant=True
        )
    for code, name in TOGGLES.items():
        group, times, after, following = _next_at_device(log, *moments[code])
        value = log.group_parameter[group]
        told = np.flatnonzero((value == 1) | ((value == 0) & (following == 0)))
        valid = (value[told] == 1) & (following[told] == 0)
        rows.add(name, group[told], times[told], after[told], valid)
    group, times, after, _ = _next_at_device(log, *moments[_TRANSITION], parameter_max=4)
    for way, name in TRANSITIONS.items():
        told = np.flatnonzero(log.group_parameter[group] == way)
        rows.add(name, group[told], times[told], after[told], np.ones(len(told), np.bool_))
    for code, meanings in ((_FLASH, FLASHES), (_ALARM, ALARM_BITS)):
        group, times, after, _ = _next_at_device(log, *moments[code])
        after = np.where(after < 0, times + instant_us, after)
        value = log.group_parameter[group]
        for meant, name in meanings.items():
            told = np.flatnonzero(value == meant if code == _FLASH else value & meant)
            rows.add(name, group[told], times[told], after[told], np.ones(len(told), np.bool_))


def _add_waits(rows: _Rows, log: HiresLog, pairs: Followed) -> None:
    group, begin_us, end_us = find_walks(log.start, log.times_us, log.codes)
    rows.add("Ped Delay", group, begin_us, end_us, np.ones(len(group), np.bool_))
    group, begin_us, end_us, sound = find_waits(log.start, log.times_us, log.codes)
    # Where any lamp of the device was told wrongly, events are missing, perhaps those of this wait.
    of, code, since_us, until_us, next_code = pairs
    wrong = np.zeros(len(of), np.bool_)
    for first, last in ((1, 7), (8, 9), (10, 11)):
        wrong |= (code == first) & (next_code != last)
        wrong |= (code == last) & (next_code == last)
        if first != 1:
            long = until_us // _MS - since_us // _MS > _CLEARANCE_US_MAX // _MS
            wrong |= (code == first) & long
    wrong &= until_us >= 0
    windows = _merged(log.group_device[of[wrong]], since_us[wrong], until_us[wrong])
    device = log.group_device[group]
    rows.add(
        "Phase Wait",
        group,
        begin_us,
        end_us,
        sound & ~_overlaps(*windows, device, begin_us, end_us),
    )


def _find(log: HiresLog, codes: tuple[int, ...]) -> Moments:
    """Give group and time of all events of each of some codes."""
    wanted = np.zeros(CODES, np.bool_)
    wanted[list(codes)] = True
    chosen = np.flatnonzero(wanted[log.codes])
    group = np.searchsorted(log.start, chosen, side="right") - 1
    code, times = log.codes[chosen], log.times_us[chosen]
    return {each: (group[code == each], times[code == each]) for each in codes}


def _next_at_device(
    log: HiresLog, group: Longs, times: Longs, parameter_max: int = CODES
) -> tuple[Longs, Longs, Longs, Ints]:
    """Give some events with the time and the parameter of the next one of them at the device."""
    value = log.group_parameter[group]
    kept = value <= parameter_max
    order = np.lexsort((-value[kept], times[kept], log.group_device[group[kept]]))
    group, times = group[kept][order], times[kept][order]
    same = np.diff(log.group_device[group], append=-1) == 0
    after = np.where(same, np.roll(times, -1), -1)
    following = np.where(same, np.roll(log.group_parameter[group], -1), -1)
    return group, times, after, following.astype(np.int32)


def _doubtful(log: HiresLog, group: Longs, times: Longs) -> tuple[Ints, Longs, Longs]:
    """Give the windows in which a device's times cannot be believed: silences, set clocks."""
    return _merged(
        np.concatenate([log.group_device[group], log.silent_device]),
        np.concatenate([times - _CLOCK_US, log.silent_from_us]),
        np.concatenate([times + _CLOCK_US, log.silent_to_us]),
    )


def _merged(device: Ints, begin_us: Longs, end_us: Longs) -> tuple[Ints, Longs, Longs]:
    """Sort windows by device and begin; the end becomes the latest one up to there."""
    order = np.lexsort((begin_us, device))
    device, begin_us, end_us = device[order], begin_us[order], end_us[order].copy()
    for each in np.unique(device):
        mine = device == each
        end_us[mine] = np.maximum.accumulate(end_us[mine])
    return device, begin_us, end_us


def _overlaps(
    window_device: Ints,
    window_begin_us: Longs,
    window_end_us: Longs,
    device: Ints,
    begin_us: Longs,
    end_us: Longs,
) -> Bools:
    """Whether each interval overlaps some window of its device; windows as `_merged` gives them."""
    found = np.zeros(len(device), np.bool_)
    for each in np.unique(window_device):
        windows = slice(*np.searchsorted(window_device, [each, each + 1]))
        mine = np.flatnonzero(device == each)
        last = np.searchsorted(window_begin_us[windows], end_us[mine], side="left") - 1
        reached = np.where(last >= 0, window_end_us[windows][np.maximum(last, 0)], -1)
        found[mine] = (last >= 0) & (reached > begin_us[mine])
    return found


def _was_there(
    log: HiresLog, known: Table, bin_us: int, device: Ints, begin_us: Longs, end_us: Longs
) -> Bools:
    """Whether the device was there in all bins from begin to end."""
    first = log.first_us // bin_us
    last = max(log.last_us, int(end_us.max(initial=0))) // bin_us
    there = np.zeros((len(log.device_ids), last - first + 2), np.int64)
    there[known["device"], known["time_us"] // bin_us - first + 1] = 1
    count = there.cumsum(axis=1)
    from_bin, to_bin = begin_us // bin_us - first, end_us // bin_us - first
    return np.asarray(count[device, to_bin + 1] - count[device, from_bin] == to_bin - from_bin + 1)
