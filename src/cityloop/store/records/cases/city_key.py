"""The city's own key: made once, on the disk before it is used, never in the database."""

import os
import secrets
from functools import cache
from pathlib import Path

from django.conf import settings


def city_key() -> bytes:
    """Get the key with which contacts are encrypted and receipts are signed."""
    return _read(settings.DATA)


@cache
def _read(folder: Path) -> bytes:
    path = folder / "cases_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_urlsafe(48).encode())
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, not a move: whoever comes second takes the key of the first.
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return path.read_bytes()
