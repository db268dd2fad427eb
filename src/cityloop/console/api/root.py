"""The API itself: who asks, what goes wrong as problem+json, and what every answer has.

Problems follow RFC 9457, entity tags RFC 9110.
"""

import hashlib
from http import HTTPStatus
from typing import Any, Final

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import APIKeyCookie, HttpBearer

from cityloop.city.errors import InputError
from cityloop.console.who import account_of, now
from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.accounts.rights import Right

PROBLEM: Final = "application/problem+json"
_KINDS: Final = {"csv": "text/csv", "geojson": "application/geo+json"}
JSON: Final = "application/json; charset=utf-8"


class Problem(Schema):
    """What went wrong, after RFC 9457."""

    status: int
    title: str
    detail: str = ""


PROBLEMS: Final[dict[Any, Any]] = dict.fromkeys(
    (400, 401, 403, 404, 405, 409, 422, 429, 503), Problem
)
"""What any route may answer instead."""


class _Bearer(HttpBearer):
    """A token: `Authorization: Bearer …`, of which the scopes count that its account has, too."""

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        del request
        found = Token.find(token, now=now())
        if found is None:
            return None
        if not found.has_right(self.right):
            raise HttpError(HTTPStatus.FORBIDDEN, f"the token has not the right {self.right}")
        return found.account


class _Session(APIKeyCookie):
    """The session of who is signed in; what changes something needs the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, right: Right) -> None:
        super().__init__(csrf=True)
        self.right = right

    def authenticate(self, request: HttpRequest, key: str | None) -> Account | None:
        del key
        account = account_of(request)
        if account is not None and not account.has_right(self.right):
            raise HttpError(HTTPStatus.FORBIDDEN, f"this account has not the right {self.right}")
        return account


def _anybody(request: HttpRequest) -> object | None:
    """Let everybody in where the picture is public."""
    del request
    return "anybody" if settings.PUBLIC else None


def holds(right: Right) -> list[Any]:
    """Give who is let in by a right."""
    public = [_anybody] if right is Right.SEE else []
    return [*public, _Bearer(right), _Session(right)]


def caller_of(request: HttpRequest) -> Account | None:
    """Find the account that a call is made by; None where the picture is public."""
    found = getattr(request, "auth", None)
    return found if isinstance(found, Account) else None


def problem(status: int, detail: str) -> HttpResponse:
    """Answer with a problem."""
    body = {"status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=PROBLEM)


def tagged(request: HttpRequest, body: bytes, kind: str = JSON) -> HttpResponse:
    """Answer with an entity tag, or 304 to who has the same already."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    known = [
        each.strip().removeprefix("W/")
        for each in request.META.get("HTTP_IF_NONE_MATCH", "").split(",")
    ]
    if tag in known or "*" in known:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(body, content_type=kind)
    answer["ETag"] = tag
    answer["Cache-Control"] = "no-cache"
    return answer


class CityAPI(NinjaAPI):
    """The API, which describes those of its routes, too, that plain views answer."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  as the library declares them
        super().__init__(**options)
        self.plain: dict[str, Any] = {}
        self.plain_parts: dict[str, Any] = {}

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:  # noqa: ANN401
        """Describe every route.

        Parameters
        ----------
        **options
            As the library calls it.

        Returns
        -------
        OpenAPI 3.1.
        """
        told = super().get_openapi_schema(**options)
        for path, operations in told["paths"].items():
            for each in operations.values():
                _name_content(path, each["responses"])
        told["paths"].update(self.plain)
        for kind, parts in self.plain_parts.items():
            told["components"].setdefault(kind, {}).update(parts)
        return told


def _name_content(path: str, responses: dict[Any, dict[str, Any]]) -> None:
    """Have a description say of what content type answers are, and problems."""
    for status, told in responses.items():
        kind = _KINDS.get(path.rpartition(".")[2], "application/json")
        if int(status) >= HTTPStatus.BAD_REQUEST:
            kind = PROBLEM
        told["content"] = {kind: next(iter(told["content"].values()))}


api = CityAPI(
    title="cityloop",
    version="1",
    description="What the pages do, for programs.",
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)


@api.exception_handler(HttpError)
def _http(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


@api.exception_handler(AuthenticationError)
def _nobody(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(HTTPStatus.UNAUTHORIZED, "sign in, or send a token: Authorization: Bearer …")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, said[:500])


@api.exception_handler(InputError)
def _refused(_request: HttpRequest, error: InputError) -> HttpResponse:
    return problem(HTTPStatus.BAD_REQUEST, str(error))
