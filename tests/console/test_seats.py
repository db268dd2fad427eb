"""Who sits where, and the words that desks use again: by command, by page, and for whom not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cityloop.store.records.accounts.models import Account, Change
from cityloop.store.records.cases.models import AnswerTemplate, Seat
from tests.console.test_case_pages import browser_of, signed_in, submitted


@pytest.mark.usefixtures("sqlite_records")
def test_an_administrator_gives_and_takes_a_seat_and_the_desk_opens_and_closes():
    number = submitted(browser_of())
    officer, admin = signed_in("o", "officer"), signed_in("a", "administrator")
    Account.objects.create(username="c", role="citizen")
    assert officer.get(f"/desk/{number}/").status_code == 404
    page = admin.get("/desk/seats/").content.decode()
    assert '<option value="o">' in page
    assert '<option value="c">' not in page, "a citizen answers no cases"
    seat = {"name": "o", "department": "water"}
    for _ in range(2):
        assert admin.post("/desk/seats/", {**seat, "act": "give"}).status_code == 302
    assert officer.get(f"/desk/{number}/").status_code == 200
    assert admin.post("/desk/seats/", {**seat, "act": "take"}).status_code == 302
    assert officer.get(f"/desk/{number}/").status_code == 404
    assert list(Change.objects.order_by("id").values_list("action", "by__username", "detail")) == [
        ("seat.give", "a", {"department": "water"}),
        ("seat.take", "a", {"department": "water"}),
    ]
    for wrong in (
        {**seat, "act": "take"}, {**seat, "department": "moon"}, {**seat, "name": "c"},
        {**seat, "name": "nobody"}, {},
    ):  # fmt: skip
        assert admin.post("/en/desk/seats/", wrong).status_code == 422
    assert Seat.objects.count() == 0


@pytest.mark.usefixtures("sqlite_records")
@pytest.mark.parametrize("role", ["", "viewer", "citizen", "officer", "planner", "operator"])
def test_nobody_else_sees_or_changes_seats(role):
    client = signed_in("x", role, "water") if role else browser_of()
    seat = {"name": "x", "department": "roads", "act": "give"}
    for answer in (client.get("/desk/seats/"), client.post("/desk/seats/", seat)):
        assert answer.status_code == (404 if role else 302)
    assert not Seat.objects.filter(department="roads").exists()


@pytest.mark.usefixtures("sqlite_records")
def test_a_desk_writes_uses_changes_and_drops_its_templates_and_no_other_desk_does():
    water, roads = signed_in("w", "officer", "water"), signed_in("r", "officer", "roads")
    number = submitted(browser_of())
    words = {"department": "water", "title": "抢修", "text": "抢修队已出发。", "act": "save"}
    assert water.post("/desk/templates/", words).status_code == 302
    key = AnswerTemplate.objects.get().pk
    page = water.get(f"/desk/{number}/").content.decode()
    assert f'href="?template={key}#text"' in page
    chosen = water.get(f"/desk/{number}/?template={key}").content.decode()
    assert ">抢修队已出发。</textarea>" in chosen
    assert "抢修" not in roads.get("/desk/templates/").content.decode()
    assert roads.get(f"/desk/templates/?edit={key}").status_code == 404
    for theirs in ({**words, "key": key}, {**words, "key": key, "act": "drop"}, words):
        assert roads.post("/desk/templates/", theirs).status_code == 404
    for wrong in ({**words, "title": " "}, {**words, "text": "x" * 4001}):
        assert water.post("/desk/templates/", wrong).status_code == 409
    assert water.get(f"/desk/templates/?edit={key}").status_code == 200
    changed = {**words, "key": key, "text": "已修复。"}
    assert water.post("/desk/templates/", changed).status_code == 302
    assert AnswerTemplate.objects.get().text == "已修复。"
    assert water.post("/desk/templates/", {"key": key, "act": "drop"}).status_code == 302
    assert AnswerTemplate.objects.count() == 0


@pytest.mark.usefixtures("sqlite_records")
def test_a_case_is_given_to_a_colleague_of_the_desk_and_to_nobody_else():
    number = submitted(browser_of())
    water = signed_in("w", "officer", "water")
    signed_in("v", "officer", "water")
    signed_in("r", "officer", "roads")
    ids = dict(Account.objects.values_list("username", "pk"))
    page = water.get(f"/desk/{number}/").content.decode()
    assert f'<option value="{ids["v"]}">v</option>' in page
    assert f'<option value="{ids["r"]}"' not in page
    give = {"act": "assign", "officer": ids["r"]}
    assert water.post(f"/desk/{number}/act/", give).status_code == 409
    give["officer"] = ids["v"]
    assert water.post(f"/desk/{number}/act/", give).status_code == 302
    assert number in water.get(f"/desk/?officer={ids['v']}").content.decode()
    assert number not in water.get(f"/desk/?officer={ids['w']}").content.decode()


def test_the_commands(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k not in {
        "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "CITYLOOP_SECRET_KEY",
    }}  # fmt: skip
    environment |= {"CITYLOOP_DATA": str(tmp_path), "CITYLOOP_PASSWORD": "Sieben-Bruecken-7"}

    def say(*words: str) -> tuple[int, str]:
        command = [str(Path(sys.executable).with_name("cityloop")), *words]
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    say("accounts", "add", "wang", "--role", "officer")
    assert say("cases", "seat", "wang", "water") == (0, "wang sits at water.\n")
    assert "\nwater: wang\n" in "\n" + say("cases", "seats")[1]
    code, said = say("cases", "seat", "wang", "moon")
    assert (code, said.count("\n")) == (2, 1)
    assert "the city's rules have no such department" in said
    assert say("cases", "unseat", "wang", "water")[0] == 0
