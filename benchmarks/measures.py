"""How fast all measures of ten million hi-res events are worked out, against atspm 2.6.1.

Both tell their peak of memory, too. The three signals of Oregon (DATA/hires, named by --data) are
repeated every four hours. Each side runs in its own process and reads and writes Parquet; atspm
in its own environment, which is made once.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import polars as pl
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from cityloop.usecases.load_kernels import load_kernels
from cityloop.usecases.measure_signals import MeasureRules, measure_signals
from tests.traffic.estimate.atspm_environment import run_atspm

TIMES, WANTED = 40, 15.0


def repeat_log(log: Path, times: int, out: Path) -> int:
    """Repeat a log every four hours; give the number of events."""
    frame = pl.read_parquet(log).with_columns(pl.col("TimeStamp").cast(pl.Datetime("us")))
    shifted = [
        frame.with_columns(pl.col("TimeStamp") + pl.duration(hours=4 * number))
        for number in range(times)
    ]
    whole = pl.concat(shifted)
    whole.write_parquet(out)
    return whole.height


def ours(log: Path, detectors: Path, out: Path) -> None:
    """Measure in this process; say how long it took and how much memory."""
    # What was compiled is loaded first, as are the packages of both sides.
    load_kernels()
    pa.array([0])  # draws in pandas, where that is installed
    began_s, cpu_s = perf_counter(), process_time()
    measure_signals(log, detectors, out, MeasureRules(cycle_run=True), lambda *_: None)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took_s, cpu_s = perf_counter() - began_s, process_time() - cpu_s
    print(json.dumps({"took_s": took_s, "cpu_s": cpu_s, "memory_mb": memory_mb}))


def main() -> int:
    """Run both, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    asked.add_argument("--data", type=Path, default=beside, help="folder with hires/")
    asked.add_argument("--times", type=int, default=TIMES, help="how often the log is repeated")
    asked.add_argument("--ours", nargs=3, type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.ours:
        ours(*given.ours)
        return 0
    log = given.data / "hires" / "hires_test_data.parquet"
    detectors = given.data / "hires" / "configs_test_data.parquet"
    if not log.exists():
        print(f"no log of Oregon in {given.data}: nothing measured")
        return 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        events = repeat_log(log, given.times, folder / "log.parquet")
        command = [sys.executable, __file__, "--ours"]
        paths = [str(folder / "log.parquet"), str(detectors)]
        mine = {}
        for out in ("warm", "ours"):  # the first run may have to compile
            done = subprocess.run(
                [*command, *paths, str(folder / out)], check=True, capture_output=True, text=True
            )
            mine = json.loads(done.stdout.splitlines()[-1])
        theirs = json.loads(run_atspm(folder / "log.parquet", detectors, folder / "theirs"))
    print(f"{events:,} events, 16 measures")
    for name, found in (("cityloop", mine), ("atspm", theirs)):
        cpu = f"({found['cpu_s']:.1f} s of CPU)"
        print(f"{name:<9} {found['took_s']:7.1f} s {cpu} {found['memory_mb']:8.0f} MB")
    ratio = theirs["took_s"] / mine["took_s"]
    print(f"{ratio:.1f} times as fast (wanted {WANTED:.0f})")
    return 0 if ratio >= WANTED and mine["memory_mb"] <= theirs["memory_mb"] else 1


if __name__ == "__main__":
    sys.exit(main())
