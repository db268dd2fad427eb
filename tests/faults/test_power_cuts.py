"""What was acknowledged is there after the power has gone, and is there once."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import duckdb
import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.usecases.keep_events import REPLAYED_MAX, EventKeeper, Kept
from tests.faults.cut_disk import CutDisk, FailingDisk, make_batch

SEGMENT_BYTES = 3000
CUTS = 3  # in each life's story
SOURCES = ("north", "a/b c?")  # the second is no name for a folder


def history_rows(folder: Path) -> dict[tuple[str, int], int]:
    """Count what is in the history, as anybody with DuckDB would."""
    if not list(folder.glob("history/*/*/*/*.parquet")):
        return {}
    rows = duckdb.execute(
        "select source, sequence, count(*) "
        "from read_parquet($1, hive_partitioning=true) group by all",
        [f"{folder}/history/detector/*/*/*.parquet"],
    ).fetchall()
    return {(source, sequence): count for source, sequence, count in rows}


def work(
    keeper: EventKeeper, rng: np.random.Generator, sent: dict[str, int], cut_after: int
) -> Iterator[tuple[str, int]]:
    """Send, repeat and compact until the cut; yield what has been acknowledged."""
    for step in range(cut_after):
        batches = []
        for _ in range(int(rng.integers(1, 5))):
            source = SOURCES[int(rng.integers(len(SOURCES)))]
            again = sent[source] > 0 and rng.random() < 0.3
            sequence = int(rng.integers(sent[source])) if again else sent[source]
            sent[source] += not again
            batches.append(make_batch(source, sequence))
        for batch, became in zip(batches, keeper.commit(batches), strict=True):
            if became in {Kept.NOW, Kept.BEFORE}:
                yield batch.entry.source, batch.entry.sequence
        compact = keeper.roll_if_due()
        # The power may go between rolling and compacting, or in the middle of it.
        if compact is not None and step < cut_after - 1:
            compact()


def lost_and_doubled(tmp_path: Path, seed: int, *, durable: bool) -> tuple[int, int]:
    """Cut the power a few times; count what was acknowledged and is gone, or is there twice."""
    rng = np.random.default_rng(seed)
    acknowledged: set[tuple[str, int]] = set()
    sent = dict.fromkeys(SOURCES, 0)
    root = tmp_path / f"life-{seed}-0"
    root.mkdir()
    disk = CutDisk(root, rng, durable)
    for life in range(1, CUTS + 1):
        try:
            keeper = EventKeeper(root, disk=disk, segment_bytes=SEGMENT_BYTES)
        except InputError:
            return len(acknowledged), 0  # what cannot be opened is lost
        acknowledged |= set(work(keeper, rng, sent, int(rng.integers(1, 25))))
        root = tmp_path / f"life-{seed}-{life}"
        disk.image(root)
        disk = CutDisk(root, rng, durable)
        for path in sorted(root.rglob("*")):
            disk.adopt(path)
    try:
        after = EventKeeper(root, disk=disk, segment_bytes=SEGMENT_BYTES)
    except InputError:
        return len(acknowledged), 0
    counted = {source: after.count("detector", source) for source in SOURCES}
    compact = after.roll_if_due(at_once=True)
    if compact is not None:
        compact()
    rows = history_rows(root)
    lost = len(acknowledged - set(rows))
    doubled = sum(count != 5 for count in rows.values())
    for source in SOURCES:
        in_history = sum(count for (name, _), count in rows.items() if name == source)
        doubled += in_history != counted[source]
    return lost, doubled


@pytest.mark.parametrize("seed", range(7))
def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path, seed):
    assert lost_and_doubled(tmp_path, seed, durable=True) == (0, 0)


@pytest.mark.long
def test_a_thousand_power_cuts_take_nothing(tmp_path):
    found = {}
    for seed in range(100, 100 + 1000 // CUTS):
        place = tmp_path / str(seed)
        place.mkdir()
        found[seed] = lost_and_doubled(place, seed, durable=True)
        rmtree(place)
    assert {seed: figures for seed, figures in found.items() if figures != (0, 0)} == {}


def test_the_same_cuts_are_noticed_where_nobody_waits_for_the_disk(tmp_path):
    """Else the two tests above would prove nothing."""
    lost = [lost_and_doubled(tmp_path, seed, durable=False)[0] for seed in range(8)]
    assert sum(count > 0 for count in lost) >= 6


def test_who_is_stopped_before_anything_becomes_history_has_not_ever_more_to_replay(tmp_path):
    sent = 0
    for _ in range(6):
        keeper = EventKeeper(tmp_path, segment_bytes=SEGMENT_BYTES)
        assert keeper.count("detector", "north") == 5 * sent
        assert len(list(tmp_path.glob("log/*.log"))) <= 2 * REPLAYED_MAX
        for _ in range(60):
            keeper.commit([make_batch("north", sent)])
            sent += 1
            keeper.roll_if_due()  # and is stopped before it is done
    keeper = EventKeeper(tmp_path, segment_bytes=SEGMENT_BYTES)
    compact = keeper.roll_if_due(at_once=True)
    assert compact is not None
    compact()
    assert history_rows(tmp_path) == {("north", sequence): 5 for sequence in range(sent)}


@pytest.mark.parametrize("seed", range(8))
def test_after_errors_of_the_disk_rows_equal_acknowledgements(tmp_path, seed):
    rng = np.random.default_rng(seed)
    disk = FailingDisk(rng)
    keeper = EventKeeper(tmp_path, disk=disk, segment_bytes=SEGMENT_BYTES)
    acknowledged: set[tuple[str, int]] = set()
    refused = 0
    for step in range(60):
        disk.share = 0.3 if step % 20 < 15 else 0.0
        source, sequence = SOURCES[step % 2], step // 2
        while True:
            (became,) = keeper.commit([make_batch(source, sequence)])
            if became is not Kept.FAILED:
                break
            refused += 1
            if rng.random() < 0.2:  # a sender that gives a batch up, and sends another in its place
                break
        if became is not Kept.FAILED:
            acknowledged.add((source, sequence))
        assert keeper.count("detector", None) == 5 * len(acknowledged)
        compact = keeper.roll_if_due()
        if compact is not None:
            try:
                compact()
            except OSError:
                refused += 1
    assert refused > 5
    disk.share = 0.0
    again = EventKeeper(tmp_path, disk=disk, segment_bytes=SEGMENT_BYTES)
    compact = again.roll_if_due(at_once=True)
    if compact is not None:
        compact()
    rows = history_rows(tmp_path)
    # The last batches that were given up may be there: they were refused, not denied.
    assert acknowledged <= set(rows)
    assert set(rows.values()) == {5}
    assert again.count("detector", None) == sum(rows.values())
