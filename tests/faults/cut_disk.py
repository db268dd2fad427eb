"""Disks that lose power, are full or fail, and batches of events to try them with."""

import errno
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cityloop.store.disk import Disk
from cityloop.traffic.observe.events import DETECTOR
from cityloop.usecases.keep_events import Batch, understand_batch

NOON_S = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp())


def make_batch(source: str, sequence: int, rows: int = 5) -> Batch:
    """Make a batch that is the same whenever it is made."""
    lines = [
        f'{{"time":"{datetime.fromtimestamp(NOON_S + sequence * 7 + row, UTC).isoformat()}",'
        f'"detector":"d{(sequence + row) % 11}","count":{row},"occupancy":0.25}}'
        for row in range(rows)
    ]
    return understand_batch(
        kind=DETECTOR,
        source=source,
        sequence=sequence,
        content_type="application/x-ndjson",
        body="\n".join(lines).encode(),
        received_us=(NOON_S + sequence) * 10**6,
    )


@dataclass
class _Content:
    """What a file holds: on the disk, and with all that was written since."""

    held: bytes = b""
    written: bytes = b""


@dataclass
class CutDisk(Disk):
    """A disk of which `image` shows what a power cut leaves.

    What a file held at its last sync is left, and of what was written since, some part or nothing.
    Which files there are is left as of the folder's last sync, and of what changed since, a part.
    """

    root: Path
    rng: np.random.Generator
    durable: bool = True
    _open: dict[int, _Content] = field(default_factory=dict)
    _names: dict[Path, _Content] = field(default_factory=dict)
    _held: dict[Path, _Content] = field(default_factory=dict)
    _folders: set[Path] = field(default_factory=set)
    _held_folders: set[Path] = field(default_factory=set)

    def make_folder(self, path: Path) -> None:
        if path not in self._folders and path != self.root:
            self.make_folder(path.parent)
            self._folders.add(path)
            path.mkdir(exist_ok=True)
            self.sync_folder(path.parent)

    def create(self, path: Path) -> int:
        file = super().create(path)
        self._names[path] = self._open[file] = _Content()
        return file

    def write(self, file: int, data: bytes) -> None:
        super().write(file, data)
        self._open[file].written += data

    def sync(self, file: int) -> None:
        if self.durable:
            self._open[file].held = self._open[file].written

    def truncate(self, file: int, size_bytes: int) -> None:
        super().truncate(file, size_bytes)
        self._open[file].written = self._open[file].written[:size_bytes]

    def close(self, file: int) -> None:
        super().close(file)
        del self._open[file]

    def rename(self, old: Path, new: Path) -> None:
        super().rename(old, new)
        self._names[new] = self._names.pop(old)

    def remove(self, path: Path) -> None:
        super().remove(path)
        self._names.pop(path, None)

    def sync_folder(self, path: Path) -> None:
        if not self.durable:
            return
        here = {name: it for name, it in self._names.items() if name.parent == path}
        gone = [name for name in self._held if name.parent == path and name not in here]
        self._held |= here
        for name in gone:
            del self._held[name]
        self._held_folders |= {each for each in self._folders if each.parent == path}

    def adopt(self, path: Path) -> None:
        """Take what lies at a path as being on the disk already."""
        if path.is_dir():
            self._folders.add(path)
            self._held_folders.add(path)
        else:
            held = path.read_bytes()
            self._names[path] = self._held[path] = _Content(held, held)

    def image(self, target: Path) -> None:
        """Write down what a power cut at this moment leaves."""
        names = dict(self._held)
        for name in sorted({*self._names, *self._held}):
            if self._names.get(name) is not self._held.get(name) and self.rng.random() < 0.5:
                names.pop(name, None)
                if name in self._names:
                    names[name] = self._names[name]
        target.mkdir()
        for folder in sorted(self._held_folders):
            (target / folder.relative_to(self.root)).mkdir(parents=True, exist_ok=True)
        for name, content in names.items():
            place = target / name.relative_to(self.root)
            if place.parent.is_dir():
                place.write_bytes(self._survived(content))

    def _survived(self, content: _Content) -> bytes:
        held, written = content.held, content.written
        if not written.startswith(held) or self.rng.random() < 0.5:
            return held
        # A part of what was under way is there, and what follows it may be zeros.
        reached = int(self.rng.integers(len(held), len(written) + 1))
        zeros = int(self.rng.integers(0, 2)) * (len(written) - reached)
        return written[:reached] + bytes(zeros)


@dataclass
class FailingDisk(Disk):
    """A disk of which some calls fail, as told."""

    rng: np.random.Generator
    share: float = 0.0
    durable: bool = True
    after_write: bool = True

    def _fail(self, name: str) -> None:
        if self.rng.random() < self.share:
            raise OSError(int(self.rng.choice([errno.EIO, errno.ENOSPC])), f"injected in {name}")

    def create(self, path: Path) -> int:
        self._fail("create")
        return super().create(path)

    def write(self, file: int, data: bytes) -> None:
        if self.rng.random() < self.share:
            super().write(file, data[: int(self.rng.integers(0, len(data) + 1))])
            raise OSError(errno.ENOSPC, "injected in write")
        super().write(file, data)

    def sync(self, file: int) -> None:  # noqa: ARG002  it only fails
        self._fail("sync")

    def truncate(self, file: int, size_bytes: int) -> None:
        self._fail("truncate")
        super().truncate(file, size_bytes)

    def rename(self, old: Path, new: Path) -> None:
        self._fail("rename")
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._fail("remove")
        super().remove(path)

    def sync_folder(self, path: Path) -> None:  # noqa: ARG002
        self._fail("sync_folder")
