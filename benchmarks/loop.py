"""What the loop costs: max-pressure through it, against bare libsumo with the same lamps.

    python benchmarks/loop.py [SCENARIO] [--pairs 5]

First a max-pressure run is recorded, lamp by lamp. Then two processes run the same hour: bare
libsumo that sets exactly those lamps, with the same SUMO options, and the whole loop with sensing,
controller, gate and monitor. They take turns, a few simulated minutes each, so that a machine whose
speed wanders is as slow for one as for the other; a process that waits its turn is not on the
clock. The ratio is taken pair by pair.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from cityloop.field.sumo import SumoField
from cityloop.field.sumo_process import close_sumo, load_libsumo, start_sumo
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.drive import drive
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.load_kernels import load_kernels
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.warm_kernels import warm_kernels

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "traffic" / "hangzhou_4x4"
SEED = 1
SECONDS = 3600
GOAL = 1.5
TURN_S = 100
"""How long a turn of one process is, in simulated time. [s]"""


def main() -> None:
    """Run the pairs and print the ratio."""
    parser = argparse.ArgumentParser(description="What the loop costs over bare libsumo.")
    parser.add_argument("scenario", nargs="?", default=str(SHARED))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--part", choices=("record", "bare", "loop"), help=argparse.SUPPRESS)
    parser.add_argument("--lamps", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        PARTS[given.part](given.scenario, given.lamps)
        return
    if given.scenario == str(SHARED) and not SHARED.exists():
        print("hangzhou_4x4 is not here; measuring bologna-acosta instead")
        given.scenario = "bologna-acosta"
    warm_kernels(print)
    with tempfile.TemporaryDirectory() as name:
        lamps = Path(name) / "lamps.json"
        changes = record_lamps(given.scenario, lamps)
        pairs = [time_pair(given.scenario, lamps) for _ in range(given.pairs)]
    ratios = [loop / bare for bare, loop in pairs]
    print(f"{given.scenario}, {SECONDS} s, max-pressure, seed {SEED}, {changes} lamp changes")
    for package in ("cityloop", "libsumo", "numba", "numpy"):
        print(f"  {package} {version(package)}")
    print(f"bare libsumo: {summary([bare for bare, _ in pairs])} s")
    print(f"whole loop:   {summary([loop for _, loop in pairs])} s")
    print(f"loop / bare:  {summary(ratios)}   (goal: at most {GOAL})")


def part(name: str, scenario: str, lamps: Path) -> subprocess.Popen[str]:
    """Start one part in a process of its own."""
    return subprocess.Popen(
        [sys.executable, __file__, scenario, "--part", name, "--lamps", str(lamps)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def record_lamps(scenario: str, lamps: Path) -> int:
    """Have the run recorded; give the number of lamp changes."""
    told, _ = part("record", scenario, lamps).communicate()
    return int(told.splitlines()[-1])


def time_pair(scenario: str, lamps: Path) -> tuple[float, float]:
    """Let both run, turn by turn; give what bare libsumo and the loop took. [s]."""
    took_s = {}
    running = {name: part(name, scenario, lamps) for name in ("bare", "loop")}
    try:
        while running:
            for name, process in list(running.items()):
                process.stdin.write("go\n")  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
                # Libraries may say something of their own.
                answer = next((a for a in process.stdout if a.startswith(("turn", "took"))), "")  # type: ignore[union-attr]
                if answer.startswith("took "):
                    took_s[name] = float(answer.split()[1])
                    running.pop(name).communicate()
                elif not answer:
                    sys.exit(f"{name} ended with {process.wait()}")
    finally:
        for process in running.values():
            process.kill()
    return took_s["bare"], took_s["loop"]


class Clock:
    """Counts what its process takes, from one turn to the next."""

    def __init__(self) -> None:
        self.took_s = 0.0
        sys.stdin.readline()
        self._since_s = perf_counter()

    def every_second(self, now_s: int) -> None:
        """Give the turn away when it is over."""
        if now_s % TURN_S == 0:
            self.took_s += perf_counter() - self._since_s
            print("turn", flush=True)
            sys.stdin.readline()
            self._since_s = perf_counter()

    def end(self) -> None:
        """Tell what it took."""
        print("took", self.took_s + perf_counter() - self._since_s, flush=True)


def summary(values: list[float]) -> str:
    """Give median, least and most."""
    return f"median {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def loop(scenario: str, _lamps: Path) -> None:
    """Time the whole loop."""
    city = open_city(find_scenario(scenario, say=_to_stderr))
    load_kernels()
    clock = Clock()
    _drive(city, clock.every_second)
    clock.end()


def record(scenario: str, lamps: Path) -> None:
    """Write down every change of every signal's lamps; print their number."""
    city = open_city(find_scenario(scenario, say=_to_stderr))
    changes: dict[int, list[tuple[str, str]]] = {}
    sumo = load_libsumo()
    show = sumo.trafficlight.setRedYellowGreenState

    def note(signal: str, letters: str) -> None:
        changes.setdefault(int(sumo.simulation.getTime()), []).append((signal, letters))
        show(signal, letters)

    sumo.trafficlight.setRedYellowGreenState = note
    _drive(city, lambda _now_s: None)
    lamps.write_text(json.dumps(changes), "utf-8")
    print(sum(map(len, changes.values())))


def _drive(city: City, every_second: Callable[[int], None]) -> None:
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
        drive(field, controller, every_second)


def bare(scenario: str, lamps: Path) -> None:
    """Time libsumo alone with the recorded lamps."""
    found = find_scenario(scenario, say=_to_stderr)
    changes = {int(k): v for k, v in json.loads(lamps.read_text("utf-8")).items()}
    begin_s = int(found.begin_s)
    clock = Clock()
    with tempfile.TemporaryDirectory() as name:
        sumo = start_sumo(found, (), seed=SEED, end_s=begin_s + SECONDS, folder=Path(name))
        for now_s in range(begin_s, begin_s + SECONDS):
            for signal, letters in changes.get(now_s, ()):
                sumo.trafficlight.setRedYellowGreenState(signal, letters)
            sumo.simulationStep()
            clock.every_second(now_s + 1)
        close_sumo(sumo)
    clock.end()


def _to_stderr(line: str) -> None:
    """Say something to people: the parent reads what is printed."""
    print(line, file=sys.stderr)


PARTS = {"record": record, "bare": bare, "loop": loop}

if __name__ == "__main__":
    main()
