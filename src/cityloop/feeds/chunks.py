"""Reading files that we did not write, plain or gzip, without being flooded."""

import gzip
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from cityloop.city.errors import InputError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_CHUNK_BYTES: Final = 1 << 16
_GZIP_FREE_BYTES: Final = 64 << 20
_GZIP_RATIO_MAX: Final = 200
_GZIP_BYTES_MAX: Final = 4 << 30


def empty_file(path: Path) -> InputError:
    """Make the error for a file that holds nothing.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    The error, to be raised by the caller.
    """
    return InputError(
        file=path, place="", cause="the file is empty", remedy="give the file that was meant"
    )


def iterate_chunks(path: Path) -> Iterator[bytes]:
    """Yield what a file holds in pieces of at most 64 KiB, unpacked if its first bytes say gzip.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    The pieces, none of them empty.

    Raises
    ------
    InputError
        If the file is not there, is no file or cannot be read; if it is a gzip file that is broken,
        grows beyond 4 GiB or, after the first 64 MiB, beyond 200 times its size.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(
                file=path, place="", cause="this is not a file", remedy="give the path of a file"
            )
        with path.open("rb") as raw:
            packed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            raw.seek(0)
            if packed:
                yield from _unpacked(path, raw)
            else:
                yield from iter(partial(raw.read, _CHUNK_BYTES), b"")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            file=path,
            place="",
            cause="the gzip data are broken",
            remedy="pack or fetch the file again",
        ) from None
    except FileNotFoundError:
        raise InputError(
            file=path, place="", cause="there is no such file", remedy="check the path"
        ) from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(
            file=path,
            place="",
            cause=f"cannot be read ({said})",
            remedy="check the file and its rights",
        ) from None


def _unpacked(path: Path, raw: BinaryIO) -> Iterator[bytes]:
    given = 0
    with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
        while chunk := unpacked.read(_CHUNK_BYTES):
            given += len(chunk)
            bomb = given > _GZIP_FREE_BYTES and given > _GZIP_RATIO_MAX * raw.tell()
            if bomb or given > _GZIP_BYTES_MAX:
                limit = f"{_GZIP_RATIO_MAX} times its size" if bomb else "4 GiB"
                raise InputError(
                    file=path,
                    place="",
                    cause=f"the gzip file grows beyond {limit}",
                    remedy="unpack it yourself if you trust it",
                )
            yield chunk
