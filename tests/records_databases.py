"""Real databases for tests of records: an SQLite file, and a PostgreSQL server of the tests' own.

Each test gets a fresh copy of a migrated database, with real transactions. The server runs in a
temporary folder, as nobody where the tests run as root, and answers at a socket alone.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cityloop.store.records.open_records import migrate_records, open_records

VENDORS = ("sqlite", "postgresql")
_SQLITE: dict[str, object] = {}
_OPTIONS = "-c fsync=on -c listen_addresses='' -c max_connections=20 -c shared_buffers=16MB"


def set_up_django() -> None:
    """Open the records over a folder that goes with the process, before models are imported."""
    open_records(_FOLDER)
    from django.conf import settings  # noqa: PLC0415  once they are set up

    if not _SQLITE:
        _SQLITE.update(settings.DATABASES["default"])


_KEPT = tempfile.TemporaryDirectory(prefix="cityloop-records-")
_FOLDER = Path(_KEPT.name)


def _point_at(settings: dict[str, object]) -> None:
    """Make Django's default connection lead to another database."""
    from django.db import connections  # noqa: PLC0415  after set_up_django

    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": settings})[
        "default"
    ]


def sqlite_settings(path: Path) -> dict[str, object]:
    """Give the settings of the project for another file."""
    return {**_SQLITE, "NAME": path}


def _sqlite_template() -> Path:
    template = _FOLDER / "template.sqlite3"
    if not template.exists():
        _point_at(sqlite_settings(template))
        migrate_records()
        from django.db import connection  # noqa: PLC0415  after set_up_django

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return template


@contextlib.contextmanager
def fresh_sqlite(folder: Path) -> Iterator[None]:
    """Lead Django to a migrated SQLite file in a folder."""
    path = folder / "records.sqlite3"
    shutil.copyfile(_sqlite_template(), path)
    _point_at(sqlite_settings(path))
    try:
        yield
    finally:
        from django.db import connections  # noqa: PLC0415  after set_up_django

        connections.close_all()


class PostgresServer:
    """A PostgreSQL server of our own, with one migrated database to copy."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="clpg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._count = 0
        self._run("initdb", "-A", "trust", "-U", "cityloop", "-E", "UTF8", "--no-sync")
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "-o", self._flags, "start")
        _point_at(self.settings("postgres"))
        self._execute("CREATE DATABASE template_city")
        _point_at(self.settings("template_city"))
        migrate_records()

    @property
    def _flags(self) -> str:
        return f"{_OPTIONS} -k {self._folder}"

    def _run(self, program: str, *arguments: str) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        path = str(found[-1]) if found else shutil.which(program)
        if path is None:
            pytest.fail("PostgreSQL is not installed: run `make install`")
        subprocess.run(
            [path, "-D", str(self._folder / "data"), *arguments],
            check=True,
            user=self._user,
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self._folder)},
        )

    def settings(self, name: str) -> dict[str, object]:
        """Give Django's settings for one database of the server."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": "cityloop",
            "HOST": str(self._folder),
        }

    def url(self, name: str) -> str:
        """Give the address of one database, as `DATABASE_URL` takes it."""
        return f"postgres://cityloop@{str(self._folder).replace('/', '%2F')}/{name}"

    def _execute(self, statement: str) -> None:
        from django.db import connection  # noqa: PLC0415  after set_up_django

        with connection.cursor() as cursor:
            cursor.execute(statement)

    def create(self) -> str:
        """Make a migrated database and give its name."""
        self._count += 1
        name = f"city_{self._count}"
        _point_at(self.settings("postgres"))
        self._execute(f"CREATE DATABASE {name} TEMPLATE template_city")
        return name

    def create_empty(self) -> str:
        """Make a database with nothing in it and give its name."""
        self._count += 1
        name = f"empty_{self._count}"
        _point_at(self.settings("postgres"))
        self._execute(f"CREATE DATABASE {name}")
        return name

    @contextlib.contextmanager
    def fresh(self) -> Iterator[None]:
        """Lead Django to a fresh migrated database."""
        name = self.create()
        _point_at(self.settings(name))
        try:
            yield
        finally:
            _point_at(self.settings("postgres"))
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End the server and remove its folder."""
        from django.db import connections  # noqa: PLC0415  after set_up_django

        connections.close_all()
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole run of a worker."""
    set_up_django()
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(params=VENDORS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database of either kind; gives its vendor."""
    set_up_django()
    if request.param == "sqlite":
        with fresh_sqlite(tmp_path):
            yield "sqlite"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.fresh():
            yield "postgresql"


@pytest.fixture
def sqlite_records(tmp_path: Path) -> Iterator[None]:
    """A fresh SQLite file, where one kind is enough."""
    set_up_django()
    with fresh_sqlite(tmp_path):
        yield
