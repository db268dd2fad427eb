"""Coordination state: which pattern, cycle and offset a device had in each bin."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Longs, Table

TOLD = {"pattern": 131, "cycle_s": 132, "cycle_run_s": 316, "offset_run_s": 318}


def coordination_state(log: HiresLog, known: Table, bin_us: int) -> Table:
    """Tell what was told last in each bin, or in the bins before it.

    Parameters
    ----------
    log
        The log.
    known
        From `has_data`: the bins that are told of; what was told in others does not count.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `pattern`, `cycle_s` (set), `cycle_run_s`, `offset_run_s`; 0 where nothing
    has been told yet.
    """
    order = np.lexsort((known["time_us"], known["device"]))
    device, time_us = np.asarray(known["device"])[order], np.asarray(known["time_us"])[order]
    table: Table = {"time_us": time_us, "device": device}
    begins = np.searchsorted(device, device, side="left")  # first row of the device
    for name, code in TOLD.items():
        at = np.flatnonzero(log.codes == code)
        group = np.searchsorted(log.start, at, side="right") - 1
        told = _last_of_bin(log, group, log.times_us[at], bin_us)
        values = np.full(len(device), -1, np.int64)
        for row, key in enumerate(zip(device.tolist(), (time_us // bin_us).tolist(), strict=True)):
            values[row] = told.get(key, -1)
        last = np.maximum.accumulate(np.where(values >= 0, np.arange(len(values)), -1))
        table[name] = np.where(last >= begins, values[np.maximum(last, 0)], 0)
    back = np.lexsort((table["device"], table["time_us"]))
    return {name: column[back] for name, column in table.items()}


def _last_of_bin(
    log: HiresLog, group: Longs, times_us: Longs, bin_us: int
) -> dict[tuple[int, int], int]:
    value = log.group_parameter[group]
    order = np.lexsort((value, times_us))
    keys = zip(
        log.group_device[group[order]].tolist(), (times_us[order] // bin_us).tolist(), strict=True
    )
    return dict(zip(keys, value[order].tolist(), strict=True))
