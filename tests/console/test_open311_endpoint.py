"""GeoReport v2 as other programs see it."""

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
from django.test import Client
from lxml import etree

from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.cases.models import Case
from tests.shared_data import shared

pytestmark = pytest.mark.usefixtures("sqlite_records")
REQUEST = {
    "service_code": "noise", "lat": "30.271234", "long": "120.101234",
    "description": "CANARY words", "first_name": "CANARY", "phone": "CANARY 1",
}  # fmt: skip


def browser_of() -> Client:
    return Client(SERVER_NAME="localhost")


def api_key() -> str:
    account = Account.objects.create(username="app", role="citizen")
    now = datetime.now(UTC)
    return Token.issue(account, "app", frozenset(), now=now, expires_at=now + timedelta(days=1))[1]


def submitted(key: str, form: str = "json", **more: str):
    headers = {"Idempotency-Key": more.pop("idempotency", "")}
    given = {**REQUEST, "api_key": key, **more}
    return browser_of().post(f"/open311/v2/requests.{form}", given, headers=headers)


def test_submitted_listed_and_shown_without_a_word_of_a_person():
    key = api_key()
    number = submitted(key).json()[0]["service_request_id"]
    again = submitted(key, idempotency="a"), submitted(key, idempotency="a")
    assert again[0].json() == again[1].json()
    assert Case.objects.count() == 2
    for place in ("requests", f"requests/{number}", f"request/{number}"):
        for form in ("json", "xml"):
            answer = browser_of().get(f"/open311/v2/{place}.{form}")
            assert answer.status_code == 200
            assert number in answer.content.decode()
            assert "CANARY" not in answer.content.decode()
            assert "271234" not in answer.content.decode(), "not to the metre"
    shown = browser_of().get(f"/open311/v2/requests/{number}.json").json()
    assert [(each["status"], each["lat"]) for each in shown] == [("open", 30.27)]
    assert browser_of().get("/open311/v2/requests.json?status=closed").json() == []


@pytest.mark.parametrize(
    ("method", "place", "given", "status"),
    [
        ("get", "services/moon", {}, 404),
        ("get", "requests/none", {}, 404),
        ("get", "tokens/none", {}, 404),
        ("get", "requests", {"start_date": "x"}, 400),
        ("get", "requests", {"status": "x"}, 400),
        ("post", "requests", REQUEST, 403),
        ("post", "requests", {**REQUEST, "api_key": "x"}, 403),
    ],
)
def test_errors_are_in_the_form_that_was_asked_for(method, place, given, status):
    answer = getattr(browser_of(), method)(f"/open311/v2/{place}.json", given)
    assert (answer.status_code, answer.json()[0]["code"]) == (status, status)
    answer = getattr(browser_of(), method)(f"/open311/v2/{place}.xml", given)
    assert answer.status_code == status
    assert etree.fromstring(answer.content).findtext("error/code") == str(status)
    assert Case.objects.count() == 0


def test_every_answer_meets_the_published_schemas():
    folder = shared("open311")

    def schema(name: str):
        return json.loads((folder / name).read_text("utf-8"))

    number = submitted(api_key()).json()[0]["service_request_id"]
    lists = {
        "services": "service.json",
        "requests": "request.json",
        f"requests/{number}": "request.json",
    }
    for place, name in lists.items():
        answer = browser_of().get(f"/open311/v2/{place}.json").json()
        assert answer
        for each in answer:
            jsonschema.validate(each, schema(name))
    answer = browser_of().get("/open311/v2/services/noise.json").json()
    jsonschema.validate(answer, schema("service-definition.json"))
