"""Names to numbers, a batch at a time, without making an object of each name."""

import numba
import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_FNV_OFFSET = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)
_FOLD = np.uint64(32)


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

    The hash is Fowler, Noll and Vo's FNV-1a (RFC 9923) with 64 bits, folded; the table is open,
    with linear probing.

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
        found = _FNV_OFFSET
        for k in range(at, end):
            found = (found ^ np.uint64(text[k])) * _FNV_PRIME
        place = np.int64((found ^ (found >> _FOLD)) & np.uint64(mask))
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
            if hashes[number] == found and starts[number + 1] - starts[number] == end - at:
                same = True
                for k in range(end - at):
                    if pool[starts[number] + k] != text[at + k]:
                        same = False
                        break
                if same:
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
        place = np.int64((found ^ (found >> _FOLD)) & np.uint64(mask))
        while table[place] >= 0:
            place = (place + 1) & mask
        table[place] = number
