"""The live picture as server-sent events, straight under ASGI: a thousand may watch.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from cityloop.console.who import may_watch
from cityloop.usecases.live.hub import Hub

PATH: Final = "/live/stream"
RESUMED_MAX: Final = 300
"""Who was away for longer goes on with the newest frame."""

BEAT_S: Final = 15.0
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class LiveStream:
    """The route of the stream.

    Parameters
    ----------
    hub
        Where frames come from; None where there is no live picture.
    """

    def __init__(self, hub: Hub | None) -> None:
        self._hub, self._ended = hub, False
        self._waiting: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._packed: tuple[int, bytes] = (0, b"")

    def end(self) -> None:
        """End every stream: the server is about to."""
        self._ended = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        """Serve one client until it leaves.

        Parameters
        ----------
        scope
            The request.
        receive
            Brings its end.
        send
            Takes the answer.
        """
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        hub = self._hub
        status = 200
        if scope["method"] not in ("GET", "HEAD"):
            status = 405
        elif hub is None:
            status = 404
        elif not await asyncio.to_thread(
            may_watch, headers.get("cookie", ""), headers.get("authorization", "")
        ):
            status = 403
        shown = _HEADERS if status == 200 else [(b"content-length", b"0"), *_HEADERS[1:]]  # noqa: PLR2004
        await send({"type": "http.response.start", "status": status, "headers": shown})
        if status != 200 or scope["method"] == "HEAD" or hub is None:  # noqa: PLR2004
            await send({"type": "http.response.body", "body": b""})
            return
        self._begin(hub)
        leaves = asyncio.ensure_future(_left(receive))
        try:
            await self._follow(hub, _number(headers.get("last-event-id", "")), leaves, send)
        finally:
            leaves.cancel()

    async def _follow(self, hub: Hub, seen: int, leaves: "asyncio.Future[Any]", send: Any) -> None:  # noqa: ANN401
        news = asyncio.Event()
        self._waiting.add(news)
        leaves.add_done_callback(lambda _: news.set())
        try:
            await send(_body(b"retry: 2000\n\n"))
            while not (leaves.done() or self._ended):
                news.clear()
                last = hub.last
                if hub.newest is not None and seen < last:
                    # Who has just come, or was away for too long, begins with the newest.
                    seen = seen if last - seen <= RESUMED_MAX and seen else last - 1
                    while seen < last:
                        seen += 1
                        await send(_body(self._event(hub, seen)))
                    continue
                try:
                    async with asyncio.timeout(BEAT_S):
                        await news.wait()
                except TimeoutError:
                    await send(_body(b": still here\n\n"))
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._waiting.discard(news)

    def _event(self, hub: Hub, number: int) -> bytes:
        """Pack a frame, once for all who watch."""
        if self._packed[0] != number:
            frame = hub.read(number)
            if frame is None:
                return b": gone\n\n"
            packed = b"id: %d\nevent: frame\ndata: %b\n\n" % (number, frame)
            if number != hub.last:
                return packed
            self._packed = (number, packed)
        return self._packed[1]

    def _begin(self, hub: Hub) -> None:
        if self._loop is None:
            loop = self._loop = asyncio.get_running_loop()

            def tell() -> None:
                with suppress(RuntimeError):  # the server's loop has ended
                    loop.call_soon_threadsafe(self._wake)

            hub.listen(tell)

    def _wake(self) -> None:
        for each in self._waiting:
            each.set()


def _body(data: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": True}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else 0  # noqa: PLR2004


async def _left(receive: Any) -> None:  # noqa: ANN401
    while (await receive())["type"] != "http.disconnect":
        pass
