"""Files of ours, written whole or not at all, and read without being flooded."""

import gzip
import os
import zlib
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BYTES_MAX: Final = 256 << 20
_GZIP_FREE_BYTES: Final = 16 << 20
_GZIP_RATIO_MAX: Final = 200


def make_folder(path: Path) -> None:
    """Make a folder for files of ours, if it is not there.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            file=path,
            place="",
            cause=f"the folder cannot be made ({error.strerror})",
            remedy="give another one",
        ) from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole: the old one, or none, stays until the new one is complete.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`. Equal data give equal bytes.
    data
        What to write.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            file=path,
            place="",
            cause=f"cannot be written ({error.strerror})",
            remedy="check the folder, its rights and the space left",
        ) from None


def read_whole(path: Path) -> bytes:
    """Read a file whole, unpacked if its first bytes say gzip.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Its bytes, at least one.

    Raises
    ------
    InputError
        If the file is not there, is no file, is empty, cannot be read, is broken gzip data, or
        grows beyond 256 MiB or, after the first 16 MiB, beyond 200 times its size.
    """
    try:
        if path.exists() and not path.is_file():
            raise InputError(
                file=path, place="", cause="this is not a file", remedy="give the path of a file"
            )
        data = _read(path)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(
            file=path,
            place="",
            cause="the gzip data are broken",
            remedy="write the file again",
        ) from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputError(
            file=path,
            place="",
            cause=f"the file cannot be read ({said})",
            remedy="check the name and the rights",
        ) from None
    if not data:
        raise InputError(
            file=path,
            place="",
            cause="the file is empty",
            remedy="give the file that was meant",
        )
    return data


def _read(path: Path) -> bytes:
    with path.open("rb") as raw:
        size_bytes = os.fstat(raw.fileno()).st_size
        packed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        raw.seek(0)
        most_bytes = _BYTES_MAX
        if packed:
            most_bytes = min(most_bytes, max(_GZIP_FREE_BYTES, _GZIP_RATIO_MAX * size_bytes))
            with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
                data = unpacked.read(most_bytes + 1)
        else:
            data = raw.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise InputError(
            file=path,
            place="",
            cause=f"the file holds more than {most_bytes >> 20} MiB",
            remedy="give a file that cityloop has written",
        )
    return data
