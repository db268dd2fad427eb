"""What the loop costs: max-pressure through it, against bare libsumo with the same lamps.

    python benchmarks/loop.py [SCENARIO] [--pairs 5]

First a max-pressure run is recorded, lamp by lamp. Then, in turn, each in a process of its own:
bare libsumo that sets exactly those lamps, with the same SUMO options, and the whole loop with
sensing, controller, gate and monitor. The ratio is taken pair by pair.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from cityloop.field.sumo import SumoField
from cityloop.field.sumo_process import close_sumo, load_libsumo, start_sumo
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.drive import drive
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import City, find_scenario, open_city
from cityloop.usecases.warm_kernels import load_kernels, warm_kernels

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "traffic" / "hangzhou_4x4"
SEED = 1
SECONDS = 3600
GOAL = 1.5


def main() -> None:
    """Run the pairs and print the ratio."""
    parser = argparse.ArgumentParser(description="What the loop costs over bare libsumo.")
    parser.add_argument("scenario", nargs="?", default=str(SHARED))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--part", choices=("record", "bare", "loop"), help=argparse.SUPPRESS)
    parser.add_argument("--lamps", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.scenario, given.lamps)))
        return
    if given.scenario == str(SHARED) and not SHARED.exists():
        print("hangzhou_4x4 is not here; measuring bologna-acosta instead")
        given.scenario = "bologna-acosta"
    warm_kernels(print)
    with tempfile.TemporaryDirectory() as name:
        lamps = Path(name) / "lamps.json"
        changes = part("record", given.scenario, lamps)
        pairs = [
            (part("bare", given.scenario, lamps), part("loop", given.scenario, lamps))
            for _ in range(given.pairs)
        ]
    ratios = [loop / bare for bare, loop in pairs]
    print(f"{given.scenario}, {SECONDS} s, max-pressure, seed {SEED}, {changes:.0f} lamp changes")
    for package in ("cityloop", "libsumo", "numba", "numpy"):
        print(f"  {package} {version(package)}")
    print(f"bare libsumo: {summary([bare for bare, _ in pairs])} s")
    print(f"whole loop:   {summary([loop for _, loop in pairs])} s")
    print(f"loop / bare:  {summary(ratios)}   (goal: at most {GOAL})")


def part(name: str, scenario: str, lamps: Path) -> float:
    """Run one part in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, scenario, "--part", name, "--lamps", str(lamps)],
        check=True,
        capture_output=True,
        text=True,
    )
    return float(json.loads(done.stdout.splitlines()[-1]))


def summary(values: list[float]) -> str:
    """Give median, least and most."""
    return f"median {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def loop(scenario: str, _lamps: Path | None) -> float:
    """Time the whole loop. [s]."""
    city = open_city(find_scenario(scenario, say=print))
    load_kernels()
    started_s = perf_counter()
    _drive(city)
    return perf_counter() - started_s


def record(scenario: str, lamps: Path) -> float:
    """Write down every change of every signal's lamps; give their number."""
    city = open_city(find_scenario(scenario, say=print))
    changes: dict[int, list[tuple[str, str]]] = {}
    sumo = load_libsumo()
    show = sumo.trafficlight.setRedYellowGreenState

    def note(signal: str, letters: str) -> None:
        changes.setdefault(int(sumo.simulation.getTime()), []).append((signal, letters))
        show(signal, letters)

    sumo.trafficlight.setRedYellowGreenState = note
    _drive(city)
    lamps.write_text(json.dumps(changes), "utf-8")
    return float(sum(map(len, changes.values())))


def _drive(city: City) -> None:
    begin_s = int(city.scenario.begin_s)
    controller = make_controller("max-pressure", city, None)
    with (
        tempfile.TemporaryDirectory() as name,
        SumoField(
            city.scenario,
            city.network,
            city.signals,
            city.table,
            city.view,
            sensing=Sensing.CAMERA,
            needs=controller.needs,
            seed=SEED,
            end_s=begin_s + SECONDS,
            folder=Path(name),
        ) as field,
    ):
        drive(field, controller, lambda _now_s: None)


def bare(scenario: str, lamps: Path) -> float:
    """Time libsumo alone with the recorded lamps. [s]."""
    found = find_scenario(scenario, say=print)
    changes = {int(k): v for k, v in json.loads(lamps.read_text("utf-8")).items()}
    begin_s = int(found.begin_s)
    with tempfile.TemporaryDirectory() as name:
        started_s = perf_counter()
        sumo = start_sumo(found, (), seed=SEED, end_s=begin_s + SECONDS, folder=Path(name))
        for now_s in range(begin_s, begin_s + SECONDS):
            for signal, letters in changes.get(now_s, ()):
                sumo.trafficlight.setRedYellowGreenState(signal, letters)
            sumo.simulationStep()
        close_sumo(sumo)
        return perf_counter() - started_s


PARTS = {"record": record, "bare": bare, "loop": loop}

if __name__ == "__main__":
    main()
