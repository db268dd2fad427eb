"""A port to listen at."""

import socket
from typing import Final

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
