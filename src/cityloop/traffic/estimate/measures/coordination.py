"""Coordination: changes of pattern and cycle, and what cycle and offset really were."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Table
from cityloop.traffic.estimate.measures.rows import sort_rows

CODES_TOLD = (131, 132, 316, 318)


def coordination(log: HiresLog, bin_us: int) -> Table:
    """List the events of coordination.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `event_us`, `device`, `code`, `parameter`: 131 pattern, 132 cycle set, 316 cycle run,
    318 offset run.
    """
    chosen = np.flatnonzero(np.isin(log.codes, CODES_TOLD))
    group = np.searchsorted(log.start, chosen, side="right") - 1
    return sort_rows(
        {
            "time_us": log.times_us[chosen] // bin_us * bin_us,
            "event_us": log.times_us[chosen],
            "device": log.group_device[group],
            "code": log.codes[chosen].astype(np.int64),
            "parameter": log.group_parameter[group],
        },
        ("event_us", "device", "code", "parameter"),
    )
