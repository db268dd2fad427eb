"""Choosing sites: a bound from above and good choices from below.

Every site saves something for every demand that it can serve; a demand takes the best of what is
open. Covering is the case in which all savings of a demand are alike, p-median the one in which a
saving is the way that need not be walked.
"""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

EASE_MIN = 1e-4
EASE_AFTER = 30
"""So many steps without a better bound make the steps half as long."""


class Savings(NamedTuple):
    """What each site saves for each demand.

    Attributes
    ----------
    start
        (sites + 1,) the entries of each site.
    demand, saved
        (entries,) which demand, and what is saved for it, more than 0.
    cost
        (sites,) what a site costs, more than 0.
    demands
        (demands,) room for one value a demand; only its length counts.
    """

    start: Longs
    demand: Ints
    saved: Floats
    cost: Floats
    demands: Floats


@numba.njit(cache=True, nogil=True)
def bound(
    savings: Savings, budget: float, known: float, price: Floats, steps: int
) -> tuple[float, Floats, Floats]:
    """Bound what any choice within the budget can save, by Lagrangian relaxation.

    That a demand is served once is relaxed at a price; the prices are led by subgradients with
    Polyak's step. Every step gives a valid bound (Geoffrion 1974, doi:10.1007/BFb0120690).

    Parameters
    ----------
    savings
        The problem.
    budget
        What the chosen sites may cost together.
    known
        What some choice is known to save.
    price
        (demands,) where to begin, 0 or more.
    steps
        How many steps at most.

    Returns
    -------
    The least bound, the prices that give it, and (sites,) what each site is worth at them.
    """
    n, m = len(savings.cost), len(savings.demands)
    best, best_price, best_worth = np.inf, price.copy(), np.zeros(n)
    price = price.copy()
    worth, served = np.empty(n), np.empty(m)
    ease, idle = 1.5, 0
    for _ in range(steps):
        total = _relaxed(savings, budget, price, worth, served)
        if total < best - 1e-9 * abs(best) or best == np.inf:
            best, idle = total, 0
            best_price[:], best_worth[:] = price, worth
        else:
            idle += 1
            if idle >= EASE_AFTER:
                ease, idle = ease / 2, 0
                price[:] = best_price
        slope = 0.0
        for i in range(m):
            slope += (1.0 - served[i]) ** 2
        gap = total - known
        if slope == 0.0 or gap <= 0.0 or ease < EASE_MIN:
            break
        step = ease * gap / slope
        for i in range(m):
            price[i] = max(0.0, price[i] - step * (1.0 - served[i]))
    return best, best_price, best_worth


@numba.njit(cache=True, nogil=True)
def _relaxed(
    savings: Savings, budget: float, price: Floats, worth: Floats, served: Floats
) -> float:
    """Give the bound at some prices; write worth of sites, and how often demands are served."""
    start, demand, saved = savings.start, savings.demand, savings.saved
    for j in range(len(worth)):
        worth[j] = 0.0
        for e in range(start[j], start[j + 1]):
            worth[j] += max(0.0, saved[e] - price[demand[e]])
    total, left = price.sum(), budget
    served[:] = 0.0
    for j in np.argsort(-worth / savings.cost):
        if left <= 0.0 or worth[j] <= 0.0:
            break
        # Of the last one as much as the budget leaves: that bounds every whole choice, too.
        share = min(1.0, left / savings.cost[j])
        left -= share * savings.cost[j]
        total += share * worth[j]
        for e in range(start[j], start[j + 1]):
            if saved[e] > price[demand[e]]:
                served[demand[e]] += share
    return float(total)


@numba.njit(cache=True, nogil=True)
def greedy(savings: Savings, budget: float, begin: Ints) -> Ints:
    """Choose sites one by one, each time the one that adds most for its cost.

    Parameters
    ----------
    savings
        The problem.
    budget
        What all chosen sites may cost together.
    begin
        Sites that are chosen already.

    Returns
    -------
    The chosen sites.
    """
    n = len(savings.cost)
    chosen = np.zeros(n, np.bool_)
    had = np.zeros(len(savings.demands))
    left = budget
    for j in begin:
        chosen[j] = True
        left -= savings.cost[j]
        _take(savings, j, had)
    while True:
        pick, most = -1, 0.0
        for j in range(n):
            if not chosen[j] and savings.cost[j] <= left + 1e-9:
                more = _added(savings, j, had) / savings.cost[j]
                if more > most:
                    pick, most = j, more
        if pick < 0:
            return np.flatnonzero(chosen).astype(np.int32)
        chosen[pick] = True
        left -= savings.cost[pick]
        _take(savings, pick, had)


@numba.njit(cache=True, nogil=True)
def swap(savings: Savings, budget: float, chosen: Ints, rounds: int) -> tuple[Ints, float]:
    """Exchange one chosen site for another as long as that saves more.

    Parameters
    ----------
    savings
        The problem.
    budget
        What all chosen sites may cost together.
    chosen
        The sites to begin with.
    rounds
        How often to go through all of them at most.

    Returns
    -------
    The chosen sites, and what they save.
    """
    n = len(savings.cost)
    sites = chosen.copy()
    is_open = np.zeros(n, np.bool_)
    is_open[sites] = True
    spent = savings.cost[sites].sum()
    total = value(savings, sites)
    had = np.zeros(len(savings.demands))
    for _ in range(rounds):
        improved = False
        for i in range(len(sites)):
            out = sites[i]
            had[:] = 0.0
            for j in sites:
                if j != out:
                    _take(savings, j, had)
            room = budget - spent + savings.cost[out] + 1e-9
            without = had.sum()
            pick, most = out, total
            for j in range(n):
                if not is_open[j] and savings.cost[j] <= room:
                    new = without + _added(savings, j, had)
                    if new > most + 1e-9 * abs(most):
                        pick, most = j, new
            if pick != out:
                is_open[out], is_open[pick] = False, True
                sites[i], total = pick, most
                spent += savings.cost[pick] - savings.cost[out]
                improved = True
        if not improved:
            break
    return np.sort(sites), value(savings, sites)


@numba.njit(cache=True, nogil=True)
def value(savings: Savings, sites: Ints) -> float:
    """Give what a choice saves.

    Parameters
    ----------
    savings
        The problem.
    sites
        The chosen sites.

    Returns
    -------
    The best saving of every demand, added up.
    """
    had = np.zeros(len(savings.demands))
    for j in sites:
        _take(savings, j, had)
    return float(had.sum())


@numba.njit(cache=True, nogil=True)
def _added(savings: Savings, j: int, had: Floats) -> float:
    """Give what one more site would add."""
    more = 0.0
    for e in range(savings.start[j], savings.start[j + 1]):
        more += max(0.0, savings.saved[e] - had[savings.demand[e]])
    return more


@numba.njit(cache=True, nogil=True)
def _take(savings: Savings, j: int, had: Floats) -> None:
    """Let every demand take a site if it is better than what it had."""
    for e in range(savings.start[j], savings.start[j + 1]):
        had[savings.demand[e]] = max(had[savings.demand[e]], savings.saved[e])
