"""What every answer says of what a browser may do with it."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

# MapLibre starts its worker from a file of ours and draws images that it has made as blobs.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class PolicyMiddleware:
    """Adds the content security policy: everything from here, nothing inline."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
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
