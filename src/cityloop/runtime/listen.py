"""A port to listen at, and a server that answers there until it is told to stop."""

import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

import uvicorn

from cityloop.city.errors import InputError

BACKLOG: Final = 2048


def listen(host: str, port: int) -> socket.socket:
    """Open a port.

    Parameters
    ----------
    host
        The address to listen at.
    port
        The port there; 0 is any that is free.

    Returns
    -------
    The listening socket.

    Raises
    ------
    InputError
        If the port cannot be had.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        raise InputError(
            file=f"{host}:{port}",
            place="",
            cause=f"it cannot be listened at ({error.strerror})",
            remedy="choose another --port or --host, or stop what uses it",
        ) from None
    return listening


def serve_until_told(
    app: Any,  # noqa: ANN401  ASGI, typed in as many ways as there are packages
    listening: socket.socket,
    ready: Callable[[], None],
    *,
    lifespan: bool,
    grace_s: int,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until a signal comes; then answer what has been asked, and return.

    Parameters
    ----------
    app
        The ASGI application.
    listening
        The open port.
    ready
        Called when a signal would be heeded and a request would be answered.
    lifespan
        Whether the application is told of its start and end.
    grace_s
        For how long open requests are waited for. [s]
    ending
        Called when a signal has come, so that what is open without end can end.
    """

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            super().handle_exit(sig, frame)
            ending()

    server = Server(
        uvicorn.Config(
            app,
            http="httptools",
            loop="uvloop",
            ws="none",
            lifespan="on" if lifespan else "off",
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=grace_s,
        )
    )

    def told(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # Before uvicorn listens to signals itself, and after: it hands on what it was told. Nothing is
    # raised, since an exception out of a handler can be lost wherever Python swallows one.
    before = {each: signal.signal(each, told) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        ready()
        server.run(sockets=[listening])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
