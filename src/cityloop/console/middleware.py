"""What every answer says of what a browser may do with it, and what pages alone go through."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

_Answers = Callable[[HttpRequest], HttpResponse]

API: Final = "/api/"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class PolicyMiddleware:
    """Adds the content security policy: everything from here, nothing inline."""

    def __init__(self, get_response: _Answers) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request with the policy.

        Parameters
        ----------
        request
            What is asked.

        Returns
        -------
        The answer.
        """
        response = self._get_response(request)
        response["Content-Security-Policy"] = _POLICY
        response["Permissions-Policy"] = "geolocation=(self), camera=(), microphone=()"
        return response


def _past_the_api(
    middleware: str, instead: Callable[[], None] = lambda: None
) -> Callable[[_Answers], _Answers]:
    """Let calls of the API pass a middleware by that they have no use for."""

    def made(get_response: _Answers) -> _Answers:
        of_pages = import_string(middleware)(get_response)

        def answer(request: HttpRequest) -> HttpResponse:
            if request.path_info.startswith(API):
                instead()
                return get_response(request)
            answered: HttpResponse = of_pages(request)
            return answered

        return answer

    return made


files = _past_the_api("whitenoise.middleware.WhiteNoiseMiddleware")
messages = _past_the_api("django.contrib.messages.middleware.MessageMiddleware")
# A page's language is that of its address, the API's that of the city.
language = _past_the_api(
    "django.middleware.locale.LocaleMiddleware",
    lambda: translation.activate(settings.LANGUAGE_CODE),
)
