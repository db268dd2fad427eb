"""Frames of a live picture, kept on the disk in order: numbered, packed, the oldest dropped.

A frame is whatever bytes it is given. Each stands in a segment file as length, checksum and the
packed bytes; a torn end, after a kill or a power cut, is cut off when the log is opened.
"""

import os
import struct
import zlib
from collections import deque
from pathlib import Path
from threading import Lock
from typing import Final

from cityloop.city.errors import InputError

SEGMENT_FRAMES: Final = 600
_HEAD: Final = struct.Struct("<II")
_SUFFIX: Final = ".frames"


class FrameLog:
    """A log of frames; one process writes, its threads may read.

    Parameters
    ----------
    folder
        Where the segments lie; made if it is not there.
    kept
        How many frames are kept at least.

    Raises
    ------
    InputError
        If the folder cannot be used.
    """

    def __init__(self, folder: Path, kept: int = 14_400) -> None:
        self._folder, self._lock = folder, Lock()
        self._segments_max = max(kept // SEGMENT_FRAMES, 1) + 1
        self._segments: deque[tuple[int, Path, list[int]]] = deque()
        self._file: int | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob(f"*{_SUFFIX}")):
                self._recover(path)
        except OSError as error:
            raise InputError(
                file=folder,
                place="",
                cause=f"frames cannot be kept here ({error.strerror})",
                remedy="check the folder, its rights and the space left",
            ) from None

    @property
    def first(self) -> int:
        """Number of the oldest frame that is kept; as `last` + 1 if there is none."""
        return self._segments[0][0] if self._segments else 1

    @property
    def last(self) -> int:
        """Number of the newest frame; 0 if there was never one."""
        if not self._segments:
            return 0
        first, _, starts = self._segments[-1]
        return first + len(starts) - 1

    def append(self, frame: bytes) -> int:
        """Keep a frame.

        Parameters
        ----------
        frame
            Its bytes.

        Returns
        -------
        Its number, one more than that of the one before.
        """
        packed = zlib.compress(frame, 1)
        with self._lock:
            number = self.last + 1
            if self._file is None or len(self._segments[-1][2]) >= SEGMENT_FRAMES:
                self._begin(number)
            _, _, starts = self._segments[-1]
            assert self._file is not None  # noqa: S101  a segment has just begun
            starts.append(os.lseek(self._file, 0, os.SEEK_END))
            os.write(self._file, _HEAD.pack(len(packed), zlib.crc32(packed)) + packed)
        return number

    def read(self, number: int) -> bytes | None:
        """Give a frame back.

        Parameters
        ----------
        number
            Its number.

        Returns
        -------
        Its bytes; None if it is no longer, or not yet, kept.
        """
        with self._lock:
            for first, path, starts in self._segments:
                if first <= number < first + len(starts):
                    with path.open("rb") as file:
                        file.seek(starts[number - first])
                        length, _ = _HEAD.unpack(file.read(_HEAD.size))
                        return zlib.decompress(file.read(length))
        return None

    def close(self) -> None:
        """Close the file that is written."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _begin(self, number: int) -> None:
        if self._file is not None:
            os.close(self._file)
        path = self._folder / f"{number:012d}{_SUFFIX}"
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self._segments.append((number, path, []))
        while len(self._segments) > self._segments_max:
            self._segments.popleft()[1].unlink(missing_ok=True)

    def _recover(self, path: Path) -> None:
        """Read where the frames of a segment begin, and cut off what is torn."""
        starts, at = [], 0
        data = path.read_bytes()
        while at + _HEAD.size <= len(data):
            length, checksum = _HEAD.unpack_from(data, at)
            packed = data[at + _HEAD.size : at + _HEAD.size + length]
            if len(packed) < length or zlib.crc32(packed) != checksum:
                break
            starts.append(at)
            at += _HEAD.size + length
        number = int(path.name.removesuffix(_SUFFIX))
        if not starts or (self._segments and number != self.last + 1):
            path.unlink()
            return
        if at < len(data):
            os.truncate(path, at)
        self._segments.append((number, path, starts))
