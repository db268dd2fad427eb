"""Queues and flows put together for the kernels."""

from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats
from cityloop.city.records import record
from cityloop.kernels.streets import Profiles, Streets
from cityloop.traffic.model.queues import NO_LIMIT, Queues

END_GAIN_S: Final = 1.0
GAP_S: Final = 6.2
FOLLOW_S: Final = 2.6
"""Gap acceptance of turns that give way, as SUMO's drivers do it. [s]"""

DISPERSION: Final = 0.28
"""Robertson's alpha times beta: 0.35 x 0.8."""

TRAVEL_SHARE: Final = 0.8
"""A platoon's first vehicles are so much quicker than its mean (Robertson's beta)."""

CAUTION: Final = 0.5
"""Turns that give way are taken to be so many standard deviations more than is likely."""

STOP_S: Final = 3.0
SPILL: Final = 1.0
HOUR_S: Final = 3600.0
NEGLIGIBLE: Final = 0.01


@record
class Demand:
    """What the model has to know of the flows.

    Attributes
    ----------
    volume_veh_h
        (periods, queues) vehicles that want to cross. [veh/h]
    share
        (parts,) share of its queue's vehicles.
    way_share
        (ways,) share of a part's vehicles that come to a queue.
    part_sat
        (parts,) discharge of the queue if all were of the part. [veh/s]
    start_loss_s
        Lost after green begins. [s]
    period_s
        Length of a period. [s]
    share_sd
        (parts,) standard deviation of `share`; None where shares are known.
    """

    volume_veh_h: Floats
    share: Floats
    way_share: Floats
    part_sat: Floats
    start_loss_s: float
    period_s: int
    share_sd: Floats | None = None


def _cautious(queues: Queues, demand: Demand) -> Floats:
    """Expect more who give way than is likely: too few are dear, too many are cheap."""
    if demand.share_sd is None:
        return demand.share
    owner = queues.part_queue
    yields = np.diff(queues.foe_start) > 0
    share = demand.share + np.where(yields, CAUTION * demand.share_sd, 0.0)
    total = np.bincount(owner, share, queues.queue_count)
    return np.asarray(share / np.maximum(total[owner], 1e-9))


def build_streets(queues: Queues, demand: Demand) -> Streets:
    """Lay out queues and flows as the kernels take them.

    Parameters
    ----------
    queues
        The queues.
    demand
        The flows.

    Returns
    -------
    The streets.
    """
    owner = queues.part_queue
    signal = queues.queue_signal
    ways = np.diff(queues.way_start)
    sender = np.repeat(np.arange(len(ways)), ways)
    used = demand.way_share > NEGLIGIBLE
    sender, to, way_s = sender[used], queues.way_queue[used], queues.way_s[used]
    way_share = demand.way_share[used]
    by_queue = np.argsort(to, kind="stable")
    sender, to = sender[by_queue], to[by_queue]
    way_s, way_share = way_s[by_queue], way_share[by_queue]
    volume = demand.volume_veh_h / HOUR_S
    share = _cautious(queues, demand)
    sent = volume[:, owner[sender]] * share[sender] * way_share
    fed = np.stack([np.bincount(to, row, queues.queue_count) for row in sent])
    below = np.unique(np.stack([signal[owner[sender]], to]), axis=1) if len(to) else _NONE
    below = below[:, signal[below[1]] != below[0]]
    patient = np.bincount(owner, np.diff(queues.foe_start) > 0, queues.queue_count) > 0
    single = np.float64
    ones = np.ones(len(owner), single)
    fed_by = np.bincount(to, minlength=queues.queue_count) > 0
    room = np.where(fed_by | (queues.storage < NO_LIMIT), queues.storage, NO_LIMIT)
    # Copies: the compiler tells frozen arrays from others, and would compile for every mixture.
    return Streets(
        queue_start=queues.queue_start.copy(),
        part_start=queues.part_start.copy(),
        part_share=share.astype(single),
        part_sat=demand.part_sat.astype(single),
        foe_start=queues.foe_start.copy(),
        foe_part=queues.foe_part.copy(),
        patient=patient.astype(np.int32),
        feed_start=np.searchsorted(to, np.arange(queues.queue_count + 1)).astype(np.int32),
        feed_part=sender.astype(np.int32),
        feed_share=way_share.astype(single),
        feed_delay_s=np.round(TRAVEL_SHARE * way_s).astype(np.int32),
        feed_smooth=(1.0 / (1.0 + DISPERSION * way_s)).astype(single),
        below_start=np.searchsorted(below[0], np.arange(len(queues.queue_start))).astype(np.int32),
        below_queue=below[1].astype(np.int32),
        flat=np.maximum(volume - fed, 0.0).astype(single),
        lanes=queues.lanes.astype(single),
        storage=room.astype(single),
        start_loss_s=ones * single(demand.start_loss_s),
        end_gain_s=ones * single(END_GAIN_S),
        gap_s=ones * single(GAP_S),
        follow_s=ones * single(FOLLOW_S),
        period_s=float(demand.period_s),
        stop_s=STOP_S,
        spill=SPILL,
    )


_NONE: npt.NDArray[np.int64] = np.zeros((2, 0), np.int64)


def empty_profiles(streets: Streets, master_s: int) -> Profiles:
    """Make profiles of a length, all zero.

    Parameters
    ----------
    streets
        For whom.
    master_s
        The master cycle. [s]

    Returns
    -------
    The profiles.
    """
    periods, queues = streets.flat.shape
    parts = len(streets.part_share)
    return Profiles(
        open=np.zeros((parts, master_s), np.float64),
        sneak=np.zeros(parts, np.float64),
        come=np.zeros((periods, queues, master_s), np.float64),
        go=np.zeros((periods, parts, master_s), np.float64),
        cost=np.zeros(queues),
        delay=np.zeros(queues),
        saturation=np.zeros(queues),
    )
