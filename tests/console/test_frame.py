"""What holds for the whole console: two languages, the policy, sign-in, and who loads Django."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from cityloop.usecases.manage_accounts import add_account

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "src" / "cityloop" / "console"
PASSWORD = "Sieben-Bruecken-7"


@pytest.fixture
def client(sqlite_records):
    return Client(headers={"host": "localhost"})


def test_the_root_is_chinese_and_en_is_english(client):
    assert "<h1>城市</h1>" in client.get("/").content.decode()
    assert "<h1>City</h1>" in client.get("/en/").content.decode()


def test_nothing_inline_is_allowed_and_nothing_inline_is_sent(client):
    answer = client.get("/")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    for template in CONSOLE.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert (
            re.findall(r"<style|<script(?![^>]*\bsrc=)(?![^>]*json)|\sstyle=|\son\w+=", text) == []
        )


def test_the_process_lives_and_is_ready(client):
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json() == {"ready": True}
    call_command("migrate", "accounts", "0001", verbosity=0)
    behind = client.get("/readyz")
    assert (behind.status_code, behind.json()["missing"]) == (503, "migrations")


def test_a_person_signs_in_and_out(client):
    add_account("ann", "viewer", PASSWORD, by=None)
    wrong = client.post("/login/", {"username": "ann", "password": "no"})
    assert "用户名或密码不正确" in wrong.content.decode()
    right = client.post("/login/", {"username": "ann", "password": PASSWORD})
    assert (right.status_code, right["Location"]) == (302, "/")
    assert '<span class="who">ann</span>' in client.get("/").content.decode()
    client.post("/logout/")
    assert '<span class="who">' not in client.get("/").content.decode()


def test_ten_wrong_passwords_lock_a_name_and_no_other(client):
    add_account("ann", "viewer", PASSWORD, by=None)
    add_account("bob", "viewer", PASSWORD, by=None)
    for _ in range(10):
        client.post("/login/", {"username": "ann", "password": "no"})
    locked = client.post("/login/", {"username": "ann", "password": PASSWORD})
    assert (locked.status_code, "尝试次数过多" in locked.content.decode()) == (429, True)
    free = client.post("/login/", {"username": "bob", "password": PASSWORD})
    assert free.status_code == 302


def test_a_form_without_its_token_is_refused(sqlite_records):
    add_account("ann", "viewer", PASSWORD, by=None)
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    answer = strict.post("/login/", {"username": "ann", "password": PASSWORD})
    assert answer.status_code == 403


def test_every_text_has_its_chinese(tmp_path):
    known = catalogue(
        (CONSOLE / "locale/zh_Hans/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    )
    assert [text for text, said in known.items() if not said] == []
    # Django looks a text of a template up with every % doubled: such a one would stay English.
    doubled = [
        (path.name, text)
        for path in CONSOLE.rglob("*.html")
        for text in re.findall(
            r"""{%\s*translate\s+["']([^"']*%[^"']*)["']""", path.read_text("utf-8")
        )
    ]
    assert doubled == []
    asked = set()
    for path in [*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""{%\s*translate\s+"([^"]+)\"""", text))
        asked |= set(re.findall(r"""{%\s*translate\s+'([^']+)'""", text))
        asked |= set(re.findall(r"""\b(?:gettext|gettext_lazy|_)\(\s*"([^"]+)\"""", text))
    for path in CONSOLE.parent.rglob("*.py"):
        # Refusals are said by the rules and translated by the pages.
        asked |= set(
            re.findall(r"""RefusedError\(\s*"([^"]+)\"""", path.read_text(encoding="utf-8"))
        )
    assert sorted(asked - set(known)) == []
    assert sorted(set(known) - asked) == []


def catalogue(text: str) -> dict[str, str]:
    """Read a catalogue whose entries stand on one line each."""
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', text, re.MULTILINE)
    return {key.replace('\\"', '"'): said for key, said in pairs}


@pytest.mark.parametrize("command", [["--help"], ["traffic", "run", "--help"], ["data", "list"]])
def test_commands_about_traffic_never_load_django(command):
    code = (
        "import sys\n"
        "from cityloop.cli.main import build_app\n"
        "try:\n"
        f"    build_app({command[0]!r})({command!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "print('django' in sys.modules, 'uvicorn' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].startswith("False")


def test_a_console_that_is_only_watched_loads_none_of_what_reckons(tmp_path):
    """Each of these takes 20 to 60 MB of the process that serves a thousand."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from cityloop.cli.serve import open_folder\n"
        f"open_folder(Path({str(tmp_path)!r}))\n"
        "from cityloop.runtime.serve_console import Hub, FrameLog, open_apart, set_hub\n"
        "from cityloop.usecases.live.demo_city import make_demo_city\n"
        "opened = open_apart(make_demo_city(), None, print)\n"
        f"set_hub(Hub(opened.city, FrameLog(Path({str(tmp_path / 'live')!r})), opened.timetable))\n"
        "from django.test import Client\n"
        "client = Client(headers={'host': 'localhost'})\n"
        "pages = ('/', '/en/login/', '/junctions/zhongshan-1/', '/api/v1/live/junctions')\n"
        "codes = [client.get(at).status_code for at in pages]\n"
        "heavy = ('llvmlite', 'numba', 'pyarrow', 'scipy', 'polars', 'duckdb', 'libsumo')\n"
        "print(codes, [each for each in heavy if each in sys.modules])\n"
    )
    environment = {**os.environ, "CITYLOOP_PUBLIC": "1", "DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[200, 200, 200, 200] []"
