"""A hostile person at every door: what they write comes back on every page, as text alone.

The walk writes the same hostile text wherever the console takes a text, then asks for every page as
everybody who may see it, and gives what is wrong: text that became markup, text that became SQL,
a policy that lets more run, an answer that is no answer. On a build without faults that is nothing.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection
from django.http import HttpResponse
from django.test import Client

from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Role
from cityloop.store.records.cases.models import Case, Seat
from cityloop.store.records.plans.models import Experiment
from cityloop.store.survey_file import write_survey
from tests.circle.made_town import make_places, make_survey, make_ways
from tests.console.rights_walk import client_of

MARK = "zq7"
HOSTILE = f"{MARK}' on{MARK}=1 OR 1=1 --\"><x-{MARK}>"
"""Ends a quoted attribute or an SQL text, and begins an attribute, an element, a condition."""

CASE = {"service": "water-leak", "lat": "30.27", "lon": "120.10", "key": "k1"}
BEGIN = f"{120.0 + 50 / 96_486:.6f},30.0"
FILTERS = ("state", "service", "area", "officer", "words", "open", "overdue", "page")


def write_hostile_town(folder: Path) -> Path:
    """Write a town whose places, streets and neighbourhoods have hostile names."""
    rows = [{"type": "pharmacy", "edge": 1, "name": HOSTILE, "hours": "24/7"}]
    town = make_survey(make_places(*rows), replace(make_ways(), way_names=(HOSTILE,)))
    path = folder / "town.survey"
    write_survey(path, replace(town, homes=replace(town.homes, neighbourhoods=(HOSTILE,))))
    return path


class _Markup(HTMLParser):
    """Reads a page as a browser does, and keeps what came of the hostile text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self._inside = tag if tag == "script" and names.get("type") != "application/json" else ""
        for name, value in attrs:
            runs = name in ("href", "src", "action") and "javascript:" in (value or "")
            if MARK in name or runs or (name.startswith("on") and value is not None):
                self.found.append(f"attribute {name} of {tag}")
        if MARK in tag:
            self.found.append(f"element {tag}")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.found.append("script inside the page")


class Walk:
    """What is wrong so far, as `kind: where`."""

    def __init__(self) -> None:
        self.number = ""
        """Of the hostile case."""
        self.wrong: set[str] = set()
        self.shown: set[str] = set()
        """Pages on which the hostile text came back at all: elsewhere nothing was tried."""
        self._where = ""

    def look(
        self,
        where: str,
        ask: Callable[..., Any],
        *given: Any,
        **more: Any,
    ) -> HttpResponse:
        """Ask for something, and look at the answer."""
        self._where = where
        answer: HttpResponse = ask(*given, **more)
        if answer.status_code >= 500 and answer.status_code != 503:
            self.wrong.add(f"status {answer.status_code}: {where}")
        policy = answer.headers.get("Content-Security-Policy", "")
        if not policy.startswith("default-src 'none'; script-src 'self';") or "unsafe" in policy:
            self.wrong.add(f"policy: {where}")
        if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
            text = answer.content.decode()
            page = _Markup()
            page.feed(text)
            self.wrong |= {f"markup: {where}: {each}" for each in page.found}
            if MARK in text:
                self.shown.add(where)
        return answer

    def watch(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Look at a statement on its way to the database: what a person wrote is no part of it."""
        if MARK in sql:
            self.wrong.add(f"sql: {self._where}")
        return execute(sql, *rest)


def walk() -> Walk:
    """Write the hostile text everywhere, then look at every page; give what is wrong."""
    found = Walk()
    with connection.execute_wrapper(found.watch):
        citizen, number = _complain(found)
        found.number = number
        desk = _work(found, number)
        people = {"nobody": client_of(None), "citizen": citizen, "officer": desk}
        _leave_plans_and_experiments()
        for role in (Role.OPERATOR, Role.PLANNER, Role.ADMINISTRATOR):
            people[role] = client_of(Account.objects.get(role=role))
        _knock(found, people)
        for who, client in people.items():
            for path in _pages(number):
                found.look(f"{path} as {who}", client.get, path)
    return found


def _complain(found: Walk) -> tuple[Client, str]:
    """Submit a case that is hostile in every field."""
    person = Account.objects.create(username=HOSTILE, role="citizen")
    client = client_of(person)
    given = {
        **CASE, "text": f"水管 {HOSTILE}", "address": HOSTILE, "name": HOSTILE, "email": HOSTILE,
        "phone": HOSTILE[:30],
    }  # fmt: skip
    answer = found.look("/cases/new/ sent", client.post, "/cases/new/", given)
    number = re.search(r"/cases/([^/]+)/", answer.headers.get("Location", ""))
    assert number, answer.content.decode()
    for field in ("service", "area", "lat", "key", "look", "map_lon", "closer"):
        wrong = {**given, field: HOSTILE, "address": HOSTILE}
        found.look(f"/cases/new/ {field}", client.post, "/en/cases/new/", wrong)
        found.look(f"/cases/place/ {field}", client.post, "/cases/place/", wrong)
        found.look(f"/cases/alike/ {field}", client.post, "/cases/alike/", wrong)
    for act in ("add", "reply", "rate", HOSTILE):
        sent = {"act": act, "text": HOSTILE, "rating": HOSTILE}
        path = f"/cases/{number[1]}/act/"
        found.look(f"{path} {act}", client.post, path, sent)
    return client, number[1]


def _work(found: Walk, number: str) -> Client:
    """Do everything that a desk does with the case, with hostile reasons."""
    department = Case.objects.get(number=number).department
    officer = Account.objects.create(username=f"o{HOSTILE}", role="officer")
    Seat.objects.create(user=officer, department=department)
    desk = client_of(officer)
    for act in (
        "note", "begin", "assign", "ask", "go_on", "merge", "extend", "complex", "transfer",
        "call_back", "answer", HOSTILE,
    ):  # fmt: skip
        given = {
            "act": act, "text": HOSTILE, "lead": HOSTILE, "department": HOSTILE,
            "officer": HOSTILE,
        }  # fmt: skip
        path = f"/desk/{number}/act/"
        found.look(f"{path} {act}", desk.post, path, given)
    contact = f"/en/desk/{number}/contact/"
    found.look(contact, desk.post, contact, {"why": HOSTILE})
    given = {"department": department, "title": HOSTILE, "text": HOSTILE}
    for more in ({}, {"department": HOSTILE}, {"key": HOSTILE}):
        sent = {**given, **more}
        found.look(f"/desk/templates/ {more}", desk.post, "/desk/templates/", sent)
    return desk


def _leave_plans_and_experiments() -> None:
    """Have hostile words stand where plans and experiments keep them."""
    engineer = Account.objects.get(role=Role.ENGINEER)
    order = {"scenario": HOSTILE, "controls": [HOSTILE], "seeds": [1], "duration_s": 60}
    Experiment.objects.create(
        name=HOSTILE, order=order, state="failed", trouble=HOSTILE, made_by=engineer,
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
    )  # fmt: skip
    operator = client_of(Account.objects.get(role=Role.OPERATOR))
    gate = {"step": "gate", "cycle_s": "100", "offset_s": ["0"] * 6}
    made = operator.post("/corridors/0/", gate).headers["Location"]
    number = re.search(r"set=(\d+)", made)
    assert number, made
    apply = {"step": "apply", "set": number[1], "why": HOSTILE}
    assert operator.post("/corridors/0/", apply).headers["Location"].endswith("#gate")


def _knock(found: Walk, people: dict[str, Client]) -> None:
    """Send hostile forms, headers and bodies to whoever takes any."""
    nobody, operator = people["nobody"], people[Role.OPERATOR]
    posts: list[tuple[Client, str, dict[str, str]]] = [
        (nobody, "/login/", {"username": HOSTILE, "password": HOSTILE, "next": HOSTILE}),
        (nobody, "/tap/", {"need": HOSTILE, "begin": HOSTILE, "at": HOSTILE, "person": HOSTILE}),
        (nobody, "/tap/", {"need": "药店", "begin": BEGIN, "person": "adult"}),
        (nobody, "/cases/find/", {"number": HOSTILE, "secret": HOSTILE}),
        (people[Role.ADMINISTRATOR], "/desk/seats/", {"name": HOSTILE, "department": HOSTILE}),
        (people[Role.PLANNER], "/circle/", {"count": HOSTILE}),
        (operator, "/corridors/0/", {"step": "gate", "cycle_s": HOSTILE}),
        (operator, "/corridors/0/", {"step": "apply", "set": HOSTILE, "why": HOSTILE}),
        (
            operator,
            "/experiments/",
            {"scenario": HOSTILE, "control": HOSTILE, "seeds": "1", "minutes": "1"},
        ),
    ]
    for client, path, given in posts:
        for root in ("", "/en"):
            found.look(f"{root}{path} sent", client.post, root + path, given, follow=True)
    for name in ("Authorization", "Accept-Language", "If-None-Match", "Cookie", "HX-Request"):
        bearer = {name: f"Bearer {HOSTILE}" if name == "Authorization" else HOSTILE}
        for path in ("/api/v1/plans", "/experiments/1/", "/open311/v2/requests.json", "/metrics"):
            found.look(f"{path} {name}", nobody.get, path, headers=bearer)
    body = json.dumps({"service": HOSTILE, "text": HOSTILE, "area": HOSTILE, "address": HOSTILE})
    for path in ("cases", "plans", "experiments", "corridors/0/try"):
        found.look(
            f"/api/v1/{path} sent",
            operator.post,
            f"/api/v1/{path}",
            body,
            content_type="application/json",
            headers={"Idempotency-Key": HOSTILE},
        )


def _pages(number: str) -> Iterator[str]:
    """Give the address of every page, with hostile questions."""
    said = quote(HOSTILE, safe="")
    asked = urlencode(dict.fromkeys(FILTERS, HOSTILE))
    query = urlencode(dict.fromkeys(("person", "kind", "home", "at", "scenario"), HOSTILE))
    last = Experiment.objects.order_by("-pk").values_list("pk", flat=True)[0]
    for root in ("", "/en"):
        yield from (
            f"{root}{path}"
            for path in (
                "/", f"/?next={said}", f"/login/?next={said}", f"/circle/?{query}", "/circle/",
                "/circle/?kind=pharmacy&home=0",
                f"/corridors/?at={said}", "/corridors/0/", f"/corridors/0/?set={said}",
                "/experiments/", f"/experiments/{last}/", f"/experiments/{last}/report/",
                f"/experiments/{last}/table/", "/junctions/zhongshan-1/",
                f"/junctions/zhongshan-1/?twin={said}", f"/junctions/{said}/", "/tap/",
                "/cases/", "/cases/new/", "/cases/topics/", "/cases/figures/", "/cases/export/",
                f"/cases/{number}/", f"/cases/{said}/", f"/cases/{number}/photos/{said}",
                "/desk/", f"/desk/?{asked}", f"/desk/{number}/", f"/desk/{number}/?template={said}",
                f"/desk/{said}/", "/desk/templates/", f"/desk/templates/?edit={said}",
                "/desk/templates/?edit=1", "/desk/seats/",
            )
        )  # fmt: skip
    yield from (
        f"/api/v1/{path}"
        for path in (
            f"live/junctions/{said}", f"live/junctions/zhongshan-1?twin={said}", "experiments",
            f"experiments?page={said}", f"plans?size={said}", f"plans/{said}", "plans",
            f"cases/{said}", f"cases/{number}", "openapi.json", f"circle/kinds?{query}",
            f"circle/homes?{query}", "circle/places?kind=pharmacy",
            "circle/places.csv?kind=pharmacy",
        )
    )  # fmt: skip
    for form in ("json", "xml"):
        yield from (
            f"/open311/v2/{path}"
            for path in (
                f"requests.{form}?service_code={said}&status={said}&start_date={said}",
                f"requests.{form}?service_request_id={said}", f"requests/{said}.{form}",
                f"request/{said}.{form}", f"services/{said}.{form}", f"tokens/{said}.{form}",
                f"{said}.{form}",
            )
        )  # fmt: skip
