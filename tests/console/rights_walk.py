"""Who may do what, as a table beside the code, and the walk that holds a build against it.

The walk gives what is wrong, so that it can be shown to find a fault that somebody plants.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver

from cityloop.console.api.root import api
from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.accounts.rights import RIGHTS, Right, Role

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
# What each route of the API asks for, said here once more: a check that grew weaker is seen.
API = {
    ("GET", "/live"): Right.SEE,
    ("GET", "/live/scene"): Right.SEE,
    ("GET", "/live/frames/{number}"): Right.SEE,
    ("GET", "/live/junctions"): Right.SEE,
    ("GET", "/live/junctions/{name}"): Right.SEE,
    ("GET", "/corridors"): Right.SEE,
    ("GET", "/corridors/{number}"): Right.SEE,
    ("POST", "/corridors/{number}/try"): Right.SEE,
    ("POST", "/corridors/{number}/compute"): Right.EDIT_PLANS,
    ("GET", "/corridors/{number}/trajectories"): Right.SEE,
    ("GET", "/plans"): Right.SEE,
    ("GET", "/plans/{number}"): Right.SEE,
    ("POST", "/plans"): Right.EDIT_PLANS,
    ("POST", "/plans/{number}/apply"): Right.APPLY,
    ("POST", "/plans/{number}/undo"): Right.APPLY,
    ("GET", "/circle"): Right.SEE,
    ("GET", "/circle/kinds"): Right.SEE,
    ("GET", "/circle/lorenz"): Right.SEE,
    ("GET", "/circle/changes"): Right.SEE,
    ("GET", "/circle/homes"): Right.SEE,
    ("GET", "/circle/homes.geojson"): Right.SEE,
    ("GET", "/circle/homes.csv"): Right.SEE,
    ("GET", "/circle/homes/{number}"): Right.SEE,
    ("GET", "/circle/areas"): Right.SEE,
    ("GET", "/circle/areas.csv"): Right.SEE,
    ("GET", "/circle/places"): Right.SEE,
    ("GET", "/circle/places.geojson"): Right.SEE,
    ("GET", "/circle/places.csv"): Right.SEE,
    ("POST", "/circle/sites"): Right.SITE,
    ("GET", "/experiments"): Right.SEE,
    ("POST", "/experiments"): Right.EXPERIMENT,
    ("GET", "/experiments/{number}"): Right.SEE,
    ("POST", "/experiments/{number}/cancel"): Right.EXPERIMENT,
    ("GET", "/experiments/{number}/result"): Right.SEE,
}
GIVEN = {
    "cycle_s": 100, "offset_s": [0] * 6, "corridor": 0, "why": "x", "scenario": "nowhere",
    "controls": ["adaptive"], "seeds": [1], "kind": "pharmacy", "count": 1,
}  # fmt: skip
Accounts = Mapping[Role, Account]


def client_of(account: Account | None, *, enforce_csrf_checks: bool = False) -> Client:
    """Give a client that is signed in, or nobody's."""
    client = Client(
        enforce_csrf_checks, raise_request_exception=False, headers={"host": "localhost"}
    )
    if account is not None:
        client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def may(account: Account | None, right: Right | None) -> bool:
    """Say what the table of roles says."""
    return right is None or (account is not None and right in RIGHTS[Role(account.role)])


def walk_patterns(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, str | None]]:
    """Give every route with its name."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from walk_patterns(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern), each.name


def api_routes() -> set[tuple[str, str]]:
    """Give method and path of every route of the API."""
    return {
        (operation.methods[0], f"{router.prefix}{path}")
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
    }


def call(client: Client, method: str, path: str, headers: dict[str, str] | None = None) -> Any:
    """Ask the API something."""
    address = "/api/v1" + path.replace("{number}", "1").replace("{name}", "zhongshan-1")
    if method == "GET":
        return client.get(address, headers=headers)
    return client.post(address, json.dumps(GIVEN), content_type="application/json", headers=headers)


def walk_pages(accounts: Accounts) -> list[str]:
    """Ask for every page and take every step as everybody; give what is not as the table says."""
    wrong = []
    for account in (None, *accounts.values()):
        client, who = client_of(account), account and account.role
        for name, (path, right) in PAGES.items():
            if name == "logout":
                continue
            ask = client.post if name == "experiment-cancel" else client.get
            for root in ("", "/en"):
                status = ask(root + path).status_code
                if may(account, right):
                    leads = name in ("corridors", "experiment-cancel")
                    good = status in (200, 404, 503) or (status == 302 and leads)
                else:
                    good = status == (302 if account is None else 403)
                wrong += [] if good else [f"{name} as {who}: {status}"]
        for path, given, right in STEPS:
            status = client.post(path, given).status_code
            if may(account, Right.SEE) and may(account, right):
                good = status in (200, 302)
            else:
                good = status == (302 if account is None else 403)
            wrong += [] if good else [f"{path} {given} as {who}: {status}"]
    return wrong


def walk_api(accounts: Accounts) -> list[str]:
    """Call every route of the API as everybody, and by tokens; give what is not as it should be."""
    wrong = []
    for account in (None, *accounts.values()):
        client, who = client_of(account), account and account.role
        for (method, path), right in API.items():
            answer = call(client, method, path)
            if account is not None and may(account, right):
                good = answer.status_code < 500 and answer.status_code not in (401, 403)
            else:
                good = answer.status_code == (401 if account is None else 403)
                good &= answer["Content-Type"] == "application/problem+json"
            wrong += [] if good else [f"{method} {path} as {who}: {answer.status_code}"]
    return wrong + _walk_by_token(accounts)


def _walk_by_token(accounts: Accounts) -> list[str]:
    """Hold tokens against the table: what both scopes and account allow, and nothing else."""
    wrong, now = [], datetime.now(UTC)
    outside = client_of(None)
    for role, scope in ((Role.OPERATOR, Right.SEE), (Role.VIEWER, Right.APPLY)):
        _, text = Token.issue(
            accounts[role], "t", frozenset({scope}), now=now, expires_at=now.replace(year=2099)
        )
        for (method, path), right in API.items():
            answer = call(outside, method, path, headers={"Authorization": f"Bearer {text}"})
            allowed = right is scope and right in RIGHTS[role]
            if (answer.status_code not in (401, 403)) is not allowed:
                wrong.append(f"{method} {path} by a token of {role}: {answer.status_code}")
    return wrong


def forge(accounts: Accounts) -> list[str]:
    """Send every form from another site, in the name of who is signed in; give what was taken."""
    wrong = []
    forms = [(path, given) for path, given, _ in STEPS] + [
        (path, {"act": "add", "text": "x", "count": "x", "need": "x"})
        for path in (
            "/login/", "/logout/", "/tap/", "/circle/", "/experiments/1/cancel/", "/cases/new/",
            "/cases/alike/", "/cases/place/", "/cases/find/", "/cases/x/act/", "/desk/templates/",
            "/desk/seats/", "/desk/x/act/", "/desk/x/contact/",
        )
    ]  # fmt: skip
    for account in (None, accounts[Role.ADMINISTRATOR], accounts[Role.OFFICER]):
        client = client_of(account, enforce_csrf_checks=True)
        for path, given in forms:
            status = client.post(path, given).status_code
            wrong += [] if status == 403 else [f"{path}: {status}"]
        if account is not None:
            changing = [each for each in API if each[0] == "POST"]
            answers = [(path, call(client, method, path)) for method, path in changing]
            wrong += [f"api {path}: {a.status_code}" for path, a in answers if a.status_code != 403]
    return wrong
