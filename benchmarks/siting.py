"""Largest covering at the size of a city: what is found, what is proven, and how fast.

    python benchmarks/siting.py [--limit 60] [--highs]

21,737 demands and 1,000 candidate sites on Porto Alegre's ways; 50 to open.
With --highs, HiGHS alone gets the same problem and the same time.
"""

import argparse
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from cityloop.circle.narrow import Choice
from cityloop.circle.persons import PERSONS
from cityloop.circle.reach import stand, weave
from cityloop.circle.siting import Reachable, covering, p_median
from cityloop.city.ways import Spots
from cityloop.feeds.osm_extract import read_extract
from cityloop.feeds.osm_ways import build_ways
from cityloop.kernels.reach import Places, pairs
from cityloop.kernels.search import Points

EXTRACT = Path(__file__).resolve().parents[2] / "shared/data/circle/porto_alegre/poa_osm.pbf"
DEMANDS, SITES, OPEN = 21_737, 1_000, 50
PEOPLE = 812_935.0
MINUTES = (8, 10, 15)
GOAL_GAP, GOAL_S = 0.01, 60.0


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description="Largest covering at the size of a city.")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for HiGHS, at the end")
    parser.add_argument("--highs", action="store_true", help="HiGHS alone, too (60 s each)")
    given = parser.parse_args()
    print(", ".join(f"{name} {version(name)}" for name in ("highspy", "numba", "numpy")))
    for minutes in (MINUTES[0], *MINUTES):  # the first time compiles
        problem = make_problem(minutes)
        for name, method in (("covering", covering), ("p-median", p_median)):
            began, began_cpu = perf_counter(), process_time()
            rng = np.random.default_rng(0)
            choice = method(problem, np.ones(SITES), float(OPEN), given.limit, rng)
            cpu_s = process_time() - began_cpu
            say(f"{minutes:>2} min {name}", problem, choice, perf_counter() - began, cpu_s)
        if given.highs:
            began, began_cpu = perf_counter(), process_time()
            choice = alone(problem)
            cpu_s = process_time() - began_cpu
            say(f"{minutes:>2} min HiGHS", problem, choice, perf_counter() - began, cpu_s)


def say(name: str, problem: Reachable, choice: Choice, took_s: float, cpu_s: float) -> None:
    """Print one line."""
    good = choice.gap <= GOAL_GAP and took_s <= GOAL_S
    print(
        f"{name}: {len(problem.site):,} pairs, worth {choice.worth:,.0f}, bound "
        f"{choice.bound:,.0f}, gap {choice.gap:.4%} in {took_s:.1f} s, CPU {cpu_s:.1f} s "
        f"({'within' if good else 'NOT within'} {GOAL_GAP:.0%} and {GOAL_S:.0f} s)"
    )


def make_problem(minutes: int) -> Reachable:
    """Draw demands and sites from the nodes of a city."""
    if not EXTRACT.exists():
        raise SystemExit("Porto Alegre's extract is not on this machine")
    ways, _ = build_ways(read_extract(EXTRACT))
    rng = np.random.default_rng(0)
    edges = np.flatnonzero(ways.open_to & 1).astype(np.int32)
    web = weave(ways, PERSONS["adult"])

    def points(count: int) -> Points:
        edge = rng.choice(edges, count, replace=False)
        return stand(web, Spots(edge=edge, share=rng.random(count), access_m=np.zeros(count)))

    demands, doors = points(DEMANDS), points(SITES)
    people = rng.gamma(1.0, 1.0, DEMANDS)
    number = np.arange(SITES + 1, dtype=np.int32)
    never = np.full(SITES, 1 << 29, np.int32)
    places = Places(doors, number, number, np.zeros(SITES, np.int32), never, np.zeros(SITES))
    start, demand, time_ms = pairs(web.chains, demands, places, minutes * 60_000)
    return Reachable(
        site=np.repeat(number[:-1], np.diff(start)),
        demand=demand,
        time_ms=time_ms,
        sites=SITES,
        people=people * PEOPLE / people.sum(),
        had_ms=np.full(DEMANDS, 2e9),
        limit_ms=minutes * 60_000,
    )


def alone(problem: Reachable) -> Choice:
    """Give the plain program to HiGHS: a variable a site and one a demand."""
    from scipy.sparse import coo_array, csr_array  # noqa: PLC0415

    from cityloop.circle.milp import Program, solve  # noqa: PLC0415

    n, m, e = SITES, DEMANDS, len(problem.site)
    ones = np.ones(e)
    rows = coo_array(
        (
            np.concatenate([-ones, np.ones(m), np.ones(n)]),
            (
                np.concatenate([problem.demand, np.arange(m), np.full(n, m)]),
                np.concatenate([problem.site, n + np.arange(m), np.arange(n)]),
            ),
        ),
        shape=(m + 1, n + m),
    )
    program = Program(
        cost=np.concatenate([np.zeros(n), -problem.people]),
        most=np.ones(n + m),
        whole=np.arange(n + m) < n,
        rows=csr_array(rows),
        low=np.full(m + 1, -np.inf),
        high=np.concatenate([np.zeros(m), [OPEN]]),
    )
    solved = solve(program, GOAL_S)
    worth = float(solved.x[n:] @ problem.people) if len(solved.x) else 0.0
    return Choice(sites=np.zeros(0, np.int32), worth=worth, bound=-solved.bound)


if __name__ == "__main__":
    main()
