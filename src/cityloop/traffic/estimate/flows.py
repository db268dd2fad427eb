"""Flows from observation: volumes by quarters of an hour, turning shares, where they lead next."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.records import record
from cityloop.traffic.estimate.balance import Balance
from cityloop.traffic.estimate.counts import Counts
from cityloop.traffic.estimate.saturation import saturation
from cityloop.traffic.model.queues import Queues

PERIOD_S: Final = 900
HOUR_S: Final = 3600.0

SHARE_SD: Final = 0.3
"""How far a turning share is from what one expects before anything is known, as a share."""

LEAST_OF_EXPECTED: Final = 0.25

LINK_SD: Final = 0.15
FORK_SD: Final = 0.5
"""How far the count at one signal is from that at the next: vehicles begin and end in between."""

LEAST_VEH_H: Final = 5.0


@record
class Flows:
    """Flows before the signals, learnt from cameras.

    Attributes
    ----------
    period_s
        Length of a period. [s]
    volume_veh_h, volume_sd_veh_h
        (periods, queues) vehicles that want to cross the stop line. [veh/h]
    share, share_sd
        (parts,) share of its queue's vehicles.
    way_share, way_share_sd
        (ways,) share of a part's vehicles that come to a queue of the next signal.
    part_sat, part_sat_sd
        (parts,) discharge of the queue if all vehicles were of that part. [veh/s]
    start_loss_s, start_loss_sd_s
        Lost after green begins. [s]
    """

    period_s: int
    volume_veh_h: Floats
    volume_sd_veh_h: Floats
    share: Floats
    share_sd: Floats
    way_share: Floats
    way_share_sd: Floats
    part_sat: Floats
    part_sat_sd: Floats
    start_loss_s: float
    start_loss_sd_s: float


def estimate_flows(
    queues: Queues, watched: Sequence[Counts], *, missed_share: float, period_s: int = PERIOD_S
) -> Flows:
    """Estimate flows from what was counted.

    Parameters
    ----------
    queues
        The queues.
    watched
        Counts of one or more days, all from the same second of the day on.
    missed_share
        Share of crossing vehicles that the cameras are known to miss.
    period_s
        Length of a period; a last one that is shorter counts as it is. [s]

    Returns
    -------
    The flows.

    Raises
    ------
    ValueError
        If nothing was watched.
    """
    if not watched or not len(watched[0].crossed):
        raise ValueError("nothing was watched")
    days = np.array([_volumes(queues, counts, missed_share, period_s) for counts in watched])
    volume = days.mean(axis=0)
    # Counts of a day spread like Poisson's at least; two days tell little of their own spread.
    hours = period_s / HOUR_S
    spread = days.var(axis=0, ddof=1) if len(days) > 1 else np.zeros_like(volume)
    volume_sd = np.sqrt(np.maximum(spread, np.maximum(volume, LEAST_VEH_H) / hours) / len(days))
    total = volume.mean(axis=0)
    share, share_sd = turning_shares(queues, total)
    way_share, way_sd = _way_shares(queues, total, share)
    learnt = saturation(queues, share, watched)
    owner = queues.part_queue
    return Flows(
        period_s=period_s,
        volume_veh_h=volume,
        volume_sd_veh_h=volume_sd,
        share=share,
        share_sd=share_sd,
        way_share=way_share,
        way_share_sd=way_sd,
        part_sat=queues.part_sat * learnt.factor[owner],
        part_sat_sd=queues.part_sat * learnt.factor_sd[owner],
        start_loss_s=learnt.start_loss_s,
        start_loss_sd_s=learnt.start_loss_sd_s,
    )


def _volumes(queues: Queues, counts: Counts, missed_share: float, period_s: int) -> Floats:
    """Count what crossed in each period, and what was left over and waits in view. [veh/h]."""
    rows = []
    seconds = len(counts.crossed)
    for begin in range(0, seconds, period_s):
        end = min(begin + period_s, seconds)
        crossed = counts.crossed[begin:end].sum(axis=0) / (1.0 - missed_share)
        left = counts.queued[end - 1] - (counts.queued[begin - 1] if begin else 0.0)
        # A queue of a few vehicles is the red of the moment, not a demand that was not served.
        grown = np.where(np.abs(left) > LEAST_VEH_H, left, 0.0)
        per_lane = np.maximum(crossed + grown, 0.0) * HOUR_S / (end - begin)
        rows.append(np.bincount(queues.queue_of, per_lane, queues.queue_count))
    return np.array(rows)


def turning_shares(queues: Queues, total_veh_h: Floats) -> tuple[Floats, Floats]:
    """Divide each queue's volume among its parts, so that volumes agree from signal to signal.

    Least squares over the parts' volumes: those of a queue sum to what was counted; those that
    lead to a road sum, less exactly, to what is counted at its end; and each is near what one
    expects of such a turn. No volume is negative.

    Parameters
    ----------
    queues
        The queues.
    total_veh_h
        (queues,) their volumes. [veh/h]

    Returns
    -------
    (parts,) shares that sum to 1 over each queue, and their standard deviations.
    """
    owner = queues.part_queue
    count = len(owner)
    if not count:
        return np.zeros(0), np.zeros(0)
    own = np.maximum(total_veh_h, LEAST_VEH_H)
    expected = queues.part_weight * own[owner]
    balance = Balance(count)
    for p in range(count):
        sd = max(SHARE_SD * float(own[owner[p]]), LEAST_VEH_H)
        balance.add([p], float(expected[p]), sd)
    for q in range(queues.queue_count):
        first, last = int(queues.part_start[q]), int(queues.part_start[q + 1])
        balance.add(range(first, last), float(own[q]), 0.02 * float(own[q]) + 1.0)
    for parts, want, spread in _basins(queues, own):
        balance.add(parts, want, spread)
    volume, variance = balance.solve()
    # No turn is unused: one vehicle that cannot go would hold up a lane that looks free.
    volume = np.maximum(volume, LEAST_OF_EXPECTED * expected)
    sums = np.bincount(owner, volume, queues.queue_count)
    share = np.where(sums[owner] > 0, volume / np.maximum(sums[owner], 1e-9), queues.part_weight)
    single = np.diff(queues.part_start)[owner] == 1
    share_sd = np.where(single, 0.0, np.minimum(np.sqrt(variance) / own[owner], SHARE_SD))
    return share, share_sd


def _basins(queues: Queues, total: Floats) -> list[tuple[list[int], float, float]]:
    """List the parts that lead to one road, what is counted at its end, and how far both agree."""
    by_link: dict[int, list[int]] = {}
    for p, link in enumerate(queues.part_link.tolist()):
        by_link.setdefault(link, []).append(p)
    reached: dict[int, set[int]] = {}
    for link, parts in by_link.items():
        p = parts[0]
        for q in queues.way_queue[queues.way_start[p] : queues.way_start[p + 1]].tolist():
            reached.setdefault(q, set()).add(link)
    found = []
    for link, parts in by_link.items():
        p = parts[0]
        ways = queues.way_queue[queues.way_start[p] : queues.way_start[p + 1]]
        if not len(ways) or any(reached[q] != {link} for q in ways.tolist()):
            continue
        ends = np.unique(queues.queue_link[ways])
        want = float(total[ways].sum())
        spread = LINK_SD if ends.tolist() == [link] else FORK_SD
        found.append((parts, want, spread * want + LEAST_VEH_H))
    return found


def _way_shares(queues: Queues, total: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Share out what a part sends over the queues that it leads to, by their volumes.

    What would be more than a queue has is taken to have ended on the way.
    """
    ways = np.diff(queues.way_start)
    part = np.repeat(np.arange(len(ways)), ways)
    sent = share[part] * total[queues.part_queue[part]]
    weight = np.maximum(total[queues.way_queue], 1e-6)
    sums = np.bincount(part, weight, len(ways))
    way_share = weight / sums[part] if len(part) else weight
    inflow = np.bincount(queues.way_queue, sent * way_share, queues.queue_count)
    kept = np.minimum(1.0, total / np.maximum(inflow, 1e-9))
    way_share = way_share * kept[queues.way_queue]
    spread = np.sqrt(way_share * np.maximum(1.0 - way_share, 0.0) / np.maximum(sent, 1.0) + 0.01)
    return way_share, np.minimum(spread, np.maximum(way_share, 1.0 - way_share))
