"""The HTTP door for events, as a bare ASGI application."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from cityloop.city.errors import InputError
from cityloop.runtime.batch_names import SEQUENCE, SOURCE, read_sequence, read_source
from cityloop.runtime.committer import Busy, Committer
from cityloop.runtime.estimate_page import PAGES, send_page
from cityloop.runtime.estimate_stream import EstimateStream
from cityloop.runtime.mqtt_door import MqttDoor
from cityloop.traffic.observe.events import KINDS, EventKind
from cityloop.usecases.keep_events import (
    ARROW,
    NDJSON,
    EventKeeper,
    Kept,
    understand_batch,
)
from cityloop.usecases.known_names import KnownNames

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BODY_BYTES_MAX: Final = 32 << 20
_RETRY_S: Final = 1
_PREFIX: Final = "/v1/events/"
_ESTIMATES: Final = "/v1/estimates/"
STREAM: Final = _ESTIMATES + "stream"


class _ProblemError(Exception):
    """What an answer other than the wanted one says."""

    def __init__(self, status: HTTPStatus, place: str, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.status = status
        self.said = {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "detail": f"{place}: {cause}; {remedy}" if place else f"{cause}; {remedy}",
            "place": place,
            "cause": cause,
            "remedy": remedy,
        }
        self.headers: Headers = []


class EventDoors:
    """Takes events in and says how many are kept.

    Parameters
    ----------
    keeper
        Where they are kept.
    committer
        Which brings them there.
    mqtt
        A second door that opens and closes with this one.
    known
        The names that the city knows; None if it knows any.
    """

    def __init__(
        self,
        keeper: EventKeeper,
        committer: Committer,
        mqtt: MqttDoor | None = None,
        known: KnownNames | None = None,
    ) -> None:
        self._keeper = keeper
        self._committer = committer
        self._mqtt = mqtt
        self._known = known
        self._stream = EstimateStream(keeper)

    def end(self) -> None:
        """End what has no end of its own: the server is about to."""
        self._stream.end()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Parameters
        ----------
        scope
            The request, as ASGI has it.
        receive
            Gives its body.
        send
            Takes the answer.
        """
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        if scope["path"] == STREAM and scope["method"] == "GET" and self._keeper.estimates:
            await self._stream(_source(scope) or "", receive, send)
            return
        if scope["method"] == "GET" and scope["path"] in PAGES:
            await send_page(scope["path"], send)
            return
        headers: Headers = []
        source = ""
        try:
            status, said = HTTPStatus.OK, await self._answer(scope, receive)
            if scope["method"] == "POST":
                status = HTTPStatus.ACCEPTED
        except _ProblemError as problem:
            status, headers = problem.status, problem.headers
            source = _header(scope, b"cityloop-source") or ""
            said = problem.said | {"source": source}
        body = json.dumps(said, ensure_ascii=False).encode()
        kind = (
            b"application/json" if status < HTTPStatus.BAD_REQUEST else b"application/problem+json"
        )
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *headers]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._committer.start()
                if self._mqtt is not None:
                    self._mqtt.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self._mqtt is not None:
                    await self._mqtt.stop()
                self._committer.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        path, method = scope["path"], scope["method"]
        if path == "/v1/status":
            _want(method, "GET")
            return self._status()
        source = _source(scope)
        if path == "/v1/estimates":
            _want(method, "GET")
            return {"estimates": self._keeper.windows.list_open(source or "")}
        if path.startswith(_ESTIMATES):
            _want(method, "GET")
            return await self._estimates(path.removeprefix(_ESTIMATES), source or "")
        if not path.startswith(_PREFIX):
            raise _ProblemError(
                HTTPStatus.NOT_FOUND, path, "there is nothing here", f"events go to {_PREFIX}KIND"
            )
        name, _, rest = path.removeprefix(_PREFIX).partition("/")
        kind = KINDS.get(name)
        if kind is None or rest not in {"", "count"}:
            raise _ProblemError(
                HTTPStatus.NOT_FOUND,
                path,
                f"there is no kind of event {name!r}" if kind is None else "there is nothing here",
                f"kinds are {', '.join(KINDS)}",
            )
        if rest == "count":
            _want(method, "GET")
            return {"events": self._keeper.count(kind.name, source)}
        _want(method, "POST")
        return await self._take(kind, scope, receive)

    async def _take(self, kind: EventKind, scope: Scope, receive: Receive) -> dict[str, Any]:
        source, sequence = _names(scope)
        content_type = (_header(scope, b"content-type") or "").partition(";")[0].strip().lower()
        encoding = _header(scope, b"content-encoding")
        if content_type not in {ARROW, *NDJSON} or encoding not in {None, "identity"}:
            raise _ProblemError(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "Content-Encoding" if encoding else "Content-Type",
                f"found {(encoding or content_type)[:80]!r}, which is not read here",
                f"send {ARROW} or application/x-ndjson, not packed",
            )
        body = await _body(receive)
        try:
            batch = understand_batch(
                kind=kind,
                source=source,
                sequence=sequence,
                content_type=content_type,
                body=body,
                received_us=time.time_ns() // 1000,
                known=self._known,
            )
        except InputError as error:
            raise _bad(error) from None
        try:
            became = await self._committer.submit(batch, len(body))
        except Busy:
            raise _later(
                HTTPStatus.TOO_MANY_REQUESTS, "more is waiting for the disk than may wait"
            ) from None
        return _acknowledge(became, batch.entry.rows, sum(batch.entry.rejected.values()), sequence)

    async def _estimates(self, what: str, source: str) -> dict[str, Any]:
        there = self._keeper.estimates
        if what not in there:
            raise _ProblemError(
                HTTPStatus.NOT_FOUND,
                _ESTIMATES + what,
                "there is nothing here",
                f"there are {', '.join(there)}"
                if there
                else "start the service with --sites, --ways or --detectors",
            )
        # Some are worked out only now; who sends shall not wait for that.
        return {"estimates": await asyncio.to_thread(self._keeper.list_estimates, what, source)}

    def _status(self) -> dict[str, Any]:
        beside = {} if self._mqtt is None else {"mqtt": self._mqtt.status()}
        return beside | {
            "sources": [
                {
                    "kind": account.kind,
                    "source": account.source,
                    "events": account.events,
                    "batches": account.batches,
                    "highest_sequence": account.highest,
                    "rejected": account.rejected,
                    "first_rejected": account.first,
                }
                for account in self._keeper.list_accounts()
            ]
        }


def _acknowledge(became: Kept, rows: int, rejected: int, sequence: int) -> dict[str, Any]:
    match became:
        case Kept.NOW | Kept.BEFORE:
            return {"acknowledged": rows, "rejected": rejected}
        case Kept.CONFLICT:
            raise _ProblemError(
                HTTPStatus.CONFLICT,
                "Cityloop-Sequence",
                f"batch {sequence} is here already, with other content",
                "go on after the highest_sequence of /v1/status, or under a new Cityloop-Source",
            )
        case Kept.TOO_OLD:
            raise _ProblemError(
                HTTPStatus.CONFLICT,
                "Cityloop-Sequence",
                f"batch {sequence} is so far behind that nobody can tell whether it is here",
                "go on after the highest_sequence of /v1/status, or under a new Cityloop-Source",
            )
        case Kept.FAILED:
            raise _later(HTTPStatus.SERVICE_UNAVAILABLE, "the disk did not take it")


def _later(status: HTTPStatus, cause: str) -> _ProblemError:
    problem = _ProblemError(status, "", cause, f"send it again after {_RETRY_S} s, unchanged")
    problem.headers = [(b"retry-after", b"%d" % _RETRY_S)]
    return problem


def _want(method: str, wanted: str) -> None:
    if method != wanted:
        problem = _ProblemError(
            HTTPStatus.METHOD_NOT_ALLOWED, "", f"{method} is not for this", f"use {wanted}"
        )
        problem.headers = [(b"allow", wanted.encode())]
        raise problem


def _source(scope: Scope) -> str | None:
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return query["source"][-1] if "source" in query else None


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1").strip())
    return None


def _names(scope: Scope) -> tuple[str, int]:
    """Give a batch's source and sequence."""
    try:
        source = read_source(_header(scope, SOURCE.lower().encode()) or "")
        return source, read_sequence(_header(scope, SEQUENCE.lower().encode()) or "", source)
    except InputError as error:
        raise _bad(error) from None


def _bad(error: InputError) -> _ProblemError:
    return _ProblemError(HTTPStatus.BAD_REQUEST, error.place, error.cause, error.remedy)


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ProblemError(HTTPStatus.BAD_REQUEST, "body", "it broke off", "send it again")
        part = message.get("body", b"")
        size_bytes += len(part)
        if size_bytes > BODY_BYTES_MAX:
            raise _ProblemError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "body",
                f"it is longer than {BODY_BYTES_MAX >> 20} MiB",
                "send smaller batches",
            )
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)
