"""Files of photos: whole on the disk before a row names them, gone when no row does."""

import os
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from cityloop.store.records.cases.models import Photo


def photo_path(name: str) -> Path:
    """Tell where a photo lies."""
    return Path(settings.DATA) / "photos" / name


def keep_photo(name: str, data: bytes) -> None:
    """Write a photo to the disk, whole or not at all."""
    path = photo_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{name}.{os.getpid()}")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def drop_photos(names: list[str]) -> None:
    """Unlink photos that no row names any longer."""
    still = set(Photo.objects.filter(name__in=names).values_list("name", flat=True))
    for name in set(names) - still:
        photo_path(name).unlink(missing_ok=True)


def sweep_photos(now: datetime) -> int:
    """Unlink photos that no row names and that are a day old: a crash may leave one.

    Parameters
    ----------
    now
        The present time.

    Returns
    -------
    How many went.
    """
    folder = photo_path("")
    if not folder.is_dir():
        return 0
    named = set(Photo.objects.values_list("name", flat=True))
    before = (now - timedelta(days=1)).timestamp()
    stray = [
        path
        for path in folder.iterdir()
        if path.name not in named and path.stat().st_mtime < before
    ]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
