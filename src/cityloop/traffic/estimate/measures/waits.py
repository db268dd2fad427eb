"""Waits: of pedestrians for walk, of phases for green; from the timeline."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.traffic.estimate.hires_log import HiresLog, Longs, Table
from cityloop.traffic.estimate.measures.rows import sort_rows, unique_rows
from cityloop.traffic.estimate.measures.timeline import KINDS

_CYCLE_RUN, _CYCLE_SET = 316, "Cycle Length Change"


def pedestrian_delay(events: Table, bin_us: int) -> Table:
    """Average how long pedestrians waited from the button to walk.

    Parameters
    ----------
    events
        From `timeline`.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us` (of the walk), `device`, `phase`, `delay_s`, `samples`.
    """
    mine = (events["kind"] == KINDS.index("Ped Delay")) & np.asarray(events["valid"], np.bool_)
    keys, which, counts, lasted = _by_bin({n: v[mine] for n, v in events.items()}, bin_us)
    return sort_rows(
        {
            "time_us": keys[0] * bin_us,
            "device": keys[1].astype(np.int32),
            "phase": keys[2].astype(np.int32),
            "delay_s": np.bincount(which, lasted, len(counts)) / counts,
            "samples": counts,
        },
        ("time_us", "device", "phase"),
    )


def phase_wait(  # noqa: PLR0913
    log: HiresLog,
    events: Table,
    bin_us: int,
    *,
    cycle_run: bool,
    recovery_us: int = 120 * 10**6,
    cycle_s_else: float = 140.0,
    skipped_cycles: float = 1.5,
    skipped_cycles_tsp: float = 2.0,
) -> Table:
    """Average how long phases waited for green, and count the waits in which they were skipped.

    Waits during a preemption, and until two minutes after, do not count.

    Parameters
    ----------
    log
        The log.
    events
        From `timeline`.
    bin_us
        Length of a bin. [us]
    cycle_run
        Whether the controller tells the cycle that it ran (316); else the one that was set counts.
    recovery_us
        How long a preemption lasts on. [us]
    cycle_s_else
        Cycle where none is known. [s]
    skipped_cycles
        After so many cycles a phase has been skipped.
    skipped_cycles_tsp
        The same for waits in which transit priority shifted something.

    Returns
    -------
    `time_us` (of the green), `device`, `phase`, `wait_s`, `wait_s_max`, `skips`.
    """
    valid = np.asarray(events["valid"], np.bool_)

    def chosen(kind: str) -> Table:
        mine = (events["kind"] == KINDS.index(kind)) & valid
        return {name: values[mine] for name, values in events.items()}

    waits, preempts, shifts = chosen("Phase Wait"), chosen("Preempt"), chosen("TSP Adjustment")
    changes = _told_cycles(log) if cycle_run else chosen(_CYCLE_SET)
    begin_us, end_us = np.asarray(waits["begin_us"]), np.asarray(waits["end_us"])
    keep = np.ones(len(begin_us), np.bool_)
    cycle_s, shifted = np.zeros(len(begin_us)), np.zeros(len(begin_us), np.bool_)
    for device in np.unique(waits["device"]):
        mine = np.flatnonzero(waits["device"] == device)
        blocked = preempts["device"] == device
        for since_us, until_us in zip(
            preempts["begin_us"][blocked], preempts["end_us"][blocked] + recovery_us, strict=True
        ):
            keep[mine] &= ~((begin_us[mine] < until_us) & (since_us < end_us[mine]))
        its = changes["device"] == device
        for moment_us in (begin_us[mine], end_us[mine]):
            told = _last_before(changes["begin_us"][its], changes["value"][its], moment_us)
            cycle_s[mine] = np.maximum(cycle_s[mine], np.where(told > 0, told, cycle_s_else))
        at_us = shifts["begin_us"][shifts["device"] == device]
        shifted[mine] = _last_before(at_us, at_us, end_us[mine]) >= begin_us[mine]
    lasted_s = ((end_us // 1000 - begin_us // 1000) / 1000).astype(np.float32)
    skipped = lasted_s > cycle_s * np.where(shifted, skipped_cycles_tsp, skipped_cycles)
    kept = {name: values[keep] for name, values in waits.items()}
    keys, which, counts, lasted = _by_bin(kept, bin_us)
    longest = np.zeros(len(counts))
    np.maximum.at(longest, which, lasted)
    return sort_rows(
        {
            "time_us": keys[0] * bin_us,
            "device": keys[1].astype(np.int32),
            "phase": keys[2].astype(np.int32),
            "wait_s": np.bincount(which, lasted, len(counts)) / counts,
            "wait_s_max": longest,
            "skips": np.bincount(which, skipped[keep], len(counts)).astype(np.int64),
        },
        ("time_us", "device", "phase"),
    )


def _told_cycles(log: HiresLog) -> Table:
    """Give the cycles that the controllers say they ran."""
    at = np.flatnonzero(log.codes == _CYCLE_RUN)
    group = np.searchsorted(log.start, at, side="right") - 1
    return {
        "device": log.group_device[group],
        "begin_us": log.times_us[at],
        "value": log.group_parameter[group],
    }


def _last_before(
    times_us: npt.NDArray[Any], values: npt.NDArray[Any], moment_us: npt.NDArray[Any]
) -> npt.NDArray[Any]:
    """Give the value that was told last at or before each moment, -1 where there was none."""
    order = np.argsort(times_us, kind="stable")
    told = np.concatenate([[-1], values[order]])
    return np.asarray(told[np.searchsorted(times_us[order], moment_us, side="right")])


def _by_bin(
    events: Table, bin_us: int
) -> tuple[list[npt.NDArray[Any]], Longs, Longs, npt.NDArray[np.float64]]:
    begin_us, end_us = np.asarray(events["begin_us"]), np.asarray(events["end_us"])
    keys, which, counts = unique_rows(
        end_us // bin_us, np.asarray(events["device"]), np.asarray(events["value"])
    )
    lasted_s = ((end_us // 1000 - begin_us // 1000) / 1000).astype(np.float32).astype(np.float64)
    return keys, which, counts, lasted_s
