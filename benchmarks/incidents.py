"""How soon traffic recovers when demand doubles or a lane is closed for ten minutes.

    python benchmarks/incidents.py cologne8 --closed LANE --seeds 1-3

Each controller runs an hour with each incident and without, seed by seed, under cameras. It
lasts from 1,200 to 1,800 s. Printed: seconds from its end until the queue is near that of the
undisturbed run for two minutes, and what the hour's TOTAL delay is with and without.
"""

import argparse
import sys
from dataclasses import replace
from importlib.metadata import version
from typing import Final

import numpy as np

from cityloop.city.scenario import Incident
from cityloop.cli.progress import progress_bar
from cityloop.cli.seeds import parse_seeds
from cityloop.traffic.evaluate.recovery import recovery_s
from cityloop.traffic.evaluate.runs import Run
from cityloop.usecases.compare_controls import list_orders
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.run_orders import run_orders

BEGIN_S: Final = 1200
END_S: Final = 1800


def main() -> None:
    """Run, and print a line an incident and controller."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scenario", metavar="SCENARIO")
    parser.add_argument("--closed", default="", help="a lane to close, beside the doubled demand")
    parser.add_argument("--control", default="actuated,max-pressure,adaptive")
    parser.add_argument("--seeds", default="1", help="such as 1-3")
    said = parser.parse_args()
    found = find_scenario(said.scenario, say=lambda text: print(text, file=sys.stderr))
    incidents = [(), (Incident(begin_s=BEGIN_S, end_s=END_S, demand=2.0),)]
    if said.closed:
        incidents.append((Incident(begin_s=BEGIN_S, end_s=END_S, closed_lane=said.closed),))
    seeds, controls = parse_seeds(said.seeds), said.control.split(",")
    orders = [
        order
        for each in incidents
        for order in list_orders(replace(found, incidents=each), controls, seeds)
    ]
    with progress_bar("runs", len(orders)) as watch:
        runs = run_orders(orders, watch)
    by_key = {(run.incidents, run.control, run.seed): run for run in runs}
    print(f"SUMO {version('eclipse-sumo')}, {found.name}, seeds {said.seeds}, cameras")
    for each in incidents[1:]:
        name = tuple(map(str, each))
        for control in controls:
            pairs = [(by_key[name, control, seed], by_key[(), control, seed]) for seed in seeds]
            print(f"{name[0]}, {control}: {describe(pairs, int(found.begin_s) + END_S)}")


def describe(pairs: list[tuple[Run, Run]], over_s: int) -> str:
    """Say how soon runs with an incident are as those without, and what it costs."""
    after_s = [recovery_s(run.queue_time_s, run.queue, usual.queue, over_s) for run, usual in pairs]
    back = ", ".join(
        "not within the hour" if each == np.inf else f"{each:.0f} s" for each in after_s
    )
    delays_s = np.array([[run.total_delay_s, usual.total_delay_s] for run, usual in pairs]).mean(0)
    return f"recovers after {back}; delay {delays_s[0]:.1f} s, {delays_s[1]:.1f} s without"


if __name__ == "__main__":
    main()
