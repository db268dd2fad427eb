"""Has data: in which bins a device was there all the time."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Table, active_bins

STANDARD_CODE_MAX = 218  # higher codes are the makers' own


def has_data(
    log: HiresLog, bin_us: int, *, part_us: int = 300 * 10**6, events_min: int = 3
) -> Table:
    """List the bins of each device in all parts of which there were events.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]
    part_us
        Length of a part; a bin is a whole number of parts. [us]
    events_min
        So many events there must be in each part.

    Returns
    -------
    `time_us`, `device`.
    """
    first, counts = active_bins(log, part_us, STANDARD_CODE_MAX)
    parts = bin_us // part_us
    before = first % parts
    after = -(before + counts.shape[1]) % parts
    whole = np.pad(counts, ((0, 0), (before, after)))
    full = (whole.reshape(len(counts), -1, parts) >= events_min).all(axis=2)
    number, device = np.nonzero(full.T)
    return {
        "time_us": ((first - before) // parts + number) * bin_us,
        "device": device.astype(np.int32),
    }
