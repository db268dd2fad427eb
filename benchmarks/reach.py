"""Walking reach of a whole city: ours, pandana and scipy on the same network and places.

    python benchmarks/reach.py [--runs 3] [--nodes 1000000]

Oslo, 6,150 places drawn uniformly from the nodes (seed 0) in 11 categories, 15 minutes: the three
nearest and the counts of every category for every node. Every side runs in a process of its own,
in turns; set-up counts, imports and reading the arrays do not. pandana gets an environment of its
own, made here once. Where Oslo is not on this machine, a made grid of as many nodes stands in.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

EXTRACT = Path(__file__).resolve().parents[2] / "shared/data/circle/oslo_east"
PANDANA = "pandana==0.8"
NODES = 78_537
PLACES, CATEGORIES = 6_150, 11
CUTOFF_MS, NEAREST = 900_000, 3
MS_A_METRE = 800.0
GOAL_WALL, GOAL_CPU, GOAL_MEMORY, GOAL_NODE = 9.0, 14.0, 15.0, 3.0
MEMORY_MB_MAX = 2_000.0


def main() -> None:
    """Run all sides and print the ratios."""
    parser = argparse.ArgumentParser(description="Walking reach against pandana and scipy.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=1_000_000, help="of the made network")
    parser.add_argument("--part", choices=sorted(PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.folder)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nodes = write_oslo(folder)
        other = pandana_python()
        part("ours", folder, sys.executable)  # compiles, if need be
        ours, theirs, floor = [], [], []
        for _ in range(given.runs):
            ours.append(part("ours", folder, sys.executable))
            theirs.append(part("pandana", folder, other))
            floor.append(part("scipy", folder, sys.executable))
        compare(folder, nodes, ours, theirs, floor)
        made = folder / "made"
        made.mkdir()
        count = write_grid(made, given.nodes)
        large = part("ours", made, sys.executable)
        per_node = (large["wall_s"] / count) / (best(ours, "wall_s") / nodes)
        print(
            f"made grid, {count:,} nodes: {large['wall_s']:.1f} s, {large['memory_mb']:.0f} MB; "
            f"{per_node:.2f} times Oslo's time a node (goals: {GOAL_NODE}, {MEMORY_MB_MAX:.0f} MB)"
        )


def compare(
    folder: Path,
    nodes: int,
    ours: list[dict[str, float]],
    theirs: list[dict[str, float]],
    floor: list[dict[str, float]],
) -> None:
    """Print times, memory, ratios and how far the results agree."""
    print(f"{nodes:,} nodes, {PLACES:,} places; best of {len(ours)} runs")
    for name, runs in (("ours", ours), ("pandana", theirs)):
        print(
            f"{name:>8}: wall {best(runs, 'wall_s'):.2f} s, CPU {best(runs, 'cpu_s'):.2f} s, "
            f"memory {best(runs, 'memory_mb'):.0f} MB"
        )
    for key, goal, said in (
        ("wall_s", GOAL_WALL, "less wall time"),
        ("cpu_s", GOAL_CPU, "less CPU"),
        ("memory_mb", GOAL_MEMORY, "less memory"),
    ):
        print(f"  {best(theirs, key) / best(ours, key):.1f} times {said} (goal: {goal})")
    print(
        f"nearest one: ours {best(ours, 'nearest_s'):.4f} s a category, "
        f"scipy min_only {best(floor, 'nearest_s'):.4f} s (goal: no slower)"
    )
    one, other = np.load(folder / "ours.npz"), np.load(folder / "pandana.npz")
    alike = float(np.mean(one["count"] == other["count"]))
    far_ms = np.abs(one["nearest_ms"].astype(float) - other["nearest_ms"])
    print(
        f"counts equal at {alike:.4%} of nodes and categories, off by "
        f"{np.abs(one['count'] - other['count']).max():.0f} at most; nearest differ by at most "
        f"{far_ms[one['nearest_ms'] < CUTOFF_MS - 1].max():.1f} ms within the cutoff"
    )


def best(runs: list[dict[str, float]], key: str) -> float:
    """Give the least of a figure."""
    return min(run[key] for run in runs)


def part(name: str, folder: Path, python: str) -> dict[str, float]:
    """Run one side in a process of its own."""
    done = subprocess.run(
        [python, __file__, "--part", name, "--folder", str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def pandana_python() -> str:
    """Make pandana's environment unless it is there; give its Python."""
    base = Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")))
    home = base / "cityloop" / "benchmarks" / PANDANA.replace("==", "-")
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"making an environment for {PANDANA} …")
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PANDANA], check=True)
        (home / "ready").touch()
    return str(python)


def write_oslo(folder: Path) -> int:
    """Write the network and the places as arrays; give the number of nodes."""
    extract = EXTRACT / "oslo-east-filtered.osm.pbf"
    if not extract.exists():
        print("Oslo is not on this machine: a made grid stands in")
        return write_grid(folder, NODES)
    from cityloop.circle.persons import PERSONS, edge_times  # noqa: PLC0415
    from cityloop.feeds.osm_extract import read_extract  # noqa: PLC0415
    from cityloop.feeds.osm_ways import build_ways  # noqa: PLC0415

    ways, _ = build_ways(read_extract(extract))
    walked = (ways.open_to & 1) > 0
    there, _ = edge_times(ways, PERSONS["adult"])
    nodes, ends = np.unique(np.stack([ways.head, ways.tail], 1)[walked], return_inverse=True)
    x, y = ways.node_x_m[nodes], ways.node_y_m[nodes]
    write(folder, x, y, ends.reshape(-1, 2).astype(np.int32), there[walked])
    return len(nodes)


def write_grid(folder: Path, nodes: int) -> int:
    """Write a grid of streets that bend as often as Oslo's: four bends between two junctions."""
    bends, block_m = 4, 75.0
    side = round((nodes / (1 + 2 * bends)) ** 0.5)
    number = np.arange(side * side).reshape(side, side)
    streets = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], 1),
            np.stack([number[:-1].ravel(), number[1:].ravel()], 1),
        ]
    )
    inner = side * side + np.arange(len(streets) * bends).reshape(-1, bends)
    line = np.concatenate([streets[:, :1], inner, streets[:, 1:]], 1)
    ends = np.stack([line[:, :-1].ravel(), line[:, 1:].ravel()], 1).astype(np.int32)
    share = np.arange(1, bends + 1) / (bends + 1)
    corner = np.stack(np.divmod(np.arange(side * side), side), 1) * block_m
    between = (
        corner[streets[:, :1]] * (1 - share)[:, None] + corner[streets[:, 1:]] * share[:, None]
    )
    xy = np.concatenate([corner, between.reshape(-1, 2)])
    length_m = np.random.default_rng(1).uniform(0.8, 1.2, len(ends)) * block_m / (bends + 1)
    write(folder, xy[:, 0], xy[:, 1], ends, np.round(800 * length_m).astype(np.int32))
    return len(xy)


def write(folder: Path, x: np.ndarray, y: np.ndarray, ends: np.ndarray, ms: np.ndarray) -> None:
    """Keep one edge of parallel ones, draw the places, and write all."""
    order = np.lexsort((ms, ends.max(1), ends.min(1)))
    low, high = ends.min(1)[order], ends.max(1)[order]
    first = np.ones(len(low), bool)
    first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    rng = np.random.default_rng(0)
    # Places as dense as in Oslo, in categories from 200 to 918.
    sizes = np.linspace(200, 2 * PLACES / CATEGORIES - 200, CATEGORIES)
    sizes = np.round(sizes * max(1.0, len(x) / NODES)).astype(int)
    places = rng.integers(0, len(x), sizes.sum()).astype(np.int32)
    np.savez(
        folder / "network.npz",
        x=x, y=y, head=low[first].astype(np.int32), tail=high[first].astype(np.int32),
        ms=ms[order][first].astype(np.int32), places=places, sizes=sizes,
    )  # fmt: skip


def measured(wall_s: float, cpu_s: float, nearest_s: float) -> dict[str, float]:
    """Add the memory of this process."""
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"wall_s": wall_s, "cpu_s": cpu_s, "memory_mb": memory_mb, "nearest_s": nearest_s}


def categories(data: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Give the places of each category."""
    return np.split(data["places"], np.cumsum(data["sizes"])[:-1])


def run_ours(folder: Path) -> dict[str, float]:
    """Fold, search, count."""
    from cityloop.kernels.chains import NEVER, fold  # noqa: PLC0415
    from cityloop.kernels.reach import Places, nearest_one, place_points, reach  # noqa: PLC0415

    data = dict(np.load(folder / "network.npz"))
    head, tail, ms, n = data["head"], data["tail"], data["ms"], len(data["x"])
    tiny = fold(2, head[:1] * 0, tail[:1] * 0 + 1, ms[:1], ms[:1])  # loads what is compiled
    zero = np.zeros(1, np.int32)
    dot = place_points(tiny, ms[:1], ms[:1], zero, zero, zero, zero)
    two = np.array([0, 1], np.int32)
    reach(tiny, dot, Places(dot, two, two, zero, zero + 9, np.zeros(1)), 1, 1)
    nearest_one(tiny, dot, dot, 1)
    began, began_cpu = perf_counter(), process_time()
    chains = fold(n, head, tail, ms, ms)
    edge, along = np.zeros(n, np.int32), np.zeros(n, np.int32)
    edge[tail], along[tail] = np.arange(len(tail)), ms
    edge[head], along[head] = np.arange(len(head)), 0

    def points(nodes: np.ndarray):  # type: ignore[no-untyped-def]  # noqa: ANN202
        access = np.zeros(len(nodes), np.int32)
        return place_points(chains, ms, ms, edge[nodes], along[nodes], along[nodes], access)

    homes = points(np.arange(n))
    counts, nearest = [], []
    for nodes in categories(data):
        number = np.arange(len(nodes) + 1, dtype=np.int32)
        never = np.full(len(nodes), NEVER, np.int32)
        doors = points(nodes)
        places = Places(doors, number, number, never * 0, never, np.zeros(len(nodes)))
        best_ms, _, count, _ = reach(chains, homes, places, CUTOFF_MS, NEAREST)
        counts.append(count)
        nearest.append(np.minimum(best_ms, CUTOFF_MS))
    wall_s, cpu_s = perf_counter() - began, process_time() - began_cpu
    found = measured(wall_s, cpu_s, 0.0)
    began = perf_counter()
    for nodes in categories(data):
        nearest_one(chains, homes, points(nodes), CUTOFF_MS)
    found["nearest_s"] = (perf_counter() - began) / CATEGORIES
    if n <= 2 * NODES:
        np.savez(folder / "ours.npz", count=np.array(counts), nearest_ms=np.array(nearest))
    return found


def run_pandana(folder: Path) -> dict[str, float]:
    """Contract, search, count, in pandana's own environment."""
    import pandana  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    data = dict(np.load(folder / "network.npz"))
    # In metres, as its users do: it keeps whole thousandths of a unit. One metre is 800 ms.
    cutoff_m = CUTOFF_MS / MS_A_METRE
    began, began_cpu = perf_counter(), process_time()
    network = pandana.Network(
        pd.Series(data["x"]),
        pd.Series(data["y"]),
        pd.Series(data["head"]),
        pd.Series(data["tail"]),
        pd.DataFrame({"m": data["ms"] / MS_A_METRE}),
    )
    network.precompute(cutoff_m)
    counts, nearest = [], []
    for number, nodes in enumerate(categories(data)):
        name = f"c{number}"
        x, y = pd.Series(data["x"][nodes]), pd.Series(data["y"][nodes])
        network.set_pois(name, cutoff_m, NEAREST, x, y)
        found_m = network.nearest_pois(cutoff_m, name, num_pois=NEAREST).to_numpy()
        nearest.append(found_m * MS_A_METRE)
        network.set(pd.Series(nodes), name=name)
        counts.append(network.aggregate(cutoff_m, type="count", name=name).to_numpy())
    found = measured(perf_counter() - began, process_time() - began_cpu, 0.0)
    np.savez(folder / "pandana.npz", count=np.array(counts), nearest_ms=np.array(nearest))
    return found


def run_scipy(folder: Path) -> dict[str, float]:
    """Nearest one alone: the floor."""
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    data = dict(np.load(folder / "network.npz"))
    head, tail, n = data["head"], data["tail"], len(data["x"])
    ms = data["ms"].astype(float)
    ends = (np.concatenate([head, tail]), np.concatenate([tail, head]))
    graph = coo_array((np.concatenate([ms, ms]), ends), shape=(n, n)).tocsr()
    began, began_cpu = perf_counter(), process_time()
    for nodes in categories(data):
        dijkstra(graph, indices=nodes, limit=float(CUTOFF_MS), min_only=True)
    took_s = perf_counter() - began
    return measured(took_s, process_time() - began_cpu, took_s / CATEGORIES)


PARTS = {"ours": run_ours, "pandana": run_pandana, "scipy": run_scipy}

if __name__ == "__main__":
    main()
