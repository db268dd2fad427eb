"""The log of events: what has been appended survives the end of the process and of the power."""

import errno
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final

import msgspec

from cityloop.store.disk import Disk

# The first line of a segment names the one before it that was given up after an error, and how much
# of that holds: what follows there was not acknowledged.
_FIRST_LINE: Final = "cityloop-events 1, {:012} holds {:012}\n"
_FIRST_LINE_BYTES: Final = len(_FIRST_LINE.format(0, 0))
_FIRST_LINE_READ: Final = re.compile(rb"cityloop-events 1, (\d{12}) holds (\d{12})\n")
_MAGIC: Final = b"CLEV"
# magic, length of the head, length of the body, CRC-32 of lengths, head and body
_FRAME: Final = Struct("<4sIII")
_LENGTHS: Final = Struct("<II")


class Entry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One batch of events in the log.

    Attributes
    ----------
    kind
        Of its events.
    source, sequence
        Who sent it, and its number there.
    digest
        Of the batch as it came; a repeated batch has the same.
    received_us
        When it came. [us since 1970]
    rows
        Events that were taken.
    rejected
        Events that were not, by reason.
    first
        The first of each reason.
    """

    kind: str
    source: str
    sequence: int
    digest: int
    received_us: int
    rows: int
    rejected: dict[str, int]
    first: dict[str, str]


_DECODER: Final = msgspec.msgpack.Decoder(Entry)
_ENCODER: Final = msgspec.msgpack.Encoder()


class EventLog:
    """Segments of entries, of which the last one is written.

    Parameters
    ----------
    folder
        Where the segments are; it is there.
    disk
        The file system.
    number
        Of the first segment to be written; those up to it are left alone.
    """

    def __init__(self, folder: Path, disk: Disk, number: int) -> None:
        self._folder = folder
        self._disk = disk
        self._file: int | None = None
        self._given_up = (0, 0)
        self.number = number
        self.size_bytes = 0

    def append(self, entries: Sequence[tuple[Entry, bytes]]) -> list[int]:
        """Bring entries to the disk, all with one wait for it.

        Parameters
        ----------
        entries
            Each with its body.

        Returns
        -------
        Where in segment `number` each begins. [bytes]

        Raises
        ------
        OSError
            If they could not be written. None of them counts then, and the next call begins a new
            segment: what a disk holds after a failed sync is not known.
        """
        frames: list[bytes] = []
        sizes = []
        for entry, body in entries:
            head = _ENCODER.encode(entry)
            lengths = _LENGTHS.pack(len(head), len(body))
            check = zlib.crc32(body, zlib.crc32(head, zlib.crc32(lengths)))
            frames += [_FRAME.pack(_MAGIC, len(head), len(body), check), head, body]
            sizes.append(_FRAME.size + len(head) + len(body))
        file = self._begin() if self._file is None else self._file
        try:
            self._disk.write(file, b"".join(frames))
            self._disk.sync(file)
        except OSError:
            self._give_up(file)
            raise
        begins = [self.size_bytes]
        for size in sizes:
            begins.append(begins[-1] + size)
        self.size_bytes = begins.pop()
        return begins

    def roll(self) -> int:
        """Close the segment, so that the next entry begins a new one.

        Returns
        -------
        The number of the segment that was closed.
        """
        closed = self.number
        if self._file is not None:
            file, self._file = self._file, None
            self._disk.close(file)
        self.number += 1
        self.size_bytes = 0
        return closed

    def path(self, number: int) -> Path:
        """Give the file of a segment.

        Parameters
        ----------
        number
            Of the segment.

        Returns
        -------
        Its path.
        """
        return self._folder / f"{number:012}.log"

    def _begin(self) -> int:
        file = self._disk.create(self.path(self.number))
        try:
            self._disk.write(file, _FIRST_LINE.format(*self._given_up).encode())
            self._disk.sync(file)
            self._disk.sync_folder(self._folder)
        except OSError:
            with suppress(OSError):
                self._disk.close(file)
            raise
        self._file = file
        self._given_up = (0, 0)
        self.size_bytes = _FIRST_LINE_BYTES
        return file

    def _give_up(self, file: int) -> None:
        """Leave a segment after an error, without what was not acknowledged if that can be done."""
        with suppress(OSError):
            self._disk.truncate(file, self.size_bytes)
            self._disk.sync(file)
        with suppress(OSError):
            self._disk.close(file)
        self._file = None
        self._given_up = (self.number, self.size_bytes)
        self.number += 1
        self.size_bytes = 0


def list_segments(folder: Path) -> list[int]:
    """List the numbers of the segments in a folder.

    Parameters
    ----------
    folder
        Where they are.

    Returns
    -------
    The numbers, rising.
    """
    return sorted(int(path.stem) for path in folder.glob("*.log") if path.stem.isdecimal())


def read_cut(path: Path) -> tuple[int, int]:
    """Read which earlier segment was given up after an error, and how much of it holds.

    Parameters
    ----------
    path
        A segment.

    Returns
    -------
    Number and bytes; zeros if there is none.
    """
    with path.open("rb") as file:
        found = _FIRST_LINE_READ.fullmatch(file.read(_FIRST_LINE_BYTES))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def read_entries(path: Path, holds_bytes: int | None = None) -> Iterator[tuple[int, Entry, bytes]]:
    """Read a segment up to where it breaks off, an entry at a time.

    Parameters
    ----------
    path
        The segment.
    holds_bytes
        Where it ends, if that is known; see `read_cut`.

    Yields
    ------
    Where an entry begins, the entry, and its body. What follows an entry that is not whole was
    never acknowledged, and is not read.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        end = size if holds_bytes is None else min(size, holds_bytes)
        if not _FIRST_LINE_READ.fullmatch(file.read(min(end, _FIRST_LINE_BYTES))):
            return
        begin = _FIRST_LINE_BYTES
        while (found := _read_frame(file, begin, end)) is not None:
            entry, body, after = found
            yield begin, entry, body
            begin = after


def read_entries_at(path: Path, begins: Iterable[int]) -> Iterator[tuple[Entry, bytes]]:
    """Read some entries of a segment.

    Parameters
    ----------
    path
        The segment.
    begins
        Where each of them begins, from `read_entries`. [bytes]

    Yields
    ------
    Each entry and its body.

    Raises
    ------
    OSError
        If one of them cannot be read any longer.
    """
    with path.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        for begin in begins:
            found = _read_frame(file, begin, end)
            if found is None:
                raise OSError(errno.EIO, "an entry is no longer whole", str(path))
            yield found[:2]


def _read_frame(file: BinaryIO, begin: int, end: int) -> tuple[Entry, bytes, int] | None:
    """Read an entry, its body, and where the next one begins; None if it is not whole."""
    if begin + _FRAME.size > end:
        return None
    file.seek(begin)
    magic, head_length, body_length, check = _FRAME.unpack(file.read(_FRAME.size))
    after = begin + _FRAME.size + head_length + body_length
    if magic != _MAGIC or after > end:
        return None
    head, body = file.read(head_length), file.read(body_length)
    lengths = _LENGTHS.pack(head_length, body_length)
    if zlib.crc32(body, zlib.crc32(head, zlib.crc32(lengths))) != check:
        return None
    return _DECODER.decode(head), body, after
