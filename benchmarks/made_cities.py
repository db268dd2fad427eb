"""Thirty made cities on which a controller can be tried that has never met them.

Networks by netgenerate, eight of them drawn node by node, demand by randomTrips of the same SUMO,
from fixed seeds. Then, for each:
`cityloop traffic compare FOLDER/NAME --control actuated,max-pressure,adaptive --seeds 1-3`.
"""

import argparse
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import sumo

HOUR_S: Final = 3600
ALL_SIGNALS: Final = "--default-junction-type traffic_light"
BLOCK_M: Final = 300.0
ARM_M: Final = 250.0


class Median(NamedTuple):
    """How such a city is drawn.

    Attributes
    ----------
    gap_m
        Between the two carriageways. [m]
    crossings
        Along the road; of a grid, a side.
    lanes, cross_lanes
        Of a carriageway; of a direction of the streets that cross it, 0 for a grid in which those
        have two carriageways, too.
    """

    gap_m: float
    crossings: int
    lanes: int
    cross_lanes: int


class MadeCity(NamedTuple):
    """How a city is made: netgenerate's options, seconds between two departures, seed.

    Without options it is drawn: with medians, or as close pairs of signals.
    """

    roads: str
    every_s: float
    seed: int
    median: Median | None = None


CITIES: Final = {
    "turn-lanes": MadeCity(
        "--grid --grid.number 4 --grid.length 200 --grid.attach-length 200"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 50",
        0.55,
        7,
    ),
    "one-lane": MadeCity(
        "--grid --grid.x-number 5 --grid.y-number 3 --grid.length 150 --grid.attach-length 200"
        " --default.lanenumber 1",
        1.2,
        7,
    ),
    "short-blocks": MadeCity(
        "--grid --grid.number 3 --grid.length 90 --grid.attach-length 200 --default.lanenumber 2",
        0.95,
        7,
    ),
    "arterial": MadeCity(
        "--grid --grid.x-number 6 --grid.y-number 1 --grid.x-length 220 --grid.attach-length 250"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 40",
        1.0,
        3,
    ),
    "rings": MadeCity(
        "--spider --spider.arm-number 5 --spider.circle-number 2 --spider.space-radius 180"
        " --default.lanenumber 2 --spider.omit-center",
        1.0,
        7,
    ),
    "grown": MadeCity(
        "--rand --rand.iterations 40 --rand.min-distance 120 --rand.max-distance 260"
        " --default.lanenumber 2 --rand.random-lanenumber true",
        1.0,
        5,
    ),
    "large-grid": MadeCity(
        "--grid --grid.number 4 --grid.length 300 --grid.attach-length 300"
        " --default.lanenumber 3 --turn-lanes 1 --turn-lanes.length 60 --default.speed 16.67",
        0.4,
        11,
    ),
    "grown-narrow": MadeCity(
        "--rand --rand.iterations 60 --rand.min-distance 100 --rand.max-distance 300"
        " --default.lanenumber 1 --rand.random-lanenumber true",
        1.2,
        21,
    ),
    "grown-turns": MadeCity(
        "--rand --rand.iterations 50 --rand.min-distance 80 --rand.max-distance 250"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 40",
        1.0,
        33,
    ),
    "eight-arms": MadeCity(
        "--spider --spider.arm-number 8 --spider.circle-number 3 --spider.space-radius 150"
        " --default.lanenumber 2 --spider.omit-center",
        0.7,
        5,
    ),
    "pairs": MadeCity("", 1.1, 7),
    "incoming": MadeCity(
        "--grid --grid.number 4 --grid.length 180 --grid.attach-length 200 --default.lanenumber 2"
        " --tls.layout incoming --tls.allred.time 2 --tls.yellow.time 4",
        0.9,
        51,
    ),
    "incoming-turns": MadeCity(
        "--grid --grid.x-number 3 --grid.y-number 4 --grid.length 250 --grid.attach-length 250"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 70 --tls.layout incoming"
        " --tls.allred.time 1",
        0.8,
        52,
    ),
    "left-greens": MadeCity(
        "--grid --grid.number 4 --grid.length 220 --grid.attach-length 220 --default.lanenumber 2"
        " --turn-lanes 1 --turn-lanes.length 60 --tls.allred.time 2 --tls.left-green.time 6",
        0.7,
        53,
    ),
    "fast": MadeCity(
        "--grid --grid.x-number 5 --grid.y-number 2 --grid.length 350 --grid.attach-length 400"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 90 --default.speed 19.4"
        " --tls.allred.time 2",
        0.8,
        54,
    ),
    "grown-dense": MadeCity(
        "--rand --rand.iterations 70 --rand.min-distance 120 --rand.max-distance 250"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 50 --tls.allred.time 2"
        " --rand.connectivity 0.8",
        0.9,
        55,
    ),
    "grown-wide": MadeCity(
        "--rand --rand.iterations 45 --rand.min-distance 150 --rand.max-distance 300"
        " --default.lanenumber 3 --rand.random-lanenumber true --tls.allred.time 1",
        0.8,
        56,
    ),
    "grown-short": MadeCity(
        "--rand --rand.iterations 50 --rand.min-distance 70 --rand.max-distance 180"
        " --default.lanenumber 1 --turn-lanes 1 --turn-lanes.length 30 --tls.allred.time 2",
        1.3,
        57,
    ),
    "six-arms": MadeCity(
        "--spider --spider.arm-number 6 --spider.circle-number 3 --spider.space-radius 200"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 50 --spider.omit-center"
        " --tls.allred.time 2",
        0.7,
        58,
    ),
    "four-arms": MadeCity(
        "--spider --spider.arm-number 4 --spider.circle-number 2 --spider.space-radius 150"
        " --default.lanenumber 1 --tls.allred.time 1",
        1.8,
        59,
    ),
    "one-signal": MadeCity(
        "--grid --grid.x-number 1 --grid.y-number 1 --grid.attach-length 300"
        " --default.lanenumber 2 --turn-lanes 1 --turn-lanes.length 60 --tls.allred.time 2",
        2.2,
        60,
    ),
    "line": MadeCity(
        "--grid --grid.x-number 8 --grid.y-number 1 --grid.x-length 160 --grid.attach-length 200"
        " --default.lanenumber 1 --turn-lanes 1 --turn-lanes.length 30 --tls.allred.time 1",
        1.6,
        61,
    ),
    "plain-grid": MadeCity(
        "--grid --grid.number 6 --grid.length 200 --grid.attach-length 200"
        " --default.lanenumber 2 --tls.allred.time 1",
        0.6,
        62,
    ),
    "median-4": MadeCity("", 3.2, 81, Median(12.0, 5, 2, 1)),
    "median-6": MadeCity("", 2.4, 82, Median(14.0, 4, 2, 2)),
    "median-12": MadeCity("", 1.6, 72, Median(20.0, 4, 3, 1)),
    "median-27": MadeCity("", 1.0, 73, Median(35.0, 5, 2, 2)),
    "medians-10": MadeCity("", 2.0, 84, Median(18.0, 2, 2, 0)),
    "medians-16": MadeCity("", 1.6, 74, Median(24.0, 2, 2, 0)),
    "medians-28": MadeCity("", 1.1, 75, Median(36.0, 3, 2, 0)),
}
OTHER_SEED = 100
"""Added to a city's seed where it is asked for with more or less traffic."""


PAIR_M: Final = 40.0
"""Between two signals that hold no queue between them."""


def draw_pairs(folder: Path, name: str, every_s: float) -> MadeCity:
    """Draw a main road over two crossings of twice two signals that stand close together."""
    x_m = [-300.0, 0.0, PAIR_M, 340.0, 340.0 + PAIR_M, 680.0]
    nodes = [f'<node id="m{k}" x="{x}" y="0" type="{_kind(k)}"/>' for k, x in enumerate(x_m)]
    edges = [_road(f"m{k}", f"m{k + 1}", 2) for k in range(len(x_m) - 1)]
    for k in range(1, len(x_m) - 1):
        for side, y in (("n", 300.0), ("s", -300.0)):
            nodes.append(f'<node id="{side}{k}" x="{x_m[k]}" y="{y}"/>')
            edges.append(_road(f"{side}{k}", f"m{k}", 1))
    for kind, rows in (("nod", nodes), ("edg", edges)):
        root = {"nod": "nodes", "edg": "edges"}[kind]
        (folder / f"{name}.{kind}.xml").write_text(f"<{root}>{''.join(rows)}</{root}>\n")
    files = f"-n {folder / name}.nod.xml -e {folder / name}.edg.xml"
    return MadeCity(files, every_s, 7)


def _kind(k: int) -> str:
    return "traffic_light" if k in {1, 2, 3, 4} else "dead_end"


def _road(one: str, other: str, lanes: int) -> str:
    """Give both directions of a road."""
    return "".join(
        f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="13.89"/>'
        for a, b in ((one, other), (other, one))
    )


def draw_medians(folder: Path, name: str, city: Median) -> str:
    """Write nodes and edges; give netconvert's options.

    Parameters
    ----------
    folder
        Where.
    name
        Of the city.
    city
        How it is drawn.

    Returns
    -------
    The options.
    """
    nodes, edges = _draw_grid(city) if city.cross_lanes == 0 else _draw_road(city)
    for kind, root, rows in (("nod", "nodes", nodes), ("edg", "edges", edges)):
        (folder / f"{name}.{kind}.xml").write_text(f"<{root}>{''.join(rows)}</{root}>\n")
    return f"-n {folder / name}.nod.xml -e {folder / name}.edg.xml"


def _node(name: str, x_m: float, y_m: float, signal: str = "") -> str:
    lit = f' type="traffic_light" tl="{signal}"' if signal else ""
    return f'<node id="{name}" x="{x_m}" y="{y_m}"{lit}/>'


def _chain(names: list[str], lanes: int) -> list[str]:
    """Give one direction of a road over nodes."""
    return [
        f'<edge id="{a}-{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="13.89"/>'
        for a, b in pairwise(names)
    ]


def _draw_road(city: Median) -> tuple[list[str], list[str]]:
    """Draw a road of two carriageways over streets of one."""
    last = city.crossings + 1
    nodes, edges = [], []
    for k in range(last + 1):
        x_m, signal = k * BLOCK_M, f"J{k}" if 0 < k < last else ""
        nodes += [_node(f"e{k}", x_m, 0, signal), _node(f"w{k}", x_m, city.gap_m, signal)]
        if signal:
            nodes += [_node(f"s{k}", x_m, -ARM_M), _node(f"n{k}", x_m, city.gap_m + ARM_M)]
            street = [f"s{k}", f"e{k}", f"w{k}", f"n{k}"]
            edges += _chain(street, city.cross_lanes) + _chain(street[::-1], city.cross_lanes)
    edges += _chain([f"e{k}" for k in range(last + 1)], city.lanes)
    edges += _chain([f"w{k}" for k in range(last, -1, -1)], city.lanes)
    return nodes, edges


def _draw_grid(city: Median) -> tuple[list[str], list[str]]:
    """Draw a grid of roads that all have two carriageways: four nodes are one signal."""
    half_m, many = 0.5 * city.gap_m, city.crossings
    corners = {"sw": (-1, -1), "se": (1, -1), "ne": (1, 1), "nw": (-1, 1)}
    nodes = [
        _node(f"{c}{i}_{j}", i * BLOCK_M + x * half_m, j * BLOCK_M + y * half_m, f"J{i}_{j}")
        for i in range(many)
        for j in range(many)
        for c, (x, y) in corners.items()
    ]
    edges = []
    for k in range(many):
        at_m, far_m = k * BLOCK_M, many * BLOCK_M
        for side, x_m in (("W", -BLOCK_M), ("E", far_m)):
            nodes += [_node(f"{side}e{k}", x_m, at_m - half_m)]
            nodes += [_node(f"{side}w{k}", x_m, at_m + half_m)]
        for side, y_m in (("S", -BLOCK_M), ("N", far_m)):
            nodes += [_node(f"{side}n{k}", at_m + half_m, y_m)]
            nodes += [_node(f"{side}s{k}", at_m - half_m, y_m)]
        up, down = range(many), range(many - 1, -1, -1)
        rows = (
            [f"We{k}", *(f"{c}{i}_{k}" for i in up for c in ("sw", "se")), f"Ee{k}"],
            [f"Ew{k}", *(f"{c}{i}_{k}" for i in down for c in ("ne", "nw")), f"Ww{k}"],
            [f"Sn{k}", *(f"{c}{k}_{j}" for j in up for c in ("se", "ne")), f"Nn{k}"],
            [f"Ns{k}", *(f"{c}{k}_{j}" for j in down for c in ("nw", "sw")), f"Ss{k}"],
        )
        for row in rows:
            edges += _chain(row, city.lanes)
    return nodes, edges


def make_city(folder: Path, name: str, city: MadeCity) -> None:
    """Write a city's network, demand and configuration."""
    home = Path(sumo.SUMO_HOME)
    folder.mkdir(parents=True, exist_ok=True)
    net, routes = folder / f"{name}.net.xml", folder / f"{name}.rou.xml"
    env = {**os.environ, "SUMO_HOME": sumo.SUMO_HOME}
    program, signals = "netgenerate", ALL_SIGNALS.split()
    if not city.roads:
        program, signals = "netconvert", []
        if city.median:
            city = city._replace(roads=draw_medians(folder, name, city.median))
        else:
            city = draw_pairs(folder, name, city.every_s)
    roads = (
        *city.roads.split(), *signals, "--no-turnarounds", "true",
        "--seed", str(city.seed), "--no-warnings",
    )  # fmt: skip
    trips = (
        "-n", net, "-o", folder / "trips.xml", "-r", routes, "-e", str(HOUR_S),
        "-p", str(city.every_s), "--seed", str(city.seed), "--fringe-factor", "10", "--validate",
    )  # fmt: skip
    for command in (
        (home / "bin" / program, "-o", net, *roads),
        (sys.executable, home / "tools" / "randomTrips.py", *trips),
    ):
        subprocess.run(
            [str(part) for part in command],
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    (folder / f"{name}.sumocfg").write_text(
        f'<configuration><input><net-file value="{net.name}"/><route-files value="{routes.name}"/>'
        f'</input><time><begin value="0"/><end value="{HOUR_S}"/></time></configuration>\n'
    )


def main() -> None:
    """Make all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--traffic", type=float, default=1.0, help="times as much, other trips")
    said = parser.parse_args()
    folder: Path = said.folder
    more_seed = 0 if said.traffic == 1.0 else OTHER_SEED
    for name, city in CITIES.items():
        every_s, seed = city.every_s / said.traffic, city.seed + more_seed
        make_city(folder / name, name, city._replace(every_s=every_s, seed=seed))
        print(folder / name / f"{name}.sumocfg")


if __name__ == "__main__":
    main()
