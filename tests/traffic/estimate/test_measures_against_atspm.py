"""Every measure row by row against atspm 2.6.1, on its own sample and on three signals of Oregon.

Where we differ on purpose, the rule stands beside the measure:

- `arrivals_on_green`, `platoon_ratio`: bins without an arrival on green stay, with zero; atspm
  leaves them out. Its rows are all there, and the others have no arrival on green.
- `actuations`: bins without an actuation stay, with zero; atspm does so if asked
  (`fill_in_missing`), and is.
- `split_failures` also tells the number of cycles.

There is no other difference.
"""

from pathlib import Path

import polars as pl
import pytest

from cityloop.usecases.measure_signals import MeasureRules, measure_signals
from tests.shared_data import shared
from tests.traffic.estimate.atspm_environment import run_atspm

TIME = {"TimeStamp": "time", "DeviceId": "device"}
PHASE = TIME | {"Phase": "phase"}
# Ours: theirs, and how their columns are called here. The keys come before the None.
NAMES: dict[str, tuple[str, dict[str, str], int]] = {
    "has_data": ("has_data", TIME, 2),
    "actuations": ("actuations", TIME | {"Detector": "detector", "Total": "total"}, 3),
    "arrivals_on_green": (
        "arrival_on_green",
        PHASE | {"Total_Actuations": "total", "Percent_AOG": "share"},
        3,
    ),
    "platoon_ratio": (
        "platoon_ratio",
        PHASE
        | {
            "Total_Actuations": "total",
            "Green_Actuations": "green",
            "Percent_AOG": "share",
            "Green_Seconds": "green_s",
            "Green_Ratio": "green_ratio",
            "Platoon_Ratio": "platoon_ratio",
            "Arrival_Type": "arrival_type",
        },
        3,
    ),
    "yellow_red": (
        "yellow_red",
        PHASE | {"Signal_State": "state", "Red_Offset": "offset_s", "Count": "count"},
        5,
    ),
    "split_failures": (
        "split_failures",
        PHASE
        | {
            "Green_Time": "green_s",
            "Green_Occupancy": "green_occupancy",
            "Red_Occupancy": "red_occupancy",
            "Split_Failure": "failures",
        },
        3,
    ),
    "terminations": ("terminations", PHASE | {"PerformanceMeasure": "reason", "Total": "total"}, 4),
    "splits": (
        "splits",
        TIME | {"EventId": "code", "Services": "services", "Average_Split": "average_s"},
        3,
    ),
    "coordination": (
        "coordination",
        TIME | {"Raw_TimeStamp": "event", "EventId": "code", "Parameter": "parameter"},
        5,
    ),
    "pedestrians": ("ped", PHASE | {"PedServices": "services", "PedActuation": "actuations"}, 3),
    "unique_pedestrians": ("unique_ped", PHASE | {"Unique_Actuations": "unique_actuations"}, 3),
    "full_pedestrians": (
        "full_ped",
        PHASE
        | {
            "PedServices": "services",
            "PedActuation": "actuations",
            "Unique_Actuations": "unique_actuations",
            "Estimated_Volumes": "volume",
        },
        3,
    ),
    "timeline": (
        "timeline",
        {
            "DeviceId": "device",
            "StartTime": "begin",
            "EndTime": "end",
            "EventClass": "kind",
            "EventValue": "value",
            "IsValid": "valid",
        },
        6,
    ),
    "pedestrian_delay": (
        "ped_delay",
        PHASE | {"AvgPedDelay": "delay_s", "Samples": "samples"},
        3,
    ),
    "phase_wait": (
        "phase_wait",
        PHASE | {"AvgPhaseWait": "wait_s", "MaxPhaseWait": "wait_s_max", "TotalSkips": "skips"},
        3,
    ),
    "coordination_state": (
        "coordination_agg",
        TIME
        | {
            "Pattern": "pattern",
            "CycleLength": "cycle_s",
            "ActualCycleLength": "cycle_run_s",
            "ActualOffset": "offset_run_s",
        },
        2,
    ),
}
LOGS = {
    "sample": ("hires/sample_raw_data.parquet", "hires/sample_config.parquet"),
    "oregon": ("hires/hires_test_data.parquet", "hires/configs_test_data.parquet"),
}


@pytest.fixture(scope="module", params=list(LOGS))
def both(request, tmp_path_factory) -> tuple[Path, Path]:
    log, detectors = (shared(path) for path in LOGS[request.param])
    folder = tmp_path_factory.mktemp(request.param)
    run_atspm(log, detectors, folder / "theirs")
    rules = MeasureRules(cycle_run=True)
    measure_signals(log, detectors, folder / "ours", rules, lambda *_: None)
    return folder / "ours", folder / "theirs"


def in_one_shape(frame: pl.DataFrame, columns: list[str], keys: list[str]) -> pl.DataFrame:
    wide = {pl.Boolean: pl.Int8, pl.String: pl.String}
    shaped = frame.select(
        pl.col(name).dt.epoch("us")
        if isinstance(frame.schema[name], pl.Datetime)
        else pl.col(name).cast(wide.get(type(frame.schema[name]), pl.Float64))
        for name in columns
    )
    return shaped.sort(keys, nulls_last=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NAMES))
def test_every_row_is_that_of_atspm(both, name):
    ours_at, theirs_at = both
    theirs_name, columns, key_count = NAMES[name]
    named = list(columns.values())
    keys = named[:key_count]
    ours = pl.read_parquet(ours_at / f"{name}.parquet")
    theirs = pl.read_parquet(theirs_at / f"{theirs_name}.parquet").rename(columns)
    if name in {"arrivals_on_green", "platoon_ratio"}:
        left_out = ours.filter(pl.col("green") == 0)
        assert (left_out["share"].fill_null(0.0) == 0.0).all()
        ours = ours.filter(pl.col("green") > 0)
    ours, theirs = in_one_shape(ours, named, keys), in_one_shape(theirs, named, keys)
    assert ours.height > 0
    assert ours.select(keys).equals(theirs.select(keys))
    for column in named[key_count:]:
        apart = (ours[column] - theirs[column]).abs()
        assert apart.max() is not None
        # They round to 32 bits on the way; both do at the end.
        assert (apart <= 1e-6 * theirs[column].abs() + 1e-6).all(), column
