"""What a city's IT does: watch figures, back up, restore, ask Django what is unsafe."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from cityloop.city.errors import InputError
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.backups import read_backup, write_backup

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


def test_no_model_lacks_its_migration(sqlite_records):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_commands_bring_a_folder_back(tmp_path):
    command = Path(sys.executable).parent / "cityloop"
    env = {**os.environ, "DATABASE_URL": "", "CITYLOOP_PASSWORD": "Sieben-Bruecken-7"}

    def run(*words):
        done = subprocess.run(
            [command, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("accounts", "add", "ann", "--role", "operator", "--data", "one")
    assert "keep it safe" in run("backup", "one.tar.gz", "--data", "one")
    assert "is as it was" in run("restore", "one.tar.gz", "--data", "two")
    assert (tmp_path / "two" / "secret_key").read_text() == (
        tmp_path / "one/secret_key"
    ).read_text()
