"""Terminations: why greens ended."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Table, count_by_bin
from cityloop.traffic.estimate.measures.rows import names, sort_rows

REASONS = {4: "GapOut", 5: "MaxOut", 6: "ForceOff"}


def terminations(log: HiresLog, bin_us: int) -> Table:
    """Count how often each phase's green ended for which reason.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `reason`, `total`; a row only where there were any.
    """
    group, begin_us, counts = count_by_bin(log, [[code] for code in REASONS], bin_us)
    row, column = np.nonzero(counts)
    return sort_rows(
        {
            "time_us": begin_us[row],
            "device": log.group_device[group[row]],
            "phase": log.group_parameter[group[row]],
            "reason": names(list(REASONS.values()), column),
            "total": counts[row, column],
        },
        ("time_us", "device", "phase", "reason"),
    )
