"""Our plans and SUMO's own tools on the same scenarios: TOTAL delay, seed by seed.

    python benchmarks/network_plans.py SCENARIO ... [--seeds 1-5] [--plans FOLDER] [--workers 1]
        [--kinds native,cycles,offsets,both,plan,coordinated]

- `native`: the scenario's own programmes, as they are.
- `cycles`: SUMO's tlsCycleAdaptation (Webster), as it is; `offsets`: SUMO's tlsCoordinator, as it
  is; `both`: one after the other. They read the route file itself, so they know every trip; trips
  are routed by duarouter first, since the tools read nothing else. Their programmes keep no
  clearance table of ours. A tool that fails is said to fail.
- `plan`: `cityloop traffic plan` from cameras on the seeds 11-13, tried on 21-23, under our
  clearance table, run by `fixed-time` through the gate; `coordinated`: the same with greens that
  follow the traffic, by plans that were tried so (`--for coordinated`). FOLDER keeps the plans;
  one that is there already is taken.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import sumo

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.cli.seeds import parse_seeds
from cityloop.feeds.sumo_additional import ProgrammeText, read_additional
from cityloop.feeds.sumo_programmes import running_programmes
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.plan_network import PlanOrder, plan_network, save_plan
from cityloop.usecases.run_orders import run_orders
from cityloop.usecases.simulate_plans import simulate_programmes
from cityloop.usecases.warm_kernels import warm_kernels

TOOLS = Path(sumo.__file__).parent / "tools"
KINDS = ("native", "cycles", "offsets", "both", "plan", "coordinated")
HOUR_S = 3600

Rows = list[tuple[float, float, int]]
"""Of each seed TOTAL delay, longest wait and teleports."""


def run_tool(words: list[str], folder: Path) -> None:
    """Run a program of SUMO's.

    Parameters
    ----------
    words
        The program and its arguments.
    folder
        Where it runs.

    Raises
    ------
    InputError
        If it fails.
    """
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise InputError(
            file=Path(words[0] if words[0] != sys.executable else words[1]).name,
            place="",
            cause=f"it fails: {' '.join(last)[:200]}",
            remedy="nothing: it is measured as it is",
        )


def tool_programmes(city: City, kind: str, folder: Path) -> tuple[ProgrammeText, ...]:
    """Have SUMO's tools time a network.

    Parameters
    ----------
    city
        Whose.
    kind
        `cycles`, `offsets` or `both`.
    folder
        For files.

    Returns
    -------
    The programmes.

    Raises
    ------
    InputError
        If a tool fails.
    """
    scenario = city.scenario
    routes = folder / "routes.rou.xml"
    router = [
        str(Path(sumo.__file__).parent / "bin" / "duarouter"),
        *("--net-file", str(scenario.net_file), "--output-file", str(routes)),
        *("--route-files", ",".join(map(str, scenario.route_files))),
        *("--ignore-errors", "--no-warnings", "--no-step-log", "--xml-validation", "never"),
        *("--begin", f"{scenario.begin_s:g}", "--end", f"{scenario.begin_s + HOUR_S:g}"),
    ]
    types = [str(path) for path in scenario.additional_files if "type" in path.name]
    run_tool(router + (["--additional-files", ",".join(types)] if types else []), folder)
    cycles, offsets = folder / "cycles.add.xml", folder / "offsets.add.xml"
    common = ["-n", str(scenario.net_file), "-r", str(routes)]
    texts = list(city.texts)
    if kind in {"cycles", "both"}:
        tool = [sys.executable, str(TOOLS / "tlsCycleAdaptation.py"), *common]
        run_tool([*tool, "-b", f"{scenario.begin_s:g}", "-o", str(cycles)], folder)
        texts += read_additional(cycles).programmes
    if kind in {"offsets", "both"}:
        tool = [sys.executable, str(TOOLS / "tlsCoordinator.py"), *common, "-o", str(offsets)]
        run_tool(tool + (["-a", str(cycles)] if kind == "both" else []), folder)
        texts += read_additional(offsets).programmes
    return tuple(
        replace(text, programme_id=f"sumo-{kind}") for _, text in running_programmes(texts).values()
    )


def run_by_sumo(
    scenario: Scenario, texts: tuple[ProgrammeText, ...], seeds: list[int], workers: int
) -> Rows:
    """Run programmes without us.

    Parameters
    ----------
    scenario
        The files.
    texts
        The programmes; none for the scenario's own.
    seeds
        SUMO's seeds.
    workers
        Runs at a time.

    Returns
    -------
    What came of each seed.
    """
    came = simulate_programmes(
        scenario, [texts], seeds, duration_s=HOUR_S, done=lambda: None, workers=workers
    )
    columns = (each[0].tolist() for each in came)
    return list(zip(*columns, strict=True))


def run_by_us(scenario: Scenario, kind: str, plan: Path, seeds: list[int], workers: int) -> Rows:
    """Run a plan through the gate.

    Parameters
    ----------
    scenario
        The files.
    kind
        `plan` or `coordinated`.
    plan
        The plans.
    seeds
        SUMO's seeds.
    workers
        Runs at a time.

    Returns
    -------
    What came of each seed.
    """
    orders = [
        RunOrder(
            scenario=scenario,
            control="fixed-time" if kind == "plan" else kind,
            sensing=Sensing.CAMERA,
            seed=seed,
            duration_s=HOUR_S,
            plan=plan,
        )
        for seed in seeds
    ]
    runs = run_orders(orders, lambda _order, _share: None, workers=workers)
    return [(run.total_delay_s, run.longest_wait_s, run.teleports) for run in runs]


def find_plan(scenario: Scenario, kind: str, folder: Path, workers: int) -> Path:
    """Take the plan that is there, or make it.

    Parameters
    ----------
    scenario
        Whose.
    kind
        `plan` or `coordinated`.
    folder
        Where plans are kept.
    workers
        Runs at a time.

    Returns
    -------
    Its file.
    """
    path = folder / f"{scenario.name}-{kind}.json"
    if not path.exists():
        order = PlanOrder(
            scenario=scenario,
            observe_seeds=(11, 12, 13),
            rank_seeds=(21, 22, 23),
            run_by="fixed-time" if kind == "plan" else kind,
            workers=workers,
        )
        save_plan(plan_network(order, lambda: None), out=path)
    return path


def measure(name: str, kinds: list[str], seeds: list[int], folder: Path, workers: int) -> None:
    """Print a row a kind.

    Parameters
    ----------
    name
        The scenario.
    kinds
        What is run.
    seeds
        SUMO's seeds.
    folder
        Where plans are kept.
    workers
        Runs at a time.
    """
    scenario = find_scenario(name, say=print)
    city = open_city(scenario)
    native = np.nan
    print(f"{scenario.name}, seeds {seeds}")
    for kind in kinds:
        try:
            if kind in {"plan", "coordinated"}:
                plan = find_plan(scenario, kind, folder, workers)
                rows = run_by_us(scenario, kind, plan, seeds, workers)
            else:
                with tempfile.TemporaryDirectory() as place:
                    texts = () if kind == "native" else tool_programmes(city, kind, Path(place))
                rows = run_by_sumo(scenario, texts, seeds, workers)
        except InputError as error:
            print(f"  {kind:12s} {error}", flush=True)
            continue
        delay_s = np.array([row[0] for row in rows])
        native = float(delay_s.mean()) if kind == "native" else native
        print(
            f"  {kind:12s} {delay_s.mean():7.1f} s  / native {delay_s.mean() / native:5.2f}"
            f"  worst / mean {delay_s.max() / delay_s.mean():5.2f}"
            f"  longest wait {max(row[1] for row in rows):5.0f} s"
            f"  teleports {sum(row[2] for row in rows):4d}"
            f"  by seed {' '.join(f'{each:.1f}' for each in delay_s)}",
            flush=True,
        )


def main() -> None:
    """Measure every scenario that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", nargs="+")
    parser.add_argument("--seeds", default="1-5")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--plans", type=Path, help="where plans are kept")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    warm_kernels(print)
    with tempfile.TemporaryDirectory() as place:
        for name in given.scenario:
            measure(
                name,
                given.kinds.split(","),
                list(parse_seeds(given.seeds, "--seeds")),
                given.plans or Path(place),
                given.workers,
            )


if __name__ == "__main__":
    main()
