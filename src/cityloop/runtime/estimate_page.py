"""A page that shows live estimates, served by the door for events itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

PAGES: Final = {
    "/": ("estimates.html", b"text/html; charset=utf-8"),
    "/estimates.js": ("estimates.js", b"text/javascript; charset=utf-8"),
}
"""Path to file and content type."""

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; "
    b"img-src data:; frame-ancestors 'none'"
)


async def send_page(path: str, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]) -> None:
    """Answer with a file of the page.

    Parameters
    ----------
    path
        One of `PAGES`.
    send
        Takes the answer, as ASGI has it.
    """
    name, kind = PAGES[path]
    body = _read(name)
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-cache"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@cache
def _read(name: str) -> bytes:
    return (files("cityloop.runtime") / "static" / name).read_bytes()
