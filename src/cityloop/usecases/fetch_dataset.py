"""Bring a data set of the registry into the user's cache."""

import os
from collections.abc import Callable
from pathlib import Path

from cityloop.feeds import datasets


def fetch_dataset(name: str, report: Callable[[str], None]) -> Path:
    """Fetch a data set unless it is in the cache already.

    Parameters
    ----------
    name
        The data set's name in the registry.
    report
        Called with one line of text per step.

    Returns
    -------
    The folder with its files.

    Raises
    ------
    InputError
        If there is no such data set, it cannot be had, is not what we know, or cannot be stored.
    """
    return datasets.fetch(datasets.get_dataset(name), cache_dir(), report)


def cached_dataset(name: str) -> Path | None:
    """Find a data set that has been fetched before, and fetch nothing.

    Parameters
    ----------
    name
        The data set's name in the registry.

    Returns
    -------
    The folder with its files; None if it is not in the cache.

    Raises
    ------
    InputError
        If there is no such data set.
    """
    folder = datasets.folder_in(cache_dir(), datasets.get_dataset(name))
    return folder if folder.is_dir() else None


def cache_dir() -> Path:
    """Say where cityloop keeps what it can fetch again.

    Returns
    -------
    CITYLOOP_CACHE, else cityloop in XDG_CACHE_HOME, else in ~/.cache.
    """
    own = os.environ.get("CITYLOOP_CACHE")
    if own:
        return Path(own).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path("~/.cache").expanduser()) / "cityloop"
