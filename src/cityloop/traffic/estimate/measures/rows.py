"""The layout that the measures share: rows by time and device, time in microseconds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cityloop.traffic.estimate.hires_log import HiresLog, Ints, Longs, Table, active_bins


def sort_rows(table: Table, keys: Sequence[str]) -> Table:
    """Sort the rows of a table.

    Parameters
    ----------
    table
        Columns of one length.
    keys
        The columns to sort by, the first one first.

    Returns
    -------
    The same rows, sorted.
    """
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {name: values[order] for name, values in table.items()}


def unique_rows(
    *columns: npt.NDArray[np.integer],
) -> tuple[list[npt.NDArray[np.integer]], Longs, Longs]:
    """Find the different rows of some columns.

    Parameters
    ----------
    *columns
        Each (rows,), the one to sort by first at the beginning.

    Returns
    -------
    The same columns with each row once, sorted; (rows,) which of these each row is; how many rows
    each stands for.
    """
    order = np.lexsort(columns[::-1])
    is_new = np.zeros(len(order), np.bool_)
    is_new[:1] = True
    for column in columns:
        ordered = column[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
    which = np.empty(len(order), np.int64)
    which[order] = np.cumsum(is_new) - 1
    begin = np.flatnonzero(is_new)
    counts = np.diff(begin, append=len(order))
    return [column[order[begin]] for column in columns], which, counts


def fill_bins(
    log: HiresLog, group: Ints, begin_us: Longs, counts: Longs, bin_us: int
) -> tuple[Ints, Longs, Longs]:
    """Add the bins in which nothing was counted, but in which the device told of anything at all.

    Parameters
    ----------
    log
        The log.
    group
        (rows,) as `count_by_bin` gives it.
    begin_us
        (rows,) begin of the bin. [us]
    counts
        (rows, columns)
    bin_us
        Length of a bin. [us]

    Returns
    -------
    The same three, with rows of zeros.
    """
    first, active = active_bins(log, bin_us)
    groups = np.unique(group)
    full = np.zeros((len(groups), active.shape[1], counts.shape[1]), np.int64)
    number = begin_us // bin_us - first
    full[np.searchsorted(groups, group), number] = counts
    keep = active[log.group_device[groups]] > 0
    row, number = np.nonzero(keep)
    return groups[row].astype(np.int32), (number + first) * bin_us, full[row, number]


def names(values: Sequence[str], chosen: npt.NDArray[np.integer]) -> npt.NDArray[np.str_]:
    """Give names by number.

    Parameters
    ----------
    values
        The names.
    chosen
        (rows,) which.

    Returns
    -------
    (rows,)
    """
    return np.asarray(np.array(values, np.str_)[chosen])
