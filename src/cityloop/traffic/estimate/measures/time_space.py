"""The time-space diagram of what was: greens along a corridor, and vehicles over its detectors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cityloop.kernels.phases import GREEN, ON, YELLOW
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Table
from cityloop.traffic.estimate.measures.arrivals_on_green import ADVANCE, served_phases


class CorridorSignal(NamedTuple):
    """One signal of a corridor.

    Attributes
    ----------
    device
        Index of the controller.
    at_m
        Its place along the corridor. [m]
    out, into
        The phases of through traffic onwards and back; 0 if there is none.
    """

    device: int
    at_m: float
    out: int
    into: int


def time_space(
    log: HiresLog,
    setup: DetectorSetup,
    corridor: Sequence[CorridorSignal],
    from_us: int,
    to_us: int,
) -> tuple[Table, Table]:
    """Tell what a time-space diagram shows.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are.
    corridor
        Its signals.
    from_us
        From when. [us]
    to_us
        To when. [us]

    Returns
    -------
    Greens: `signal` (its row in `corridor`), `onwards`, `begin_us`, `end_us` (yellow begins); and
    vehicles over advance detectors: `signal`, `onwards`, `time_us`.
    """
    detectors = served_phases(log, setup, ADVANCE)
    greens, vehicles = [np.zeros((0, 4), np.int64)], [np.zeros((0, 3), np.int64)]
    for number, signal in enumerate(corridor):
        for onwards, phase in ((1, signal.out), (0, signal.into)):
            begin, end = _greens(log, signal.device, phase)
            seen = (end > from_us) & (begin < to_us)
            rows = np.stack([np.full(len(begin), number), np.full(len(begin), onwards), begin, end])
            greens.append(rows.T[seen])
            for group in detectors.get((signal.device, phase), []) if phase else []:
                part = slice(log.start[group], log.start[group + 1])
                on = log.times_us[part][log.codes[part] == ON]
                on = on[(on >= from_us) & (on < to_us)]
                rows = np.stack([np.full(len(on), number), np.full(len(on), onwards), on])
                vehicles.append(rows.T)
    green, vehicle = np.concatenate(greens), np.concatenate(vehicles)
    return (
        {
            "signal": green[:, 0],
            "onwards": green[:, 1] > 0,
            "begin_us": green[:, 2],
            "end_us": green[:, 3],
        },
        {"signal": vehicle[:, 0], "onwards": vehicle[:, 1] > 0, "time_us": vehicle[:, 2]},
    )


def _greens(log: HiresLog, device: int, phase: int) -> tuple[np.ndarray, np.ndarray]:
    group = log.group(device, phase) if phase else -1
    part = slice(log.start[group], log.start[group + 1]) if group >= 0 else slice(0, 0)
    times, codes = log.times_us[part], log.codes[part]
    begin, ends = times[codes == GREEN], times[codes == YELLOW]
    at = np.searchsorted(ends, begin, side="right")
    known = at < len(ends)
    return begin[known], ends[at[known]]
