"""Cases for programs, in JSON: submit one and get its receipt; see it by that receipt."""

from dataclasses import MISSING, fields
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from cityloop.console.who import now
from cityloop.store.records.accounts.models import Token
from cityloop.usecases.cases.actors import Actor, NoSuchCaseError, get_case
from cityloop.usecases.cases.rules import city_rules
from cityloop.usecases.cases.submit import (
    KeyTakenError,
    Receipt,
    Submission,
    SubmissionError,
    submit_case,
)

Given = msgspec.defstruct(
    "Given",
    [
        (each.name, each.type) if each.default is MISSING else (each.name, each.type, each.default)
        for each in fields(Submission)
        if each.name != "channel"
    ],
    forbid_unknown_fields=True,
)
"""What a program submits: the fields of `Submission`, but for how it came."""


_TAKEN, _PARTS = msgspec.json.schema_components(
    [Given, Receipt], ref_template="#/components/schemas/{name}"
)


def _told(status: str, schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    return {status: {"description": "", "content": {kind: {"schema": schema}}}}


def _problems(*statuses: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in statuses:
        schema = {"$ref": "#/components/schemas/Problem"}
        found |= _told(status, schema, "application/problem+json")
    return found


PARTS: Final[dict[str, Any]] = {
    "schemas": _PARTS,
    "securitySchemes": {
        "Receipt": {
            "type": "apiKey", "in": "header", "name": "Authorization",
            "description": "`Receipt SECRET`, as the receipt of the case has it",
        },
        "Citizen": {"type": "http", "scheme": "bearer"},
    },
}  # fmt: skip
PATHS: Final[dict[str, Any]] = {
    "/api/v1/cases": {
        "post": {
            "operationId": "cases_submit",
            "tags": ["cases"],
            "summary": "Submit a case",
            "description": "Take a case: 201 with its receipt, 200 when the same had come before.",
            "parameters": [
                {
                    "name": "Idempotency-Key", "in": "header", "required": True,
                    "description": "a text of one's own: what is sent again with it is one case",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
                }
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _TAKEN[0]}},
            },
            "responses": {
                **_told("200", _TAKEN[1]),
                **_told("201", _TAKEN[1]),
                **_problems("400", "401", "403", "404", "405", "409", "413", "422"),
            },
            "security": [{}, {"Citizen": []}],
        }
    },
    "/api/v1/cases/{number}": {
        "get": {
            "operationId": "cases_show",
            "tags": ["cases"],
            "summary": "One case",
            "description": "Show a case to whom its receipt is with.",
            "parameters": [
                {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "responses": {
                **_told("200", {"type": "object"}),
                **_problems("400", "401", "403", "404", "405", "422"),
            },
            "security": [{"Receipt": []}],
        }
    },
}  # fmt: skip
"""What these two routes are, for the description of the API (OpenAPI 3.1)."""


def _answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(body), status=status, content_type="application/json; charset=utf-8"
    )


def _problem(status: int, title: str) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode({"status": status, "title": title}),
        status=status,
        content_type="application/problem+json",
    )


# No session is looked at here, so nothing can be done in the name of somebody who is signed in.
@csrf_exempt
@require_POST
def submit(request: HttpRequest) -> HttpResponse:
    """Take a case: 201 with its receipt, 200 when the same one had come before."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 100:  # noqa: PLR2004
        return _problem(400, "send a key of your own, up to 100 characters, as Idempotency-Key")
    try:
        given = msgspec.json.decode(request.body, type=Given)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _problem(400, str(error))
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    token = Token.find(bearer, now=now()) if bearer else None
    if bearer and token is None:
        return _problem(401, "this token is not valid")
    said = Submission(**msgspec.structs.asdict(given), channel="api")
    actor = Actor(kind="citizen", user=token.account.pk if token else None)
    return _submit(actor, said, key)


@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Show a case to whom its receipt is with: `Authorization: Receipt SECRET`."""
    secret = request.headers.get("Authorization", "").removeprefix("Receipt ").strip()
    holder = Actor(kind="citizen", secrets=((number, secret),) if secret.isascii() else ())
    try:
        row = get_case(holder, number)
    except NoSuchCaseError:
        return _problem(404, "there is no case with this number and receipt")
    messages = row.messages.filter(internal=False).order_by("pk")
    return _answer(
        {
            "number": row.number,
            "service": row.service,
            "area": row.area,
            "state": row.state,
            "department": row.department,
            "received": row.received_at,
            "due": row.due_at,
            "text": row.text,
            "messages": [{"kind": m.kind, "at": m.at, "text": m.text} for m in messages],
        }
    )


def _submit(actor: Actor, said: Submission, key: str) -> HttpResponse:
    try:
        receipt = submit_case(actor, said, key=key, rules=city_rules(), now=now())
    except SubmissionError as error:
        return _problem(422, str(error))
    except KeyTakenError as error:
        return _problem(409, str(error))
    return _answer(receipt, 200 if receipt.again else 201)
