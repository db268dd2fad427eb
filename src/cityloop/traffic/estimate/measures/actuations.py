"""Actuations: how often each detector was driven over."""

from cityloop.traffic.estimate.hires_log import DETECTOR_ON, HiresLog, Table, count_by_bin
from cityloop.traffic.estimate.measures.rows import fill_bins, sort_rows


def actuations(log: HiresLog, bin_us: int) -> Table:
    """Count the actuations of each detector by bin.

    A detector that was driven over at some time has a row in every bin in which its device told of
    anything, with zero if need be.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `detector`, `total`.
    """
    found = fill_bins(log, *count_by_bin(log, [[DETECTOR_ON]], bin_us), bin_us)
    group, begin_us, counts = found
    return sort_rows(
        {
            "time_us": begin_us,
            "device": log.group_device[group],
            "detector": log.group_parameter[group],
            "total": counts[:, 0],
        },
        ("time_us", "device", "detector"),
    )
