"""Timeline: what happened from when to when, and whether that can be believed."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.intervals import (
    all_bins_known,
    find_long,
    find_waits,
    find_walks,
    follow_codes,
    overlap_windows,
)
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
    """Rows as they are found, but for those that have no end or are too short."""

    def __init__(self, log: HiresLog, ms_min: int) -> None:
        self._log, self._ms_min = log, ms_min
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
        keep = find_long(begin_us, end_us, self._ms_min)
        group, count = group[keep], len(keep)
        value = np.full(count, NO_VALUE, np.int32)
        if name not in _VALUELESS:
            value = self._log.group_parameter[group]
        self._parts.append(
            (
                self._log.group_device[group],
                np.full(count, KINDS.index(name), np.int16),
                value,
                begin_us[keep],
                end_us[keep],
                valid[keep],
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
    rows = _Rows(log, ms_min)
    pairs = _follow(log, list(PAIRS))
    _add_pairs(rows, pairs)
    _add_followed(rows, log)
    moments = _find(log, (*INSTANTS, *TOGGLES, _TRANSITION, _FLASH, _ALARM))
    _add_device_wide(rows, log, moments, instant_us)
    _add_waits(rows, log, pairs)
    device, kind, value, begin_us, end_us, valid, instant = map(rows.column, range(7))
    # One number for what comes after the time.
    behind = (device.astype(np.int64) << 32) + (kind.astype(np.int64) << 16) + value
    order = np.lexsort((behind, begin_us))
    device, begin_us, end_us = device[order], begin_us[order], end_us[order]
    doubtful = overlap_windows(
        *_doubtful(log, *moments[_CLOCK_SET]), len(log.device_ids), device, begin_us, end_us
    )
    sound = (instant[order] | ~doubtful) & _was_there(log, known, bin_us, device, begin_us, end_us)
    return {
        "device": device,
        "begin_us": begin_us,
        "end_us": end_us,
        "kind": kind[order],
        "value": value[order],
        "valid": valid[order] & sound,
    }


@record
class _Followed:
    """Events each with the next one of its class and group, as `follow_codes` gives them.

    Attributes
    ----------
    group
        (rows,)
    begin_us
        (rows,) [us]
    end_us
        (rows,) -1 where none follows. [us]
    next_code
        (rows,) -1 where none follows.
    by_code
        (rows,) the rows sorted by the code of the event.
    first
        (codes + 1,) where in `by_code` those of each code begin.
    """

    group: Ints
    begin_us: Longs
    end_us: Longs
    next_code: Shorts
    by_code: Longs
    first: Longs

    def rows_of(self, *codes: int) -> Longs:
        """Give the rows of events of some codes, code by code."""
        parts = [self.by_code[self.first[each] : self.first[each + 1]] for each in codes]
        return np.concatenate(parts)


Moments = dict[int, tuple[Longs, Longs]]


def _follow(log: HiresLog, classes: list[tuple[int, ...]]) -> _Followed:
    class_of = np.full(CODES, -1, np.int8)
    for number, codes in enumerate(classes):
        class_of[list(codes)] = number
    group, code, begin_us, end_us, next_code = follow_codes(
        log.start, log.times_us, log.codes, class_of, len(classes)
    )
    return _Followed(
        group=group,
        begin_us=begin_us,
        end_us=end_us,
        next_code=next_code,
        by_code=np.argsort(code, kind="stable"),
        first=np.concatenate([[0], np.cumsum(np.bincount(code, minlength=CODES))]),
    )


def _add_pairs(rows: _Rows, pairs: _Followed) -> None:
    for (first, last), name in PAIRS.items():
        mine = pairs.rows_of(first)
        begin_us, end_us = pairs.begin_us[mine], pairs.end_us[mine]
        valid = pairs.next_code[mine] == last
        if name in {"Yellow", "Red"}:
            valid &= end_us // _MS - begin_us // _MS <= _CLEARANCE_US_MAX // _MS
        rows.add(name, pairs.group[mine], begin_us, end_us, valid)
        if last in _END_COUNTS:
            mine = pairs.rows_of(last)
            mine = mine[pairs.next_code[mine] == last]
            never = np.zeros(len(mine), np.bool_)
            rows.add(name, pairs.group[mine], pairs.begin_us[mine], pairs.end_us[mine], never)


def _add_followed(rows: _Rows, log: HiresLog) -> None:
    classes = [tuple(range(61, 67)), (_DETECTOR_RESTORED, *FAULTS), (*_TSP_ADJUSTED, 115)]
    found = _follow(log, classes)

    def add(name: str, mine: Longs, valid: Bools) -> None:
        rows.add(name, found.group[mine], found.begin_us[mine], found.end_us[mine], valid)

    off = np.zeros(len(log.group_device), np.bool_)
    off[found.group[found.rows_of(_OVERLAP_OFF)]] = True
    for first, name in OVERLAPS.items():
        mine = found.rows_of(first)
        after = found.next_code[mine]
        match name:
            case "Overlap Yellow":
                valid = np.ones(len(mine), np.bool_)
            case "Overlap Red":
                reopened = (after == 61) & ~off[found.group[mine]]  # noqa: PLR2004
                valid = (after == _OVERLAP_OFF) | reopened
            case _:
                valid = after != first
        add(name, mine, valid)
    for first, name in FAULTS.items():
        mine = found.rows_of(first)
        add(name, mine, found.next_code[mine] == _DETECTOR_RESTORED)
    mine = np.sort(found.rows_of(*_TSP_ADJUSTED))
    add("TSP Adjustment", mine, np.ones(len(mine), np.bool_))


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


def _add_waits(rows: _Rows, log: HiresLog, pairs: _Followed) -> None:
    group, begin_us, end_us = find_walks(log.start, log.times_us, log.codes)
    rows.add("Ped Delay", group, begin_us, end_us, np.ones(len(group), np.bool_))
    group, begin_us, end_us, sound = find_waits(log.start, log.times_us, log.codes)
    # Where any lamp of the device was told wrongly, events are missing, perhaps those of this wait.
    wrong = _told_wrongly(pairs)
    windows = _merged(
        log.group_device[pairs.group[wrong]], pairs.begin_us[wrong], pairs.end_us[wrong]
    )
    sound &= ~overlap_windows(
        *windows, len(log.device_ids), log.group_device[group], begin_us, end_us
    )
    rows.add("Phase Wait", group, begin_us, end_us, sound)


def _told_wrongly(pairs: _Followed) -> Longs:
    """Give the rows of lamps that went on or off twice, or were cleared for too long."""
    wrong: list[Longs] = []
    for first, last in ((1, 7), (8, 9), (10, 11)):
        mine = pairs.rows_of(first)
        bad = pairs.next_code[mine] != last
        if first != 1:
            lasted_ms = pairs.end_us[mine] // _MS - pairs.begin_us[mine] // _MS
            bad |= lasted_ms > _CLEARANCE_US_MAX // _MS
        ends = pairs.rows_of(last)
        wrong += [mine[bad], ends[pairs.next_code[ends] == last]]
    rows: Longs = np.concatenate(wrong)
    return rows[pairs.end_us[rows] >= 0]


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


def _was_there(
    log: HiresLog, known: Table, bin_us: int, device: Ints, begin_us: Longs, end_us: Longs
) -> Bools:
    """Whether the device was there in all bins from begin to end."""
    first = log.first_us // bin_us
    last = max(log.last_us, int(end_us.max(initial=0))) // bin_us
    there = np.zeros((len(log.device_ids), last - first + 1), np.bool_)
    there[known["device"], known["time_us"] // bin_us - first] = True
    return all_bins_known(there, first, bin_us, device, begin_us, end_us)
