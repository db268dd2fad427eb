"""The clock of cases in the real server: what is due rings, and what is over goes, by itself."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections

from cityloop.store.records.cases.models import Case, CaseEntry, Contact
from cityloop.usecases.cases import clock, desk
from cityloop.usecases.cases.actors import Actor, get_case
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.submit import submit_case
from tests.cases_room import RULES, citizen, officer, said
from tests.records_databases import _point_at, sqlite_settings
from tests.served_console import Served


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request, tmp_path, postgres, monkeypatch):
    monkeypatch.setenv("CITYLOOP_CLOCK_S", "0.1")
    name = postgres.create() if request.param == "postgresql" else ""
    running = Served(tmp_path, postgres.url(name) if name else "")
    _point_at(postgres.settings(name) if name else sqlite_settings(tmp_path / "records.sqlite3"))
    yield running
    running.stop()
    connections.close_all()


def submitted(actor: Actor, now: datetime, **more: object) -> str:
    return submit_case(actor, said(**more), key="", rules=city_rules(), now=now).number


def until(told, limit_s: float = 20):
    end = time.monotonic() + limit_s
    while not told() and time.monotonic() < end:
        time.sleep(0.05)
    assert told()


def acts(number: str) -> list[str]:
    return list(
        CaseEntry.objects.filter(case__number=number)
        .order_by("place")
        .values_list("act", flat=True)
    )


def test_alarms_ring_once_and_unrated_cases_close_while_the_server_runs(served):
    now = datetime.now(UTC)
    one, water = citizen("one"), officer("o", "water")
    fresh = submitted(one, now)
    late = submitted(one, now - timedelta(hours=30))
    warned = submitted(one, now - timedelta(hours=19))
    answered = submitted(one, now - timedelta(days=12))
    until(lambda: acts(late)[2:] == ["overdue", "escalated"])
    until(lambda: acts(warned)[2:] == ["warned"])
    then = now - timedelta(days=11)
    # Their alarms had come; the answer is dated after them, as a log's times only rise.
    until(lambda: "escalated" in acts(answered))
    row = Case.objects.get(number=answered)
    desk.begin_work(water, answered, now=row.updated_at)
    desk.answer_case(water, answered, answer="好了", now=row.updated_at)
    assert get_case(one, answered).state == "answered"
    Case.objects.filter(number=answered).update(updated_at=then)
    until(lambda: get_case(one, answered).state == "closed")
    assert acts(fresh) == ["received", "moved"]
    assert acts(late)[2:] == ["overdue", "escalated"], "however often the clock went round"
    assert (Case.objects.get(number=late).overdue, Case.objects.get(number=late).level) == (True, 1)


def test_what_may_no_longer_be_kept_is_gone_when_the_server_starts(served):
    now = datetime.now(UTC)
    one = citizen("one")
    old, new = (submitted(one, now, name="张三", text=text) for text in ("旧的", "新的"))
    row = Case.objects.get(number=old)
    row.state, row.ended_at = "withdrawn", now - timedelta(days=366)
    row.save()
    assert Contact.objects.count() == 2
    served.stop()
    served.start()
    until(lambda: list(Contact.objects.values_list("case__number", flat=True)) == [new])


@pytest.mark.usefixtures("records")
def test_one_case_that_cannot_be_treated_keeps_no_other_waiting():
    now = datetime.now(UTC)
    one = citizen("one")
    broken, whole = (submitted(one, now - timedelta(hours=30), text=t) for t in ("甲", "乙"))
    CaseEntry.objects.filter(case__number=broken, place=1).update(by="somebody else")
    done = clock.ring_alarms(RULES, now)
    assert (done.entered, len(done.failed)) == (2, 1)
    assert done.failed[0].startswith(f"{broken}: ")
    assert acts(whole)[2:] == ["overdue", "escalated"]
    assert acts(broken) == ["received", "moved"]


def test_the_command_for_cron_and_a_clock_that_is_none(tmp_path):
    command = [str(Path(sys.executable).with_name("cityloop")), "cases", "clock", "--data", "kept"]
    environment = {**os.environ, "DATABASE_URL": ""}
    del environment["DATABASE_URL"]
    for key in ("DJANGO_SETTINGS_MODULE", "CITYLOOP_SECRET_KEY"):
        environment.pop(key, None)
    done = subprocess.run(
        command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (
        0,
        "0 alarms entered, 0 cases closed without a rating, 0 cases rid of personal data.\n",
    ), done.stderr
    serve = [command[0], "serve", "--port", "0", "--data", "kept"]
    wrong = {**environment, "CITYLOOP_CLOCK_S": "soon"}
    done = subprocess.run(
        serve, check=False, cwd=tmp_path, env=wrong, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "'soon' is no time between two rounds" in done.stderr
