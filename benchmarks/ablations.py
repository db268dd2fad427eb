"""What each ingredient of `adaptive` is worth: an hour of each scenario with one of them off.

    python benchmarks/ablations.py cologne8 bologna-acosta --seeds 1-2

A scenario is named as in `cityloop traffic run`. Printed is TOTAL delay, and how much longer it is
than with all ingredients; the same seeds with each. `--only` takes some of them.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

import numpy as np

from cityloop.cli.progress import progress_bar
from cityloop.cli.seeds import parse_seeds
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.evaluate.runs import Run
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.measure_run import HOUR_S, RunOrder
from cityloop.usecases.run_orders import run_orders

INGREDIENTS: Final = {
    "all": Settings(),
    "discharge and start-up, learnt": Settings(learns=False),
    "queue over storage": Settings(storage=0.0),
    "stops": Settings(stop_s=0.0),
    "what is left at the horizon": Settings(end_red_s=0.0, end_square_s=0.0),
    "arrivals from signals upstream": Settings(looks_upstream=False),
    "stages beyond the shipped": Settings(beyond_shipped=False),
    "price of a change": Settings(switch_s=0.0),
    "pause where nobody moves": Settings(stuck_s=HOUR_S),
}
"""Each with the parameters that switch it off."""


def run_all(
    scenarios: Sequence[str], seeds: Sequence[int], names: Sequence[str], duration_s: int
) -> dict[tuple[str, str], list[Run]]:
    """Run every scenario without each ingredient, seed by seed."""
    found = {
        name: find_scenario(name, say=lambda text: print(text, file=sys.stderr))
        for name in scenarios
    }
    keys = [(scenario, name) for scenario in scenarios for name in names for _ in seeds]
    orders = [
        RunOrder(
            scenario=found[scenario],
            control="adaptive",
            seed=seed,
            duration_s=duration_s,
            settings=INGREDIENTS[name],
        )
        for scenario in scenarios
        for name in names
        for seed in seeds
    ]
    with progress_bar("runs", len(orders)) as watch:
        runs = run_orders(orders, watch)
    done: dict[tuple[str, str], list[Run]] = {}
    for key, run in zip(keys, runs, strict=True):
        done.setdefault(key, []).append(run)
    return done


def main() -> None:
    """Run, and print a line an ingredient."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scenarios", nargs="+", metavar="SCENARIO")
    parser.add_argument("--seeds", default="1", help="such as 1-3")
    parser.add_argument("--duration", type=int, default=HOUR_S, help="seconds")
    parser.add_argument("--only", default="", help="part of an ingredient's name; all if empty")
    said = parser.parse_args()
    names = ["all", *(n for n in INGREDIENTS if n != "all" and said.only in n)]
    done = run_all(said.scenarios, parse_seeds(said.seeds), names, said.duration)
    print(f"SUMO {version('eclipse-sumo')}, seeds {said.seeds}, {said.duration} s, cameras")
    print("TOTAL delay in s a vehicle; teleports and longest red where they are worth a look")
    whole = {
        each: np.mean([run.total_delay_s for run in done[each, "all"]]) for each in said.scenarios
    }
    for name in names:
        cells = []
        for scenario in said.scenarios:
            runs = done[scenario, name]
            delay_s = float(np.mean([run.total_delay_s for run in runs]))
            teleports = sum(run.teleports for run in runs)
            more = "" if name == "all" else f" ({delay_s / whole[scenario] - 1:+.0%})"
            cells.append(
                f"{scenario} {delay_s:.1f}{more}" + f", {teleports} teleports" * bool(teleports)
            )
        print(f"{'with' if name == 'all' else 'without'} {name}: {'; '.join(cells)}")


if __name__ == "__main__":
    main()
