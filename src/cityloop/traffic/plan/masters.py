"""A network's timing in its best master cycles, searched with the model."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from cityloop.kernels.plan_moves import GREENS, OFFSETS, STAGES
from cityloop.kernels.streets import Streets
from cityloop.traffic.plan.alone import Separate, improve_alone, time_masters
from cityloop.traffic.plan.network import (
    ENOUGH,
    LAPS,
    ROUNDS,
    Candidate,
    evaluate,
    improve,
    total,
)
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import copy_timings, one_period, start_timings

FINE_ROUNDS: Final = ((GREENS, 2),)
"""Depths of the search with all periods, one after the other, each with its number of rounds."""

DOUBLE_ROUNDS: Final = ((STAGES, 1), (GREENS, 1))
LARGE_MASTERS_S: Final = (40, 60, 80, 100, 120, 150)
LARGE_ROUNDS: Final = ((OFFSETS, 1), (STAGES, 1), (GREENS, 1))
"""In a large network less is tried, in one master cycle."""

LARGE: Final = 60
LARGE_KEPT: Final = 1
"""A network of more signals is large; fewer of its master cycles are gone into."""

MASTERS_KEPT: Final = 6
CYCLE_S_MAX: Final = 240
"""The longest cycle that the gate lets pass. [s]"""


def search(
    streets: Streets,
    pool: Pool,
    rng: np.random.Generator,
    alone: Sequence[Separate],
    *,
    keep: int = MASTERS_KEPT,
    done: Callable[[], None] = lambda: None,
) -> list[Candidate]:
    """Time a network in those master cycles in which its signals, each for itself, are best off.

    The best one is also tried with twice the cycle, so that some signals may have a double one.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    rng
        For the order in which signals take turns.
    alone
        What `time_masters` gives.
    keep
        How many of them are gone into.
    done
        Called after each, `keep` times at most.

    Returns
    -------
    The best of each master cycle, best first; empty where no cycle is long enough.
    """
    fit = [each.candidate for each in alone if np.isfinite(each.signal_cost).all()]
    whole = one_period(streets)
    large = len(pool.stages) > LARGE
    rounds, laps = (LARGE_ROUNDS, 1) if large else (ROUNDS, LAPS)
    candidates = []
    for each in sorted(fit, key=total)[: LARGE_KEPT if large else keep]:
        begin, master_s = each.timings, each.master_s
        if large:
            begin = improve_alone(whole, pool, master_s, 1).candidate.timings
        found = improve(whole, pool.stock, begin, master_s, rng, rounds, laps)
        if len(streets.flat) > 1:
            fine = LARGE_ROUNDS if large else FINE_ROUNDS
            found = improve(streets, pool.stock, found.timings, master_s, rng, fine, laps)
        candidates.append(found)
        done()
    candidates.sort(key=total)
    if candidates and not large:
        double = _doubled(streets, pool, candidates[0], rng)
        candidates += [double] if double is not None else []
    return sorted(candidates, key=total)


def _doubled(
    streets: Streets, pool: Pool, single: Candidate, rng: np.random.Generator
) -> Candidate | None:
    """Search on with twice the master cycle, which each signal at first runs twice as often.

    Nothing if that is too long for any signal, or if no signal gains by it.
    """
    master_s = 2 * single.master_s
    if master_s > CYCLE_S_MAX:
        return None
    timings = copy_timings(single.timings)
    timings.repeat[:] *= 2
    found = improve(streets, pool.stock, timings, master_s, rng, DOUBLE_ROUNDS)
    used = found.timings.repeat[found.timings.length > 0]
    gained = total(single) - total(found)
    return found if (used == 1).any() and gained > ENOUGH * total(single) else None


def plan_large(
    streets: Streets,
    pool: Pool,
    rng: np.random.Generator,
    *,
    masters_s: Sequence[int] = LARGE_MASTERS_S,
) -> tuple[Candidate, Candidate]:
    """Time a large network in the one master cycle that suits its signals, each for itself, best.

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
    rough = time_masters(streets, pool, masters_s=masters_s, laps=0)
    found = search(streets, pool, rng, rough, keep=1)
    if not found:
        raise ValueError("no master cycle is long enough")
    best = evaluate(streets, pool.stock, found[0].timings, found[0].master_s)
    begin, fits = start_timings(one_period(streets), pool, best.master_s, shipped=True)
    if not fits.all():
        return best, best
    start = evaluate(streets, pool.stock, begin, best.master_s)
    return start, min(best, start, key=total)
