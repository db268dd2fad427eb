"""Opening the records: where they lie is decided once, before a model is imported."""

import os
import secrets
from pathlib import Path
from typing import Final

import django
from django.apps import apps
from django.core.management import call_command
from django.db.utils import OperationalError

from cityloop.city.errors import InputError

SETTINGS: Final = "cityloop.store.records.settings"
_KEY_BYTES: Final = 48


def open_records(folder: Path) -> None:
    """Set Django up over a folder of ours. A process does so once; a second call changes nothing.

    The database is the one that `DATABASE_URL` names, or `records.sqlite3` in the folder.

    Parameters
    ----------
    folder
        Where everything lies that the console keeps; made if it is not there.

    Raises
    ------
    InputError
        If the folder cannot be used, or `DATABASE_URL` is none.
    """
    if apps.ready:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("CITYLOOP_SECRET_KEY", _secret_key(folder / "secret_key"))
    except OSError as error:
        raise InputError(
            file=folder,
            place="",
            cause=f"nothing can be kept here ({error.strerror})",
            remedy="check the folder, its rights and the space left",
        ) from None
    os.environ["CITYLOOP_DATA"] = str(folder.absolute())
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    try:
        django.setup()
    except ValueError as error:
        raise InputError(
            file="DATABASE_URL",
            place="",
            cause=f"it cannot be understood ({error})",
            remedy="write postgres://USER:PASSWORD@HOST:5432/NAME, or leave it out for SQLite",
        ) from None


def migrate_records() -> None:
    """Bring the database to the models of this version.

    Raises
    ------
    InputError
        If the database cannot be reached.
    """
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        raise InputError(
            file="DATABASE_URL",
            place="",
            cause=f"the database cannot be used ({str(error).splitlines()[0]})",
            remedy="check that it runs, and the name and password",
        ) from None


def _secret_key(path: Path) -> str:
    """Read the key that signs sessions, made at the first start, for its owner's eyes alone."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(opened, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(_KEY_BYTES)
        file.write(f"{key}\n")
    return key
