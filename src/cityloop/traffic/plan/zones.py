"""Zones: where signals should share a master cycle, and where that does not pay.

Signals that share a cycle can let each other's platoons pass. What that is worth is worked out link
by link: what waits downstream if the platoons come at the best moment of the cycle, against the
mean over all moments, which is what different cycles bring. What it costs is that nobody has the
cycle that is best for itself. Signals are joined, the best link first, while the first is more.
"""

import heapq
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints
from cityloop.kernels.plan_links import link_costs
from cityloop.kernels.streets import Stock, Streets, Timings
from cityloop.traffic.model.streets import empty_profiles
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import mean_volume

MOMENTS: Final = 12
"""Moments of the cycle that are looked at."""

LEAST_GAIN: Final = 0.005
"""Zones are not joined for a smaller share of what the cheaper one costs."""


class Link(NamedTuple):
    """Two neighbouring signals.

    Attributes
    ----------
    signals
        The two, the lower index first.
    gain
        What coordinating them is worth. [veh s]
    """

    signals: tuple[int, int]
    gain: float


def find_links(streets: Streets, stock: Stock, timings: Timings, master_s: int) -> tuple[Link, ...]:
    """Work out for each two neighbours what coordinating them is worth.

    Parameters
    ----------
    streets
        Queues and flows, of one period.
    stock
        The stages.
    timings
        Each signal timed for itself.
    master_s
        The master cycle. [s]

    Returns
    -------
    Every two signals of which one feeds the other.
    """
    profiles = empty_profiles(streets, master_s)
    sizes = np.diff(streets.queue_start)
    signal = np.repeat(np.arange(len(sizes)), sizes)
    owner = np.repeat(np.arange(len(signal)), np.diff(streets.part_start))
    to = np.repeat(np.arange(len(signal)), np.diff(streets.feed_start))
    sender = signal[owner[streets.feed_part]] if len(to) else to
    pairs = np.unique(np.stack([sender, to]), axis=1) if len(to) else np.zeros((2, 0), int)
    pairs = np.ascontiguousarray(pairs[:, pairs[0] != signal[pairs[1]]], np.int32)
    shift_s = np.arange(MOMENTS) * master_s / MOMENTS
    costs = link_costs(
        master_s, streets, stock, timings, profiles, mean_volume(streets), pairs,
        sender.astype(np.int32), shift_s.astype(np.int32),
    )  # fmt: skip
    total: dict[tuple[int, int], Floats] = {}
    for (a, q), row in zip(pairs.T.tolist(), costs, strict=True):
        b = int(signal[q])
        # That b runs later is the same as that a runs earlier.
        seen = row if a < b else np.roll(row[::-1], 1)
        key = (min(a, b), max(a, b))
        total[key] = total.get(key, np.zeros(MOMENTS)) + seen
    return tuple(Link(key, float(row.mean() - row.min())) for key, row in total.items())


def find_zones(cost: Floats, links: tuple[Link, ...]) -> Ints:
    """Join signals while coordination is worth more than what a common cycle costs them.

    Parameters
    ----------
    cost
        (master cycles, signals) of each signal timed for itself; infinite where the cycle is too
        short for it. [veh s]
    links
        What coordinating neighbours is worth.

    Returns
    -------
    (signals,) the zone of each, numbered from 0.
    """
    count = cost.shape[1]
    curve: dict[int, Floats] = {s: cost[:, s].copy() for s in range(count)}
    gains: list[dict[int, float]] = [{} for _ in range(count)]
    for (a, b), gain in links:
        gains[a][b] = gains[b][a] = gain
    zone = np.arange(count)

    def worth(a: int, b: int) -> float:
        alone, together = (curve[a].min(), curve[b].min()), (curve[a] + curve[b]).min()
        if not np.isfinite(together):
            return -np.inf
        return gains[a][b] - float(together - sum(alone)) - LEAST_GAIN * float(min(alone))

    waiting = [(-worth(a, b), a, b) for a in range(count) for b in gains[a] if a < b]
    heapq.heapify(waiting)
    while waiting:
        said, a, b = heapq.heappop(waiting)
        if a not in curve or b not in curve or b not in gains[a]:
            continue
        now = worth(a, b)
        if now < -said - 1e-9:
            # It was worth more before one of them was joined with others.
            if now > 0:
                heapq.heappush(waiting, (-now, a, b))
            continue
        if now <= 0:
            break
        curve[a] = curve[a] + curve.pop(b)
        zone[zone == b] = a
        for other, gain in gains[b].items():
            del gains[other][b]
            if other != a:
                gains[a][other] = gains[other][a] = gains[a].get(other, 0.0) + gain
                heapq.heappush(waiting, (-worth(a, other), min(a, other), max(a, other)))
    return np.unique(zone, return_inverse=True)[1].astype(np.int32)


def take_signals(streets: Streets, pool: Pool, members: Ints) -> tuple[Streets, Pool]:
    """Take some signals of a network; what comes from the others comes evenly.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    members
        The signals, ascending.

    Returns
    -------
    The same for those alone.
    """
    queues = _ranges(streets.queue_start, members)
    parts = _ranges(streets.part_start, queues)
    stages = _ranges(pool.stock.stage_start, members)
    part_at = np.full(len(streets.part_share), -1, np.int32)
    part_at[parts] = np.arange(len(parts))
    queue_at = np.full(len(streets.patient), -1, np.int32)
    queue_at[queues] = np.arange(len(queues))
    feeds, foes = _ranges(streets.feed_start, queues), _ranges(streets.foe_start, parts)
    inside = part_at[streets.feed_part[feeds]] >= 0
    to = np.repeat(np.arange(len(queues)), np.diff(streets.feed_start)[queues])
    owner = np.repeat(np.arange(len(streets.patient)), np.diff(streets.part_start))
    far = feeds[~inside]
    part = streets.feed_part[far]
    sent = mean_volume(streets)[:, owner[part]] * streets.part_share[part] * streets.feed_share[far]
    extra = [np.bincount(to[~inside], row, len(queues)) for row in sent]
    kept = feeds[inside]
    below = _ranges(streets.below_start, members)
    under = queue_at[streets.below_queue[below]]
    of = np.repeat(np.arange(len(members)), np.diff(streets.below_start)[members])[under >= 0]
    one = {
        name: getattr(streets, name)[parts]
        for name in ("part_share", "part_sat", "start_loss_s", "end_gain_s", "gap_s", "follow_s")
    }
    part_streets = streets._replace(
        queue_start=_starts(np.diff(streets.queue_start)[members]),
        part_start=_starts(np.diff(streets.part_start)[queues]),
        foe_start=_starts(np.diff(streets.foe_start)[parts]),
        foe_part=part_at[streets.foe_part[foes]],
        feed_start=_starts(np.bincount(to[inside], minlength=len(queues))),
        feed_part=part_at[streets.feed_part[kept]],
        feed_share=streets.feed_share[kept],
        feed_delay_s=streets.feed_delay_s[kept],
        feed_smooth=streets.feed_smooth[kept],
        below_start=_starts(np.bincount(of, minlength=len(members))),
        below_queue=np.ascontiguousarray(under[under >= 0]),
        flat=np.ascontiguousarray(streets.flat[:, queues] + np.array(extra)),
        patient=streets.patient[queues],
        lanes=streets.lanes[queues],
        storage=streets.storage[queues],
        **one,
    )
    return part_streets, Pool(
        stock=_take_stock(pool.stock, members, stages),
        stages=tuple(pool.stages[s] for s in members.tolist()),
        shipped=pool.shipped[members],
    )


def _take_stock(stock: Stock, members: Ints, stages: Ints) -> Stock:
    served_start = stock.served_start
    green_end = np.append(stock.green_start[1:], len(stock.green)).astype(np.int32)
    clear_end = np.append(stock.clear_start[1:], len(stock.clear_s)).astype(np.int32)
    late_end = np.append(stock.late_start[1:], len(stock.late_s)).astype(np.int32)
    green = _spans(stock.green_start, green_end, stages)
    clear = _spans(stock.clear_start, clear_end, members)
    late = _spans(stock.late_start, late_end, members)
    return Stock(
        stage_start=_starts(np.diff(stock.stage_start)[members]),
        green_start=_starts((green_end - stock.green_start)[stages])[:-1].copy(),
        green=stock.green[green],
        served_start=_starts(np.diff(served_start)[stages]),
        served=stock.served[_ranges(served_start, stages)],
        least_s=stock.least_s[stages],
        clear_start=_starts((clear_end - stock.clear_start)[members])[:-1].copy(),
        clear_s=stock.clear_s[clear],
        late_start=_starts((late_end - stock.late_start)[members])[:-1].copy(),
        late_s=stock.late_s[late],
    )


def _starts(counts: npt.NDArray[np.integer[Any]]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _ranges(start: Ints, which: Ints) -> Ints:
    return _spans(start[:-1], start[1:], which)


def _spans(start: Ints, end: Ints, which: Ints) -> Ints:
    """List the entries from start to end of each that is named, one after the other."""
    counts = (end - start)[which]
    begin = np.repeat(start[which] - (np.cumsum(counts) - counts), counts)
    return (begin + np.arange(counts.sum())).astype(np.int32)
