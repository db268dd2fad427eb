"""The Open311 GeoReport v2 endpoint: what other programs read and submit."""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cityloop.casework.rules import Rules, Service
from cityloop.casework.states import OPEN, State
from cityloop.console.who import now
from cityloop.feeds import open311
from cityloop.feeds.open311 import Format, GeoReportError, Value
from cityloop.store.records.accounts.models import Token
from cityloop.store.records.cases.models import Case
from cityloop.usecases.cases.actors import Actor
from cityloop.usecases.cases.look import list_public
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.submit import (
    KeyTakenError,
    Submission,
    SubmissionError,
    submit_case,
)

CHANGED = datetime(2026, 11, 29, tzinfo=UTC)
_Answer = Callable[..., bytes]


def _answering(answer: _Answer) -> Callable[..., HttpResponse]:
    """Answer in the form that the address ends in; say errors in it, too."""

    def view(request: HttpRequest, form: Format, **parts: str) -> HttpResponse:
        status = 200
        try:
            body = answer(request, form, **parts)
        except GeoReportError as error:
            status, body = error.code, open311.write_errors(error, form)
        return HttpResponse(body, status=status, content_type=open311.CONTENT_TYPES[form])

    return view


@require_safe
@_answering
def discovery(request: HttpRequest, form: Format) -> bytes:
    """Say where the endpoint is and what it speaks."""
    endpoint = request.build_absolute_uri("/open311/v2")
    contact = request.build_absolute_uri("/")
    return open311.write_discovery(contact=contact, endpoint=endpoint, changed=CHANGED, form=form)


@require_safe
@_answering
def services(_request: HttpRequest, form: Format) -> bytes:
    """List the services."""
    listed = [_service_fields(each) for each in city_rules().services.values()]
    return open311.write_services(listed, form)


@require_safe
@_answering
def definition(_request: HttpRequest, form: Format, code: str) -> bytes:
    """Tell what a service asks for."""
    if code not in city_rules().services:
        raise GeoReportError(404, "service_code was not found; GET services lists them")
    return open311.write_definition(code, form)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_answering
def requests(request: HttpRequest, form: Format) -> bytes:
    """List requests, or take one."""
    if request.method == "POST":
        return _submit(request, form)
    asked = open311.read_asked(request.GET.dict(), now())
    rules = city_rules()
    rows = list_public(asked.numbers, asked.services, asked.begin, asked.end, asked.open)
    first = (asked.page - 1) * asked.size
    fields = [_request_fields(row, rules) for row in rows[first : first + asked.size]]
    return open311.write_requests(fields, form)


@require_safe
@_answering
def request_list_of_one(_request: HttpRequest, form: Format, number: str) -> bytes:
    """Show one request, as a list of one."""
    return open311.write_requests([_one(number)], form)


@require_safe
@_answering
def request_itself(_request: HttpRequest, form: Format, number: str) -> bytes:
    """Show one request by itself."""
    return open311.write_request(_one(number), form)


@require_safe
@_answering
def token(_request: HttpRequest, form: Format, token: str) -> bytes:
    """Tell which request a token stands for; ours are known at once, so a token is the number."""
    return open311.write_token(token, str(_one(token)["service_request_id"]), form)


@csrf_exempt
def astray(_request: HttpRequest, **_parts: str) -> HttpResponse:
    """Say in the specification's way that an address is none of this endpoint's."""
    error = GeoReportError(400, "the URL is invalid; it ends in .json or .xml, see discovery.json")
    body = open311.write_errors(error, "json")
    return HttpResponse(body, status=400, content_type=open311.CONTENT_TYPES["json"])


def _one(number: str) -> dict[str, Value]:
    row = list_public((number,), (), CHANGED, CHANGED, None).first()
    if row is None:
        raise GeoReportError(404, "service_request_id was not found")
    return _request_fields(row, city_rules())


def _submit(request: HttpRequest, form: Format) -> bytes:
    given = {**request.GET.dict(), **request.POST.dict()}
    account = Token.find(given.get("api_key", ""), now=now())
    if account is None:
        raise GeoReportError(403, "api_key is missing or not valid; the city issues keys")
    said = open311.read_submitted({key: str(value) for key, value in given.items()})
    actor = Actor(kind="citizen", user=account.account.pk)
    submission = Submission(
        service=said.service_code,
        text=said.description or said.service_code,
        address=said.address[:400],
        lon=said.lon,
        lat=said.lat,
        name=said.name,
        phone=said.phone,
        email=said.email,
        channel="open311",
    )
    key = request.headers.get("Idempotency-Key", "")
    try:
        receipt = submit_case(actor, submission, key=key, rules=city_rules(), now=now())
    except SubmissionError as error:
        code = 404 if error.field == "service" else 400
        raise GeoReportError(code, f"{error.field}: {error.said}") from None
    except KeyTakenError as error:
        raise GeoReportError(400, str(error)) from None
    notice = f"An answer is due by {open311.moment(receipt.due)}."
    taken: dict[str, Value] = {
        "service_request_id": receipt.number,
        "service_notice": notice,
        "account_id": "",
    }
    return open311.write_requests([taken], form)


def _service_fields(service: Service) -> dict[str, Value]:
    return {
        "service_code": service.code,
        "service_name": f"{service.name_zh} {service.name_en}",
        "description": f"{service.help_zh} {service.help_en}",
        "metadata": False,
        "type": "realtime",
        "keywords": ",".join(service.keywords),
        "group": service.group,
    }


def _request_fields(row: Case, rules: Rules) -> dict[str, Value]:
    """Tell what everybody may know of a case: neither its text nor an exact place nor a person."""
    service = rules.services.get(row.service)
    department = rules.departments.get(row.department)
    fields: dict[str, Value] = {
        "service_request_id": row.number,
        "status": "open" if State(row.state) in OPEN else "closed",
        "status_notes": row.state,
        "service_name": f"{service.name_zh} {service.name_en}" if service else row.service,
        "service_code": row.service,
        "agency_responsible": f"{department.name_zh} {department.name_en}" if department else "",
        "requested_datetime": open311.moment(row.received_at),
        "updated_datetime": open311.moment(row.updated_at),
        "expected_datetime": open311.moment(row.due_at),
    }
    if row.lon is not None and row.lat is not None:
        # To some hundred metres: a home is not to be found by it.
        fields |= {"lat": round(row.lat, 2), "long": round(row.lon, 2)}
    return fields
