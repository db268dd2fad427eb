"""Sites against brute force, and bounds that hold."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityloop.circle.capacitated import capacitated
from cityloop.circle.narrow import Choice
from cityloop.circle.siting import (
    Reachable,
    covering,
    p_median,
    set_covering,
)

LIMIT_MS = 600_000.0


@st.composite
def problems(draw):
    """Draw a few sites, demands, ways between them and a budget."""
    sites, demands = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    site, demand = np.nonzero(rng.random((sites, demands)) < 0.4)
    reachable = Reachable(
        site=site.astype(np.int32),
        demand=demand.astype(np.int32),
        time_ms=rng.integers(0, int(1.3 * LIMIT_MS), len(site)).astype(np.int32),
        sites=sites,
        people=rng.integers(0, 20, demands).astype(float),
        had_ms=rng.choice([120_000.0, LIMIT_MS, 2e9], demands, p=[0.1, 0.1, 0.8]),
        limit_ms=LIMIT_MS,
    )
    cost = np.ones(sites)
    if draw(st.booleans()):
        cost = rng.integers(1, 5, sites).astype(float)
    return reachable, cost, float(draw(st.integers(0, 8)))


NONE = Reachable(
    site=np.zeros(0, np.int32), demand=np.zeros(0, np.int32), time_ms=np.zeros(0, np.int32),
    sites=2, people=np.ones(2), had_ms=np.full(2, 2e9), limit_ms=LIMIT_MS,
)  # fmt: skip


def chance():
    return np.random.default_rng(0)


def covered(reachable, sites):
    """Count the people who are brought within the standard, one by one."""
    new = {
        int(d)
        for s, d, t in zip(reachable.site, reachable.demand, reachable.time_ms, strict=True)
        if s in sites and t <= LIMIT_MS and reachable.had_ms[d] > LIMIT_MS
    }
    return sum(reachable.people[d] for d in new), new


def saved_min(reachable, sites):
    """Add up the minutes that need not be walked, one by one."""
    total = 0.0
    for d, people in enumerate(reachable.people):
        had = min(reachable.had_ms[d], LIMIT_MS)
        best = min(
            [had]
            + [
                t
                for s, other, t in zip(
                    reachable.site, reachable.demand, reachable.time_ms, strict=True
                )
                if other == d and s in sites
            ]
        )
        total += people * (had - best) / 60_000
    return total


def choices(reachable, cost, budget):
    for size in range(reachable.sites + 1):
        for sites in itertools.combinations(range(reachable.sites), size):
            if cost[list(sites)].sum() <= budget:
                yield set(sites)


@settings(max_examples=40)
@given(problems())
@example((NONE, np.ones(2), 1.0))
@pytest.mark.parametrize(("method", "judge"), [(covering, covered), (p_median, saved_min)])
def test_choices_are_the_best_that_brute_force_finds(method, judge, problem):
    reachable, cost, budget = problem

    def worth(sites):
        found = judge(reachable, sites)
        return found[0] if isinstance(found, tuple) else found

    choice = method(reachable, cost, budget, 5.0, chance())
    best = max(worth(sites) for sites in choices(reachable, cost, budget))
    assert worth(set(choice.sites.tolist())) == pytest.approx(choice.worth)
    assert cost[choice.sites].sum() <= budget
    assert choice.worth == pytest.approx(best)
    assert choice.bound >= best - 1e-6
    assert choice.gap <= 1e-5


@settings(max_examples=40)
@given(problems())
@example((NONE, np.ones(2), 1.0))
def test_set_covering_is_the_cheapest(problem):
    reachable, cost, _ = problem
    choice = set_covering(reachable, cost, 5.0)
    _, everyone = covered(reachable, set(range(reachable.sites)))
    everyone = {d for d in everyone if reachable.people[d] > 0}
    prices = [
        cost[list(sites)].sum()
        for sites in choices(reachable, cost, np.inf)
        if everyone <= covered(reachable, sites)[1]
    ]
    assert everyone <= covered(reachable, set(choice.sites.tolist()))[1]
    assert choice.worth == pytest.approx(min(prices))
    assert choice.bound == pytest.approx(min(prices))


@settings(max_examples=40)
@given(problems())
@example((NONE, np.ones(2), 1.0))
def test_without_a_limit_capacities_change_nothing_and_bounds_hold(problem):
    reachable, cost, budget = problem
    free = covering(reachable, cost, budget, 5.0, chance())
    ample = capacitated(reachable, cost, budget, np.full(reachable.sites, 1e6), 5.0, chance())
    assert ample.worth == pytest.approx(free.worth)
    tight = capacitated(reachable, cost, budget, np.full(reachable.sites, 3.0), 5.0, chance())
    assert tight.worth <= 3.0 * len(tight.sites) + 1e-6
    assert tight.worth <= tight.bound + 1e-6
    assert tight.gap <= 1e-5


def test_one_site_of_ten_seats_serves_ten_of_fifty():
    reachable = Reachable(
        site=np.array([0, 1], np.int32), demand=np.array([0, 0], np.int32),
        time_ms=np.zeros(2, np.int32), sites=2, people=np.array([50.0]),
        had_ms=np.array([2e9]), limit_ms=LIMIT_MS,
    )  # fmt: skip
    choice = capacitated(reachable, np.ones(2), 1.0, np.array([10.0, 7.0]), 5.0, chance())
    assert choice == Choice(sites=np.array([0], np.int32), worth=10.0, bound=10.0)


def town():
    """Draw two thousand demands in a square and 300 sites that reach a tenth of its width."""
    rng = np.random.default_rng(3)
    homes, doors = rng.random((2000, 2)), rng.random((300, 2))
    way = np.linalg.norm(homes[None] - doors[:, None], axis=2)
    site, demand = np.nonzero(way < 0.1)
    return Reachable(
        site=site.astype(np.int32),
        demand=demand.astype(np.int32),
        time_ms=(way[site, demand] * 10 * LIMIT_MS).astype(np.int32),
        sites=300,
        people=rng.gamma(1.0, 1.0, 2000),
        had_ms=np.full(2000, 2e9),
        limit_ms=LIMIT_MS,
    )


@pytest.mark.parametrize(("seats", "gap_max"), [(20.0, 1e-6), (60.0, 0.03)])
def test_at_the_size_of_a_town_seats_are_filled(seats, gap_max):
    choice = capacitated(town(), np.ones(300), 20.0, np.full(300, seats), 2.0, chance())
    assert len(choice.sites) == 20
    assert choice.worth <= 20 * seats + 1e-6
    assert choice.gap <= gap_max


def test_at_the_size_of_a_town_what_is_found_is_close_to_what_is_proven():
    reachable = town()
    choice = covering(reachable, np.ones(300), 20.0, 2.0, chance())
    assert covered(reachable, set(choice.sites.tolist()))[0] == pytest.approx(choice.worth)
    assert choice.gap < 0.01
