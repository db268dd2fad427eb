"""Whether the traffic model ranks plans as the simulator does: Spearman's rho over random plans.

    python benchmarks/plan_ranking.py SCENARIO ... [--plans 30] [--seed 1] [--workers 1]

Flows come from cameras on the seeds 11-13, under the scenario's own programmes. Plans are drawn:
one master cycle for the network, for each signal its shipped stages or as few as serve everybody,
their order, greens by flow ratios times a lognormal factor, and any offset. All keep the safety
table (`traffic.plan.drawn`). Each is run for an hour in SUMO with one seed that was not observed.

`model` is delay and stops at the stop lines, per vehicle and crossing; `SUMO` is TOTAL delay per
vehicle. Rho is given over all plans, and over the half that the model likes best: there the
choice between candidates is made.
"""

import argparse

import numpy as np
from scipy.stats import spearmanr

from cityloop.feeds.sumo_programmes import encode_plan
from cityloop.traffic.model.queues import build_queues
from cityloop.traffic.model.streets import build_streets
from cityloop.traffic.plan.drawn import draw_candidates
from cityloop.traffic.plan.network import make_plans
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.observe_counts import observe_counts
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.plan_network import as_demand, city_pool, learn_flows
from cityloop.usecases.simulate_plans import simulate_programmes
from cityloop.usecases.warm_kernels import warm_kernels

OBSERVED = (11, 12, 13)
HOUR_S = 3600


def measure(name: str, plans: int, seed: int, workers: int) -> None:
    """Print what came of one scenario.

    Parameters
    ----------
    name
        The scenario.
    plans
        How many are drawn.
    seed
        SUMO's.
    workers
        Runs at a time.
    """
    scenario = find_scenario(name, say=print)
    city = open_city(scenario)
    queues = build_queues(city.network, city.signals, city.view)
    counts = observe_counts(
        scenario, OBSERVED, control="native", duration_s=HOUR_S, done=_nothing, workers=workers
    )
    flows = learn_flows(scenario, queues, counts)
    pool, streets = city_pool(city, queues), build_streets(queues, as_demand(flows))
    candidates = draw_candidates(streets, pool, plans, np.random.default_rng(0))
    crossings = float(flows.volume_veh_h.sum()) * flows.period_s / HOUR_S
    said = np.array([float(each.cost.sum()) / crossings for each in candidates])
    choices = [
        tuple(
            encode_plan(city.signals, city.table, plan)
            for plan in make_plans(city.signals, city.table, pool, each)
        )
        for each in candidates
    ]
    came = simulate_programmes(
        scenario, choices, (seed,), duration_s=HOUR_S, done=_nothing, workers=workers
    )
    seen = came.delay_s[:, 0]
    for each, model, delay_s in zip(candidates, said, seen, strict=True):
        print(f"  {scenario.name} {each.master_s:4d} s  model {model:8.1f}  SUMO {delay_s:8.1f}")
    better = np.argsort(said)[: max(2, len(said) // 2)]
    print(
        f"{scenario.name}: rho {spearmanr(said, seen).statistic:.2f} over {len(said)} plans,"
        f" {spearmanr(said[better], seen[better]).statistic:.2f} over the better half;"
        f" SUMO {seen.min():.1f} to {seen.max():.1f} s, the model's best {seen[said.argmin()]:.1f}"
        f" s; {came.teleports.sum()} teleports",
        flush=True,
    )


def _nothing() -> None:
    """Report no progress."""


def main() -> None:
    """Measure every scenario that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="+")
    parser.add_argument("--plans", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    warm_kernels(print)
    for name in given.scenario:
        measure(name, given.plans, given.seed, given.workers)


if __name__ == "__main__":
    main()
