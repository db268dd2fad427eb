"""Narrowing the best choice of sites down, from below and from above, until the two meet.

From below: greedy choice, swaps, and a search around the best one (ruin and recreate: Schrimpf et
al. 2000, doi:10.1006/jcph.1999.6413). From above: prices at which every choice is worth too much
(Geoffrion 1974, doi:10.1007/BFb0120690), led by subgradients or taken from the linear relaxation.
What is left open in the end goes to HiGHS.
"""

from typing import Final

import numpy as np
from scipy.sparse import coo_array, csr_array

from cityloop.circle.milp import Program, prices, solve
from cityloop.city.records import record
from cityloop.city.ways import Floats, Ints
from cityloop.kernels import siting as kernel

ROUNDS: Final = 40
STEPS: Final = 1000
SWAPS: Final = 50
GOOD_GAP: Final = 1e-6
EXACT_ENTRIES_MAX: Final = 150_000
"""Up to so many entries, what the bound leaves open is handed to HiGHS."""
SEARCHED_ENTRIES: Final = 90_000_000
"""How many entries the search around a choice may see, all its rounds together."""
SEARCHES_MAX: Final = 400
SEARCHED_MIN: Final = 5_000
"""Problems of fewer entries are settled by HiGHS sooner than by a search."""
RUINED: Final = (3, 12)
"""How many sites a round of the search takes away, at least and below."""
ADDED: Final = 2
"""How many drawn sites it puts in before it fills up with the best."""
WORSE: Final = 5e-4
"""The search goes on from a choice that is worse by no more than this share."""


@record
class Choice:
    """Chosen sites and what they are worth.

    Parameters
    ----------
    sites
        (chosen,) which sites, in rising order.
    worth
        What they add: people covered, or person-minutes saved; for set covering, their cost.
    bound
        No choice is worth more; for set covering, none costs less.
    """

    sites: Ints
    worth: float
    bound: float

    @property
    def gap(self) -> float:
        """How far from the best possible it can be at most, as a share of it."""
        if not np.isfinite(self.bound):
            return float("inf")
        largest = max(abs(self.bound), abs(self.worth))
        return abs(self.bound - self.worth) / largest if largest > 0 else 0.0


def narrow(
    savings: kernel.Savings, budget: float, limit_s: float, rng: np.random.Generator, *, alike: bool
) -> Choice:
    """Find a choice, and a bound that no choice exceeds, as close together as the time allows.

    Parameters
    ----------
    savings
        What each site saves for each demand.
    budget
        What the chosen sites may cost together.
    limit_s
        How long HiGHS may take for what the bound leaves open. [s]
    rng
        Chance, for the search around the best choice.
    alike
        Whether every site that saves something for a demand saves the same for it, as in covering.

    Returns
    -------
    The choice; worth is what it saves.
    """
    sites = kernel.greedy(savings, budget, np.zeros(0, np.int32))
    sites, worth = kernel.swap(savings, budget, sites, SWAPS)
    price, bound, site_worth = np.zeros(len(savings.demands)), np.inf, np.zeros(0)
    for _ in range(ROUNDS):
        before = (worth, bound)
        lower, price, site_worth = kernel.bound(savings, budget, worth, price, STEPS)
        bound = min(bound, lower)
        # The sites that the prices like best are a good place to begin from.
        ranked = np.argsort(-site_worth / savings.cost, kind="stable")
        within = ranked[np.cumsum(savings.cost[ranked]) <= budget + GOOD_GAP].astype(np.int32)
        other = kernel.greedy(savings, budget, within)
        other, other_worth = kernel.swap(savings, budget, other, SWAPS)
        if other_worth > worth:
            sites, worth = other, other_worth
        if bound - worth <= GOOD_GAP * max(1.0, worth) or before == (worth, bound):
            break
        if worth <= before[0] and bound > before[1] * (1 - GOOD_GAP):
            break
    wide = bound - worth > GOOD_GAP * max(1.0, worth) and limit_s > 0
    if wide and len(savings.demand) > SEARCHED_MIN:
        sites, worth = _search_around(savings, budget, sites, worth, rng)
        if alike:
            begin = _relaxed_prices(savings, budget, limit_s)
            lower, _, its_worth = kernel.bound(savings, budget, worth, begin, STEPS)
            if lower < bound:
                bound, site_worth = lower, its_worth
    found = Choice(sites=sites, worth=worth, bound=max(bound, worth))
    if found.bound - worth > GOOD_GAP * max(1.0, worth) and limit_s > 0:
        return _finish(savings, budget, found, site_worth, limit_s)
    return found


def _search_around(
    savings: kernel.Savings, budget: float, sites: Ints, worth: float, rng: np.random.Generator
) -> tuple[Ints, float]:
    """Take some sites away, put others in, fill up and swap, again and again; keep the best."""
    here, here_worth = sites, worth
    for _ in range(min(SEARCHES_MAX, SEARCHED_ENTRIES // len(savings.demand))):
        kept = rng.permutation(here)[int(rng.integers(*RUINED)) + ADDED :]
        drawn = rng.integers(len(savings.cost), size=ADDED)
        begin = np.unique(np.concatenate([kept, drawn])).astype(np.int32)
        if savings.cost[begin].sum() > budget:
            begin = np.sort(kept).astype(np.int32)
        other = kernel.greedy(savings, budget, begin)
        other, other_worth = kernel.swap(savings, budget, other, SWAPS)
        if other_worth >= here_worth * (1 - WORSE):
            here, here_worth = other, other_worth
        if other_worth > worth:
            sites, worth = other, other_worth
    return sites, worth


def _relaxed_prices(savings: kernel.Savings, budget: float, limit_s: float) -> Floats:
    """Give the prices of demands in the linear relaxation of covering; 0 where time runs out."""
    n, m = len(savings.cost), len(savings.demands)
    site = np.repeat(np.arange(n), np.diff(savings.start))
    people = np.zeros(m)
    people[savings.demand] = savings.saved
    # Columns: sites, then demands. A demand is served as far as its sites are open.
    rows = coo_array(
        (
            np.concatenate([-np.ones(len(site)), np.ones(m), savings.cost]),
            (
                np.concatenate([savings.demand, np.arange(m), np.full(n, m)]),
                np.concatenate([site, n + np.arange(m), np.arange(n)]),
            ),
        ),
        shape=(m + 1, n + m),
    )
    program = Program(
        cost=np.concatenate([np.zeros(n), -people]),
        most=np.ones(n + m),
        whole=np.zeros(n + m, bool),
        rows=csr_array(rows),
        low=np.full(m + 1, -np.inf),
        high=np.concatenate([np.zeros(m), [budget]]),
    )
    # What a demand is worth to the sites that serve it is the price of its row; the rest is ours.
    return np.asarray(np.clip(people - np.abs(prices(program, limit_s)[:m]), 0.0, None))


def _finish(
    savings: kernel.Savings, budget: float, found: Choice, site_worth: Floats, limit_s: float
) -> Choice:
    """Let HiGHS decide on the sites that no bound has decided on."""
    n = len(savings.cost)
    shut = np.zeros(n, bool)
    if np.all(savings.cost == 1.0):
        # To force a site in that the prices do not choose costs the difference to the last chosen.
        p = min(int(budget), n)
        chosen = np.sort(site_worth)[::-1]
        last = chosen[p - 1] if p > 0 else 0.0
        shut = found.bound - last + site_worth < found.worth - GOOD_GAP * found.worth
        shut[found.sites] = False
    entry_site = np.repeat(np.arange(n), np.diff(savings.start))
    live = ~shut[entry_site]
    if live.sum() > EXACT_ENTRIES_MAX:
        return found
    site, demand, saved = entry_site[live], savings.demand[live], savings.saved[live]
    m, entries = len(savings.demands), int(live.sum())
    number = np.arange(entries)
    # Columns: sites, then entries. A demand is served once, by an open site.
    rows = coo_array(
        (
            np.concatenate([np.ones(entries), np.ones(entries), -np.ones(entries), savings.cost]),
            (
                np.concatenate([demand, m + number, m + number, np.full(n, m + entries)]),
                np.concatenate([n + number, n + number, site, np.arange(n)]),
            ),
        ),
        shape=(m + entries + 1, n + entries),
    )
    program = Program(
        cost=np.concatenate([np.zeros(n), -saved]),
        most=np.concatenate([np.where(shut, 0.0, 1.0), np.ones(entries)]),
        whole=np.arange(n + entries) < n,
        rows=csr_array(rows),
        low=np.full(m + entries + 1, -np.inf),
        high=np.concatenate([np.ones(m), np.zeros(entries), [budget]]),
    )
    solved = solve(program, limit_s)
    # What was shut is proven to be worth less than what is found.
    bound = min(found.bound, max(found.worth, -solved.bound))
    if len(solved.x):
        sites = np.flatnonzero(solved.x[:n] > 0.5).astype(np.int32)  # noqa: PLR2004
        worth = float(kernel.value(savings, sites))
        if worth > found.worth:
            return Choice(sites=sites, worth=worth, bound=max(bound, worth))
    return Choice(sites=found.sites, worth=found.worth, bound=bound)
