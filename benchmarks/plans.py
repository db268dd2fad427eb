"""How long a plan for 100, 1,000 and 10,000 signals takes, and what it brings, on one core.

    python benchmarks/plans.py [--signals 100,1000,10000]

The city is a grid of signals with four approaches of two queues each: through with right, and left.
Through traffic goes on to the next signal, 20 to 40 s away. Volumes are drawn: the busiest
junctions are near capacity. The gain is that of the whole, worked out anew, against greens by flow
ratios and offsets of 0.
"""

import argparse
import resource
import time

import numpy as np

from cityloop.kernels.streets import Stock, Streets
from cityloop.traffic.plan.masters import plan_large
from cityloop.traffic.plan.stock import Pool

APPROACHES = 4
NORTH, EAST, SOUTH, WEST = range(APPROACHES)
STEP = {NORTH: (1, 0), EAST: (0, 1), SOUTH: (-1, 0), WEST: (0, -1)}
"""Where vehicles from an approach go on to: the signal that lies in their direction."""


def grid_streets(count: int, rng: np.random.Generator) -> Streets:
    """Draw a grid of signals.

    Parameters
    ----------
    count
        Number of signals.
    rng
        For volumes and distances.

    Returns
    -------
    Eight queues a signal: of each approach through and left.
    """
    side = int(np.ceil(np.sqrt(count)))
    queues = 2 * APPROACHES * count
    volume = rng.uniform(0.04, 0.2, (count, APPROACHES))
    left = 0.25 * volume
    flat = np.stack([volume - left, left], axis=2).reshape(-1)
    feeds: list[list[tuple[int, float, int]]] = [[] for _ in range(queues)]
    below: list[set[int]] = [set() for _ in range(count)]
    for s in range(count):
        row, column = divmod(s, side)
        for a, (down, right) in STEP.items():
            there = (row + down) * side + column + right
            inside = 0 <= row + down < side and 0 <= column + right < side and there < count
            if not inside:
                continue
            sender, to = 8 * s + 2 * a, 8 * there + 2 * a
            way_s = int(rng.integers(16, 33))
            shares = (0.6 * flat[to] / flat[sender], 0.6 * flat[to + 1] / flat[sender])
            scale = min(1.0, 0.95 / sum(shares))
            for q, share in zip((to, to + 1), shares, strict=True):
                feeds[q].append((sender, share * scale, way_s))
                below[s].add(q)
    for q, of in enumerate(feeds):
        flat[q] -= sum(share * flat[p] for p, share, _ in of) if of else 0.0
    foes = [[8 * (q // 8) + (q % 8 + 3) % 8] if q % 2 else [] for q in range(queues)]
    flatten = [entry for row in feeds for entry in row]
    return Streets(
        queue_start=np.arange(0, queues + 1, 8, dtype=np.int32),
        part_start=np.arange(queues + 1, dtype=np.int32),
        part_share=np.ones(queues),
        part_sat=np.full(queues, 0.5),
        foe_start=np.cumsum([0, *map(len, foes)]).astype(np.int32),
        foe_part=np.array([p for row in foes for p in row], np.int32),
        patient=(np.arange(queues) % 2).astype(np.int32),
        feed_start=np.cumsum([0, *map(len, feeds)]).astype(np.int32),
        feed_part=np.array([p for p, _, _ in flatten], np.int32),
        feed_share=np.array([share for _, share, _ in flatten]),
        feed_delay_s=np.array([way_s for _, _, way_s in flatten], np.int32),
        feed_smooth=np.array([1 / (1 + 0.28 * way_s / 0.8) for _, _, way_s in flatten]),
        below_start=np.cumsum([0, *map(len, below)]).astype(np.int32),
        below_queue=np.array([q for row in below for q in sorted(row)], np.int32),
        flat=np.maximum(flat, 0.002)[None, :],
        lanes=np.ones(queues),
        storage=np.full(queues, 30.0),
        start_loss_s=np.full(queues, 2.0),
        end_gain_s=np.full(queues, 1.0),
        gap_s=np.full(queues, 6.2),
        follow_s=np.full(queues, 2.6),
        period_s=900.0,
        stop_s=3.0,
        spill=1.0,
    )


def grid_pool(count: int) -> Pool:
    """Give each signal the same stages: both roads with lefts that give way, and lefts alone.

    Parameters
    ----------
    count
        Number of signals.

    Returns
    -------
    The pool.
    """
    letters = ("xx..xx..", "..xx..xx", "x...x...", ".x...x..", "..x...x.", "...x...x")
    stages = np.array([[letter == "x" for letter in row] for row in letters])
    n = len(stages)
    clear_s = np.where(np.eye(n, dtype=bool), 0, 4).astype(np.int32)
    late_s = np.repeat(clear_s.ravel(), stages.shape[1])
    green = np.tile(stages.astype(np.uint8).ravel(), count)
    starts = np.arange(n * count + 1, dtype=np.int32) * stages.shape[1]
    return Pool(
        stock=Stock(
            stage_start=np.arange(0, n * count + 1, n, dtype=np.int32),
            green_start=starts[:-1],
            green=green,
            served_start=starts,
            served=green,
            least_s=np.full(n * count, 5, np.int32),
            clear_start=np.arange(count, dtype=np.int32) * clear_s.size,
            clear_s=np.tile(clear_s.ravel(), count),
            late_start=np.arange(count, dtype=np.int32) * late_s.size,
            late_s=np.tile(late_s, count),
        ),
        stages=(stages,) * count,
        shipped=np.full(count, 4, np.int32),
    )


def main() -> None:
    """Print a row a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", default="100,1000,10000")
    sizes = [int(each) for each in parser.parse_args().signals.split(",")]
    plan_large(grid_streets(4, np.random.default_rng(0)), grid_pool(4), np.random.default_rng(0))
    print("signals  seconds  CPU s  ms a signal  cycle  cost before  after  gain  memory MB")
    for count in sizes:
        streets, pool = grid_streets(count, np.random.default_rng(count)), grid_pool(count)
        began_s, used_s = time.perf_counter(), time.process_time()
        start, found = plan_large(streets, pool, np.random.default_rng(0))
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - used_s
        before, after = start.cost.sum() / 3600, found.cost.sum() / 3600
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        gain = 1 - after / before
        print(
            f"{count:7d} {took_s:8.1f} {cpu_s:6.1f} {1000 * cpu_s / count:12.1f}"
            f" {found.master_s:6d} {before:12.1f} {after:6.1f} {gain:5.1%} {memory:10d}"
        )


if __name__ == "__main__":
    main()
