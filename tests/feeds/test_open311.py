import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from cityloop.feeds.open311 import (
    GeoReportError,
    Value,
    moment,
    read_asked,
    read_submitted,
    write_definition,
    write_discovery,
    write_errors,
    write_request,
    write_requests,
    write_services,
    write_token,
)
from tests.shared_data import shared

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SERVICE: dict[str, Value] = {
    "service_code": "noise",
    "service_name": "噪声 & <noise>",
    "description": "",
    "metadata": False,
    "type": "realtime",
    "keywords": "noise,噪声",
    "group": "environment",
}
REQUEST: dict[str, Value] = {
    "service_request_id": "C1",
    "status": "open",
    "service_code": "noise",
    "requested_datetime": "2026-11-29T12:00:00Z",
    "lat": 30.25,
    "long": 120.16,
}


def tree(xml: bytes) -> Any:
    """Read XML with another reader, as nested lists."""

    def read(node):
        return [node.tag, [read(child) for child in node] or node.text]

    return read(etree.fromstring(xml))


def test_services_in_both_forms():
    assert json.loads(write_services([SERVICE], "json")) == [SERVICE]
    assert tree(write_services([SERVICE], "xml")) == [
        "services",
        [
            [
                "service",
                [
                    ["service_code", "noise"],
                    ["service_name", "噪声 & <noise>"],
                    ["description", None],
                    ["metadata", "false"],
                    ["type", "realtime"],
                    ["keywords", "noise,噪声"],
                    ["group", "environment"],
                ],
            ]
        ],
    ]


def test_requests_one_and_many():
    assert json.loads(write_requests([REQUEST, REQUEST], "json")) == [REQUEST, REQUEST]
    assert json.loads(write_request(REQUEST, "json")) == REQUEST
    one = tree(write_request(REQUEST, "xml"))
    assert one == tree(write_requests([REQUEST], "xml"))
    assert one[0] == "service_requests"
    assert ["lat", "30.25"] in one[1][0][1]
    assert json.loads(write_token("t1", "C1", "json")) == [
        {"token": "t1", "service_request_id": "C1"}
    ]


def test_errors_definitions_and_discovery():
    error = GeoReportError(404, "no such service")
    assert json.loads(write_errors(error, "json")) == [
        {"code": 404, "description": "no such service"}
    ]
    assert tree(write_errors(error, "xml")) == [
        "errors",
        [["error", [["code", "404"], ["description", "no such service"]]]],
    ]
    assert tree(write_definition("noise", "xml")) == [
        "service_definition",
        [["service_code", "noise"], ["attributes", None]],
    ]
    given: Any = {"contact": "x", "endpoint": "http://city/open311/v2", "changed": NOW}
    told = json.loads(write_discovery(**given, form="json"))
    assert told["endpoints"][0]["formats"] == ["text/xml", "application/json"]
    assert b"<format>application/json</format>" in write_discovery(**given, form="xml")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("services", write_services([SERVICE], "json")),
        ("requests", write_requests([REQUEST], "json")),
        ("service-definition", write_definition("noise", "json")),
    ],
)
def test_answers_meet_the_published_schemas(name, answer):
    folder = shared("open311")
    read = lambda file: json.loads((folder / f"{file}.json").read_text("utf-8"))  # noqa: E731
    schema = read(name)
    if "$ref" in schema.get("items", {}):
        schema["items"] = read(schema["items"]["$ref"].removesuffix(".json"))
    jsonschema.validate(json.loads(answer), schema)


def test_without_dates_the_last_ninety_days_are_meant():
    asked = read_asked({}, NOW)
    assert (asked.begin, asked.end) == (NOW - timedelta(days=90), NOW)
    assert (asked.open, asked.page, asked.size) == (None, 1, 200)
    asked = read_asked({"start_date": "2026-01-01T08:00:00+08:00", "status": "open"}, NOW)
    assert asked.begin == datetime(2026, 1, 1, tzinfo=UTC)
    assert asked.end == asked.begin + timedelta(days=90)
    assert asked.open is True
    assert read_asked({"start_date": "2026-01-01T08:00:00 08:00"}, NOW).begin == asked.begin
    assert read_asked({"status": "closed,open"}, NOW).open is None
    assert read_asked({"service_request_id": "a, b,,a"}, NOW).numbers == ("a", "b")


@pytest.mark.parametrize(
    "given_",
    [
        {"start_date": "yesterday"},
        {"end_date": "0001-01-01T00:00:00+23:00"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"status": "lost"},
        {"page": "0"},
        {"page": "²"},
        {"page_size": "many"},
    ],
)
def test_what_cannot_be_asked(given_):
    with pytest.raises(GeoReportError) as error:
        read_asked(given_, NOW)
    assert error.value.code == 400


@pytest.mark.parametrize(
    "given_",
    [
        {"lat": "30", "long": "120"},
        {"service_code": "noise"},
        {"service_code": "noise", "lat": "30"},
        {"service_code": "noise", "lat": "91", "long": "120"},
        {"service_code": "noise", "lat": "nan", "long": "120"},
        {"service_code": "noise", "address_string": "x", "description": "x" * 4001},
    ],
)
def test_what_cannot_be_submitted(given_):
    with pytest.raises(GeoReportError) as error:
        read_submitted(given_)
    assert error.value.code == 400


def test_what_is_submitted():
    found = read_submitted(
        {"service_code": "noise", "lat": "30.25", "long": "120.16", "first_name": "三",
         "last_name": "张", "email": "a@b.cn", "description": " 吵 "}
    )  # fmt: skip
    assert (found.lon, found.lat, found.name, found.description) == (120.16, 30.25, "三 张", "吵")


@given(st.dictionaries(st.sampled_from(["start_date", "end_date", "status", "page"]), st.text()))
def test_any_question_is_read_or_refused(given_):
    try:
        asked = read_asked(given_, NOW)
    except GeoReportError:
        return
    assert asked.end - asked.begin <= timedelta(days=90)
    assert asked.page >= 1


@given(st.text(max_size=50))
def test_any_text_is_well_formed_xml(text):
    read = etree.fromstring(write_requests([{"description": text}], "xml"))
    assert read.tag == "service_requests"
    assert json.loads(write_requests([{"description": text}], "json"))
    assert moment(NOW) == "2026-11-29T12:00:00Z"
