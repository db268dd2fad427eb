"""Splits: how long the stages were that a controller of the maker Q-Free (MAXTIME) reports."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Table, count_by_bin
from cityloop.traffic.estimate.measures.rows import sort_rows, unique_rows

FIRST_CODE, LAST_CODE = 300, 317


def splits(log: HiresLog, bin_us: int) -> Table:
    """Average what each of the codes 300 to 317 reports.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `code`, `services`, `average_s`.
    """
    codes = list(range(FIRST_CODE, LAST_CODE + 1))
    group, begin_us, counts = count_by_bin(log, [[code] for code in codes], bin_us)
    row, column = np.nonzero(counts)
    device, times = log.group_device[group[row]], counts[row, column]
    keys, which, counts = unique_rows(begin_us[row], device, column + FIRST_CODE)
    services = np.bincount(which, times, len(counts))
    reported = np.bincount(which, times * log.group_parameter[group[row]], len(counts))
    table: Table = {
        "time_us": keys[0],
        "device": keys[1],
        "code": keys[2],
        "services": services.astype(np.int64),
        "average_s": reported / services,
    }
    return sort_rows(table, ("time_us", "device", "code"))
