"""Names to numbers, a batch at a time, without making an object of each name."""

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_OFFSET = np.uint64(14695981039346656037)
_PRIME = np.uint64(11400714819323198485)
_FOLD = np.uint64(32)
_WORD = 8


@numba.njit(cache=True, nogil=True, inline="always")
def _word(text: Bytes, k: int) -> np.uint64:
    """Give eight bytes as one number, the first one lowest; a single load where it is compiled."""
    return np.uint64(
        np.uint64(text[k])
        | np.uint64(text[k + 1]) << np.uint64(8)
        | np.uint64(text[k + 2]) << np.uint64(16)
        | np.uint64(text[k + 3]) << np.uint64(24)
        | np.uint64(text[k + 4]) << np.uint64(32)
        | np.uint64(text[k + 5]) << np.uint64(40)
        | np.uint64(text[k + 6]) << np.uint64(48)
        | np.uint64(text[k + 7]) << np.uint64(56)
    )


@numba.njit(cache=True, nogil=True, inline="always")
def _is_same(pool: Bytes, start: int, text: Bytes, at: int, length: int) -> bool:
    """Compare a known name with another of its length."""
    k = 0
    while k + _WORD <= length:
        if _word(pool, start + k) != _word(text, at + k):
            return False
        k += _WORD
    while k < length:
        if pool[start + k] != text[at + k]:
            return False
        k += 1
    return True


@numba.njit(cache=True, nogil=True)
def number_names(  # noqa: PLR0913
    offsets: Ints,
    text: Bytes,
    begin: int,
    known: int,
    table: Ints,
    hashes: Hashes,
    starts: Longs,
    pool: Bytes,
    numbers: Ints,
) -> tuple[int, int]:
    """Give names their numbers, in the order in which they come, while there is room for new ones.

    The hash multiplies and folds eight bytes at a time (Knuth, D. E. (1998), The Art of Computer
    Programming 3, 6.4: multiplicative hashing, with the golden ratio of 2^64); the table is open,
    with linear probing. Names are the same if their bytes are, whatever their hashes.

    Parameters
    ----------
    offsets
        (names + 1,) where each name begins and ends in `text`. [bytes]
    text
        All names, in UTF-8.
    begin
        The first name to number.
    known
        How many different names are known.
    table
        (a power of two,) number of the name that lies there, or -1; written.
    hashes
        (room,) of the names that are known; written.
    starts
        (room + 1,) where each known name begins in `pool`; written. [bytes]
    pool
        The known names, one after the other; written.
    numbers
        (names,) written.

    Returns
    -------
    The name before which it stopped for want of room, or the number of names; and how many are
    known.
    """
    mask = len(table) - 1
    for i in range(begin, len(offsets) - 1):
        at, end = offsets[i], offsets[i + 1]
        found = _OFFSET ^ np.uint64(end - at)
        k = int(at)
        while k + _WORD <= end:
            found = (found ^ _word(text, k)) * _PRIME
            found ^= found >> _FOLD
            k += _WORD
        rest = np.uint64(0)
        while k < end:
            rest = (rest << np.uint64(8)) | np.uint64(text[k])
            k += 1
        found = (found ^ rest) * _PRIME
        found ^= found >> _FOLD
        place = np.int64(found & np.uint64(mask))
        while True:
            number = table[place]
            if number < 0:
                start = starts[known]
                if known >= len(hashes) or start + end - at > len(pool):
                    return i, known
                for k in range(end - at):
                    pool[start + k] = text[at + k]
                number = known
                table[place], hashes[known], starts[known + 1] = number, found, start + end - at
                known += 1
                break
            start, length = int(starts[number]), int(end - at)
            alike = hashes[number] == found and starts[number + 1] - start == length
            if alike and _is_same(pool, start, text, int(at), length):
                break
            place = (place + 1) & mask
        numbers[i] = number
    return len(offsets) - 1, known


@numba.njit(cache=True, nogil=True)
def place_names(hashes: Hashes, known: int, table: Ints) -> None:
    """Enter known names into a new table.

    Parameters
    ----------
    hashes
        (room,) of the names that are known.
    known
        How many there are, fewer than the table is long.
    table
        (a power of two,) filled with -1; written.
    """
    mask = len(table) - 1
    for number in range(known):
        found = hashes[number]
        place = np.int64(found & np.uint64(mask))
        while table[place] >= 0:
            place = (place + 1) & mask
        table[place] = number
