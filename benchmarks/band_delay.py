"""The widest band against the least delay on one arterial, in SUMO, on seeds that tuned nothing.

Six signals, unevenly spaced, with side streets and turns. Least delay: offsets moved by simulation,
from the widest bands on, as long as the mean over the tuning seeds falls.
"""

import os
import platform
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import sumo

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import encode_plan
from cityloop.feeds.sumo_trips import read_trips
from cityloop.traffic.evaluate.total_delay import total_delay
from cityloop.traffic.plan.bands_arterial import Way
from cityloop.usecases.find_bands import BandOrder, BandPlans, find_band_plans
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City

SPACING_M: Final = (280, 190, 420, 240, 350)
TUNING: Final = (101, 102)
JUDGED: Final = (1, 2, 3)
END_S: Final = 1200
THROUGH_VEH_H: Final = (500, 350)
SIDE_VEH_H: Final = 150
BIN: Final = Path(sumo.SUMO_HOME) / "bin"
ENVIRONMENT: Final = {**os.environ, "SUMO_HOME": sumo.SUMO_HOME}


def make_city(folder: Path) -> City:
    """Write an arterial and its demand, and read it as any city."""
    xs = np.concatenate([[0], np.cumsum(SPACING_M)])
    count = len(xs)
    nodes, edges = [], []
    for i, x in enumerate(xs):
        nodes.append(f'<node id="J{i + 1}" x="{x}" y="0" type="traffic_light"/>')
        for side, y in (("n", 220), ("s", -220)):
            nodes.append(f'<node id="{side}{i + 1}" x="{x}" y="{y}"/>')
            edges.append((f"{side}{i + 1}", f"J{i + 1}", 1))
    nodes.append('<node id="w" x="-300" y="0"/>')
    nodes.append(f'<node id="e" x="{xs[-1] + 300}" y="0"/>')
    chain = ["w", *(f"J{i + 1}" for i in range(count)), "e"]
    edges += [(a, b, 2) for a, b in pairwise(chain)]
    written = "".join(
        f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="13.89"/>'
        for one, other, lanes in edges
        for a, b in ((one, other), (other, one))
    )
    (folder / "a.nod.xml").write_text(f"<nodes>{''.join(nodes)}</nodes>")
    (folder / "a.edg.xml").write_text(f"<edges>{written}</edges>")
    net = folder / "a.net.xml"
    files = ("--node-files", folder / "a.nod.xml", "--edge-files", folder / "a.edg.xml")
    options = ("--no-turnarounds", "--no-warnings", "--tls.cycle.time", "90", "-o", net)
    subprocess.run(
        [BIN / "netconvert", *files, *options],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    routes = folder / "a.rou.xml"
    routes.write_text(f"<routes>{''.join(list_flows(chain))}</routes>")
    return open_city(
        Scenario(
            name="arterial", origin=folder, net_file=net, route_files=(routes,), end_s=float(END_S)
        )
    )


def list_flows(chain: list[str]) -> list[str]:
    """Give traffic from end to end, from each side street over, onto and off the arterial."""
    flows: list[tuple[list[str], float]] = [
        (chain, THROUGH_VEH_H[0]),
        (chain[::-1], THROUGH_VEH_H[1]),
    ]
    for i in range(1, len(chain) - 1):
        n, s = f"n{i}", f"s{i}"
        for one, other in ((n, s), (s, n)):
            flows.append(([one, chain[i], other], SIDE_VEH_H * 0.6))
            flows.append(([one, *chain[i:]], SIDE_VEH_H * 0.2))
            flows.append(([one, *chain[i::-1]], SIDE_VEH_H * 0.2))
            flows.append(([*chain[: i + 1], one], SIDE_VEH_H * 0.2))
            flows.append(([*chain[: i - 1 : -1], one], SIDE_VEH_H * 0.2))
    return [
        f'<flow id="f{k}" begin="0" end="{END_S}" probability="{veh_h / 3600:.5f}"'
        ' departLane="best" departSpeed="max"><route edges="'
        + " ".join(f"{a}-{b}" for a, b in pairwise(way))
        + '"/></flow>'
        for k, (way, veh_h) in enumerate(flows)
    ]


def simulate(city: City, plans: tuple[Plan, ...], seed: int) -> float:
    """Run fixed plans for the horizon and give the TOTAL delay. [s]."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programmes, trips = folder / "plans.add.xml", folder / "trips.xml"
        texts = tuple(encode_plan(city.signals, city.table, plan) for plan in plans)
        write_programmes(programmes, texts)
        files = ("-n", city.scenario.net_file, "-r", city.scenario.route_files[0])
        kept = ("--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted")
        options = ("--seed", str(seed), "--time-to-teleport", "300", "--no-step-log", *kept)
        subprocess.run(
            [BIN / "sumo", *files, "-a", programmes, "-e", str(END_S), "--tripinfo-output", trips,
             "--no-warnings", *options],
            env=ENVIRONMENT, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        return total_delay(read_trips(trips), END_S).total_delay_s


class Judge:
    """Mean TOTAL delay of offsets over seeds, each choice simulated once."""

    def __init__(self, city: City, plans: tuple[Plan, ...]) -> None:
        self._city, self._plans = city, plans
        self.runs = 0
        self.mean = cache(self._mean)

    def shift(self, offsets_s: tuple[int, ...]) -> tuple[Plan, ...]:
        """Give the plans with other offsets."""
        return tuple(
            replace(plan, offset_s=offset_s % plan.cycle_s)
            for plan, offset_s in zip(self._plans, offsets_s, strict=True)
        )

    def _mean(self, offsets_s: tuple[int, ...], seeds: tuple[int, ...]) -> float:
        plans = self.shift(offsets_s)
        self.runs += len(seeds)
        with ThreadPoolExecutor(2) as pool:
            return float(np.mean(list(pool.map(lambda s: simulate(self._city, plans, s), seeds))))

    def descend(self, start: tuple[int, ...], steps_s: tuple[int, ...]) -> tuple[int, ...]:
        """Move single signals, and all from one signal on, as long as that helps."""
        best = start
        for step_s in steps_s:
            for block in (True, False):
                for i in range(1, len(start)):
                    for sign in (1, -1):
                        moved = tuple(
                            (o + sign * step_s) % self._plans[j].cycle_s
                            if (j >= i if block else j == i)
                            else o
                            for j, o in enumerate(best)
                        )
                        if self.mean(moved, TUNING) < self.mean(best, TUNING) - 1e-9:
                            best = moved
        return best


def widths(found: BandPlans) -> str:
    """Say how wide the bands are with whole offsets."""
    return ", ".join(f"{out:.0f} / {into:.0f} s" for out, into in found.arterials[0].measured_s)


def main() -> None:
    """Judge offsets of five kinds at two cycles."""
    print(f"Python {platform.python_version()}, SUMO {version('eclipse-sumo')},", end=" ")
    print(f"tuned on seeds {TUNING}, judged on {JUDGED}, {END_S} s")
    with tempfile.TemporaryDirectory() as name:
        city = make_city(Path(name))
        along = tuple(f"J{i + 1}" for i in range(len(SPACING_M) + 1))
        for cycle_s in (60, 90):
            order = BandOrder(along=along, cycle_s=(cycle_s, cycle_s), fair=0.0)
            both = find_band_plans(city, order)
            single = find_band_plans(city, order._replace(way=Way.OUT))
            parts = find_band_plans(city, order._replace(fair=0.2))
            judge = Judge(city, both.plans)
            band = tuple(plan.offset_s for plan in both.plans)
            rows = [
                ("all offsets 0", (0,) * len(along), ""),
                ("widest band out", tuple(p.offset_s for p in single.plans), widths(single)),
                ("widest bands both ways", band, widths(both)),
                ("in parts of fair bands", tuple(p.offset_s for p in parts.plans), widths(parts)),
                ("least delay, from the bands", (), ""),
            ]
            for title, chosen_s, said in rows:
                offsets_s = chosen_s or judge.descend(band, (10,))
                delay_s = judge.mean(offsets_s, JUDGED)
                print(f"cycle {cycle_s} s, {title}: {delay_s:.1f} s a vehicle; {said}", flush=True)
            print(f"  {judge.runs} runs")


if __name__ == "__main__":
    main()
