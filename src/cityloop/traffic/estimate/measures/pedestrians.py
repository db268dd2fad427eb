"""Pedestrians: walks served, buttons pressed, people who pressed, and an estimate of all."""

import numpy as np

from cityloop.traffic.estimate.hires_log import HiresLog, Longs, Table, count_by_bin, span_bins
from cityloop.traffic.estimate.measures.rows import sort_rows, unique_rows

WALK, OVERLAP_WALK, BUTTON = 21, 67, 90
# Kothuri, S. et al. (2021), doi:10.1177/0361198121994126: pedestrians an hour of presses an hour.
_LINEAR, _SQUARED, _CONSTANT = 0.7167, 0.0599, 1.1063
_BINS_AN_HOUR = 4


def pedestrians(log: HiresLog, bin_us: int) -> Table:
    """Count walks and presses of each phase by bin.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `services`, `actuations`; a row only where there were any.
    """
    group, begin_us, counts = count_by_bin(log, [[WALK, OVERLAP_WALK], [BUTTON]], bin_us)
    return sort_rows(
        {
            "time_us": begin_us,
            "device": log.group_device[group],
            "phase": log.group_parameter[group],
            "services": counts[:, 0],
            "actuations": counts[:, 1],
        },
        ("time_us", "device", "phase"),
    )


def unique_presses(log: HiresLog, bin_us: int, *, apart_us: int = 15 * 10**6) -> Table:
    """Count presses that came long enough after the one before to be another person's.

    Parameters
    ----------
    log
        The log.
    bin_us
        Length of a bin. [us]
    apart_us
        So long at least. The first press of all does not count, as there is none before it. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `unique_actuations`; a row only where there were any.
    """
    chosen = np.flatnonzero(log.codes == BUTTON)
    group = np.searchsorted(log.start, chosen, side="right") - 1
    times = log.times_us[chosen]
    again = (np.diff(group) == 0) & (np.diff(times // 1000) > apart_us // 1000)
    later = np.flatnonzero(again) + 1
    keys, _, unique = unique_rows(times[later] // bin_us * bin_us, group[later])
    return sort_rows(
        {
            "time_us": keys[0],
            "device": log.group_device[keys[1]],
            "phase": log.group_parameter[keys[1]],
            "unique_actuations": unique,
        },
        ("time_us", "device", "phase"),
    )


def full_pedestrians(log: HiresLog, counted: Table, people: Table, bin_us: int) -> Table:
    """Put services, presses and people together, with zeros, and estimate how many walked.

    The estimate looks an hour ahead, so the last three bins are too low.

    Parameters
    ----------
    log
        The log.
    counted
        From `pedestrians`.
    people
        From `unique_presses`.
    bin_us
        Length of a bin, a quarter of an hour. [us]

    Returns
    -------
    `time_us`, `device`, `phase`, `services`, `actuations`, `unique_actuations`, `volume`: every
    phase with any of these in every bin of the whole log.
    """
    first, bins = span_bins(log, bin_us)
    first_us = first * bin_us
    pairs, which, of_pair = unique_rows(
        np.concatenate([counted["device"], people["device"]]),
        np.concatenate([counted["phase"], people["phase"]]),
    )
    cut = len(counted["device"])

    def laid_out(table: Table, rows: Longs, column: str) -> Longs:
        full = np.zeros((bins, len(of_pair)), np.int64)
        full[(table["time_us"] - first_us) // bin_us, rows] = table[column]
        return full

    unique = laid_out(people, which[cut:], "unique_actuations")
    ahead = np.concatenate([unique, np.zeros((_BINS_AN_HOUR - 1, unique.shape[1]), np.int64)])
    hourly = np.sum([ahead[shift : shift + bins] for shift in range(_BINS_AN_HOUR)], axis=0)
    estimated = (_LINEAR * hourly + _SQUARED * hourly**2).astype(np.float32)
    share = np.divide(unique, hourly, out=np.zeros(unique.shape), where=hourly > 0)
    number, pair = np.indices(unique.shape).reshape(2, -1)
    return {
        "time_us": first_us + number * bin_us,
        "device": pairs[0][pair],
        "phase": pairs[1][pair],
        "services": laid_out(counted, which[:cut], "services").ravel(),
        "actuations": laid_out(counted, which[:cut], "actuations").ravel(),
        "unique_actuations": unique.ravel(),
        "volume": (estimated * share + _CONSTANT / _BINS_AN_HOUR).ravel(),
    }
