"""Yellow and red: who crossed the line at the end of green, and how long after."""

from typing import Any

import numpy as np
import numpy.typing as npt

from cityloop.kernels.phases import phase_states, tell_offsets
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Table
from cityloop.traffic.estimate.measures.arrivals_on_green import served_phases
from cityloop.traffic.estimate.measures.rows import sort_rows, unique_rows

LINE = "Yellow_Red"


def yellow_red(
    log: HiresLog,
    setup: DetectorSetup,
    bin_us: int,
    *,
    latency_us: int = 1_500_000,
    offset_s_min: float = -8.0,
) -> Table:
    """Count the actuations at the stop line by how long after the begin of red they were.

    Only cycles with one green, one yellow and one red count.

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
    offset_s_min
        Earlier actuations are left out. [s]

    Returns
    -------
    `time_us` (of the begin of red), `device`, `phase`, `state` (1 green, 8 yellow, 10 red),
    `offset_s` (to half a second), `count`.
    """
    columns: list[list[npt.NDArray[Any]]] = [[], [], [], [], []]
    for (device, phase), detectors in sorted(served_phases(log, setup, LINE).items()):
        own = _slice(log, log.group(device, phase))
        at, state, red, _ = phase_states(log.times_us[own], log.codes[own])
        for group in detectors:
            its = _slice(log, group)
            red_us, shown, after_ms = tell_offsets(
                log.times_us[its], log.codes[its], at, state, red, latency_us
            )
            twice = after_ms * 2 / 1000
            halves = np.sign(twice) * np.floor(np.abs(twice) + 0.5)
            keep = halves / 2 >= offset_s_min
            count = int(keep.sum())
            parts: tuple[npt.NDArray[Any], ...] = (
                red_us[keep] // bin_us,
                np.full(count, device),
                np.full(count, phase),
                shown[keep],
                halves[keep],
            )
            for column, values in zip(columns, parts, strict=True):
                column.append(values.astype(np.int64))
    keys, _, counts = unique_rows(
        *(np.concatenate([*column, np.zeros(0, np.int64)]) for column in columns)
    )
    table: Table = {
        "time_us": keys[0] * bin_us,
        "device": keys[1].astype(np.int32),
        "phase": keys[2].astype(np.int32),
        "state": keys[3].astype(np.int32),
        "offset_s": keys[4] / 2,
        "count": counts,
    }
    return sort_rows(table, ("time_us", "device", "phase", "state", "offset_s"))


def _slice(log: HiresLog, group: int) -> slice:
    return slice(log.start[group], log.start[group + 1]) if group >= 0 else slice(0, 0)
