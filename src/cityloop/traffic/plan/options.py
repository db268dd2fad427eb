"""Plans for a whole network that are worth a try: zone by zone, and by time of day."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.city.signals import Plan, SafetyTable, Signals
from cityloop.kernels.streets import Streets
from cityloop.traffic.plan.alone import Separate, time_masters
from cityloop.traffic.plan.day import SWITCH_S, choose_plans, cut_periods
from cityloop.traffic.plan.masters import LARGE, LARGE_MASTERS_S, MASTERS_KEPT, search
from cityloop.traffic.plan.network import LAPS, MASTERS_S, Candidate, evaluate, make_plans, total
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import blank_timings, one_period
from cityloop.traffic.plan.zones import find_links, find_zones, take_signals

COMMON_KEPT: Final = 2
"""So many plans with one cycle for all are tried where there are zones."""

DAY_MASTERS: Final = 2
DAY_PLANS: Final = 3
"""A time of day is searched in so many master cycles, and may take so many plans of the whole."""

Stretches = Sequence[tuple[int, int]]


class Option(NamedTuple):
    """Plans of the whole network, and what the model says of them.

    Attributes
    ----------
    name
        What it is.
    begins
        (times of day,) first period of each.
    plans
        (times of day,) one plan a signal.
    delay
        (queues,) over all periods; NaN where it is not known. [veh s]
    saturation
        (queues,) highest flow over capacity; NaN where it is not known.
    zone
        (signals,) signals of one zone share a master cycle.
    """

    name: str
    begins: tuple[int, ...]
    plans: tuple[tuple[Plan, ...], ...]
    delay: Floats
    saturation: Floats
    zone: Ints


class _Zone(NamedTuple):
    """Some signals with their streets, and what was found for them."""

    members: Ints
    queues: Ints
    streets: Streets
    pool: Pool
    alone: list[Separate]
    singles: list[Candidate]
    day: list[Candidate]


def find_options(  # noqa: PLR0913
    signals: Signals,
    table: SafetyTable,
    streets: Streets,
    pool: Pool,
    stretches: Stretches,
    rng: np.random.Generator,
    *,
    by_zone: bool = True,
    done: Callable[[], None] = lambda: None,
) -> tuple[Option, ...]:
    """Search plans for a network.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    streets
        Queues and flows.
    pool
        The stages.
    stretches
        Times of day: first period and the one after the last of each.
    rng
        For the order in which signals take turns.
    by_zone
        Whether a network may be split where coordination does not pay.
    done
        Called after each step, `len(MASTERS_S) + MASTERS_KEPT` times at most.

    Returns
    -------
    The plans, by the model's order for each kind; none where no cycle is long enough.
    """
    large = len(pool.stages) > LARGE
    alone = time_masters(
        streets,
        pool,
        masters_s=LARGE_MASTERS_S if large else MASTERS_S,
        laps=0 if large else LAPS,
        done=done,
    )
    zone = split_zones(streets, pool, alone) if by_zone else np.zeros(len(pool.stages), np.int32)
    count = int(zone.max(initial=-1)) + 1
    steps = done if count == 1 else lambda: None
    zones = [
        _search_zone(
            streets, pool, alone, np.flatnonzero(zone == k).astype(np.int32), stretches, rng, steps
        )
        for k in range(count)
    ]
    if not all(each.singles for each in zones):
        return ()
    found = [
        _single(signals, table, pool, zones, r, len(streets.storage))
        for r in range(max(len(each.singles) for each in zones))
    ][:MASTERS_KEPT]
    if any(each.day for each in zones):
        found.append(_by_day(signals, table, pool, zones, stretches, len(streets.storage)))
    if count > 1:
        everyone = np.arange(len(pool.stages), dtype=np.int32)
        whole = _search_zone(streets, pool, alone, everyone, stretches[:0], rng, done)
        found += [
            _single(signals, table, pool, [whole], r, len(streets.storage))
            for r in range(min(COMMON_KEPT, len(whole.singles)))
        ]
    return tuple(found)


def split_zones(streets: Streets, pool: Pool, alone: Sequence[Separate]) -> Ints:
    """Find zones, by the master cycle in which most signals are best off.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    alone
        What `time_masters` gives.

    Returns
    -------
    (signals,) the zone of each.
    """
    cost = np.array([each.signal_cost for each in alone])
    fits = np.isfinite(cost)
    if not fits.any(axis=0).all():
        return np.zeros(len(pool.stages), np.int32)
    # Where a cycle is too short for some, the shortest that is not stands for all.
    common = np.flatnonzero(fits.all(axis=1))
    if len(common):
        best = int(common[np.argmin(cost[common].sum(axis=1))])
    else:
        best = int(np.argmax(fits.sum(axis=1)))
    start = alone[best].candidate
    links = find_links(one_period(streets), pool.stock, start.timings, start.master_s)
    return find_zones(cost, links)


def _search_zone(
    streets: Streets,
    pool: Pool,
    alone: Sequence[Separate],
    members: Ints,
    stretches: Stretches,
    rng: np.random.Generator,
    done: Callable[[], None],
) -> _Zone:
    """Search plans for some of the signals."""
    spans = zip(streets.queue_start[members], streets.queue_start[members + 1], strict=True)
    queues = np.concatenate([np.arange(0), *(np.arange(a, b) for a, b in spans)]).astype(np.int32)
    own = alone
    if len(members) < len(pool.stages):
        streets, pool = take_signals(streets, pool, members)
        own = [_take_alone(each, members, queues) for each in alone]
    singles = search(streets, pool, rng, own, done=done)
    day: list[Candidate] = []
    if singles and len(stretches) > 1:
        day = _search_day(streets, pool, own, singles, stretches, rng)
    return _Zone(members, queues, streets, pool, list(own), singles, day)


def _take_alone(each: Separate, members: Ints, queues: Ints) -> Separate:
    """Take some signals' timings."""
    whole = each.candidate
    return Separate(
        Candidate(
            whole.master_s,
            type(whole.timings)(*(np.ascontiguousarray(row[members]) for row in whole.timings)),
            whole.cost[queues],
            whole.delay[queues],
            whole.saturation[queues],
        ),
        each.signal_cost[members],
    )


def _search_day(
    streets: Streets,
    pool: Pool,
    alone: Sequence[Separate],
    singles: Sequence[Candidate],
    stretches: Stretches,
    rng: np.random.Generator,
) -> list[Candidate]:
    """Choose a plan for each time of day; nothing where one is best all day long."""
    masters = {each.master_s for each in singles[:DAY_MASTERS]}
    few = [each for each in alone if each.candidate.master_s in masters] or list(alone)
    parts = [cut_periods(streets, stretch) for stretch in stretches]
    plans = list(singles[:DAY_PLANS])
    for part in parts:
        plans += search(part, pool, rng, few, keep=DAY_MASTERS)[:1]
    said = [[evaluate(part, pool.stock, p.timings, p.master_s) for part in parts] for p in plans]
    cost = np.array([[total(each) for each in row] for row in said])
    lasts_s = np.array([len(part.flat) * streets.period_s for part in parts])
    chosen = choose_plans(cost, (cost.min(axis=0) / lasts_s * SWITCH_S).tolist())
    if len(set(chosen)) == 1:
        return []
    return [said[p][w] for w, p in enumerate(chosen)]


def _plans(
    signals: Signals, table: SafetyTable, pool: Pool, zone: _Zone, candidate: Candidate
) -> tuple[Plan, ...]:
    """Write a zone's candidate as plans."""
    most = candidate.timings.order.shape[1]
    whole = blank_timings(len(pool.stages), most)
    for row, mine in zip(whole, candidate.timings, strict=True):
        row[zone.members] = mine
    return make_plans(signals, table, pool, candidate._replace(timings=whole))


def _sorted(signals: Signals, plans: Iterable[Plan]) -> tuple[Plan, ...]:
    place = {name: s for s, name in enumerate(signals.signal_ids)}
    return tuple(sorted(plans, key=lambda plan: place[plan.signal_id]))


def _single(
    signals: Signals, table: SafetyTable, pool: Pool, zones: Sequence[_Zone], rank: int, queues: int
) -> Option:
    """Put together the zones' plans of one rank; a zone with fewer gives its last."""
    delay, saturation = np.full(queues, np.nan), np.full(queues, np.nan)
    plans: list[Plan] = []
    for zone in zones:
        candidate = zone.singles[min(rank, len(zone.singles) - 1)]
        plans += _plans(signals, table, pool, zone, candidate)
        delay[zone.queues], saturation[zone.queues] = candidate.delay, candidate.saturation
    return Option(
        _named("zones, " if len(zones) > 1 else "", plans),
        (0,),
        (_sorted(signals, plans),),
        delay,
        saturation,
        _numbered(pool, zones),
    )


def _by_day(
    signals: Signals,
    table: SafetyTable,
    pool: Pool,
    zones: Sequence[_Zone],
    stretches: Stretches,
    queues: int,
) -> Option:
    """Put together the zones' plans by time of day; stretches with equal plans are joined."""
    delay, saturation = np.zeros(queues), np.zeros(queues)
    begins: list[int] = []
    of_day: list[tuple[Plan, ...]] = []
    for w, (first, _) in enumerate(stretches):
        plans: list[Plan] = []
        for zone in zones:
            single = zone.singles[0]
            if zone.day or not w:
                of_now = zone.day[w] if zone.day else single
                delay[zone.queues] += of_now.delay
                saturation[zone.queues] = np.maximum(saturation[zone.queues], of_now.saturation)
            plans += _plans(signals, table, pool, zone, zone.day[w] if zone.day else single)
        sorted_plans = _sorted(signals, plans)
        if not of_day or of_day[-1] != sorted_plans:
            begins.append(first)
            of_day.append(sorted_plans)
    every = [plan for plans_of in of_day for plan in plans_of]
    return Option(
        _named("by time of day, ", every),
        tuple(begins),
        tuple(of_day),
        delay,
        saturation,
        _numbered(pool, zones),
    )


def _numbered(pool: Pool, zones: Sequence[_Zone]) -> Ints:
    """Tell the zone of every signal."""
    zone = np.zeros(len(pool.stages), np.int32)
    for k, each in enumerate(zones):
        zone[each.members] = k
    return zone


def _named(kind: str, plans: Iterable[Plan]) -> str:
    cycles_s = sorted({plan.cycle_s for plan in plans})
    return f"{kind}cycle{'s' if len(cycles_s) > 1 else ''} {', '.join(map(str, cycles_s))} s"
