"""A corridor of signals in SUMO, with uneven blocks, people who turn off and others who come in."""

import csv
import json
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from cityloop.city.network import Floats
from cityloop.city.scenario import Scenario
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog
from cityloop.traffic.estimate.measures.arrivals_on_green import arrivals_on_green
from cityloop.traffic.estimate.retiming import (
    Link,
    find_cycle_s,
    measure_approaches,
    pair_shifts,
)
from cityloop.traffic.observe.phases import number_phases
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.retime_signals import retime_signals
from cityloop.usecases.run_control import run_control
from cityloop.usecases.shift_plans import shift_plans
from tests.made_networks import make

SIGNALS, CYCLE_S, SIDE_M, PLATOON_S = 5, 90, 250.0, 25.0
THROUGH_VEH_H, TURNING_VEH_H, CROSS_VEH_H = 500, 70, 130
BIN_US = 900 * 10**6


def make_corridor(folder: Path, seed: int, *, end_s: int) -> Scenario:
    """Make the roads and draw who drives."""
    rng = np.random.default_rng(seed)
    x_m = np.concatenate([[0.0], np.cumsum(rng.integers(220, 460, SIGNALS - 1))])
    nodes = [f'<node id="j{k}" x="{x}" y="0" type="traffic_light"/>' for k, x in enumerate(x_m)]
    nodes += [f'<node id="w" x="{-SIDE_M}" y="0"/>', f'<node id="e" x="{x_m[-1] + SIDE_M}" y="0"/>']
    main = ["w", *(f"j{k}" for k in range(SIGNALS)), "e"]
    edges = [(a, b, 2) for one, other in pairwise(main) for a, b in ((one, other), (other, one))]
    for k, x in enumerate(x_m):
        for side, y in ((f"n{k}", SIDE_M), (f"s{k}", -SIDE_M)):
            nodes.append(f'<node id="{side}" x="{x}" y="{y}"/>')
            edges += [(side, f"j{k}", 1), (f"j{k}", side, 1)]
    text = "".join(
        f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{n}" speed="13.89"/>'
        for a, b, n in edges
    )
    (folder / "c.nod.xml").write_text(f"<nodes>{''.join(nodes)}</nodes>")
    (folder / "c.edg.xml").write_text(f"<edges>{text}</edges>")
    net = make(
        "netconvert", folder, f"--node-files={folder / 'c.nod.xml'}",
        f"--edge-files={folder / 'c.edg.xml'}", "--no-turnarounds", "--no-left-connections",
        "--tls.cycle.time", str(CYCLE_S), "--tls.yellow.time", "3", "--tls.allred.time", "1",
    )  # fmt: skip
    routes = folder / "c.rou.xml"
    routes.write_text(_demand(rng, main, end_s))
    return Scenario(
        name="corridor", origin=folder, net_file=net, route_files=(routes,), end_s=float(end_s)
    )


def _demand(rng: np.random.Generator, main: list[str], end_s: int) -> str:
    found: list[tuple[float, str]] = []

    def drive(way: list[str], depart_s: Floats) -> None:
        edges = " ".join(f"{a}-{b}" for a, b in pairwise(way))
        found.extend((at, edges) for at in depart_s.tolist())

    def anytime(flow_veh_h: float) -> Floats:
        return rng.uniform(0, end_s, round(flow_veh_h * end_s / 3600))

    for way in (main, main[::-1]):
        # Who comes from beyond the corridor comes in platoons, as a signal there lets them go.
        count = round(THROUGH_VEH_H * end_s / 3600)
        cycle = rng.integers(0, end_s // CYCLE_S, count) * CYCLE_S
        drive(way, cycle + rng.integers(CYCLE_S) + rng.uniform(0, PLATOON_S, count))
    for k in range(SIGNALS):
        for north, south in ((f"n{k}", f"s{k}"), (f"s{k}", f"n{k}")):
            drive([north, f"j{k}", south], anytime(CROSS_VEH_H))
        # Right turns: off the main road, and into it.
        drive([*main[: k + 2], f"s{k}"], anytime(TURNING_VEH_H))
        drive([*main[:k:-1], f"n{k}"], anytime(TURNING_VEH_H))
        drive([f"n{k}", *main[k + 1 :: -1]], anytime(TURNING_VEH_H))
        drive([f"s{k}", *main[k + 1 :]], anytime(TURNING_VEH_H))
    text = "".join(
        f'<vehicle id="v{n}" depart="{at:.2f}" departSpeed="max" departLane="best">'
        f'<route edges="{edges}"/></vehicle>'
        for n, (at, edges) in enumerate(sorted(found))
    )
    return f"<routes>{text}</routes>"


def main_phases(city: City) -> list[tuple[str, int, str]]:
    """List signal, phase, and what is upstream of all phases of the main road."""
    found = []
    for phase in number_phases(city.network, city.signals, city.view):
        for approach in phase.approaches:
            lane = city.network.lane_ids[city.view.approach_lane[approach]]
            upstream, here = lane.rpartition("_")[0].split("-")
            if upstream[0] in "jwe":
                found.append((here, phase.number, upstream))
    return sorted(set(found))


def write_links(city: City, path: Path) -> None:
    """Write who feeds whom, as `sense retime` reads it."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["from", "to", "phase"])
        rows.writerows(
            (upstream, here, phase)
            for here, phase, upstream in main_phases(city)
            if upstream.startswith("j")
        )


def keep_main_road(city: City, folder: Path) -> Path:
    """Leave in a log's configuration the main road alone; give the new file."""
    kept = {(here, phase) for here, phase, _ in main_phases(city)}
    frame = pl.read_parquet(folder / "detectors.parquet")
    use = [row in kept for row in zip(frame["DeviceId"], frame["Phase"], strict=True)]
    path = folder / "main.parquet"
    frame.filter(pl.Series(use)).write_parquet(path)
    return path


def share_on_green(folder: Path, detectors: Path) -> float:
    """Give the share of arrivals on green of all of a log's approaches."""
    log, setup = read_both(folder, detectors)
    found = arrivals_on_green(log, setup, BIN_US)
    return float(found["green"].sum() / found["total"].sum())


def read_both(folder: Path, detectors: Path) -> tuple[HiresLog, DetectorSetup]:
    """Read a log and its configuration."""
    log, _ = read_hires_log(folder / "log.parquet")
    return log, read_detector_setup(detectors, log)


def read_shifts(path: Path) -> dict[str, tuple[int, int]]:
    """Read what `sense retime` has written: cycle and shift of each signal."""
    said = json.loads(path.read_text())["devices"]
    return {each["device"]: (each["cycle_s"], each["shift_s"]) for each in said}


ROUNDS, LASTS_S = 4, 1800
Shifts = Mapping[str, tuple[int, int]]


class Recovery(NamedTuple):
    """Shares of arrivals on green: coordinated, spoilt, mended in two ways, once and to the end."""

    good: float
    spoilt: float
    joint: float
    joint_last: float
    pairs: float
    pairs_last: float


class Corridor:
    """A corridor that can be run with plans, again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed, self.runs = folder, seed, 0
        self.scenario = make_corridor(folder, seed, end_s=LASTS_S)
        self.city: City = open_city(self.scenario)
        self.links = folder / "links.csv"
        write_links(self.city, self.links)

    def shifted(self, plans: Path | None, shifts: Shifts) -> Path:
        """Shift plans through the gate."""
        self.runs += 1
        out = self.folder / f"plans-{self.runs}.json"
        shift_plans(self.city, plans, shifts, out)
        return out

    def run(self, plans: Path) -> tuple[float, Path]:
        """Run plans; give the share of arrivals on green, and the log's folder."""
        out = plans.with_suffix("")
        out.mkdir()
        order = RunOrder(
            scenario=self.scenario, control="fixed-time", seed=self.seed, duration_s=LASTS_S,
            plan=plans, hires=out,
        )  # fmt: skip
        run_control(order, lambda _: None)
        return share_on_green(out, keep_main_road(self.city, out)), out

    def joint(self, log: Path) -> Shifts:
        """Let `sense retime` find shifts."""
        out = log / "shifts.json"
        retime_signals(log / "log.parquet", log / "main.parquet", out, links=self.links)
        return read_shifts(out)

    def pairs(self, log: Path) -> Shifts:
        """Find shifts pair by pair."""
        read, setup = read_both(log, log / "main.parquet")
        index = {name: k for k, name in enumerate(read.device_ids)}
        links = [
            Link(index[up], index[here], number)
            for here, number, up in main_phases(self.city)
            if up in index
        ]
        cycle_s = [find_cycle_s(read, device) for device in range(len(read.device_ids))]
        found = pair_shifts(measure_approaches(read, setup, cycle_s, links))
        return {read.device_ids[k]: (cycle_s[k], shift_s) for k, shift_s in found.items()}


def spoil_and_mend(folder: Path, seed: int) -> Recovery:
    """Coordinate a corridor, spoil it, and mend it."""
    corridor = Corridor(folder, seed)
    plans = corridor.shifted(None, {})
    first, log = corridor.run(plans)
    shares, plans = _mend(corridor, plans, first, log, corridor.joint)
    good = max(first, *shares)
    rng = np.random.default_rng(seed)
    wrong = {f"j{k}": (CYCLE_S, int(rng.integers(10, CYCLE_S - 10))) for k in range(SIGNALS)}
    spoilt_plans = corridor.shifted(plans, wrong)
    spoilt, log = corridor.run(spoilt_plans)
    joint, pairs = (
        _mend(corridor, spoilt_plans, spoilt, log, way)[0]
        for way in (corridor.joint, corridor.pairs)
    )
    return Recovery(good, spoilt, joint[0], max(spoilt, *joint), pairs[0], max(spoilt, *pairs))


def _mend(
    corridor: Corridor, plans: Path, best: float, log: Path, way: Callable[[Path], Shifts]
) -> tuple[list[float], Path]:
    """Shift, run and measure again while that gains; give the share of each round, and the plans.

    As in a city, what has made things worse is not kept.
    """
    shares = []
    for _ in range(ROUNDS):
        tried = corridor.shifted(plans, way(log))
        share, there = corridor.run(tried)
        shares.append(share)
        if share <= best:
            break
        best, plans, log = share, tried, there
    return shares, plans
