"""GeoReport v2 as others' programs meet it, on the real server: a client, and a fuzzer.

The client is `georeport`; the fuzzer, schemathesis, takes the description of the interface by the
Open311 community where it lies beside the repository.
"""

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest
import requests
import schemathesis
from django.db import connections
from georeport import GeoReport
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from cityloop.store.records.accounts.models import Account, Token
from cityloop.usecases.cases.rules import city_rules
from tests.records_databases import _point_at, set_up_django, sqlite_settings
from tests.served_console import Served
from tests.shared_data import shared

Told = tuple[str, str, int]
FORCED: set[Told] = {
    # The description names no error at all for these three; the specification's text does (400,
    # 403, 404 "with the reason in the body"), and a wrong number has to be told somehow.
    ("post", "/requests", 400), ("post", "/requests", 403), ("post", "/requests", 404),
    ("get", "/request/{service_request_id}", 400), ("get", "/request/{service_request_id}", 404),
    ("get", "/tokens/{token_id}", 400), ("get", "/tokens/{token_id}", 404),
}  # fmt: skip
"""Operation and status: an answer that the specification asks for and its description forgets."""


MOOT = [negative_data_rejection, positive_data_acceptance]
"""The description takes any text for a format, a number or a service, and asks for a jurisdiction,
which the specification wants only where an endpoint serves several; so neither says anything."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    set_up_django()
    folder = tmp_path_factory.mktemp("open311")
    served = Served(folder)
    _point_at(sqlite_settings(folder / "records.sqlite3"))
    account, now = Account.objects.create(username="app", role="citizen"), datetime.now(UTC)
    ends = now + timedelta(days=1)
    key = Token.issue(account, "app", frozenset(), now=now, expires_at=ends)[1]
    connections.close_all()
    yield f"http://127.0.0.1:{served.port}/open311/v2", key
    served.stop()


def submitted(address: str, key: str, **more: str) -> str:
    given = {"service_code": "noise", "lat": "30.27", "long": "120.1", "api_key": key, **more}
    answer = requests.post(f"{address}/requests.json", data=given, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0]["service_request_id"])


@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_client_georeport_reads_services_and_requests(endpoint, form):
    address, key = endpoint
    numbers = [submitted(address, key, description=text) for text in ("甲", "乙")]
    client = GeoReport(address, api_key=key, output_format=form)
    services = client.get_service_list()
    assert [each["service_code"] for each in services] == list(city_rules().services)
    definition = client.get_service_definition("noise")
    assert definition["service_code"] == "noise"
    one = client.get_service_request(numbers[0])
    assert (one["service_request_id"], one["status"]) == (numbers[0], "open")
    listed = client.get_service_requests(service_code="noise", status="open")
    assert set(numbers) <= {each["service_request_id"] for each in listed}
    two = client.get_service_requests(service_request_id=",".join(numbers))
    assert {each["service_request_id"] for each in two} == set(numbers)
    begin = datetime.now(UTC) - timedelta(days=1)
    since = client.get_service_requests(start_date=begin.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert set(numbers) <= {each["service_request_id"] for each in since}
    with pytest.raises(requests.HTTPError):
        client.get_service_request("none")
    if form == "json":
        assert client.get_service_requests(status="closed") == []


def test_no_answer_fails_the_description_but_where_the_specification_forces_it(endpoint):
    address, key = endpoint
    number = submitted(address, key)
    folder = shared("open311")
    described = schemathesis.openapi.from_dict(json.loads((folder / "swagger.json").read_text()))
    failures: dict[Told, str] = {}
    seen: set[Told] = set()
    operations = [each.ok() for each in described.get_all_operations() if isinstance(each, Ok)]
    for operation in operations:
        fuzz(operation, address, {"key": key, "number": number}, folder, failures, seen)
    assert failures == {}
    assert {(method, place) for method, place, status in seen if status == 200} == {
        (each.method, place_of(each)) for each in operations
    }, "every operation was answered"


def place_of(operation) -> str:
    return str(operation.path).removesuffix(".{response_format}")


def fuzz(operation, address, known, folder, failures, seen) -> None:
    """Ask an operation what the description allows; half of the questions can be answered."""
    place = place_of(operation)
    names = dict.fromkeys(("service_request_id", "token_id"), known["number"])
    names["service_code"] = "noise"
    right = {"api_key": known["key"], "service_code": "noise", "lat": "30.2", "long": "120.1"}

    @settings(
        max_examples=10, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(), good=st.booleans(), form=st.sampled_from(["json", "xml"]))
    def ask(case, good, form):
        if good:
            case.path_parameters = {name: names.get(name, form) for name in case.path_parameters}
            case.query = right if case.method == "POST" else {}
        answer = case.call(base_url=address, timeout=30)
        told = (case.method.lower(), place, answer.status_code)
        seen.add(told)
        try:
            case.validate_response(answer, excluded_checks=MOOT)
        except FailureGroup as group:
            kinds = {type(each).__name__ for each in group.exceptions}
            if not (told in FORCED and kinds == {"UndefinedStatusCode"}):
                failures[told] = f"{answer.request.url}: {kinds}"
        if good and form == "json":
            check_schema(folder, place, answer.json())

    ask()


SCHEMAS = {
    "/requests": "request.json", "/request/{service_request_id}": "request.json",
    "/services": "service.json", "/services/{service_code}": "service-definition.json",
}  # fmt: skip


def check_schema(folder, place: str, body) -> None:
    """Check an answer against the published schema of its kind; a receipt and a token have none."""
    if place not in SCHEMAS:
        return
    schema = json.loads((folder / SCHEMAS[place]).read_text())
    for each in body if isinstance(body, list) else [body]:
        if "service_notice" not in each:
            jsonschema.validate(each, schema)


@pytest.mark.parametrize(
    "place", ["", "/", "/nowhere", "/requests", "/requests.html", "/a\nb.json"]
)
def test_an_address_that_is_none_is_told_in_the_specifications_way(endpoint, place):
    answer = requests.get(endpoint[0] + place, timeout=30)
    assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
