"""What it costs `adaptive` to plan a whole city once a simulated second.

    python benchmarks/decide.py [--signals 1000,2000,4000,10000] [--against horizon.py]

Junctions of four arms with three lanes each and 4 to 8 stages, with random queues, arrivals and
learnt discharge, all of them due at once: more than ever happens, since a signal that switches is
not planned. Signals are shared out over the cores by threads; what comes out is compared with one
thread's, bit by bit. `--against` names another version of the kernel's file (`git show
REVISION:src/cityloop/kernels/horizon.py`): both take turns on the same problems, and must agree.
"""

import argparse
import importlib.util
import os
import platform
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.kernels import horizon
from cityloop.kernels.horizon_tables import Network, Weights
from cityloop.traffic.control.horizon import Settings

SEED = 20_240_601
ARMS = 4
LANES = 12
GOAL_SIGNALS = 2000
GOAL_P99_MS = 2.0
QUEUED_SHARE = 0.7
"""Of the lanes, so many have a queue."""
GRAIN = 16
"""Signals are handed to the threads in so many parts each, so that none waits long for another."""


class Case(NamedTuple):
    """One second of a synthetic city, as `best_steps` takes it."""

    tables: tuple[Any, ...]
    weights: tuple[float, ...]
    grid_s: npt.NDArray[np.int32]
    due: npt.NDArray[np.bool_]
    now_stage: npt.NDArray[np.int32]
    earliest_s: npt.NDArray[np.int32]
    queue: npt.NDArray[np.float64]
    came: npt.NDArray[np.float64]


def stage_patterns() -> npt.NDArray[np.bool_]:
    """List eight stages over the 12 lanes: by pairs of arms through or left, then arm by arm.

    An arm has a lane for its left turn, one straight on, and one for straight on and right.
    """
    rows: list[npt.NDArray[np.bool_]] = []
    for first in (0, 1):
        for lefts in (False, True):
            green = np.zeros((ARMS, 3), bool)
            green[first::2, :1] = lefts
            green[first::2, 1:] = not lefts
            rows.append(green.ravel())
    for arm in range(ARMS):
        green = np.zeros((ARMS, 3), bool)
        green[arm] = True
        rows.append(green.ravel())
    return np.array(rows)


def make_case(signals: int, rng: np.random.Generator, settings: Settings) -> Case:
    """Draw a city of so many signals in one second."""
    patterns = stage_patterns()
    stages = rng.integers(4, 9, signals)
    lanes = np.full(signals, LANES)
    rates, clearances = [], []
    for count in stages.tolist():
        flow = rng.uniform(0.3, 0.55, LANES)
        rates.append((patterns[:count] * flow * rng.uniform(0.3, 1.2, (count, LANES))).ravel())
        clear_s = rng.integers(4, 8, (count, count))
        np.fill_diagonal(clear_s, 0)
        clearances.append(clear_s.ravel())
    total = int(lanes.sum())
    seconds = settings.horizon_s + 2
    drawn = rng.random((total, seconds)) < rng.uniform(0.0, 0.25, (total, 1))
    came = np.cumsum(drawn, axis=1) + np.arange(seconds) * rng.uniform(0.0, 0.05, (total, 1))
    came[:, 0] = 0.0
    now_stage = (rng.random(signals) * stages).astype(np.int32)
    # Of three signals one still shows a minimum green.
    left_s = np.where(rng.random(signals) < 1 / 3, rng.integers(1, 6, signals), 0)
    tables = (
        *(starts(each) for each in (stages, lanes, stages * lanes, stages * stages)),
        np.concatenate(rates),
        np.concatenate(clearances).astype(np.int32),
        np.full(int(stages.sum()), 5, np.int32),
        rng.uniform(8.0, 20.0, total),
        np.ones(total),
        np.full(total, 1.5),
    )
    fine = np.arange(settings.fine_s)
    coarse = np.arange(settings.fine_s, settings.horizon_s + 1, settings.coarse_s)
    return Case(
        tables=tables,
        weights=(
            settings.stop_s,
            settings.storage,
            settings.end_red_s,
            settings.end_square_s,
            settings.switch_s,
        ),
        grid_s=np.concatenate([fine, coarse]).astype(np.int32),
        due=np.ones(signals, bool),
        now_stage=now_stage,
        earliest_s=np.repeat(left_s, stages).astype(np.int32),
        queue=np.round(rng.exponential(2.5, total) * (rng.random(total) < QUEUED_SHARE), 2),
        came=came.astype(np.float64),
    )


def starts(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Turn sizes into where each begins."""
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)


def plan(
    kernel: ModuleType, case: Case, due: npt.NDArray[np.bool_], cost: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """Let one kernel plan the signals that are due."""
    tables, weights = kernel.Network(*case.tables), kernel.Weights(*case.weights)
    said = kernel.best_steps(
        tables, weights, case.grid_s, due, case.now_stage, case.earliest_s, case.queue,
        case.came, cost,
    )  # fmt: skip
    return np.asarray(said)


def costs_for(case: Case) -> npt.NDArray[np.float64]:
    """Make room for the costs of all options."""
    return np.zeros(int(case.tables[0][-1]) + len(case.due))


def plan_shared(
    pool: ThreadPoolExecutor, threads: int, case: Case, cost: npt.NDArray[np.float64]
) -> npt.NDArray[np.int32]:
    """Let several threads plan parts of the city; they write to parts of the same arrays."""
    edges = np.linspace(0, len(case.due), threads * GRAIN + 1).astype(int)

    def one(part: int) -> npt.NDArray[np.int32]:
        due = np.zeros_like(case.due)
        due[edges[part] : edges[part + 1]] = case.due[edges[part] : edges[part + 1]]
        return plan(horizon, case, due, cost)[edges[part] : edges[part + 1]]

    return np.concatenate(list(pool.map(one, range(threads * GRAIN))))


def bench_growth(sizes: list[int], threads: int, repeats: int) -> None:
    """Time whole decisions of growing cities, on all threads."""
    per_signal = {}
    with ThreadPoolExecutor(threads) as pool:
        for size in sizes:
            case = make_case(size, np.random.default_rng(SEED), Settings())
            serial_cost, shared_cost = costs_for(case), costs_for(case)
            serial = plan(horizon, case, case.due, serial_cost)
            took_s: list[float] = []
            worked_s: list[float] = []
            shared = serial
            for _ in range(repeats):
                began_s, before_s = perf_counter(), process_time()
                shared = plan_shared(pool, threads, case, shared_cost)
                took_s.append(perf_counter() - began_s)
                worked_s.append(process_time() - before_s)
            if not (np.array_equal(serial, shared) and np.array_equal(serial_cost, shared_cost)):
                sys.exit(f"{size} signals: {threads} threads decide otherwise than one")
            per_signal[size] = min(worked_s) / size
            within = size / min(took_s)
            print(
                f"{size:6d} signals, {threads} threads: {min(took_s):.3f} s a decision"
                f" (median {statistics.median(took_s):.3f}); {within:,.0f} junctions a second"
                f" (goal {GOAL_SIGNALS:,}); {min(worked_s):.3f} s of one core's time;"
                " as one thread, bit by bit"
            )
    first, last = sizes[0], sizes[-1]
    ratio = per_signal[last] / per_signal[first]
    print(f"a core's time for a junction at {last} over that at {first}: {ratio:.2f} (linear: 1)")


def bench_single(signals: int) -> None:
    """Time single junctions one by one."""
    case = make_case(signals, np.random.default_rng(SEED + 1), Settings())
    cost = costs_for(case)
    tables, weights = Network(*case.tables), Weights(*case.weights)
    took_ms = np.full(signals, np.inf)
    due = np.zeros(signals, bool)
    for _ in range(3):
        for s in range(signals):
            due[s] = True
            began_s = perf_counter()
            horizon.best_steps(
                tables, weights, case.grid_s, due, case.now_stage, case.earliest_s, case.queue,
                case.came, cost,
            )  # fmt: skip
            took_ms[s] = min(took_ms[s], (perf_counter() - began_s) * 1e3)
            due[s] = False
    p50, p99 = np.percentile(took_ms, [50, 99])
    print(
        f"one junction: p50 {p50:.3f} ms, p99 {p99:.3f} ms (goal {GOAL_P99_MS}),"
        f" longest {took_ms.max():.3f} ms; best of 3 each"
    )


def bench_against(path: Path, signals: int, repeats: int) -> None:
    """Let another version of the kernel and this one take turns on one thread."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path}: cannot be loaded")
    other = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = other
    spec.loader.exec_module(other)
    case = make_case(signals, np.random.default_rng(SEED + 2), Settings())
    ours, theirs = costs_for(case), costs_for(case)
    if not np.array_equal(plan(horizon, case, case.due, ours), plan(other, case, case.due, theirs)):
        sys.exit(f"{path}: decides otherwise")
    same = np.array_equal(ours, theirs)
    ratios: list[float] = []
    ours_s: list[float] = []
    theirs_s: list[float] = []
    for _ in range(repeats):
        for kernel, took_s in ((horizon, ours_s), (other, theirs_s)):
            began_s = perf_counter()
            plan(kernel, case, case.due, ours)
            took_s.append(perf_counter() - began_s)
        ratios.append(ours_s[-1] / theirs_s[-1])
    print(
        f"against {path.name}, {signals} signals, one thread: {min(ours_s):.3f} s to"
        f" {min(theirs_s):.3f} s; median ratio of {repeats} pairs {statistics.median(ratios):.3f};"
        f" decisions equal, costs {'equal to the last bit' if same else 'NOT equal'}"
    )


def main() -> None:
    """Print what was measured, with versions and seeds."""
    parser = argparse.ArgumentParser(description="What planning a whole city costs.")
    parser.add_argument("--signals", default="1000,2000,4000,10000")
    parser.add_argument("--threads", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--against", type=Path, help="another version of kernels/horizon.py")
    given = parser.parse_args()
    sizes = [int(size) for size in given.signals.split(",")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("cityloop", "numba", "numpy"))
    print(f"python {platform.python_version()}, {packages}; seed {SEED}")
    plan(
        horizon,
        warm := make_case(2, np.random.default_rng(0), Settings()),
        warm.due,
        costs_for(warm),
    )
    bench_growth(sizes, given.threads, given.repeats)
    bench_single(min(sizes[0], 1000))
    if given.against is not None:
        bench_against(given.against, sizes[0], given.repeats)


if __name__ == "__main__":
    main()
