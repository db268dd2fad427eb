"""The whole JSON API, as its own description tells others' programs of it, on the real server.

schemathesis asks every operation what the description allows and what it forbids, and holds every
answer against it: status, content type, schema, headers, who is let in.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from django.db import connections
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.live.demo_city import make_demo_city
from tests.console.browsers import serving
from tests.console.hostile_walk import write_hostile_town
from tests.records_databases import _point_at, set_up_django, sqlite_settings

MOOT = [positive_data_acceptance]
"""A schema cannot say that offsets have to be as many as there are signals, or that a scenario has
to exist: such bodies are refused by a 400 that says so."""
WAYS = {"known": 1, "allowed": 2, "forbidden": 3}
"""How an operation is asked, and how often: what can be answered, what its description allows,
what it forbids."""
CASE: dict[str, Any] = {"service": "water-leak", "text": "x", "lon": 120.1, "lat": 30.27}
BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/corridors/{number}/try": {"cycle_s": 100, "offset_s": [0] * 6},
    "/api/v1/corridors/{number}/compute": {"least_s": 0, "most_s": 0},
    "/api/v1/plans": {"cycle_s": 100, "offset_s": [0] * 6, "corridor": 0},
    "/api/v1/plans/{number}/apply": {"why": "x"},
    "/api/v1/plans/{number}/undo": {"why": "x"},
    "/api/v1/experiments": {
        "scenario": "demo-city", "controls": ["adaptive"], "seeds": [1], "duration_s": 60,
    },
    "/api/v1/cases": CASE,
    "/api/v1/circle/sites": {"kind": "pharmacy", "count": 1},
}  # fmt: skip


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """A demo of its own, since plans are applied to it, with a token that may do all."""
    set_up_django()
    folder = tmp_path_factory.mktemp("described")
    town = write_hostile_town(folder)
    (folder / "closed.toml").write_text('close = ["p0"]\n')
    live = ("--live", str(make_demo_city().origin), "--pace", "1")
    city = {"CITYLOOP_CITY": str(town), "CITYLOOP_SCENARIOS": str(folder)}
    with serving(folder / "kept", *live, **city) as served:
        _point_at(sqlite_settings(folder / "kept" / "records.sqlite3"))
        now = datetime.now(UTC)
        boss = Account.objects.create(username="boss", role="administrator")
        ends = now + timedelta(days=1)
        _, text = Token.issue(boss, "t", frozenset(Right), now=now, expires_at=ends)
        connections.close_all()
        until = time.monotonic() + 60
        while not ask(served.url, text, "live")["last"]:
            assert time.monotonic() < until
            time.sleep(0.2)
        yield served.url, text


def ask(url, text, path):
    head = {"Authorization": f"Bearer {text}"}
    return requests.get(f"{url}/api/v1/{path}", headers=head, timeout=30).json()


@pytest.mark.parametrize("times", [1, pytest.param(12, marks=pytest.mark.slow)])
def test_no_answer_of_the_api_fails_its_description(endpoint, times):
    url, text = endpoint
    described = schemathesis.openapi.from_dict(ask(url, text, "openapi.json"))
    operations = [each.ok() for each in described.get_all_operations() if isinstance(each, Ok)]
    assert len(operations) >= 22
    receipt = requests.post(
        f"{url}/api/v1/cases", json=CASE, headers={"Idempotency-Key": "k"}, timeout=30
    ).json()
    failures: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    # What makes something comes first: then there is one of each to be asked for.
    for operation in sorted(operations, key=lambda each: (each.path.count("{"), each.method)):
        for way, count in WAYS.items():
            fuzz(operation, (url, text, receipt), (way, count * times), failures, seen)
    assert failures == {}
    done = {name for name, status in seen if status < 300}
    assert done == {f"{each.method} {each.path}" for each in operations}, "each was answered"


QUERY = {"kind": "pharmacy", "person": "elderly", "at": "2026-11-21T21:40", "scenario": "closed"}


def known(operation, url, text, receipt):
    """Give parts of an address that lead somewhere."""
    if "cases" in operation.path:
        return {"number": receipt["number"]}
    if operation.path.endswith("cancel"):
        # What was ordered before may be done by now; this one takes minutes.
        order = BODIES["/api/v1/experiments"] | {"duration_s": 7200, "seeds": [1, 2, 3]}
        head = {"Authorization": f"Bearer {text}"}
        made = requests.post(f"{url}/api/v1/experiments", json=order, headers=head, timeout=30)
        return {"number": made.json()["number"]}
    return {"number": 0 if "corridors" in operation.path else 1, "name": "zhongshan-1"}


def fuzz(operation, endpoint, how, failures, seen) -> None:
    """Ask an operation some times in one of the ways."""
    url, text, receipt = endpoint
    way, count = how
    name = f"{operation.method} {operation.path}"
    right = {"Authorization": f"Bearer {text}"}
    if operation.path.endswith("cases/{number}"):
        right = {"Authorization": f"Receipt {receipt['secret']}"}
    # Of a case that is another's nobody learns that it is there: 404, whatever they send.
    moot = [*MOOT, ignored_auth] if "cases" in operation.path else MOOT
    mode = GenerationMode.NEGATIVE if way == "forbidden" else GenerationMode.POSITIVE

    @settings(
        max_examples=count, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        if way == "known":
            parts = known(operation, url, text, receipt)
            case.path_parameters = {key: parts[key] for key in case.path_parameters}
            case.query = {key: QUERY[key] for key in case.query if key in QUERY}
            case.body = BODIES.get(operation.path, case.body)
        answer = case.call(base_url=url, headers=right, timeout=60)
        seen.add((name, answer.status_code))
        try:
            case.validate_response(answer, excluded_checks=moot, headers=right)
        except FailureGroup as group:
            said = sorted({f"{type(each).__name__}: {each}" for each in group.exceptions})
            failures[f"{name} {answer.status_code} {way}"] = f"{answer.request.url} {said}"

    ask()
