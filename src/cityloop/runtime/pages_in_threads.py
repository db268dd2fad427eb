"""Pages under ASGI: a request is read whole, answered in a thread, and sent whole.

So a request changes threads once. a2wsgi, whose translation of requests is used here, changes them
for every piece of body and answer, which costs more than the page itself (decision 0014).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, cast

from a2wsgi.wsgi import build_environ

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_Answer = tuple[int, list[tuple[bytes, bytes]], bytes]

BODY_BYTES_MAX: Final = 16 << 20
"""More than the largest photo that is taken. [bytes]"""
_MEMORY_BYTES: Final = 1 << 20


class PagesInThreads:
    """An ASGI application over a WSGI one.

    Parameters
    ----------
    pages
        The WSGI application. Its answers are held in memory, so it sends nothing that never ends.
    workers
        How many requests are answered at a time.
    """

    def __init__(self, pages: Any, workers: int) -> None:  # noqa: ANN401  typed in as many ways
        self._pages = pages
        self._threads = ThreadPoolExecutor(workers, "pages")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request.

        Parameters
        ----------
        scope
            What is asked.
        receive
            Gives its body.
        send
            Takes the answer.
        """
        if scope["type"] != "http":
            return
        with SpooledTemporaryFile(_MEMORY_BYTES) as body:
            status = await _read(receive, body)
            if status == _GONE:
                return
            answer: _Answer = (status, [(b"content-length", b"0"), (b"connection", b"close")], b"")
            if status == _WHOLE:
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._threads, self._answer, scope, body)
        status, headers, text = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    def _answer(self, scope: Message, body: IO[bytes]) -> _Answer:
        told: list[tuple[int, list[tuple[bytes, bytes]]]] = []

        def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            names = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers]
            told.append((int(status.split(" ", 1)[0]), names))

        body.seek(0)
        asked: Any = scope
        environ: Any = build_environ(asked, cast("Any", body))
        pieces = self._pages(environ, start)
        try:
            text = b"".join(pieces)
        finally:
            if hasattr(pieces, "close"):
                pieces.close()
        return *told[-1], text


_WHOLE, _GONE, _TOO_LARGE = 200, 0, 413


async def _read(receive: Receive, body: IO[bytes]) -> int:
    """Read a body; tell whether it is whole, too large, or its sender has gone."""
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return _GONE
        piece = message.get("body", b"")
        size += len(piece)
        if size > BODY_BYTES_MAX:
            return _TOO_LARGE
        body.write(piece)
        if not message.get("more_body", False):
            return _WHOLE
