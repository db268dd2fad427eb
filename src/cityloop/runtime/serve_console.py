"""The process of the console: the pages, the API and the live streams at one port."""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import uvicorn
from a2wsgi import WSGIMiddleware
from a2wsgi.asgi_typing import ASGIApp
from django.core.wsgi import get_wsgi_application

from cityloop.runtime.listen import BACKLOG, listen

_WORKERS: Final = 8


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
        If the port or the database cannot be used.
    """
    listening = listen(host, port)
    host, port = listening.getsockname()[:2]
    server = uvicorn.Server(
        uvicorn.Config(
            build_console(),
            http="httptools",
            loop="uvloop",
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=5,
        )
    )
    say(f"The console is at http://{host}:{port}/ and keeps what it knows in {folder}")
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
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
