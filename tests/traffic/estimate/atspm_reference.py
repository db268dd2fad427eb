"""Runs the reference package atspm 2.6.1 on a log, in an environment with duckdb < 2.

Called by that environment's Python: LOG DETECTORS OUT.
"""

import json
import resource
import sys
import time

from atspm import SignalDataProcessor

BIN_MIN = 15
PRESSES_APART: dict[str, object] = {"seconds_between_actuations": 15}
MEASURES: dict[str, dict[str, object]] = {
    "has_data": {"no_data_min": 5, "min_data_points": 3},
    "actuations": {"fill_in_missing": True},
    "arrival_on_green": {"latency_offset_seconds": 0},
    "platoon_ratio": {},
    "split_failures": {
        "red_time": 5,
        "red_occupancy_threshold": 0.8,
        "green_occupancy_threshold": 0.8,
        "by_approach": True,
        "by_cycle": False,
    },
    "yellow_red": {"latency_offset_seconds": 1.5, "min_red_offset": -8},
    "terminations": {},
    "splits": {},
    "coordination": {},
    "ped": {},
    "unique_ped": PRESSES_APART,
    "full_ped": PRESSES_APART | {"return_volumes": True},
    "timeline": {"min_duration": 0.2, "cushion_time": 60},
    "ped_delay": {},
    "phase_wait": {},
    "coordination_agg": {},
}


def main() -> None:
    """Run every measure, and say how long it took and how much memory."""
    log, detectors, out = sys.argv[1:]
    began_s, cpu_s = time.perf_counter(), time.process_time()
    with SignalDataProcessor(
        raw_data=log,
        detector_config=detectors,
        bin_size=BIN_MIN,
        output_dir=out,
        output_to_separate_folders=False,
        output_format="parquet",
        output_file_prefix="",
        remove_incomplete=False,
        verbose=0,
        controller_type="maxtime",
        aggregations=[{"name": name, "params": dict(given)} for name, given in MEASURES.items()],
    ) as processor:
        processor.load()
        processor.aggregate()
        processor.save()
    took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"took_s": took_s, "cpu_s": cpu_s, "memory_mb": memory_mb}))


if __name__ == "__main__":
    main()
