"""Arrivals on green, and how they compare with arrivals by chance."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.kernels.phases import count_arrivals, green_seconds, phase_states
from cityloop.traffic.estimate.hires_log import (
    DetectorSetup,
    HiresLog,
    Table,
    active_bins,
    span_bins,
)
from cityloop.traffic.estimate.measures.rows import sort_rows

ADVANCE = "Advance"
# Highway Capacity Manual, 7th edition, exhibit 19-14: up to these ratios, arrival types 1 to 5.
_TYPES = (0.50, 0.85, 1.15, 1.50, 2.00)


def served_phases(
    log: HiresLog, setup: DetectorSetup, function: str
) -> dict[tuple[int, int], list[int]]:
    """List the detectors of one function by device and phase, those of the log alone.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    function
        Of the detectors.

    Returns
    -------
    (device, phase) to its detectors' groups in the log.
    """
    found: dict[tuple[int, int], list[int]] = {}
    for row, its in enumerate(setup.function):
        if its != function or setup.device[row] < 0:
            continue
        group = log.group(int(setup.device[row]), int(setup.detector[row]))
        groups = found.setdefault((int(setup.device[row]), int(setup.phase[row])), [])
        if group >= 0:
            groups.append(group)
    return found


def arrivals_on_green(
    log: HiresLog, setup: DetectorSetup, bin_us: int, *, latency_us: int = 0
) -> Table:
    """Tell the share of arrivals at the advance detectors of each phase that came during green.

    Every phase with such detectors has a row in every bin in which its device told of anything.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    bin_us
        Length of a bin. [us]
    latency_us
        By so much detectors tell later than they see. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `total`, `green`, `share` (NaN where nobody arrived).
    """
    first, bins = span_bins(log, bin_us)
    first, bins = first - 1, bins + 1  # what is told late may have been in the bin before
    _, active = active_bins(log, bin_us)
    parts = []
    for (device, phase), detectors in sorted(served_phases(log, setup, ADVANCE).items()):
        at, state, _, _ = phase_states(*_events(log, log.group(device, phase)))
        total, green = np.zeros(bins, np.int64), np.zeros(bins, np.int64)
        for group in detectors:
            count_arrivals(*_events(log, group), at, state, latency_us, first, bin_us, total, green)
        keep = np.flatnonzero((total > 0) | np.concatenate([[False], active[device] > 0]))
        parts.append((keep, np.full(len(keep), device), np.full(len(keep), phase), total, green))
    number, device_of, phase_of, total, green = (
        np.concatenate([_part(part, column) for part in parts] or [np.zeros(0, np.int64)])
        for column in range(5)
    )
    with np.errstate(invalid="ignore"):
        share = green.astype(np.float32) / total.astype(np.float32)
    table: Table = {
        "time_us": (number + first) * bin_us,
        "device": device_of.astype(np.int32),
        "phase": phase_of.astype(np.int32),
        "total": total,
        "green": green,
        "share": share,
    }
    return sort_rows(table, ("time_us", "device", "phase"))


def platoon_ratio(log: HiresLog, arrivals: Table, bin_us: int) -> Table:
    """Compare the share of arrivals on green with the share of time that was green.

    1 is chance; above it platoons meet green. Highway Capacity Manual, 7th edition, equation 19-30.

    Parameters
    ----------
    log
        The log.
    arrivals
        From `arrivals_on_green`.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `total`, `green`, `share`, `green_s`, `green_ratio`,
    `platoon_ratio`,
    `arrival_type` (1 very poor to 6 exceptional); only where there were arrivals and green.
    """
    first, bins = span_bins(log, bin_us)
    first, bins = first - 1, bins + 1
    green_s = np.zeros(len(arrivals["time_us"]))
    number = np.asarray(arrivals["time_us"] // bin_us - first)
    for device, phase in {
        (int(d), int(p)) for d, p in zip(arrivals["device"], arrivals["phase"], strict=True)
    }:
        seconds = np.zeros(bins)
        green_seconds(*_events(log, log.group(device, phase)), first, bin_us, seconds)
        rows = (arrivals["device"] == device) & (arrivals["phase"] == phase)
        green_s[rows] = seconds[number[rows]]
    keep = (green_s > 0) & (np.asarray(arrivals["total"]) > 0)
    table: Table = {name: values[keep] for name, values in arrivals.items()}
    ratio = green_s[keep] / (bin_us / 1e6)
    platoon = (np.asarray(table["share"], np.float32) / ratio).astype(np.float32)
    return table | {
        "green_s": green_s[keep].astype(np.float32),
        "green_ratio": ratio.astype(np.float32),
        "platoon_ratio": platoon,
        "arrival_type": (1 + np.searchsorted(np.array(_TYPES, np.float32), platoon)).astype(
            np.int32
        ),
    }


def _events(log: HiresLog, group: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    part = slice(log.start[group], log.start[group + 1]) if group >= 0 else slice(0, 0)
    return log.times_us[part], log.codes[part]


def _part(part: tuple[npt.NDArray[Any], ...], column: int) -> npt.NDArray[Any]:
    return part[column] if column <= 2 else part[column][part[0]]  # noqa: PLR2004
