"""Outputs that a person asks for, checked before anything is computed."""

from pathlib import Path

from cityloop.city.errors import InputError


def check_outputs(*paths: Path | None) -> None:
    """Refuse outputs that cannot be written before hours are spent on them.

    Parameters
    ----------
    *paths
        Files to be written; None for none.

    Raises
    ------
    InputError
        If a folder is not there, or the path is a folder.
    """
    for path in paths:
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise InputError(
                file=path,
                place="",
                cause="this is a folder" if path.is_dir() else "its folder is not there",
                remedy="give the path of a file in a folder that exists",
            )
