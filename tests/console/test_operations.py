"""What a city's IT does: watch figures, back up, restore, ask Django what is unsafe."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from compose_spec import PyCompose
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.backups import read_backup, write_backup
from cityloop.store.records.cases.models import Case
from cityloop.usecases.cases.contacts import open_contact
from tests.console.trespass import PHONE
from tests.records_databases import _point_at
from tests.served_console import Served

SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[a-z]+"(,[a-z]+="[a-z]+")*\})? [0-9.e+-]+')


def test_figures_are_for_who_may_see(sqlite_records):
    client = Client(headers={"host": "localhost"})
    assert client.get("/metrics").status_code == 401
    vic = Account.objects.create(username="vic", role="viewer")
    client.force_login(vic, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert 'cityloop_experiments{state="running"} 0' in lines
    for line in lines:
        assert line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line), line


def test_a_backup_brings_everything_back(sqlite_records, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "secret_key").write_text("key\n")
    (folder / "photos").mkdir()
    (folder / "photos" / "one.jpg").write_bytes(b"\xff\xd8")
    (folder / "live").mkdir()
    (folder / "live" / "1.frames").write_bytes(b"x")
    (folder / "cache").mkdir()
    (folder / "cache" / "city.osm.pbf").write_bytes(b"x")
    (folder / "yesterday.tar.gz").write_bytes(b"x")
    Account.objects.create(username="ann", role="viewer")
    made = tmp_path / "made.tar.gz"
    size = write_backup(folder, made)
    assert (made.stat().st_size, made.stat().st_mode & 0o777) == (size, 0o600)
    with pytest.raises(InputError, match="cannot be written"):
        write_backup(folder, made)
    again = tmp_path / "again"
    read_backup(made, again)
    assert sorted(p.relative_to(again).as_posix() for p in again.rglob("*")) == [
        "photos", "photos/one.jpg", "records.sqlite3", "secret_key",
    ]  # fmt: skip
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = again / "records.sqlite3"
    assert list(Account.objects.values_list("username", flat=True)) == ["ann"]
    connection.close()
    connection.settings_dict["NAME"] = before
    with pytest.raises(InputError, match="the folder is not empty"):
        read_backup(made, again)


@pytest.mark.parametrize("broken", [b"", b"no archive", None])
def test_what_is_no_backup_leaves_nothing_behind(tmp_path, broken):
    path, folder = tmp_path / "x.tar.gz", tmp_path / "new"
    if broken is None:
        # An entry that would leave the folder.
        with tarfile.open(path, "w:gz") as tar:
            entry = tarfile.TarInfo("../outside")
            entry.size = 1
            tar.addfile(entry, io.BytesIO(b"x"))
    else:
        path.write_bytes(broken)
    with pytest.raises(InputError, match=r"no backup|no records"):
        read_backup(path, folder)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.tar.gz"]


def test_django_finds_nothing_unsafe_behind_tls(tmp_path):
    code = (
        "from pathlib import Path\n"
        "from cityloop.store.records.open_records import open_records\n"
        "open_records(Path('kept'))\n"
        "from django.core.management import call_command\n"
        "call_command('check', deploy=True, fail_level='WARNING')\n"
        "from django.test import Client\n"
        "client = Client(headers={'host': 'city.example'})\n"
        "print([client.get(p).status_code for p in ('/healthz', '/login/')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={
            **os.environ,
            "CITYLOOP_TLS": "1",
            "CITYLOOP_HOSTS": "city.example",
            "DATABASE_URL": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout
    assert "[200, 301]" in done.stdout


def test_the_compose_file_is_sound_and_fits_the_settings():
    root = Path(__file__).resolve().parents[2]
    composed = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))
    assert set(composed) == {"services", "volumes"}
    named = {v.split(":")[0] for s in composed["services"].values() for v in s["volumes"]}
    assert named == set(composed["volumes"])
    settings = (root / "src/cityloop/store/records/settings.py").read_text(encoding="utf-8")
    docs = (root / "docs/console.md").read_text(encoding="utf-8")
    for service in composed["services"].values():
        assert service["cap_drop"] == ["ALL"]
        for name, value in service["environment"].items():
            # No secret stands in the file, and no setting that the console does not know.
            assert not re.search("PASSWORD", name) or value.startswith("${")
            assert name.startswith("POSTGRES_") or (f'"{name}"' in settings and f"`{name}`" in docs)
    for port in composed["services"]["web"]["ports"]:
        assert port.startswith("127.0.0.1:")


def test_the_container_file_copies_what_is_there_and_runs_as_nobody():
    root = Path(__file__).resolve().parents[2]
    text = (root / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line[:1] not in ("#", "")]
    known = {
        "FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK",
        "ENTRYPOINT", "CMD",
    }  # fmt: skip
    assert {word for word, _ in lines} == known
    for word, rest in lines:
        if word == "COPY" and not rest.startswith("--from"):
            *sources, _ = rest.split()
            assert [each for each in sources if not (root / each).exists()] == []
        if word in ("ENTRYPOINT", "CMD"):
            assert all(isinstance(each, str) for each in json.loads(rest))
        if word == "FROM":
            assert re.search(r":\d[\w.-]+( AS \w+)?$", rest)
    users = [rest for word, rest in lines if word == "USER"]
    assert int(users[-1]) > 0
    assert "--require-hashes" in text


def test_no_model_lacks_its_migration(sqlite_records):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def runner(folder, database=""):
    """Give what runs a command in a folder, over a database."""
    command = Path(sys.executable).parent / "cityloop"
    env = {**os.environ, "DATABASE_URL": database, "CITYLOOP_PASSWORD": "Sieben-Bruecken-7"}

    def run(*words):
        done = subprocess.run(
            [command, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_backup_of_a_real_postgresql_server_comes_back_on_an_empty_one(postgres, tmp_path):
    """Everything that both databases hold is compared, and a contact is read with the key."""
    old, new = postgres.create(), postgres.create_empty()
    run = runner(tmp_path, postgres.url(old))
    run("accounts", "add", "ann", "--role", "operator", "--data", "one")
    served = Served(tmp_path / "one", postgres.url(old))
    case: dict[str, Any] = {
        "service": "water-leak",
        "text": "x",
        "lon": 120.1,
        "lat": 30.27,
        "phone": PHONE,
    }
    sent = requests.post(
        f"http://127.0.0.1:{served.port}/api/v1/cases",
        json=case, headers={"Idempotency-Key": "k"}, timeout=30,
    )  # fmt: skip
    assert sent.status_code == 201
    # The server goes on meanwhile.
    assert "keep it safe" in run("backup", "one.tar.gz", "--data", "one")
    served.stop()
    back = runner(tmp_path, postgres.url(new))
    assert "is as it was" in back("restore", "one.tar.gz", "--data", "two")
    kept = []
    for name in (old, new):
        _point_at(postgres.settings(name))
        with connection.cursor() as cursor:
            tables = sorted(connection.introspection.table_names(cursor))
            rows = {}
            for table in tables:
                cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names from the server
                rows[table] = sorted(map(repr, cursor.fetchall()))
        kept.append(rows)
    assert kept[0] == kept[1]
    assert len(kept[0]["cases_case"]) == 1
    with override_settings(DATA=tmp_path / "two"):
        assert open_contact(Case.objects.get())["phone"] == PHONE
    # A database that is not empty stays as it is, and no folder is left.
    command = Path(sys.executable).parent / "cityloop"
    again = subprocess.run(
        [command, "restore", "one.tar.gz", "--data", "three"],
        cwd=tmp_path, env={**os.environ, "DATABASE_URL": postgres.url(new)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert not (tmp_path / "three").exists()


def test_the_commands_bring_a_folder_back(tmp_path):
    run = runner(tmp_path)
    run("accounts", "add", "ann", "--role", "operator", "--data", "one")
    assert "keep it safe" in run("backup", "one.tar.gz", "--data", "one")
    assert "is as it was" in run("restore", "one.tar.gz", "--data", "two")
    assert (tmp_path / "two" / "secret_key").read_text() == (
        tmp_path / "one/secret_key"
    ).read_text()


def test_linters_of_the_field_find_nothing_in_the_container_files():
    root = Path(__file__).resolve().parents[2]
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [linter, "--no-color", "Containerfile"],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")
    composed = (root / "compose.yaml").read_text(encoding="utf-8")
    PyCompose.from_yaml(composed).validate()
    with pytest.raises(ValueError, match="unknown variant"):
        PyCompose.from_yaml(composed.replace("service_healthy", "service_heathy"))
    # Both images are Debian 12, which has PostgreSQL 15: an older client could not dump the server.
    assert "postgres:15-bookworm" in composed
    assert "bookworm" in (root / "Containerfile").read_text(encoding="utf-8")
