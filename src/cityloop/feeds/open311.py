"""Open311 GeoReport v2: services, requests and errors, in JSON and XML, and what callers ask for.

The words and shapes are those of the specification (wiki.open311.org/GeoReport_v2, read 2026).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from xml.etree import ElementTree as ET

Format = Literal["json", "xml"]
Value = str | bool | float | None
SPAN_DAYS: Final = 90
"""Requests are listed over no more than this. [d]"""
PAGE: Final = 200
"""Requests in one answer; more come with `page`."""
TEXT_MAX: Final = 4_000
CONTENT_TYPES: Final[dict[Format, str]] = {
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class GeoReportError(Exception):
    """What a caller did that the specification answers with an error.

    Parameters
    ----------
    code
        The HTTP status: 400, 403 or 404.
    said
        What is wrong, and what to do.
    """

    def __init__(self, code: int, said: str) -> None:
        self.code, self.said = code, said
        super().__init__(said)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which requests a caller asks for.

    Attributes
    ----------
    numbers
        Public numbers; they override everything else.
    services
        Service codes; none for all.
    begin, end
        When the requests came.
    open
        Open ones, closed ones, or None for both.
    page, size
        Which part of a long answer, from 1.
    """

    numbers: tuple[str, ...]
    services: tuple[str, ...]
    begin: datetime
    end: datetime
    open: bool | None
    page: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitted:
    """What a caller submits.

    Attributes
    ----------
    service_code, description, address, email, phone, name
        As the caller gave them; empty for not given.
    lon, lat
        Where; None for not given. [°]
    """

    service_code: str
    description: str
    address: str
    email: str
    phone: str
    name: str
    lon: float | None
    lat: float | None


def write_services(services: Sequence[Mapping[str, Value]], form: Format) -> bytes:
    """Write the list of services."""
    return _write(services, form, "services", "service")


def write_requests(requests: Sequence[Mapping[str, Value]], form: Format) -> bytes:
    """Write requests: a list, also of one."""
    return _write(requests, form, "service_requests", "request")


def write_definition(service_code: str, form: Format) -> bytes:
    """Write the definition of a service that asks for nothing more than all services do."""
    if form == "json":
        return _json({"service_code": service_code, "attributes": []})
    root = ET.Element("service_definition")
    ET.SubElement(root, "service_code").text = service_code
    ET.SubElement(root, "attributes")
    return _xml(root)


def write_errors(error: GeoReportError, form: Format) -> bytes:
    """Write what went wrong, as a list of one."""
    said = {"code": str(error.code), "description": error.said}
    if form == "json":
        return _json([{"code": error.code, "description": error.said}])
    return _write([said], "xml", "errors", "error")


def write_request(request: Mapping[str, Value], form: Format) -> bytes:
    """Write one request by itself, as some descriptions of the interface have it in JSON."""
    return _json(request) if form == "json" else write_requests([request], form)


def write_token(token: str, number: str, form: Format) -> bytes:
    """Write which request a token stands for."""
    return write_requests([{"token": token, "service_request_id": number}], form)


def write_discovery(*, contact: str, endpoint: str, changed: datetime, form: Format) -> bytes:
    """Write the discovery document.

    Parameters
    ----------
    contact
        Whom to ask, and where the documentation is.
    endpoint
        The address of the endpoint.
    changed
        When it last changed.
    form
        JSON or XML.

    Returns
    -------
    The document.
    """
    formats = ["text/xml", "application/json"]
    told = {
        "changeset": moment(changed),
        "contact": contact,
        "key_service": contact,
    }
    at = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": endpoint,
        "changeset": moment(changed),
        "type": "production",
    }
    if form == "json":
        return _json({**told, "endpoints": [{**at, "formats": formats}]})
    root = ET.Element("discovery")
    _fill(root, told)
    one = ET.SubElement(ET.SubElement(root, "endpoints"), "endpoint")
    _fill(one, at)
    listed = ET.SubElement(one, "formats")
    for each in formats:
        ET.SubElement(listed, "format").text = each
    return _xml(root)


def moment(when: datetime) -> str:
    """Write a moment as the specification wants it: W3C, in UTC."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read_asked(given: Mapping[str, str], now: datetime) -> Asked:
    """Read which requests a caller asks for.

    Parameters
    ----------
    given
        The query of the address.
    now
        The moment; without dates the last 90 days are meant.

    Returns
    -------
    What is asked for.

    Raises
    ------
    GeoReportError
        If a date, a state or a page cannot be read, or the dates are more than 90 days apart.
    """
    begin, end = (_date(given, key) for key in ("start_date", "end_date"))
    span = timedelta(days=SPAN_DAYS)
    if end is None:
        end = min(now, begin + span) if begin else now
    begin = begin or end - span
    if end - begin > span:
        raise GeoReportError(400, f"start_date and end_date are over {SPAN_DAYS} days apart")
    states = set(_listed(given.get("status", "")))
    if states - {"open", "closed"}:
        raise GeoReportError(400, "status is open, closed, or both with a comma")
    page, size = _whole(given, "page", 1), _whole(given, "page_size", PAGE)
    return Asked(
        numbers=_listed(given.get("service_request_id", "")),
        services=_listed(given.get("service_code", "")),
        begin=begin,
        end=end,
        open=None if len(states) != 1 else states == {"open"},
        page=page,
        size=min(size, PAGE),
    )


def read_submitted(given: Mapping[str, str]) -> Submitted:
    """Read what a caller submits.

    Parameters
    ----------
    given
        The fields of the form.

    Returns
    -------
    What is submitted.

    Raises
    ------
    GeoReportError
        If the service or a place is missing, or a field cannot be read.
    """
    service = given.get("service_code", "").strip()
    if not service:
        raise GeoReportError(400, "service_code was not provided; GET services lists them")
    lat, lon = (_degrees(given, key, most) for key, most in (("lat", 90.0), ("long", 180.0)))
    address = given.get("address_string", "").strip() or given.get("address_id", "").strip()
    if (lat is None or lon is None) and not address:
        raise GeoReportError(400, "lat and long, or address_string, were not provided")
    description = given.get("description", "").strip()
    if len(description) > TEXT_MAX:
        raise GeoReportError(400, f"description is longer than {TEXT_MAX} characters")
    name = " ".join(filter(None, (given.get(k, "").strip() for k in ("first_name", "last_name"))))
    return Submitted(
        service_code=service,
        description=description,
        address=address[:TEXT_MAX],
        email=given.get("email", "").strip(),
        phone=given.get("phone", "").strip(),
        name=name,
        lon=lon if lat is not None else None,
        lat=lat if lon is not None else None,
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _whole(given: Mapping[str, str], key: str, otherwise: int) -> int:
    text = given.get(key, "").strip()
    if not text:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise GeoReportError(400, f"{key} is a whole number from 1 on")
    return int(text)


def _date(given: Mapping[str, str], key: str) -> datetime | None:
    text = given.get(key, "").strip()
    if not text:
        return None
    try:
        # A plus in an address that nobody escaped arrives as a space.
        found = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise GeoReportError(400, f"{key} is no date such as 2026-01-31T00:00:00Z") from None


def _degrees(given: Mapping[str, str], key: str, most: float) -> float | None:
    text = given.get(key, "").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not -most <= found <= most:
        raise GeoReportError(400, f"{key} is no number of degrees from -{most:.0f} to {most:.0f}")
    return found


def _write(rows: Sequence[Mapping[str, Value]], form: Format, whole: str, one: str) -> bytes:
    if form == "json":
        return _json(list(rows))
    root = ET.Element(whole)
    for row in rows:
        _fill(ET.SubElement(root, one), row)
    return _xml(root)


def _fill(node: ET.Element, row: Mapping[str, Value]) -> None:
    for key, value in row.items():
        text = "" if value is None else str(value)
        if isinstance(value, bool):
            text = text.lower()
        ET.SubElement(node, key).text = _NO_XML.sub("\ufffd", text)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _xml(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
