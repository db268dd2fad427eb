"""All that the console keeps in one file, and back: records, key, photos; no live frames."""

import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from django.db import connection

from cityloop.city.errors import InputError

SQLITE: Final = "records.sqlite3"
POSTGRES: Final = "records.pgdump"
LEFT_OUT: Final = frozenset({"live", "cache", SQLITE, f"{SQLITE}-wal", f"{SQLITE}-shm"})
"""Frames, and what can be fetched again, may be lost; the database is copied in one moment."""
ENDING: Final = ".tar.gz"
"""Of a backup: none goes into the next one."""


def write_backup(folder: Path, path: Path) -> int:
    """Write all that the console keeps into one file, while it may be running.

    Parameters
    ----------
    folder
        The console's folder; its records are open.
    path
        Where to: a `.tar.gz`, for its owner's eyes alone, since it holds the key.

    Returns
    -------
    Its size. [byte]

    Raises
    ------
    InputError
        If the file exists, or cannot be written, or the database cannot be copied.
    """
    with tempfile.TemporaryDirectory(prefix="cityloop-backup-") as name:
        copy = _copy_database(Path(name))
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "wb") as file, tarfile.open(fileobj=file, mode="w:gz") as tar:
                tar.add(copy, copy.name)
                for each in sorted(folder.iterdir()):
                    if each.name not in LEFT_OUT and not each.name.endswith(ENDING):
                        tar.add(each, each.name)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _refuse(
                path, f"it cannot be written ({error.strerror})", "name a new file"
            ) from None
    return path.stat().st_size


def read_backup(path: Path, folder: Path) -> None:
    """Bring back what a backup holds, into a folder, and a database, with nothing in them.

    Parameters
    ----------
    path
        From `write_backup`.
    folder
        The console's folder: empty, or not there. Records are not open yet; with `DATABASE_URL`
        the backup must be of PostgreSQL, and the database empty.

    Raises
    ------
    InputError
        If the file is no backup, the folder is not empty, or the database cannot be filled.
    """
    if folder.exists() and any(folder.iterdir()):
        raise _refuse(folder, "the folder is not empty", "give a new one")
    beside = folder.with_name(f"{folder.name}.restoring")
    try:
        with tarfile.open(path, "r:gz") as tar:
            beside.mkdir(parents=True, mode=0o700)
            tar.extractall(beside, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise _refuse(path, f"it is no backup that can be read ({error})", "give another") from None
    try:
        _fill_database(path, beside)
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _copy_database(folder: Path) -> Path:
    if connection.vendor == "sqlite":
        copy = folder / SQLITE
        name = str(connection.settings_dict["NAME"])
        with closing(sqlite3.connect(name)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy
    copy = folder / POSTGRES
    _run("pg_dump", connection.settings_dict, "--format=custom", f"--file={copy}")
    return copy


def _fill_database(path: Path, folder: Path) -> None:
    dump = folder / POSTGRES
    url = os.environ.get("DATABASE_URL", "")
    if dump.exists() != bool(url):
        kind = "PostgreSQL" if dump.exists() else "SQLite"
        raise _refuse(path, f"it is of {kind}", "set DATABASE_URL for PostgreSQL, or leave it out")
    if url:
        import dj_database_url  # noqa: PLC0415  only where there is one

        settings: dict[str, Any] = {**dj_database_url.parse(url)}
        options = ("--no-owner", "--single-transaction", "--exit-on-error")
        _run("pg_restore", settings, *options, f"--dbname={settings['NAME']}", str(dump))
        dump.unlink()
    elif not (folder / SQLITE).exists():
        raise _refuse(path, "it holds no records", "give another")


def _run(program: str, settings: dict[str, Any], *options: str) -> None:
    """Run one of PostgreSQL's programs against a database."""
    found = shutil.which(program)
    if found is None:
        raise _refuse(program, "it is not installed", "install PostgreSQL's client programs")
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    own = {names[key]: str(settings[key]) for key in names if settings.get(key)}
    # No shell reads the words; the password goes by the environment.
    done = subprocess.run(  # noqa: S603
        [found, *options],
        env={**os.environ, **own, "PGDATABASE": str(settings["NAME"])},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[0]
        raise _refuse(program, said, "check that the database is there, empty, and its password")


def _refuse(file: object, cause: str, remedy: str) -> InputError:
    return InputError(file=str(file), place="", cause=cause, remedy=remedy)
