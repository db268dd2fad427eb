"""The history of events: every row once, the same again, and never much of it in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from cityloop.store.disk import Disk
from cityloop.store.history import list_days, read_day, write_history

NOON_US = 1_795_521_600 * 10**6  # 2026-11-24 12:00
DAY_US = 86_400 * 10**6


def batch(time_us: Any, first: int) -> Any:
    rows = len(time_us)
    names = pa.array([f"d{number % 7}" for number in range(rows)])
    columns = {
        "time": pa.array(time_us, pa.timestamp("us", "UTC")),
        "detector": names,
        "sequence": np.arange(first, first + rows),
    }
    return pa.record_batch(columns)


def test_who_sends_events_of_many_days_finds_each_of_them_once(tmp_path):
    days = [int(each) for each in np.random.default_rng(5).permutation(np.repeat(range(75), 4))]
    batches = [batch(NOON_US - np.array(days[k : k + 3]) * DAY_US, k) for k in range(0, 300, 3)]

    def write() -> dict[Path, bytes]:
        # In pieces of one batch, so that more days come while others are being written.
        assert write_history(tmp_path, Disk(durable=False), 7, "detector", "a/b", batches) == 300
        return {path: path.read_bytes() for path in sorted(tmp_path.rglob("*.*"))}

    with pytest.MonkeyPatch.context() as small:
        small.setattr("cityloop.store.history._PIECE_ROWS", 1)
        files = write()
        assert write() == files
    assert len(list_days(tmp_path, "detector")) == 75
    assert len(files) > 75
    whole = pl.read_parquet(tmp_path, hive_partitioning=True).sort("sequence")
    assert whole["sequence"].to_list() == list(range(300))
    assert whole["time"].dt.epoch("us").to_list() == [NOON_US - day * DAY_US for day in days]
    counted = duckdb.execute(
        "select count(*), count(distinct sequence), any_value(source) "
        "from read_parquet($1, hive_partitioning=true)",
        [f"{tmp_path}/detector/*/*/*.parquet"],
    ).fetchone()
    assert counted == (300, 300, "a/b")


def test_a_segment_is_not_in_memory_while_it_becomes_history(tmp_path):
    rows, count = 20_000, 100
    held: list[int] = []
    before = pa.total_allocated_bytes()

    def batches() -> Iterator[Any]:
        for number in range(count):
            held.append(pa.total_allocated_bytes() - before)
            yield batch(NOON_US + np.arange(rows), number * rows)

    assert write_history(tmp_path, Disk(durable=False), 1, "detector", "s", batches()) == 2_000_000
    size = batch(NOON_US + np.arange(rows), 0).nbytes
    assert max(held) < 30 * size
    (its,) = list_days(tmp_path, "detector").values()
    table = read_day(its["s"], ["sequence"])
    assert (table.column("sequence").to_numpy() == np.arange(rows * count)).all()


def test_without_events_there_is_no_file(tmp_path):
    nothing = [batch(np.zeros(0, np.int64), 0)]
    assert write_history(tmp_path, Disk(), 1, "detector", "s", nothing) == 0
    assert list(tmp_path.iterdir()) == []
