"""Every signal timed for itself, as if all came to it evenly."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Plan
from cityloop.kernels.plan_moves import GREENS, STAGES
from cityloop.kernels.plan_search import descend, settle_alone
from cityloop.kernels.streets import Streets
from cityloop.traffic.model.streets import empty_profiles
from cityloop.traffic.plan.network import LAPS, MASTERS_S, Candidate, make_candidate, make_room
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import blank_timings, mean_volume, one_period, start_timings


class Separate(NamedTuple):
    """Every signal timed for itself in one master cycle, offsets 0.

    Attributes
    ----------
    candidate
        The timing and what the model says of it if all comes evenly.
    signal_cost
        (signals,) of each; infinite where the cycle is too short for it. [veh s]
    """

    candidate: Candidate
    signal_cost: Floats


def improve_alone(streets: Streets, pool: Pool, master_s: int, laps: int = LAPS) -> Separate:
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
        As in `improve`; 0 for greens by flow ratios.

    Returns
    -------
    The timing.
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
        room = make_room(streets, master_s, timings.order.shape[1])
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
            best = make_candidate(master_s, timings, profiles)
        else:
            for kept, new in zip(best.timings, timings, strict=True):
                kept[better] = new[better]
            of_queue = better[owner]
            best.cost[of_queue] = profiles.cost[of_queue]
            best.delay[of_queue] = profiles.delay[of_queue]
            best.saturation[of_queue] = profiles.saturation[of_queue]
    assert best is not None  # noqa: S101  the loop runs twice
    return Separate(best, best_cost)


def time_masters(
    streets: Streets,
    pool: Pool,
    *,
    masters_s: Sequence[int] = MASTERS_S,
    laps: int = LAPS,
    done: Callable[[], None] = lambda: None,
) -> list[Separate]:
    """Time every signal for itself in each of some master cycles.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    masters_s
        Master cycles. [s]
    laps
        As in `improve_alone`.
    done
        Called after each.

    Returns
    -------
    (master cycles,) the timings.
    """
    whole = one_period(streets)
    found = []
    for master_s in masters_s:
        found.append(improve_alone(whole, pool, master_s, laps))
        done()
    return found


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
        room = make_room(streets, master_s, n)
        descend(master_s, streets, pool.stock, timings, profiles, room, turns, GREENS, 1, LAPS)
    own = slice(int(streets.queue_start[signal]), int(streets.queue_start[signal + 1]))
    green_s = timings.green_s[signal].astype(np.int32)
    return Alone(
        replace(plan, green_s=green_s), profiles.delay[own].copy(), profiles.saturation[own].copy()
    )
