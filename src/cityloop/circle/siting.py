"""Where the next places help most: existing ones kept, each answer with its proven gap.

Covering is Church and ReVelle 1974 (doi:10.1007/BF01942293), p-median ReVelle and Swain 1970
(doi:10.1111/j.1538-4632.1970.tb00142.x), set covering Toregas et al. 1971
(doi:10.1287/opre.19.6.1363).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from cityloop.circle.milp import Program, solve
from cityloop.circle.narrow import Choice, narrow
from cityloop.city.ways import Floats, Ints
from cityloop.kernels import siting as kernel


class Reachable(NamedTuple):
    """Which demands a site can serve.

    Attributes
    ----------
    site, demand
        (pairs,) of each pair.
    time_ms
        (pairs,) the way between. [ms]
    sites
        How many sites there are.
    people
        (demands,) people of each demand.
    had_ms
        (demands,) the way to the nearest place that exists; the limit or more for none. [ms]
    limit_ms
        The standard. [ms]
    """

    site: Ints
    demand: Ints
    time_ms: Ints
    sites: int
    people: Floats
    had_ms: Floats
    limit_ms: float


def covering(
    reachable: Reachable, cost: Floats, budget: float, limit_s: float, rng: np.random.Generator
) -> Choice:
    """Choose the sites that bring most people within the standard who are not yet.

    Parameters
    ----------
    reachable
        Sites and demands.
    cost
        (sites,) what each costs; all 1 for a number of sites.
    budget
        What they may cost together.
    limit_s
        How long HiGHS may take for what the bound leaves open. [s]
    rng
        Chance, for the search around the best choice.

    Returns
    -------
    The choice; worth is people.
    """
    lacking = reachable.had_ms > reachable.limit_ms
    serves = lacking[reachable.demand] & (reachable.time_ms <= reachable.limit_ms)
    saved = np.where(serves, reachable.people[reachable.demand], 0.0)
    savings = lay_out(reachable, saved, cost, merge=True)
    return narrow(savings, budget, limit_s, rng, alike=True)


def p_median(
    reachable: Reachable, cost: Floats, budget: float, limit_s: float, rng: np.random.Generator
) -> Choice:
    """Choose the sites that shorten the ways most, all people together.

    Whoever has no place within the longest way that is known counts as walking that way.

    Parameters
    ----------
    reachable
        Sites and demands, up to the longest way that counts.
    cost
        (sites,) what each costs.
    budget
        What they may cost together.
    limit_s
        How long HiGHS may take for what the bound leaves open. [s]
    rng
        Chance, for the search around the best choice.

    Returns
    -------
    The choice; worth is person-minutes that need not be walked.
    """
    had_ms = np.minimum(reachable.had_ms, reachable.limit_ms)[reachable.demand]
    minutes = np.maximum(0.0, had_ms - reachable.time_ms) / 60_000
    saved = reachable.people[reachable.demand] * minutes
    savings = lay_out(reachable, saved, cost, merge=False)
    return narrow(savings, budget, limit_s, rng, alike=False)


def set_covering(reachable: Reachable, cost: Floats, limit_s: float) -> Choice:
    """Choose the cheapest sites that bring everyone within the standard who can be brought.

    Parameters
    ----------
    reachable
        Sites and demands.
    cost
        (sites,) what each costs.
    limit_s
        How long HiGHS may take. [s]

    Returns
    -------
    The choice; worth is what it costs.
    """
    lacking = (reachable.had_ms > reachable.limit_ms) & (reachable.people > 0)
    serves = lacking[reachable.demand] & (reachable.time_ms <= reachable.limit_ms)
    rows = csr_array(
        (np.ones(serves.sum()), (reachable.demand[serves], reachable.site[serves])),
        shape=(len(reachable.people), reachable.sites),
    )
    rows.data[:] = 1.0
    needed = _distinct(rows[np.flatnonzero(np.diff(rows.indptr) > 0)])
    if needed.shape[0] == 0:
        return Choice(sites=np.zeros(0, np.int32), worth=0.0, bound=0.0)
    n = reachable.sites
    program = Program(
        cost=cost.astype(np.float64),
        most=np.ones(n),
        whole=np.ones(n, bool),
        rows=needed,
        low=np.ones(needed.shape[0]),
        high=np.full(needed.shape[0], np.inf),
    )
    solved = solve(program, limit_s)
    # HiGHS is not given the greedy answer to begin with: 1.16 then stops long before its limit.
    x = _cheap_cover(needed, cost)
    if len(solved.x) and cost @ solved.x < cost @ x:
        x = solved.x
    sites = np.flatnonzero(x > 0.5).astype(np.int32)  # noqa: PLR2004  whole but for rounding
    return Choice(sites=sites, worth=float(cost[sites].sum()), bound=solved.bound)


def lay_out(reachable: Reachable, saved: Floats, cost: Floats, *, merge: bool) -> kernel.Savings:
    """Lay savings out site by site.

    Parameters
    ----------
    reachable
        Sites and demands.
    saved
        (pairs,) what each pair saves; pairs that save nothing are left out.
    cost
        (sites,) what each costs.
    merge
        Whether demands with the same sites become one.

    Returns
    -------
    The same, site by site.
    """
    kept = saved > 0
    site, demand, saved = reachable.site[kept], reachable.demand[kept], saved[kept]
    m = len(reachable.people)
    if merge and len(site):
        order = np.lexsort((site, demand))
        site, demand, saved = site[order], demand[order], saved[order]
        first = np.flatnonzero(np.concatenate([[True], np.diff(demand) != 0]))
        last = np.append(first[1:], len(demand))
        groups: dict[bytes, int] = {}
        sums: list[float] = []
        keep = np.zeros(len(site), bool)
        for begin, end in zip(first.tolist(), last.tolist(), strict=True):
            group = groups.setdefault(site[begin:end].tobytes(), len(sums))
            if group == len(sums):
                sums.append(0.0)
                keep[begin:end] = True
                demand[begin:end] = group
            sums[group] += float(saved[begin])
        site, demand = site[keep], demand[keep]
        saved, m = np.array(sums)[demand], len(sums)
    order = np.argsort(site, kind="stable")
    site = site[order]
    return kernel.Savings(
        np.searchsorted(site, np.arange(reachable.sites + 1)).astype(np.int64),
        demand[order].astype(np.int32),
        saved[order].astype(np.float64),
        cost.astype(np.float64),
        np.zeros(m),
    )


def _distinct(rows: csr_array) -> csr_array:
    """Leave out rows that are there twice."""
    seen: dict[bytes, int] = {}
    for r in range(rows.shape[0]):
        part = np.sort(rows.indices[rows.indptr[r] : rows.indptr[r + 1]])
        seen.setdefault(part.tobytes(), r)
    return csr_array(rows[sorted(seen.values())])


def _cheap_cover(rows: csr_array, cost: Floats) -> Floats:
    """Cover all rows greedily, as an answer to begin with."""
    left = np.ones(rows.shape[0], bool)
    x = np.zeros(rows.shape[1])
    by_site = rows.T.tocsr()
    while left.any():
        gain = (by_site @ left.astype(float)) / cost
        pick = int(np.argmax(gain))
        x[pick] = 1.0
        left[by_site.indices[by_site.indptr[pick] : by_site.indptr[pick + 1]]] = False
    return x
