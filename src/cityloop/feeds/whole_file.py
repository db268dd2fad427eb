"""Writing a file: complete or not at all."""

import os
from pathlib import Path

from cityloop.city.errors import InputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole: the old one, or none, stays until the new one is complete.

    Parameters
    ----------
    path
        Where to.
    data
        All that is to be in it.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
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
