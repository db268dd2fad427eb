"""Saturation flow of every queue and the start-up loss, learnt from queues that discharge."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Bools
from cityloop.traffic.estimate.counts import Counts
from cityloop.traffic.model.queues import Queues

QUEUE_MIN: Final = 5.0
"""A queue of so many vehicles at the beginning of green shows its saturation flow. [veh]"""

SETTLED_S: Final = 4
PER_VEHICLE_S: Final = 1.7
"""A vehicle that stood leaves no sooner; so long discharge is at saturation. [s]"""

PRIOR_S: Final = 60.0
"""What is expected weighs as much as so many seconds of discharge. [s]"""

START_LOSS_S: Final = 2.3
START_LOSS_SD_S: Final = 1.0
START_S: Final = 10
START_GREENS: Final = 20.0
START_LOSS_RANGE_S: Final = (0.5, 4.0)


class Saturation(NamedTuple):
    """What was learnt.

    Attributes
    ----------
    factor, factor_sd
        (queues,) saturation flow over what was expected.
    start_loss_s, start_loss_sd_s
        Lost after green begins. [s]
    seconds
        (queues,) seconds of discharge that were seen. [s]
    """

    factor: Floats
    factor_sd: Floats
    start_loss_s: float
    start_loss_sd_s: float
    seconds: Floats


def saturation(queues: Queues, share: Floats, watched: Iterable[Counts]) -> Saturation:
    """Learn saturation flows and the start-up loss.

    Seconds count in which a queue of `QUEUE_MIN` vehicles a lane, as it stood when green began,
    discharges, all its parts have green and none gives way to anyone who has green.

    Parameters
    ----------
    queues
        The queues.
    share
        (parts,) share of the queue's vehicles.
    watched
        What was counted.

    Returns
    -------
    What was learnt: where little was seen, what was expected.
    """
    count = queues.queue_count
    seconds, crossed = np.zeros(count), np.zeros(count)
    starts: list[tuple[int, float]] = []
    approaches = [np.flatnonzero(queues.queue_of == q) for q in range(count)]
    for counts in watched:
        free = _free_parts(queues, counts.green)
        for q in range(count):
            first, last = int(queues.part_start[q]), int(queues.part_start[q + 1])
            open_all = np.asarray(free[:, first:last].all(axis=1), bool)
            for a in approaches[q].tolist():
                _discharges(counts, open_all, a, q, seconds, crossed, starts)
    owner = queues.part_queue
    expected = 1.0 / np.bincount(owner, share / (queues.part_sat / queues.lanes[owner]), count)
    rate = (expected * PRIOR_S + crossed) / (PRIOR_S + seconds)
    loss_s = [START_S - n / rate[q] for q, n in starts]
    mean_s = (START_LOSS_S * START_GREENS + sum(loss_s)) / (START_GREENS + len(loss_s))
    return Saturation(
        factor=rate / expected,
        factor_sd=np.sqrt(rate / (PRIOR_S + seconds)) / expected,
        start_loss_s=float(np.clip(mean_s, *START_LOSS_RANGE_S)),
        start_loss_sd_s=float(START_LOSS_SD_S / np.sqrt(1.0 + len(loss_s) / START_GREENS)),
        seconds=seconds,
    )


def _free_parts(queues: Queues, green: Bools) -> Bools:
    """Tell in which seconds each part has green and gives way to nobody: (seconds, parts)."""
    count = len(queues.part_link)
    shown = np.zeros((len(green), count), bool)
    for p in range(count):
        shown[:, p] = green[:, queues.group[queues.group_start[p] : queues.group_start[p + 1]]].any(
            axis=1
        )
    free = shown.copy()
    for p in range(count):
        foes = queues.foe_part[queues.foe_start[p] : queues.foe_start[p + 1]]
        free[:, p] &= ~shown[:, foes].any(axis=1)
    return free


def _discharges(
    counts: Counts,
    is_open: Bools,
    approach: int,
    q: int,
    seconds: Floats,
    crossed: Floats,
    starts: list[tuple[int, float]],
) -> None:
    """Add up the seconds of discharge of one lane and what crossed in them."""
    begins = np.flatnonzero(is_open[1:] & ~is_open[:-1]) + 1
    ends = np.append(np.flatnonzero(is_open[:-1] & ~is_open[1:]) + 1, len(is_open))
    for begin in begins.tolist():
        stood = float(counts.queued[begin - 1, approach])
        if stood < QUEUE_MIN:
            continue
        end = int(ends[np.searchsorted(ends, begin)])
        last = min(end, begin + int(PER_VEHICLE_S * stood))
        if last > begin + SETTLED_S:
            seconds[q] += last - begin - SETTLED_S
            crossed[q] += float(counts.crossed[begin + SETTLED_S : last, approach].sum())
        if last >= begin + START_S:
            starts.append((q, float(counts.crossed[begin : begin + START_S, approach].sum())))
