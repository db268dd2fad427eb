"""The plan of a whole network: cycles, splits, stages, their order and offsets, by the model."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Bools, Plan, SafetyTable, Signals
from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES
from cityloop.kernels.plan_search import Room, descend, settle, settle_alone
from cityloop.kernels.streets import Profiles, Stock, Streets, Timings
from cityloop.traffic.model.streets import empty_profiles
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import (
    blank_timings,
    copy_timings,
    first_signals,
    mean_volume,
    one_period,
    start_timings,
)

MASTERS_S: Final = (40, 46, 52, 60, 66, 72, 80, 90, 100, 110, 120, 136, 150)
"""Master cycles that are tried; a signal may also run half of one. [s]"""

SWEEPS: Final = 12
"""Sweeps over the network until its profiles are settled, at most."""

ROUNDS: Final = ((OFFSETS, 2), (STAGES, 2), (GREENS, 3))
FINE_ROUNDS: Final = ((GREENS, 2),)
"""Depths of the search, one after the other, each with its number of rounds."""

ENOUGH: Final = 1e-3
"""A round that gains a smaller share ends its depth."""

LARGE_MASTERS_S: Final = (40, 60, 80, 100, 120, 150)
LARGE_ROUNDS: Final = ((OFFSETS, 1), (GREENS, 1))
"""In a large network less is tried: stages are those that each signal has chosen for itself."""

LAPS: Final = 4
SAMPLE: Final = 8
"""So many signals choose the master cycle of a large network."""

MASTERS_KEPT: Final = 6


class Candidate(NamedTuple):
    """A timing of the whole network and what the model says of it.

    Attributes
    ----------
    master_s
        The master cycle. [s]
    timings
        The timing.
    cost, delay
        (queues,) as in `Profiles`. [veh s]
    saturation
        (queues,) flow over capacity in the worst period.
    """

    master_s: int
    timings: Timings
    cost: Floats
    delay: Floats
    saturation: Floats


def _room(streets: Streets, master_s: int, most: int) -> Room:
    """Make room for what any signal touches."""
    sizes = np.diff(streets.part_start)
    owner = np.repeat(np.arange(len(streets.queue_start) - 1), np.diff(streets.queue_start))
    signals = len(streets.queue_start) - 1
    parts = np.bincount(owner, sizes, signals)
    queues = np.diff(streets.queue_start)
    below_owner = np.repeat(np.arange(signals), np.diff(streets.below_start))
    parts = parts + np.bincount(below_owner, sizes[streets.below_queue], signals)
    queues = queues + np.diff(streets.below_start)
    n, m, periods = int(parts.max(initial=1)), int(queues.max(initial=1)), len(streets.flat)
    return Room(
        open=np.zeros((n, master_s), np.float64),
        sneak=np.zeros(n, np.float64),
        come=np.zeros((periods, m, master_s), np.float64),
        go=np.zeros((periods, n, master_s), np.float64),
        cost=np.zeros(m),
        delay=np.zeros(m),
        order=np.zeros(most, np.int32),
        green_s=np.zeros(most, np.int32),
        rate=np.zeros((3, master_s), np.float64),
    )


def improve(
    streets: Streets,
    stock: Stock,
    start: Timings,
    master_s: int,
    rng: np.random.Generator,
    rounds: Sequence[tuple[int, int]] = ROUNDS,
    laps: int = LAPS,
) -> Candidate:
    """Search from one start; the whole is checked after every round, and never gets worse.

    Parameters
    ----------
    streets
        Queues and flows.
    stock
        The stages.
    start
        Where to begin; not changed.
    master_s
        The master cycle. [s]
    rng
        For the order of the signals.
    rounds
        Depths and numbers of rounds.
    laps
        How often a signal goes through its changes in a round, at most.

    Returns
    -------
    The best that was met.
    """
    timings = copy_timings(start)
    profiles = empty_profiles(streets, master_s)
    room = _room(streets, master_s, timings.order.shape[1])
    best = settle(master_s, streets, stock, timings, profiles, SWEEPS)
    kept = _candidate(master_s, timings, profiles)
    for depth, times in rounds:
        for _ in range(times):
            turns = rng.permutation(np.flatnonzero(timings.length)).astype(np.int32)
            changes = descend(
                master_s, streets, stock, timings, profiles, room, turns, depth, 0, laps
            )
            cost = settle(master_s, streets, stock, timings, profiles, SWEEPS)
            gained, best = best - cost, min(best, cost)
            if gained > 0:
                kept = _candidate(master_s, timings, profiles)
            if not changes or gained < ENOUGH * best:
                break
        for mine, theirs in zip(timings, kept.timings, strict=True):
            mine[:] = theirs
        settle(master_s, streets, stock, timings, profiles, SWEEPS)
    return kept


def improve_alone(
    streets: Streets, pool: Pool, master_s: int, laps: int = LAPS
) -> Candidate | None:
    """Time every signal for itself, from its shipped stages and from few, and keep the better.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    master_s
        The master cycle. [s]
    laps
        As in `improve`.

    Returns
    -------
    The timing, offsets 0; None where some signal needs a longer cycle.
    """
    signals = len(pool.stages)
    turns = np.arange(signals, dtype=np.int32)
    volume = mean_volume(streets)
    best: Candidate | None = None
    best_cost = np.full(signals, np.inf)
    owner = np.repeat(turns, np.diff(streets.queue_start))
    for shipped in (True, False):
        timings, fits = start_timings(streets, pool, master_s, shipped=shipped)
        profiles = empty_profiles(streets, master_s)
        room = _room(streets, master_s, timings.order.shape[1])
        settle_alone(master_s, streets, pool.stock, timings, profiles, volume)
        descend(
            master_s,
            streets,
            pool.stock,
            timings,
            profiles,
            room,
            turns[fits & (timings.length > 0)],
            STAGES,
            1,
            laps,
        )
        cost = np.bincount(owner, profiles.cost, signals)
        better = fits & (cost < best_cost)
        best_cost = np.where(better, cost, best_cost)
        if best is None:
            best = _candidate(master_s, timings, profiles)
        else:
            for kept, new in zip(best.timings, timings, strict=True):
                kept[better] = new[better]
            of_queue = better[owner]
            best.cost[of_queue] = profiles.cost[of_queue]
            best.delay[of_queue] = profiles.delay[of_queue]
            best.saturation[of_queue] = profiles.saturation[of_queue]
    return best if np.isfinite(best_cost).all() else None


def evaluate(streets: Streets, stock: Stock, timings: Timings, master_s: int) -> Candidate:
    """Work out what the model says of a timing.

    Parameters
    ----------
    streets
        Queues and flows.
    stock
        The stages.
    timings
        The timing.
    master_s
        The master cycle. [s]

    Returns
    -------
    The candidate.
    """
    profiles = empty_profiles(streets, master_s)
    settle(master_s, streets, stock, timings, profiles, SWEEPS)
    return _candidate(master_s, timings, profiles)


class Alone(NamedTuple):
    """One signal's plan as the model sees it if all comes evenly.

    Attributes
    ----------
    plan
        The plan.
    delay, saturation
        (queues of the signal,) as in `Candidate`.
    """

    plan: Plan
    delay: Floats
    saturation: Floats


def time_alone(
    streets: Streets, pool: Pool, signal: int, plan: Plan, *, anew: bool
) -> Alone | None:
    """Work out what the model says of one signal's plan, with its greens or with better ones.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    signal
        Index of the signal.
    plan
        Its plan.
    anew
        Whether greens are shared out anew; stages, cycle and offset stay.

    Returns
    -------
    What it says; None where the plan has a stage that is not in the pool.
    """
    known = pool.stages[signal]
    places = [np.flatnonzero((known == stage).all(axis=1)) for stage in plan.stages]
    if not all(len(found) for found in places):
        return None
    n, master_s = len(places), plan.cycle_s
    timings = blank_timings(len(pool.stages), n)
    timings.length[signal] = n
    timings.order[signal] = [found[0] for found in places]
    timings.green_s[signal] = plan.green_s
    profiles = empty_profiles(streets, master_s)
    volume = mean_volume(streets)
    settle_alone(master_s, streets, pool.stock, timings, profiles, volume)
    if anew:
        turns = np.array([signal], np.int32)
        room = _room(streets, master_s, n)
        descend(master_s, streets, pool.stock, timings, profiles, room, turns, GREENS, 1, LAPS)
    own = slice(int(streets.queue_start[signal]), int(streets.queue_start[signal + 1]))
    green_s = timings.green_s[signal].astype(np.int32)
    return Alone(
        replace(plan, green_s=green_s), profiles.delay[own].copy(), profiles.saturation[own].copy()
    )


def _candidate(master_s: int, timings: Timings, profiles: Profiles) -> Candidate:
    return Candidate(
        master_s,
        copy_timings(timings),
        profiles.cost.copy(),
        profiles.delay.copy(),
        profiles.saturation.copy(),
    )


def search(
    streets: Streets,
    pool: Pool,
    rng: np.random.Generator,
    *,
    masters_s: Sequence[int] = MASTERS_S,
    keep: int = MASTERS_KEPT,
    done: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """Time every signal for itself in each master cycle, then the network in the best of these.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    rng
        For the order in which signals take turns.
    masters_s
        Master cycles. [s]
    keep
        How many of them are gone into.
    done
        Called after each step, `len(masters_s) + keep` times at most.

    Returns
    -------
    The best of each master cycle, best first; empty where no cycle is long enough.
    """
    alone = []
    whole = one_period(streets)
    for master_s in masters_s:
        found = improve_alone(whole, pool, master_s)
        if found is not None:
            alone.append(found)
        done()
    alone.sort(key=_total)
    candidates = []
    for start in alone[:keep]:
        coarse = improve(whole, pool.stock, start.timings, start.master_s, rng)
        fine = improve(streets, pool.stock, coarse.timings, start.master_s, rng, FINE_ROUNDS)
        candidates.append(fine)
        done()
    return sorted(candidates, key=_total)


def plan_large(
    streets: Streets,
    pool: Pool,
    rng: np.random.Generator,
    *,
    masters_s: Sequence[int] = LARGE_MASTERS_S,
) -> tuple[Candidate, Candidate]:
    """Time a large network in one master cycle, chosen by some of its signals.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    rng
        For the order in which signals take turns.
    masters_s
        Master cycles. [s]

    Returns
    -------
    Where it began, with shipped stages, greens by flow ratios and offsets of 0; and what was found,
    which the whole, worked out anew, says is no worse.

    Raises
    ------
    ValueError
        If no master cycle is long enough.
    """
    whole = one_period(streets)
    some, some_pool = first_signals(whole, pool, SAMPLE)
    tried = [improve_alone(some, some_pool, master_s, 1) for master_s in masters_s]
    for sample in sorted((each for each in tried if each is not None), key=_total):
        master_s = sample.master_s
        begin, fits = start_timings(whole, pool, master_s, shipped=True)
        alone = improve_alone(whole, pool, master_s, 1)
        if alone is None:
            continue
        start = alone
        if fits.all():
            start = evaluate(streets, pool.stock, begin, master_s)
        found = improve(whole, pool.stock, alone.timings, master_s, rng, LARGE_ROUNDS, 1)
        found = evaluate(streets, pool.stock, found.timings, master_s)
        return start, min(found, start, key=_total)
    raise ValueError("no master cycle is long enough")


def _total(candidate: Candidate) -> float:
    return float(candidate.cost.sum())


def make_plans(
    signals: Signals, table: SafetyTable, pool: Pool, candidate: Candidate
) -> tuple[Plan, ...]:
    """Write a candidate as plans.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    pool
        The stages that the candidate counts.
    candidate
        The timing.

    Returns
    -------
    One plan a signal that serves anybody.
    """
    timings, stock = candidate.timings, pool.stock
    plans = []
    for s, name in enumerate(signals.signal_ids):
        n = int(timings.length[s])
        if not n:
            continue
        # The longest green is the one that is coordinated: it comes first.
        longest = int(np.argmax(timings.green_s[s, :n]))
        order = np.roll(timings.order[s, :n], -longest)
        green_s = np.roll(timings.green_s[s, :n], -longest).astype(np.int32)
        stages = len(pool.stages[s])
        at = int(stock.clear_start[s])
        clear_s = stock.clear_s[at : at + stages * stages].reshape(stages, stages)
        chosen: Bools = pool.stages[s][order]
        after_s = clear_s[order, np.roll(order, -1)].astype(np.int32)
        cycle_s = candidate.master_s // int(timings.repeat[s])
        skipped_s = int((green_s + after_s)[n - longest :].sum())
        plans.append(
            Plan(
                signal_id=name,
                table_version=table.version[s],
                cycle_s=cycle_s,
                offset_s=(int(timings.offset_s[s]) + skipped_s) % cycle_s,
                stages=chosen,
                green_s=green_s,
                clearance_s=after_s,
            )
        )
    return tuple(plans)
