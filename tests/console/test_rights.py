"""Every route by every role: who is let in, who is sent to sign in, who is refused."""

from django.test import Client, override_settings
from django.urls import get_resolver

from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Right, Role
from tests.console.rights_walk import (
    API,
    PAGES,
    api_routes,
    call,
    client_of,
    walk_api,
    walk_pages,
    walk_patterns,
)

OTHERS = {"alive", "ready", "metrics"}


def test_every_route_is_named_in_the_table():
    names = {
        name
        for route, name in walk_patterns(get_resolver().url_patterns)
        # Which language is spoken hangs on the test before this one.
        if not route.lstrip("^")
        .removeprefix("en/")
        .startswith(("open311/", "api/", "cases/", "desk/", "seats/"))
    }
    assert names - OTHERS == set(PAGES)
    assert api_routes() == set(API)


def test_every_page_and_every_step_by_every_role(roles):
    assert walk_pages(roles) == []


def test_every_route_of_the_api_by_every_role_and_token(roles):
    assert walk_api(roles) == []
    bad = {"Authorization": "Bearer cityloop_no"}
    assert call(client_of(None), "GET", "/live", headers=bad).status_code == 401


def test_where_the_picture_is_public_everybody_sees_and_nobody_else_does_more(roles):
    with override_settings(PUBLIC=True):
        nobody = client_of(None)
        for (method, path), right in API.items():
            status = call(nobody, method, path).status_code
            assert (status == 401) is (right is not Right.SEE), (method, path, status)
        assert nobody.get("/junctions/zhongshan-1/").status_code == 200
        assert nobody.post("/corridors/0/", {"step": "gate"}).status_code == 403
    assert Account.objects.count() == len(Role)


def test_what_a_session_changes_through_the_api_needs_its_token(roles):
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.force_login(roles[Role.OPERATOR], backend="django.contrib.auth.backends.ModelBackend")
    answer = call(strict, "POST", "/plans")
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
    # Cases are a citizen's own, and have checks of their own: tests/console/trespass.py.
    cases = {("POST", "/cases"), ("GET", "/cases/{number}")}
    assert set(described) == {(method, f"/api/v1{path}") for method, path in {*API, *cases}}
    for where, operation in described.items():
        assert operation["summary"], where
        assert operation["description"], where
        assert {"401", "403", "404", "422"} <= set(operation["responses"]), where
        assert {"200", "201"} & set(operation["responses"]), where
