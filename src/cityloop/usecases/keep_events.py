"""Keeping events: acknowledged means on the disk, and each batch counts once."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from threading import Lock
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from cityloop.city.errors import InputError
from cityloop.feeds.event_arrow import decode_arrow
from cityloop.feeds.event_batch import arrow_schema
from cityloop.feeds.event_ndjson import decode_ndjson
from cityloop.store.disk import Disk, put_file
from cityloop.store.event_log import (
    Entry,
    EventLog,
    list_segments,
    read_cut,
    read_entries,
    read_entries_at,
)
from cityloop.store.history import drop_history, write_history
from cityloop.store.ledger import Account, Ledger, Verdict
from cityloop.store.salts import Salts
from cityloop.traffic.estimate.windows import WindowRules
from cityloop.traffic.observe.events import DETECTOR, KINDS, ColumnType, EventKind
from cityloop.usecases.estimate_windows import ESTIMATES, WindowBook, decode_windows
from cityloop.usecases.follow_road import RoadBook
from cityloop.usecases.follower import Follower
from cityloop.usecases.known_names import KnownNames

ARROW: Final = "application/vnd.apache.arrow.stream"
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
SEGMENT_BYTES: Final = 32 << 20
REPLAYED_MAX: Final = 8
"""So many segments of the log are taken in at a start before they become history."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One batch, understood but not yet kept.

    Attributes
    ----------
    entry
        Who sent it and what was in it.
    events
        The events that were taken, in the kind's schema.
    """

    entry: Entry
    events: Any


class Kept(Enum):
    """What became of a batch."""

    NOW = auto()
    BEFORE = auto()
    CONFLICT = auto()
    TOO_OLD = auto()
    FAILED = auto()


class _Checkpoint(msgspec.Struct):
    """All that is known of the segments up to one, in place of them."""

    version: int
    segment: int
    accounts: list[Account]
    windows: bytes
    followed: dict[str, bytes] = {}


_VERSION: Final = 1
_OF_VERDICT: Final = {
    Verdict.REPEAT: Kept.BEFORE,
    Verdict.CONFLICT: Kept.CONFLICT,
    Verdict.TOO_OLD: Kept.TOO_OLD,
}


def understand_batch(
    *,
    kind: EventKind,
    source: str,
    sequence: int,
    content_type: str,
    body: bytes,
    received_us: int,
    known: KnownNames | None = None,
) -> Batch:
    """Decode a batch.

    Parameters
    ----------
    kind
        Of its events.
    source
        Who sent it.
    sequence
        Its number there.
    content_type
        `ARROW` or one of `NDJSON`.
    body
        As it came.
    received_us
        When it came. [us since 1970]
    known
        The names that the city knows; None if it knows any.

    Returns
    -------
    The batch.

    Raises
    ------
    InputError
        If nothing of it can be used.
    """
    if content_type == ARROW:
        decoded = decode_arrow(kind, body, source)
    elif content_type in NDJSON:
        decoded = decode_ndjson(kind, body)
    else:
        raise InputError(
            file=source,
            place="Content-Type",
            cause=f"{content_type or 'nothing'} is not read here",
            remedy=f"send {ARROW} or application/x-ndjson",
        )
    if known is not None:
        decoded = known.sift(kind, source, decoded)
    # Against mistakes, not against malice: who may send may also send anything.
    digest = zlib.crc32(body) << 32 | zlib.adler32(body)
    entry = Entry(
        kind=kind.name,
        source=source,
        sequence=sequence,
        digest=digest,
        received_us=received_us,
        rows=decoded.batch.num_rows,
        rejected=decoded.rejected,
        first=decoded.first,
    )
    return Batch(entry=entry, events=decoded.batch)


class EventKeeper:
    """A folder of events: a log of what came last, a history of what came before.

    Not for several threads at once, but for `count` and `list_accounts`.

    Parameters
    ----------
    folder
        Where everything is; made if it is not there.
    disk
        The file system.
    segment_bytes
        How large a segment of the log grows before it becomes history. [bytes]
    rules
        How windows open and close. Those with which a folder was begun hold on.
    retention_h
        For how long the history of each kind is kept; by itself if it is not there. [h]
    roads
        What is estimated from windows that have closed; None for nothing.
    followers
        What else is kept up with the events, by name.

    Raises
    ------
    InputError
        If the folder holds something that is not ours, or cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        disk: Disk | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        rules: WindowRules | None = None,
        retention_h: Mapping[str, int] | None = None,
        roads: RoadBook | None = None,
        followers: Mapping[str, Follower] | None = None,
    ) -> None:
        self._folder = folder
        self.roads = roads
        self._followers = dict(followers or {})
        # Who looks must not look at what is half changed.
        self._changing = Lock()
        self._lists: dict[str, Callable[[str], list[dict[str, object]]]] = {}
        if roads is not None:
            self._lists |= {
                "detectors": roads.list_detectors,
                "movements": roads.list_movements,
                "turns": roads.list_turns,
            }
        self._lists |= {name: each.list_now for name, each in self._followers.items()}
        self._retention_h = {kind.name: kind.retention_h for kind in KINDS.values()}
        self._retention_h |= retention_h or {}
        self._disk = disk or Disk()
        self._segment_bytes = segment_bytes
        self._wal, self._history = folder / "log", folder / "history"
        # Of each segment that is not yet history, where the batches that count begin.
        self._begins: dict[int, list[int]] = {}
        try:
            for place in (self._wal, self._history, folder / "salts"):
                self._disk.make_folder(place)
            self._salts = Salts(folder / "salts", self._disk)
            self._ledger, self.windows, last = self._open_checkpoint(rules or WindowRules())
            self._log = EventLog(self._wal, self._disk, self._replay(last) + 1)
        except OSError as error:
            raise InputError(
                file=folder,
                place="",
                cause=f"events cannot be kept here ({error.strerror})",
                remedy="check the folder, its rights and the space left",
            ) from None

    def commit(self, batches: Sequence[Batch]) -> list[Kept]:
        """Bring batches to the disk, all with one wait for it.

        Parameters
        ----------
        batches
            In the order in which they came.

        Returns
        -------
        What became of each. NOW and BEFORE are on the disk, whatever happens next; nothing of the
        others is.
        """
        became: list[Kept] = []
        new: dict[tuple[str, str, int], Batch] = {}
        for batch in batches:
            entry = batch.entry
            key = (entry.kind, entry.source, entry.sequence)
            verdict = self._ledger.judge(entry)
            if verdict is not Verdict.NEW:
                became.append(_OF_VERDICT[verdict])
            elif key not in new:
                new[key] = batch
                became.append(Kept.NOW)
            else:
                same = new[key].entry.digest == entry.digest
                became.append(Kept.BEFORE if same else Kept.CONFLICT)
        if not new:
            return became
        try:
            salted = [self._salted(batch) for batch in new.values()]
            bodies = [bytes(batch.events.serialize()) for batch in salted]
            begins = self._log.append(
                [(batch.entry, body) for batch, body in zip(salted, bodies, strict=True)]
            )
        except OSError:
            return [
                Kept.FAILED if (b.entry.kind, b.entry.source, b.entry.sequence) in new else became
                for b, became in zip(batches, became, strict=True)
            ]
        self._begins.setdefault(self._log.number, []).extend(begins)
        for batch in salted:
            self._take(batch.entry, batch.events, self._log.number)
        return became

    @property
    def estimates(self) -> tuple[str, ...]:
        """What `list_estimates` may be asked for."""
        return tuple(self._lists)

    def list_estimates(self, what: str, source: str) -> list[dict[str, object]]:
        """List estimates as they are now; any thread may ask.

        Parameters
        ----------
        what
            One of `estimates`.
        source
            Whose.

        Returns
        -------
        Entries that can be written as JSON.
        """
        with self._changing:
            return self._lists[what](source)

    def _take(self, entry: Entry, events: Any, segment: int) -> None:  # noqa: ANN401  pyarrow
        """Let all that is known take in a batch that has been kept."""
        self._ledger.add(entry)
        with self._changing:
            self.windows.take(entry, events, segment)
            for each in self._followers.values():
                each.take(entry, events)

    def roll_if_due(self, *, at_once: bool = False) -> Callable[[], None] | None:
        """Close the log's segment if it is large, and say what turns it into history.

        Parameters
        ----------
        at_once
            Close it whatever its size.

        Returns
        -------
        A call which does that, in any thread, one at a time; None if there is nothing to do. If it
        raises OSError nothing is lost, and a later one does its work as well.
        """
        if self._log.size_bytes >= self._segment_bytes or (at_once and self._log.size_bytes):
            self._log.roll()
        closed = {each: its for each, its in self._begins.items() if each < self._log.number}
        # While a segment is open, the ledger knows of batches that are in none of the closed ones.
        if not closed or self._log.size_bytes:
            return None
        state = self._state(max(closed))
        return lambda: self._compact(closed, state)

    def count(self, kind: str, source: str | None) -> int:
        """Count the events that are kept.

        Parameters
        ----------
        kind
            Of event.
        source
            Who sent them; None for all.

        Returns
        -------
        How many.
        """
        if source is not None:
            found = self._ledger.find_account(kind, source)
            return 0 if found is None else found.events
        return sum(
            account.events for account in self._ledger.list_accounts() if account.kind == kind
        )

    def list_accounts(self) -> list[Account]:
        """List what came from whom.

        Returns
        -------
        The accounts, by kind and source.
        """
        return self._ledger.list_accounts()

    def drop_old(self, now: datetime) -> list[Path]:
        """Remove the history of days that need not be kept any longer.

        Parameters
        ----------
        now
            The time, in UTC.

        Returns
        -------
        The folders that were removed.
        """
        removed = []
        # Windows are kept for as long as what they sum up.
        kept_h = self._retention_h | {ESTIMATES: self._retention_h[DETECTOR.name]}
        for kind, hours in kept_h.items():
            removed += drop_history(self._history, kind, now - timedelta(hours=hours))
        return removed

    def _salted(self, batch: Batch) -> Batch:
        """Replace vehicle tokens, so that what is written down speaks of one day alone."""
        kind = KINDS[batch.entry.kind]
        events = batch.events
        for place, column in enumerate(kind.columns):
            if column.type is ColumnType.TOKEN:
                received = datetime.fromtimestamp(batch.entry.received_us / 1e6, UTC)
                salted = self._salts.salt(events.column(place), received)
                events = events.set_column(place, events.schema.field(place), salted)
        return batch if events is batch.events else Batch(entry=batch.entry, events=events)

    def _open_checkpoint(self, rules: WindowRules) -> tuple[Ledger, WindowBook, int]:
        path = self._folder / "checkpoint"
        if not path.exists():
            return Ledger(), WindowBook(rules, self.roads), 0
        try:
            state = msgspec.msgpack.decode(path.read_bytes(), type=_Checkpoint)
            if state.version == _VERSION:
                # Windows that are not as many as they say are refused, too.
                windows = decode_windows(state.windows, self.roads)
                for name, each in self._followers.items():
                    if name in state.followed:
                        each.recall(state.followed[name])
                return Ledger(state.accounts), windows, state.segment
        except (msgspec.MsgspecError, ValueError):
            pass
        raise InputError(
            file=path,
            place="",
            cause="this is no checkpoint that this version of cityloop can read",
            remedy="start the version that wrote it, or bring the file back from a backup",
        )

    def _replay(self, last: int) -> int:
        """Take in the segments after the checkpoint; give the highest number in use."""
        numbers = list_segments(self._wal)
        for number in numbers:
            if number <= last:
                self._disk.remove(self._path(number))
        cuts = dict(read_cut(self._path(number)) for number in numbers if number > last)
        for number in numbers:
            if number <= last:
                continue
            begins = self._begins[number] = []
            for begin, entry, body in read_entries(self._path(number), cuts.get(number)):
                if self._ledger.judge(entry) is Verdict.NEW:
                    begins.append(begin)
                    self._take(entry, _events(entry, body), number)
            # Who is stopped again and again before it has done so would have ever more to replay.
            if len(self._begins) == REPLAYED_MAX and number < numbers[-1]:
                with suppress(OSError):
                    self._compact(dict(self._begins), self._state(number))
        return max([last, *numbers])

    def _state(self, last: int) -> bytes:
        """Write down all that is known, in place of the segments up to one."""
        accounts = self._ledger.list_accounts()
        followed = {name: each.encode() for name, each in self._followers.items()}
        windows = self.windows.encode()
        return msgspec.msgpack.encode(_Checkpoint(_VERSION, last, accounts, windows, followed))

    def _path(self, number: int) -> Path:
        return self._wal / f"{number:012}.log"

    def _compact(self, closed: dict[int, list[int]], state: bytes) -> None:
        for number, begins in closed.items():
            if begins:
                self._write_history(number, set(begins))
        put_file(self._disk, self._folder / "checkpoint", state)
        # What a segment took in memory is not needed until the next one is full.
        pa.default_memory_pool().release_unused()
        for number in list_segments(self._wal):
            if number <= max(closed):
                self._disk.remove(self._path(number))
        for number in closed:
            self._begins.pop(number, None)
            self.windows.forget(number)

    def _write_history(self, number: int, counting: set[int]) -> None:
        """Write the entries of a segment that count, and what closed while it was written.

        What a segment holds is read twice, so that it need not be in memory: at a steady stream of
        events this is done every few seconds.
        """
        path = self._path(number)
        begins_of: dict[tuple[str, str], list[int]] = defaultdict(list)
        for begin, entry, _ in read_entries(path):
            if begin in counting:
                begins_of[entry.kind, entry.source].append(begin)
        for (kind, source), begins in begins_of.items():
            batches = (_numbered(entry, body) for entry, body in read_entries_at(path, begins))
            write_history(self._history, self._disk, number, kind, source, batches)
        closed: dict[str, list[Any]] = defaultdict(list)
        for source, table in self.windows.table(number):
            closed[source].append(table)
        for source, tables in closed.items():
            write_history(self._history, self._disk, number, ESTIMATES, source, tables)


def _events(entry: Entry, body: bytes) -> Any:  # noqa: ANN401  pyarrow has no types
    return pa.ipc.read_record_batch(pa.py_buffer(body), arrow_schema(KINDS[entry.kind]))


def _numbered(entry: Entry, body: bytes) -> Any:  # noqa: ANN401
    events = _events(entry, body)
    return events.append_column("sequence", pa.array(np.full(entry.rows, entry.sequence, np.int64)))
