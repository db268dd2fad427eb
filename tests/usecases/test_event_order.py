"""In any order, repeated, delayed, over crashes and restarts: the estimates are those in order."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from cityloop.store.disk import Disk
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.estimate_windows import SUM_COLUMNS
from cityloop.usecases.keep_events import Batch, EventKeeper, Kept, understand_batch

NOON_S = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())
SOURCES = ("north", "south")
Estimates = dict[tuple[str, str, int], tuple[int, ...]]


def make(kind: str, source: str, sequence: int, lines: list[str], received_s: int) -> Batch:
    return understand_batch(
        kind=KINDS[kind],
        source=source,
        sequence=sequence,
        content_type="application/x-ndjson",
        body="\n".join(lines).encode(),
        received_us=(NOON_S + received_s) * 10**6,
    )


def written(second: int) -> str:
    return datetime.fromtimestamp(NOON_S + second, UTC).isoformat()


def estimates_of(keeper: EventKeeper, folder: Path) -> Estimates:
    """Add up all that was written down and all that is open, as a reader of the history would."""
    compact = keeper.roll_if_due(at_once=True)
    if compact is not None:
        compact()
    found: dict[tuple[str, str, int], list[int]] = {}
    if list(folder.glob("history/detector-windows/*/*/*.parquet")):
        rows = (
            pl.read_parquet(folder / "history/detector-windows", hive_partitioning=True)
            .group_by("source", "detector", pl.col("time").dt.epoch("us"))
            .agg(pl.col(SUM_COLUMNS).sum())
            .rows()
        )
        found = {(row[0], row[1], row[2]): list(row[3:]) for row in rows}
    for source in SOURCES:
        for open_now in keeper.windows.windows_of(source):
            names = keeper.windows.names_of(source)
            columns = (open_now.begin_us, open_now.detector, open_now.sums)
            for begin, detector, sums in zip(*(each.tolist() for each in columns), strict=True):
                cell = found.setdefault((source, names[detector], begin), [0] * len(SUM_COLUMNS))
                cell[:] = [a + b for a, b in zip(cell, sums, strict=True)]
    return {key: tuple(sums) for key, sums in found.items()}


class Disturbed(RuleBasedStateMachine):
    """A keeper that is disturbed, and one that gets everything in order at the end."""

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp())
        self.clock_s = 0
        self.next = dict.fromkeys(SOURCES, 0)
        self.sent: list[Batch] = []
        self.waiting: list[Batch] = []
        self.open()

    def open(self) -> None:
        self.keeper = EventKeeper(
            self.root / "disturbed", disk=Disk(durable=False), segment_bytes=1500
        )

    def take(self, *batches: Batch) -> None:
        became = self.keeper.commit(batches)
        for batch, kept in zip(batches, became, strict=True):
            expected = Kept.BEFORE if batch in self.sent else Kept.NOW
            assert kept is expected
            if kept is Kept.NOW:
                self.sent.append(batch)

    @rule(
        source=st.sampled_from(SOURCES),
        ages=st.lists(st.integers(-40, 700), min_size=1, max_size=5),
        passed=st.integers(0, 90),
        delayed=st.booleans(),
    )
    def send(self, source: str, ages: list[int], passed: int, delayed: bool) -> None:  # noqa: FBT001
        self.clock_s += passed
        lines = [
            f'{{"time":"{written(self.clock_s - age)}","detector":"d{age % 3}","count":{age % 5},'
            f'"occupancy":{age % 10 / 10 if age >= 0 else 0},"speed":{abs(age) % 37}.125}}'
            for age in ages
        ]
        batch = make("detector", source, self.next[source], lines, self.clock_s)
        self.next[source] += 1
        if delayed:
            self.waiting.append(batch)
        else:
            self.take(batch)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def send_what_was_delayed(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.waiting) - 1))
        self.take(self.waiting.pop(at))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        self.take(data.draw(st.sampled_from(self.sent)))

    @rule(source=st.sampled_from(SOURCES), late_s=st.integers(0, 100))
    def beat(self, source: str, late_s: int) -> None:
        line = f'{{"time":"{written(self.clock_s - late_s)}"}}'
        batch = make("heartbeat", source, self.next[source], [line], self.clock_s)
        self.next[source] += 1
        self.take(batch)

    @rule()
    def compact(self) -> None:
        job = self.keeper.roll_if_due()
        if job is not None:
            job()

    @rule()
    def crash(self) -> None:
        self.open()

    @rule()
    def restart_in_order(self) -> None:
        job = self.keeper.roll_if_due(at_once=True)
        if job is not None:
            job()
        self.open()

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        self.take(*self.waiting)
        folder = self.root / "in-order"
        undisturbed = EventKeeper(folder, disk=Disk(durable=False))
        undisturbed.commit(sorted(self.sent, key=lambda batch: batch.entry.sequence))
        expected = estimates_of(undisturbed, folder)
        assert estimates_of(self.keeper, self.root / "disturbed") == expected
        rows = sum(each.entry.rows for each in self.sent if each.entry.kind == "detector")
        assert sum(sums[0] for sums in expected.values()) == rows
        self.open()  # and once more from what lies on the disk
        assert estimates_of(self.keeper, self.root / "disturbed") == expected
        rmtree(self.root)


TestDisturbed = Disturbed.TestCase
TestDisturbed.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_a_restart_resumes_exactly_where_a_crash_left_off(tmp_path):
    """Not only the sums: also which windows are open, and what has been told as final or late."""
    batches = [
        make("detector", "north", i, [f'{{"time":"{written(t)}","detector":"d","count":{i}}}'], t)
        for i, t in enumerate([0, 70, 65, 100, 10, 400, 395, 20, 500])
    ]
    told = []
    for crash_after in (0, 3, 6, 8):
        folder = tmp_path / str(crash_after)
        keeper = EventKeeper(folder, segment_bytes=600)
        for number, batch in enumerate(batches, start=1):
            keeper.commit([batch])
            job = keeper.roll_if_due()
            if job is not None:
                job()
            if number == crash_after:
                keeper = EventKeeper(folder, segment_bytes=600)
        open_now = keeper.windows.list_open("north")
        estimates_of(keeper, folder)
        closed = pl.read_parquet(folder / "history/detector-windows", hive_partitioning=True)
        told.append((open_now, closed.sort(closed.columns).rows(named=True)))
    assert told[0] == told[1] == told[2] == told[3]
    assert {row["status"] for row in told[0][1]} == {"final", "late"}
