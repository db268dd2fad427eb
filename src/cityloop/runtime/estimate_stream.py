"""Estimates as server-sent events: each list as soon as it has changed.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from cityloop.usecases.keep_events import EventKeeper

EVERY_S: Final = 0.5
"""So often is looked for what has changed, or less often where to look takes long. [s]"""
SHARE_MAX: Final = 0.1
"""Of the time, for looking."""
BEAT_S: Final = 15.0
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class EstimateStream:
    """The stream; whoever watches the same source is told what was worked out once.

    Parameters
    ----------
    keeper
        Which knows the estimates.
    """

    def __init__(self, keeper: EventKeeper) -> None:
        self._keeper = keeper
        self._ended = False
        # By source: when it was looked at, and what each list was, as JSON.
        self._seen: dict[str, tuple[float, dict[str, bytes]]] = {}

    def end(self) -> None:
        """End every stream; called from a handler of signals."""
        self._ended = True

    async def __call__(self, source: str, receive: Receive, send: Send) -> None:
        """Serve one client until it leaves.

        Parameters
        ----------
        source
            Whose estimates.
        receive
            Brings its end.
        send
            Takes the answer.
        """
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        leaves = asyncio.ensure_future(_left(receive))
        told: dict[str, bytes] = {}
        said_s = time.monotonic()
        try:
            while not (leaves.done() or self._ended):
                begun_s = time.monotonic()
                now = await self._look(source)
                took_s = time.monotonic() - begun_s
                news = [name for name, said in now.items() if told.get(name) != said]
                for name in news:
                    await send(_body(b"event: %b\ndata: %b\n\n" % (name.encode(), now[name])))
                if not news and time.monotonic() - said_s > BEAT_S:
                    await send(_body(b": still here\n\n"))
                    news = [""]
                if news:
                    said_s = time.monotonic()
                told = now
                await asyncio.wait({leaves}, timeout=max(EVERY_S, took_s / SHARE_MAX - took_s))
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b""})
        finally:
            leaves.cancel()

    async def _look(self, source: str) -> dict[str, bytes]:
        seen_s, seen = self._seen.get(source, (0.0, {}))
        if seen and time.monotonic() - seen_s < EVERY_S / 2:
            return seen
        found = await asyncio.to_thread(self._list_all, source)
        # Who asks for ever other sources must not fill the memory.
        if len(self._seen) > 100:  # noqa: PLR2004
            self._seen.clear()
        self._seen[source] = (time.monotonic(), found)
        return found

    def _list_all(self, source: str) -> dict[str, bytes]:
        return {
            name: json.dumps(self._keeper.list_estimates(name, source), ensure_ascii=False).encode()
            for name in self._keeper.estimates
        }


def _body(data: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": data, "more_body": True}


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
