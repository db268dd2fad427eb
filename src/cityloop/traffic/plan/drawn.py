"""Timings drawn at random, and crossed: what the search by the model never meets.

The model tells plans that jam from plans that do not, and says little of which of the good ones is
best (docs/model.md). So of those that are drawn the half that it likes best is handed on; and of
those that were best in the simulator others are made, signal by signal.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from cityloop.city.signals import SafetyTable, Signals
from cityloop.kernels.plan_moves import fit_greens
from cityloop.kernels.streets import Streets, Timings
from cityloop.traffic.plan.masters import LARGE
from cityloop.traffic.plan.network import MASTERS_S, Candidate, evaluate, make_plans, total
from cityloop.traffic.plan.options import Option
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import copy_timings, start_timings

SPREAD: Final = 0.35
"""Standard deviation of the logarithm of what greens are multiplied with."""

DRAWN_EACH: Final = 2
"""So many are drawn for each that is handed on."""

CROSS_SPREAD: Final = 0.1
"""As `SPREAD`, of the greens of those that are crossed."""

FAILS_MAX: Final = 20
"""Draws for each that is wanted, at most: in most of them the cycle may be too short."""


def draw_timings(
    streets: Streets, pool: Pool, rng: np.random.Generator
) -> tuple[int, Timings] | None:
    """Draw a timing of a network: its cycle, stages, their order, greens and offsets.

    One master cycle for all; for each signal its shipped stages or as few as serve everybody, in
    any order; greens by flow ratios times a lognormal factor; any offset.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    rng
        For everything.

    Returns
    -------
    The master cycle and the timing; None if the cycle is too short for some signal.
    """
    master_s = int(rng.choice(MASTERS_S))
    few, some_fit = start_timings(streets, pool, master_s, shipped=False)
    timings, fits = start_timings(streets, pool, master_s, shipped=True)
    fits = fits.copy()
    for s in range(len(pool.stages)):
        if some_fit[s] and (not fits[s] or rng.integers(2)):
            for mine, theirs in zip(timings, few, strict=True):
                mine[s] = theirs[s]
            fits[s] = True
        n = int(timings.length[s])
        turn = rng.permutation(n)
        timings.order[s, :n] = timings.order[s, turn]
        factor = np.exp(SPREAD * rng.standard_normal(n))
        timings.green_s[s, :n] = np.round(timings.green_s[s, turn] * factor)
        fits[s] = fits[s] and (n == 0 or fit_greens(s, master_s, pool.stock, timings))
        timings.offset_s[s] = rng.integers(master_s)
    return (master_s, timings) if fits.all() else None


def draw_candidates(
    streets: Streets, pool: Pool, count: int, rng: np.random.Generator
) -> list[Candidate]:
    """Draw timings that fit, and work out what the model says of each.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    count
        How many.
    rng
        For everything.

    Returns
    -------
    The candidates as they were drawn; fewer than `count` where hardly any cycle is long enough.
    """
    return _gather(streets, pool, count, lambda: draw_timings(streets, pool, rng))


def draw_better(
    streets: Streets, pool: Pool, count: int, rng: np.random.Generator
) -> list[Candidate]:
    """Draw candidates, and leave out those that the model likes least.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    count
        How many are wanted.
    rng
        For everything.

    Returns
    -------
    The better half of what was drawn, by the model's order; nothing for a large network, in which
    good luck at some signals is made up for by bad luck at others.
    """
    if len(pool.stages) > LARGE:
        return []
    drawn = sorted(draw_candidates(streets, pool, DRAWN_EACH * count, rng), key=total)
    return drawn[: -(-len(drawn) // DRAWN_EACH)]


def cross_candidates(
    streets: Streets, pool: Pool, parents: Sequence[Candidate], count: int, rng: np.random.Generator
) -> list[Candidate]:
    """Make candidates of others, two by two.

    The master cycle is that of the first. Each signal has the stages, greens and offset of one of
    both by chance, stretched to that cycle, its greens times a lognormal factor.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    parents
        One at least.
    count
        How many are wanted.
    rng
        For everything.

    Returns
    -------
    The candidates; fewer than `count` where hardly any cycle is long enough.
    """

    def cross() -> tuple[int, Timings] | None:
        first, second = rng.choice(len(parents), 2, replace=len(parents) < 2)  # noqa: PLR2004
        return _cross(pool, parents[first], parents[second], rng)

    return _gather(streets, pool, count, cross)


def _gather(
    streets: Streets, pool: Pool, count: int, draw: Callable[[], tuple[int, Timings] | None]
) -> list[Candidate]:
    """Draw until there are enough that fit, and evaluate them."""
    found: list[Candidate] = []
    for _ in range(FAILS_MAX * count):
        if len(found) == count:
            break
        drawn = draw()
        if drawn is not None:
            master_s, timings = drawn
            found.append(evaluate(streets, pool.stock, timings, master_s))
    return found


def _cross(
    pool: Pool, first: Candidate, second: Candidate, rng: np.random.Generator
) -> tuple[int, Timings] | None:
    """Take each signal from one of two; None if the first's cycle is too short for some signal."""
    master_s = first.master_s
    timings = copy_timings(first.timings)
    for s in range(len(pool.stages)):
        if rng.integers(2):
            for mine, theirs in zip(timings, second.timings, strict=True):
                mine[s] = theirs[s]
            timings.offset_s[s] = timings.offset_s[s] * master_s // second.master_s
        n = int(timings.length[s])
        factor = np.exp(CROSS_SPREAD * rng.standard_normal(n))
        timings.green_s[s, :n] = np.round(1000.0 * timings.green_s[s, :n] * factor)
        if n and not fit_greens(s, master_s, pool.stock, timings):
            return None
    return master_s, timings


def as_option(
    signals: Signals, table: SafetyTable, pool: Pool, name: str, candidate: Candidate
) -> Option:
    """Write a candidate as plans for all day, in one zone.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    pool
        The stages that the candidate counts.
    name
        What it is.
    candidate
        The timing.

    Returns
    -------
    The option.
    """
    return Option(
        f"{name}, cycle {candidate.master_s} s",
        (0,),
        (make_plans(signals, table, pool, candidate),),
        candidate.delay,
        candidate.saturation,
        np.zeros(len(pool.stages), np.int32),
    )
