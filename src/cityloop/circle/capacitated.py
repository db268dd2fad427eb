"""Where the next places serve most people when each holds only so many.

Current and Storbeck 1988, doi:10.1068/b150153: covering with capacities, people of one demand free
to go to several sites.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array

from cityloop.circle.milp import Program, solve
from cityloop.circle.narrow import Choice
from cityloop.circle.siting import Reachable, covering, lay_out
from cityloop.city.ways import Floats, Ints

PASSES = 3
"""So often every chosen site is tried without."""
CLOSE = 1e-9
ASSIGN_S = 10.0
"""How long the people of a choice may take to be assigned. [s]"""


class Room(NamedTuple):
    """Who may go where, and how much room there is.

    Attributes
    ----------
    site, demand
        (pairs,) who may go where.
    people
        (demands,) how many they are.
    capacity, cost
        (sites,) how many each holds, and what it costs.
    """

    site: Ints
    demand: Ints
    people: Floats
    capacity: Floats
    cost: Floats


def capacitated(
    reachable: Reachable,
    cost: Floats,
    budget: float,
    capacity: Floats,
    limit_s: float,
    rng: np.random.Generator,
) -> Choice:
    """Choose the sites that serve most people within the standard, each up to its capacity.

    Parameters
    ----------
    reachable
        Sites and demands.
    cost
        (sites,) what each costs.
    budget
        What they may cost together.
    capacity
        (sites,) how many people each can serve.
    limit_s
        How long HiGHS may take. [s]
    rng
        Chance, for the search without capacities.

    Returns
    -------
    The choice; worth is people served. The bound is the least of HiGHS', of that without
    capacities, and of the capacity that the budget buys.
    """
    lacking = reachable.had_ms > reachable.limit_ms
    serves = lacking[reachable.demand] & (reachable.time_ms <= reachable.limit_ms)
    # Demands with the same sites are one: what counts is how many people go where.
    merged = lay_out(
        reachable, np.where(serves, reachable.people[reachable.demand], 0.0), cost, merge=True
    )
    people = np.zeros(len(merged.demands))
    people[merged.demand] = merged.saved
    site = np.repeat(np.arange(reachable.sites, dtype=np.int32), np.diff(merged.start))
    room = Room(site, merged.demand, people, capacity, cost)
    free = covering(reachable, cost, budget, limit_s / 2, rng)
    bound = min(free.bound, _most_capacity(capacity, cost, budget))
    choices = [free.sites, _search(room, budget)]
    sites, worth = max(((each, _served(room, each)) for each in choices), key=lambda one: one[1])
    if bound - worth > CLOSE * max(1.0, worth) and limit_s > 0:
        found, found_worth, proven = _solve(room, budget, limit_s)
        bound = min(bound, proven)
        if found_worth > worth:
            sites, worth = found, found_worth
    return Choice(sites=np.sort(sites), worth=worth, bound=max(bound, worth))


def _search(room: Room, budget: float) -> Ints:
    """Choose greedily, then try each without and fill up again, while that serves more."""
    chosen, worth = _fill_up(room, budget, np.zeros(0, np.int32))
    for _ in range(PASSES):
        before = worth
        for j in chosen.tolist():
            other, other_worth = _fill_up(room, budget, chosen[chosen != j])
            if other_worth > worth * (1 + CLOSE):
                chosen, worth = other, other_worth
        if worth == before:
            break
    return chosen


def _fill_up(room: Room, budget: float, begin: Ints) -> tuple[Ints, float]:
    """Add the site that serves most for its cost, again and again; nobody changes place."""
    start = np.searchsorted(room.site, np.arange(len(room.capacity) + 1))
    # Who has fewest sites to choose from goes first.
    choices = np.bincount(room.demand, minlength=len(room.people))
    left, chosen, spent = room.people.copy(), [], 0.0
    ahead = begin.tolist()
    closed = np.ones(len(room.capacity), bool)
    while True:
        if ahead:
            j = ahead.pop()
        else:
            reached = np.bincount(room.site, left[room.demand], minlength=len(room.capacity))
            gain = np.minimum(reached, room.capacity) / room.cost
            gain[~closed | (spent + room.cost > budget * (1 + CLOSE))] = 0.0
            j = int(np.argmax(gain))
            if gain[j] <= 0:
                break
        its = room.demand[start[j] : start[j + 1]]
        its = its[np.argsort(choices[its], kind="stable")]
        before = np.cumsum(left[its]) - left[its]
        left[its] -= np.clip(room.capacity[j] - before, 0.0, left[its])
        closed[j] = False
        chosen.append(j)
        spent += float(room.cost[j])
    return np.array(chosen, np.int32), float((room.people - left).sum())


def _served(room: Room, sites: Ints) -> float:
    """Say how many people some sites serve if everyone goes where it is best for all."""
    kept = np.isin(room.site, sites)
    demand, at = room.demand[kept], np.unique(room.site[kept], return_inverse=True)
    pairs, m = int(kept.sum()), len(room.people)
    if pairs == 0:
        return 0.0
    number = np.arange(pairs)
    rows = coo_array(
        (np.ones(2 * pairs), (np.concatenate([demand, m + at[1]]), np.tile(number, 2))),
        shape=(m + len(at[0]), pairs),
    )
    program = Program(
        cost=-np.ones(pairs),
        most=room.people[demand],
        whole=np.zeros(pairs, bool),
        rows=csr_array(rows),
        low=np.full(m + len(at[0]), -np.inf),
        high=np.concatenate([room.people, room.capacity[at[0]]]),
    )
    return float(solve(program, ASSIGN_S).x.sum())


def _solve(room: Room, budget: float, limit_s: float) -> tuple[Ints, float, float]:
    """Give the whole problem to HiGHS; say sites, worth and bound."""
    site, demand, people, capacity, cost = room
    n, pairs, m = len(capacity), len(site), len(people)
    number = np.arange(pairs)
    # Columns: the sites, then the people that go from a demand to a site.
    rows = coo_array(
        (
            np.concatenate([np.ones(2 * pairs), np.ones(pairs), -people[demand],
                            -capacity, cost]),
            (
                np.concatenate([demand, m + site, m + n + number, m + n + number,
                                m + np.arange(n), np.full(n, m + n + pairs)]),
                np.concatenate([n + number, n + number, n + number, site,
                                np.arange(n), np.arange(n)]),
            ),
        ),
        shape=(m + n + pairs + 1, n + pairs),
    )  # fmt: skip
    program = Program(
        cost=np.concatenate([np.zeros(n), -np.ones(pairs)]),
        most=np.concatenate([np.ones(n), people[demand]]),
        whole=np.arange(n + pairs) < n,
        rows=csr_array(rows),
        low=np.full(m + n + pairs + 1, -np.inf),
        high=np.concatenate([people, np.zeros(n + pairs), [budget]]),
    )
    solved = solve(program, limit_s)
    if len(solved.x) == 0:
        return np.zeros(0, np.int32), 0.0, np.inf
    sites = np.flatnonzero(solved.x[:n] > 0.5).astype(np.int32)  # noqa: PLR2004
    return sites, float(solved.x[n:].sum()), -solved.bound


def _most_capacity(capacity: Floats, cost: Floats, budget: float) -> float:
    """Bound the capacity that a budget buys: the cheapest first, of the last one a part."""
    order = np.argsort(-capacity / cost)
    before = np.cumsum(cost[order]) - cost[order]
    share = np.clip((budget - before) / cost[order], 0.0, 1.0)
    return float(np.sum(share * capacity[order]))
