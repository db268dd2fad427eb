"""Every route by every role: who is let in, who is sent to sign in, who is refused."""

import json
from datetime import UTC, datetime

import pytest
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver

from cityloop.console.api.root import api
from cityloop.store.frame_log import FrameLog
from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.accounts.rights import RIGHTS, Right, Role
from cityloop.store.records.plans.models import Experiment
from cityloop.usecases.live.demo_city import make_demo_city
from cityloop.usecases.live.hub import Hub, set_hub
from cityloop.usecases.open_scenario import open_city

# What each page of the city asks for; `None` is everybody. A new route must be named here.
PAGES = {
    "city": ("/", None),
    "corridors": ("/corridors/", Right.SEE),
    "corridor": ("/corridors/0/", Right.SEE),
    "circle": ("/circle/", Right.SEE),
    "circle-homes": ("/circle/homes.geojson", Right.SEE),
    "circle-areas": ("/circle/areas.csv", Right.SEE),
    "experiments": ("/experiments/", Right.SEE),
    "experiment": ("/experiments/1/", Right.SEE),
    "experiment-cancel": ("/experiments/1/cancel/", Right.EXPERIMENT),
    "experiment-report": ("/experiments/1/report/", Right.SEE),
    "experiment-table": ("/experiments/1/table/", Right.SEE),
    "junction": ("/junctions/zhongshan-1/", Right.SEE),
    "tap": ("/tap/", None),
    "login": ("/login/", None),
    "logout": ("/logout/", None),
}
# Steps that a page takes only for who may.
STEPS = (
    ("/corridors/0/", {"step": "gate"}, Right.EDIT_PLANS),
    ("/corridors/0/", {"step": "apply", "set": "1", "why": "x"}, Right.APPLY),
    ("/corridors/0/", {"step": "undo", "set": "1", "why": "x"}, Right.APPLY),
    ("/experiments/", {"scenario": "none"}, Right.EXPERIMENT),
)
OTHERS = {"alive", "ready", "metrics"}
GIVEN = {
    "cycle_s": 100, "offset_s": [0] * 6, "corridor": 0, "why": "x", "scenario": "nowhere",
    "controls": ["adaptive"], "seeds": [1],
}  # fmt: skip


@pytest.fixture(scope="module")
def city():
    return open_city(make_demo_city())


@pytest.fixture
def roles(sqlite_records, city, tmp_path):
    """A live picture without frames, an experiment, and somebody of every role."""
    set_hub(Hub(city, FrameLog(tmp_path / "frames")))
    accounts = {role: Account.objects.create(username=role, role=role) for role in Role}
    Experiment.objects.create(
        name="x",
        order={"scenario": "demo-city", "controls": ["adaptive"], "seeds": [1], "duration_s": 60},
        state="cancelled",
        made_by=accounts[Role.ENGINEER],
        made_at=datetime(2026, 11, 30, tzinfo=UTC),
    )
    yield accounts
    set_hub(None)


def client_of(account):
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    if account is not None:
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def may(account, right):
    return right is None or (account is not None and right in RIGHTS[Role(account.role)])


def walk(patterns, before=""):
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from walk(each.url_patterns, before + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield before + str(each.pattern), each.name


def test_every_route_is_named_here():
    names = {
        name
        for route, name in walk(get_resolver().url_patterns)
        if not route.lstrip("^").startswith(("open311/", "api/", "cases/", "desk/", "seats/"))
    }
    assert names - OTHERS == set(PAGES)


def test_every_page_by_every_role(roles):
    for account in (None, *roles.values()):
        client = client_of(account)
        for name, (path, right) in PAGES.items():
            for root in ("", "/en"):
                ask = client.post if name in ("experiment-cancel", "logout") else client.get
                if name == "logout":
                    continue
                status = ask(root + path).status_code
                who = (name, account and account.role, status)
                if may(account, right):
                    assert status in (200, 302, 404, 503), who
                    assert status != 302 or name in ("corridors", "experiment-cancel"), who
                else:
                    assert status == (302 if account is None else 403), who


def test_every_step_of_a_page_by_every_role(roles):
    for account in (None, *roles.values()):
        client = client_of(account)
        for path, given, right in STEPS:
            status = client.post(path, given).status_code
            sees = may(account, Right.SEE)
            refused = 302 if account is None else 403
            if not (sees and may(account, right)):
                assert status == refused, (path, given, account, status)
            else:
                assert status in (200, 302), (path, given, account, status)


def api_routes():
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                asked = operation.auth_callbacks or router.auth
                (right,) = {each.right for each in asked if hasattr(each, "right")}
                yield operation.methods[0], f"/api/v1{prefix}{path}", right


def call(client, method, path, **more):
    address = path.replace("{number}", "1").replace("{name}", "zhongshan-1")
    if method == "GET":
        return client.get(address, **more)
    return client.post(address, json.dumps(GIVEN), content_type="application/json", **more)


def test_every_route_of_the_api_by_every_role_and_token(roles):
    routes = list(api_routes())
    assert len(routes) >= 18
    now = datetime.now(UTC)
    for account in (None, *roles.values()):
        client = client_of(account)
        for method, path, right in routes:
            answer = call(client, method, path)
            who = (method, path, account and account.role, answer.status_code)
            if may(account, right) and account is not None:
                assert answer.status_code < 500, who
                assert answer.status_code not in (401, 403), who
            else:
                assert answer.status_code == (401 if account is None else 403), who
                assert answer["Content-Type"] == "application/problem+json", who
    # A token does what its scopes and its account both allow, and nothing else.
    outside = Client(headers={"host": "localhost"}, raise_request_exception=False)
    for role, scope in ((Role.OPERATOR, Right.SEE), (Role.VIEWER, Right.APPLY)):
        _, text = Token.issue(
            roles[role], "t", frozenset({scope}), now=now, expires_at=now.replace(year=2099)
        )
        for method, path, right in routes:
            answer = call(outside, method, path, headers={"Authorization": f"Bearer {text}"})
            allowed = right is scope and right in RIGHTS[role]
            assert (answer.status_code not in (401, 403)) is allowed, (path, role, answer.content)
    wrong = call(outside, "GET", "/api/v1/live", headers={"Authorization": "Bearer cityloop_no"})
    assert wrong.status_code == 401


def test_where_the_picture_is_public_everybody_sees_and_nobody_else_does_more(roles):
    with override_settings(PUBLIC=True):
        nobody = client_of(None)
        for method, path, right in api_routes():
            status = call(nobody, method, path).status_code
            assert (status == 401) is (right is not Right.SEE), (method, path, status)
        assert nobody.get("/junctions/zhongshan-1/").status_code == 200
        assert nobody.post("/corridors/0/", {"step": "gate"}).status_code == 403
    assert Account.objects.count() == len(Role)


def test_what_a_session_changes_through_the_api_needs_its_token(roles):
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.force_login(roles[Role.OPERATOR], backend="django.contrib.auth.backends.ModelBackend")
    answer = call(strict, "POST", "/api/v1/plans")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_the_api_describes_every_route_with_what_may_go_wrong(roles):
    client = client_of(roles[Role.VIEWER])
    told = client.get("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    described = {
        (method.upper(), path): operation
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
    }
    assert set(described) == {(method, path) for method, path, _ in api_routes()}
    for where, operation in described.items():
        assert operation["summary"], where
        assert operation["description"], where
        assert {"401", "403", "404", "422"} <= set(operation["responses"]), where
        assert {"200", "201"} & set(operation["responses"]), where
