"""Split failures: greens too short for those who waited."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.kernels.phases import GREEN, RED, YELLOW, cycle_occupancy, impute_actuations
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Table
from cityloop.traffic.estimate.measures.arrivals_on_green import served_phases
from cityloop.traffic.estimate.measures.rows import sort_rows

PRESENCE = "Presence"


def split_failures(
    log: HiresLog,
    setup: DetectorSetup,
    bin_us: int,
    *,
    red_us: int = 5 * 10**6,
    covered_min: float = 0.8,
) -> Table:
    """Count the cycles in which a stop line was covered nearly all of green and of early red.

    Detectors of one phase count as one: covered while any is. Purdue's method: Freije, R. S. et al.
    (2014), doi:10.3141/2438-01.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    bin_us
        Length of a bin. [us]
    red_us
        Length of early red. [us]
    covered_min
        From this share on a span counts as covered.

    Returns
    -------
    `time_us` (of the end of early red), `device`, `phase`, `green_s`, `green_occupancy`,
    `red_occupancy` (means over the bin's cycles), `failures`, `cycles`.
    """
    until_us = (log.last_us // bin_us + 1) * bin_us
    parts = []
    for (device, phase), detectors in sorted(served_phases(log, setup, PRESENCE).items()):
        group = log.group(device, phase)
        if group < 0:
            continue
        own = slice(log.start[group], log.start[group + 1])
        shown = np.isin(log.codes[own], (GREEN, YELLOW, RED))
        made = [
            impute_actuations(log.times_us[its], log.codes[its])
            for its in (slice(log.start[each], log.start[each + 1]) for each in detectors)
        ]
        # Each is sorted: a stable sort merges them.
        changes = np.sort(np.concatenate([*made, np.zeros(0, np.int64)]), kind="stable")
        end_us, spans = cycle_occupancy(
            changes, log.times_us[own][shown], log.codes[own][shown], red_us, until_us
        )
        green_ms = spans[:, 0] + spans[:, 1]
        with np.errstate(invalid="ignore"):
            in_green = np.float32(spans[:, 0]) / np.float32(green_ms)
        in_red = np.float32(spans[:, 2]) / np.float32(red_us // 1000)
        failed = (in_red >= np.float32(covered_min)) & (in_green >= np.float32(covered_min))
        number, which, cycles = np.unique(end_us // bin_us, return_inverse=True, return_counts=True)
        sums = [
            np.bincount(which, each, len(number))
            for each in (np.float32(green_ms) / np.float32(1000), in_green, in_red, failed)
        ]
        parts.append((number, device, phase, cycles, sums))
    table: Table = {
        "time_us": _joined([part[0] * bin_us for part in parts]).astype(np.int64),
        "device": _joined([np.full(len(part[0]), part[1]) for part in parts]).astype(np.int32),
        "phase": _joined([np.full(len(part[0]), part[2]) for part in parts]).astype(np.int32),
        "green_s": _joined([part[4][0] / part[3] for part in parts]),
        "green_occupancy": _joined([part[4][1] / part[3] for part in parts]),
        "red_occupancy": _joined([part[4][2] / part[3] for part in parts]),
        "failures": _joined([part[4][3] for part in parts]).astype(np.int64),
        "cycles": _joined([part[3] for part in parts]).astype(np.int64),
    }
    return sort_rows(table, ("time_us", "device", "phase"))


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([*parts, np.zeros(0)])
