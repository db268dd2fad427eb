"""The detectors of a source, numbered as they appear."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cityloop.kernels.names import number_names, place_names

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

_ROOM = 64
_BYTES_A_NAME = 16


class Names:
    """Names in the order in which they were first seen."""

    def __init__(self) -> None:
        self._known = 0
        self._table = np.full(2 * _ROOM, -1, np.int32)
        self._hashes = np.zeros(_ROOM, np.uint64)
        self._starts = np.zeros(_ROOM + 1, np.int64)
        self._pool = np.zeros(_ROOM * _BYTES_A_NAME, np.uint8)

    def __len__(self) -> int:
        return self._known

    def number(self, offsets: Ints, text: Bytes) -> Ints:
        """Give names their numbers; those that are new get the next ones.

        Parameters
        ----------
        offsets
            (names + 1,) where each name begins and ends in `text`. [bytes]
        text
            All names, in UTF-8.

        Returns
        -------
        (names,)
        """
        numbers = np.empty(len(offsets) - 1, np.int32)
        done = 0
        while True:
            done, self._known = number_names(
                offsets,
                text,
                done,
                self._known,
                self._table,
                self._hashes,
                self._starts,
                self._pool,
                numbers,
            )
            if done == len(numbers):
                return numbers
            self._grow(int(offsets[done + 1] - offsets[done]))

    def list_names(self) -> list[str]:
        """List the names.

        Returns
        -------
        They, by number.
        """
        pool, ends = self._pool.tobytes(), self._starts[: self._known + 1].tolist()
        return [pool[a:b].decode() for a, b in pairwise(ends)]

    def _grow(self, more_bytes: int) -> None:
        if self._known == len(self._hashes):
            self._hashes = np.resize(self._hashes, 2 * self._known)
            self._starts = np.resize(self._starts, 2 * self._known + 1)
            self._table = np.full(4 * self._known, -1, np.int32)
            place_names(self._hashes, self._known, self._table)
        if self._starts[self._known] + more_bytes > len(self._pool):
            self._pool = np.resize(self._pool, 2 * len(self._pool) + more_bytes)


def names_of(listed: list[str]) -> Names:
    """Bring back names that are known from before.

    Parameters
    ----------
    listed
        From `Names.list_names`.

    Returns
    -------
    The same names.
    """
    names = Names()
    text = [each.encode() for each in listed]
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in text])]).astype(np.int32)
    names.number(offsets, np.frombuffer(b"".join(text) or b"\0", np.uint8))
    return names
