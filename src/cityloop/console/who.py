"""Who asks: a citizen, with or without an account, or an officer at their desks."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from cityloop.store.records.accounts.models import Account, Token
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.cases.models import Seat
from cityloop.usecases.cases.actors import Actor

RECEIPTS = "receipts"

View = Callable[..., HttpResponseBase]


def now() -> datetime:
    """Tell the present time."""
    return datetime.now(UTC)


def citizen_of(request: HttpRequest) -> Actor:
    """Find the citizen: their account, and the receipts that this browser holds."""
    held = request.session.get(RECEIPTS, {})
    user = request.user if isinstance(request.user, Account) else None
    return Actor(
        kind="citizen", user=user.pk if user else None, secrets=tuple(sorted(held.items()))
    )


def officer_of(request: HttpRequest) -> Actor | None:
    """Find the officer; None for somebody who sits at no desk."""
    user = request.user if isinstance(request.user, Account) else None
    if user is None or not user.has_right(Right.ANSWER):
        return None
    desks = Seat.objects.filter(user=user).values_list("department", flat=True)
    return Actor(kind="officer", user=user.pk, departments=frozenset(desks))


def hold_receipt(request: HttpRequest, number: str, secret: str) -> None:
    """Let this browser hold a receipt."""
    request.session[RECEIPTS] = {**request.session.get(RECEIPTS, {}), number: secret}


def account_of(request: HttpRequest) -> Account | None:
    """Find the account that is signed in."""
    return request.user if isinstance(request.user, Account) else None


def may(request: HttpRequest, right: Right) -> bool:
    """Tell whether somebody may do a thing; where the picture is public everybody may see."""
    if right is Right.SEE and settings.PUBLIC:
        return True
    account = account_of(request)
    return account is not None and account.has_right(right)


def needs(right: Right) -> Callable[[View], View]:
    """Let only those in who have a right; who is not signed in is asked to."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            if may(request, right):
                return view(request, *args, **kwargs)
            if account_of(request) is None:
                return redirect_to_login(request.get_full_path())
            return forbidden(request, right)

        guarded.right = right  # type: ignore[attr-defined]
        return guarded

    return around


def forbidden(request: HttpRequest, right: Right) -> HttpResponse:
    """Say that somebody's role does not have a right."""
    return render(request, "console/forbidden.html", {"right": right.value}, status=403)


def may_watch(cookies: str, authorization: str) -> bool:
    """Tell whether a stream may be watched, by its session or its token. For a thread of its own.

    Parameters
    ----------
    cookies
        The header `Cookie`.
    authorization
        The header `Authorization`.

    Returns
    -------
    True if the picture is public, or the account has the right to see.
    """
    if settings.PUBLIC:
        return True
    try:
        token = Token.find(authorization.removeprefix("Bearer ").strip(), now=now())
        if token is not None:
            return token.has_right(Right.SEE)
        jar: SimpleCookie = SimpleCookie(cookies)
        key = jar[settings.SESSION_COOKIE_NAME].value
        request = HttpRequest()
        request.session = SessionStore(key)
        account = get_user(request)
        return isinstance(account, Account) and account.has_right(Right.SEE)
    except (KeyError, CookieError):
        return False
    finally:
        connection.close()
