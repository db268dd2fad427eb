"""kill -9 while a citizen submits: nothing acknowledged is lost, nothing is there twice."""

import http.client
import io
import json
import os
import random
import signal
import threading
import time

import pytest
from django.db import connection, connections
from django.db.models import Count
from PIL import Image

from cityloop.feeds.photos import Picture, read_picture
from cityloop.store.records.cases.models import Case
from cityloop.usecases.cases.actors import Actor
from cityloop.usecases.cases.submit import submit_case
from tests.cases_room import NOW, RULES, said
from tests.records_databases import _point_at, sqlite_settings
from tests.served_console import Served

KILLS, KILLS_LONG = 20, 200
ONE = Actor(kind="citizen")


def picture() -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return read_picture(out.getvalue())


def submit(key: str) -> str:
    text = said(text=key, name="张三")
    return submit_case(ONE, text, key=key, rules=RULES, now=NOW, picture=picture()).number


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step: int) -> None:
    """Let this process die before its statement number `step`; commits count, too."""
    left = [step]

    def count() -> None:
        if left[0] == 0:
            die()
        left[0] -= 1

    def wrapper(execute, *given):
        count()
        return execute(*given)

    connection.execute_wrappers.append(wrapper)
    commit = connection._commit  # type: ignore[attr-defined]

    def counted_commit():
        count()
        commit()

    connection._commit = counted_commit  # type: ignore[attr-defined]


def in_a_child(key: str, step: int | None) -> tuple[int, str]:
    """Submit in a process of its own; give how far it came and what it acknowledged."""
    connections.close_all()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if step is not None:
                die_at(step)
            os.write(write, submit(key).encode())
        finally:
            os._exit(0)
    os.close(write)
    if step is None:
        time.sleep(random.uniform(0, 0.03))  # noqa: S311  a moment, not a secret
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read, "rb") as told:
        return status, told.read().decode()


def check_one(key: str, acknowledged: str) -> None:
    """After a kill the submission is there whole or not at all; sent again it is there once."""
    rows = Case.objects.filter(text=key)
    found = rows.annotate(n=Count("entries", distinct=True), p=Count("photos", distinct=True))
    assert [(row.n, row.p, row.contact is not None) for row in found] in ([], [(2, 1, True)])
    if acknowledged:
        assert [row.number for row in rows] == [acknowledged]
    number = submit(key)
    assert [row.number for row in rows.all()] == [number]
    assert number == (acknowledged or number)


def test_killed_at_every_step_of_a_submission(records):
    killed = 0
    for step in range(50):
        status, told = in_a_child(f"step {step}", step)
        check_one(f"step {step}", told)
        if not os.WIFSIGNALED(status):
            break
        assert not told
        killed += 1
    assert 5 <= killed < 50, "the last step is beyond the end"


@pytest.mark.parametrize("kills", [KILLS, pytest.param(KILLS_LONG, marks=pytest.mark.long)])
def test_killed_at_any_moment(records, kills):
    for kill in range(kills):
        _, told = in_a_child(f"kill {kill}", None)
        check_one(f"kill {kill}", told)
    assert Case.objects.count() == kills


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_many_at_once_with_retries_are_counted_exactly(vendor, tmp_path, postgres, request):
    count = 10_000 if request.config.getoption("--long") else 200
    if vendor == "sqlite":
        served = Served(tmp_path)
        _point_at(sqlite_settings(tmp_path / "records.sqlite3"))
    else:
        name = postgres.create()
        served = Served(tmp_path, postgres.url(name))
        _point_at(postgres.settings(name))
    answers: list[tuple[str, str]] = []

    def client(which: int) -> None:
        door = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        for i in range(which, count, 10):
            body = json.dumps({"service": "noise", "text": str(i)})
            door.request("POST", "/api/v1/cases", body, {"Idempotency-Key": f"k{i}"})
            answer = door.getresponse()
            answers.append((str(i), json.loads(answer.read())["number"]))
        door.close()

    # Two of the ten clients run twice, at the same time: a fifth of all comes again.
    threads = [threading.Thread(target=client, args=(w % 10,)) for w in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served.stop()
    assert len(answers) == count * 12 // 10
    assert Case.objects.count() == count == len(set(answers))
    assert {(row.text, row.number) for row in Case.objects.all()} == set(answers)
    connections.close_all()
