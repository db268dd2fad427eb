"""The process of the console: the pages, the API and the live streams at one port."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import ASGIApp
from django.core.wsgi import get_wsgi_application

from cityloop.runtime.case_clock import case_clock
from cityloop.runtime.listen import listen, serve_until_told

_WORKERS: Final = 16
_GRACE_S: Final = 5


def serve_console(folder: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the console until the process is told to stop.

    The records must be open (`open_records`).

    Parameters
    ----------
    folder
        Where everything lies that the console keeps.
    host
        The address to listen at.
    port
        The port there; 0 is any that is free.
    say
        Told one line when the pages can be opened.

    Raises
    ------
    InputError
        If the port, the database or the rules of cases cannot be used.
    """
    listening = listen(host, port)
    host, port = listening.getsockname()[:2]
    told = f"The console is at http://{host}:{port}/ and keeps what it knows in {folder}"
    with case_clock():
        serve_until_told(
            build_console(), listening, lambda: say(told), lifespan=False, grace_s=_GRACE_S
        )
    say("Stopped.")


def build_console() -> ASGIApp:
    """Put the pages under ASGI.

    Returns
    -------
    The application: Django in threads, since under ASGI it costs many times the CPU.
    """
    # Django types its answer more loosely than a2wsgi asks for.
    pages: Any = get_wsgi_application()
    return WSGIMiddleware(pages, workers=_WORKERS)
