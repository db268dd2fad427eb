"""The plan of a whole network: cycles, splits, stages, their order and offsets, by the model."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Bools, Plan, SafetyTable, Signals
from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES
from cityloop.kernels.plan_search import Room, descend, settle
from cityloop.kernels.streets import Profiles, Stock, Streets, Timings
from cityloop.traffic.model.streets import empty_profiles
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import copy_timings

MASTERS_S: Final = (40, 46, 52, 60, 66, 72, 80, 90, 100, 110, 120, 136, 150)
"""Master cycles that are tried; a signal may also run a half or a quarter of one. [s]"""

SWEEPS: Final = 12
"""Sweeps over the network until its profiles are settled, at most."""

ROUNDS: Final = ((OFFSETS, 2), (STAGES, 2), (GREENS, 3))
"""Depths of the search, one after the other, each with its number of rounds."""

ENOUGH: Final = 1e-3
"""A round that gains a smaller share ends its depth."""

LAPS: Final = 4


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


def make_room(streets: Streets, master_s: int, most: int) -> Room:
    """Make room for what any signal touches.

    Parameters
    ----------
    streets
        Queues and flows.
    master_s
        The master cycle. [s]
    most
        Most stages of a signal.

    Returns
    -------
    The room.
    """
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
        rate=np.zeros((4, master_s), np.float64),
        dirty=np.zeros(m, np.int32),
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
    room = make_room(streets, master_s, timings.order.shape[1])
    best = settle(master_s, streets, stock, timings, profiles, SWEEPS)
    kept = make_candidate(master_s, timings, profiles)
    for depth, times in rounds:
        for _ in range(times):
            turns = rng.permutation(np.flatnonzero(timings.length)).astype(np.int32)
            changes = descend(
                master_s, streets, stock, timings, profiles, room, turns, depth, 0, laps
            )
            cost = settle(master_s, streets, stock, timings, profiles, SWEEPS)
            gained, best = best - cost, min(best, cost)
            if gained > 0:
                kept = make_candidate(master_s, timings, profiles)
            if not changes or gained < ENOUGH * best:
                break
        for mine, theirs in zip(timings, kept.timings, strict=True):
            mine[:] = theirs
        settle(master_s, streets, stock, timings, profiles, SWEEPS)
    return kept


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
    return make_candidate(master_s, timings, profiles)


def make_candidate(master_s: int, timings: Timings, profiles: Profiles) -> Candidate:
    """Keep a timing and what the model says of it.

    Parameters
    ----------
    master_s
        The master cycle. [s]
    timings
        The timing.
    profiles
        What follows from it.

    Returns
    -------
    Copies of both.
    """
    return Candidate(
        master_s,
        copy_timings(timings),
        profiles.cost.copy(),
        profiles.delay.copy(),
        profiles.saturation.copy(),
    )


def total(candidate: Candidate) -> float:
    """Sum what a candidate costs.

    Parameters
    ----------
    candidate
        The candidate.

    Returns
    -------
    The cost of all queues. [veh s]
    """
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
