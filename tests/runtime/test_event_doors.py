"""The HTTP door: what it answers, and that nothing that is sent to it ends in a traceback."""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from cityloop.feeds.event_batch import arrow_schema
from cityloop.runtime.committer import Committer
from cityloop.runtime.event_doors import BODY_BYTES_MAX, EventDoors
from cityloop.store.disk import Disk
from cityloop.traffic.observe.events import KINDS
from cityloop.usecases.keep_events import ARROW, EventKeeper

LINE = b'{"time":"2026-11-24T12:00:00Z","detector":"a","count":1}\n'
Ask = Callable[..., Coroutine[Any, Any, tuple[int, dict[bytes, bytes], dict[str, Any]]]]


class FullDisk(Disk):
    full = False

    def write(self, file: int, data: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        super().write(file, data)


def talk(
    folder: Path,
    speak: Callable[[Ask], Coroutine[Any, Any, None]],
    *,
    disk: Disk | None = None,
    waiting_bytes_max: int = 10**6,
) -> None:
    """Open the doors, let `speak` ask, and close them."""

    async def whole() -> None:
        keeper = EventKeeper(folder, disk=disk)
        committer = Committer(keeper, waiting_bytes_max)
        doors = EventDoors(keeper, committer)
        committer.start()
        try:
            await speak(lambda *given, **named: ask(doors, *given, **named))
        finally:
            await asyncio.to_thread(committer.stop)

    asyncio.run(whole())


async def ask(
    doors: EventDoors, method: str, path: str, body: bytes = b"", **headers: str | bytes
) -> tuple[int, dict[bytes, bytes], dict[str, Any]]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    named = [
        (name.replace("_", "-").encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in headers.items()
    ]
    scope = {"type": "http", "method": method, "path": path, "headers": named}
    await doors(scope | {"query_string": query.encode()}, receive, send)
    start, content = sent
    said = json.loads(content["body"])
    assert isinstance(said, dict)
    answered = dict(start["headers"])
    if start["status"] >= 400:
        assert answered[b"content-type"] == b"application/problem+json"
        assert {"type", "title", "status", "detail", "place", "cause", "remedy"} < set(said)
        assert said["status"] == start["status"]
        assert "\n" not in said["detail"]
    return start["status"], answered, said


def numbered(sequence: object, **more: str) -> dict[str, str]:
    return {
        "content_type": "application/x-ndjson",
        "cityloop_source": "west",
        "cityloop_sequence": str(sequence),
    } | more


def test_a_batch_is_acknowledged_counted_once_and_there_after_a_restart(tmp_path):
    async def first(ask: Ask) -> None:
        for _ in range(2):
            answer = await ask("POST", "/v1/events/detector", LINE + b"?\n", **numbered(0))
            assert answer[0::2] == (202, {"acknowledged": 1, "rejected": 1})
        table = pa.Table.from_pylist(
            [{"device": "7", "code": 1, "parameter": 2, "time": 10**15}],
            schema=arrow_schema(KINDS["hires"]),
        )
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        body = bytes(sink.getvalue())
        answer = await ask("POST", "/v1/events/hires", body, **numbered(0, content_type=ARROW))
        assert answer[0::2] == (202, {"acknowledged": 1, "rejected": 0})

    async def second(ask: Ask) -> None:
        for _ in range(2):
            for kind in ("detector", "hires"):
                answer = await ask("GET", f"/v1/events/{kind}/count?source=west")
                assert answer[0::2] == (200, {"events": 1})
            for query in ("?source=east", "?source="):
                answer = await ask("GET", f"/v1/events/detector/count{query}")
                assert answer[2] == {"events": 0}
            answer = await ask("POST", "/v1/events/detector", LINE + b"?\n", **numbered(0))
            assert answer[0::2] == (202, {"acknowledged": 1, "rejected": 1})
        _, _, said = await ask("GET", "/v1/status")
        assert said["sources"][0] == {
            "kind": "detector",
            "source": "west",
            "events": 1,
            "batches": 1,
            "highest_sequence": 0,
            "rejected": {"not-json": 1},
            "first_rejected": {"not-json": "batch 0, line 2: ?"},
        }

    talk(tmp_path, first)
    talk(tmp_path, second)


def test_a_source_that_restarts_its_sequence_is_told_so_and_loses_nothing_silently(tmp_path):
    async def speak(ask: Ask) -> None:
        await ask("POST", "/v1/events/detector", LINE, **numbered(1))
        status, _, said = await ask("POST", "/v1/events/detector", LINE * 2, **numbered(1))
        assert (status, said["place"]) == (409, "Cityloop-Sequence")
        assert (await ask("GET", "/v1/events/detector/count?source=west"))[2] == {"events": 1}

    talk(tmp_path, speak)


def test_who_sends_faster_than_the_disk_writes_is_told_when_to_come_again(tmp_path):
    async def speak(ask: Ask) -> None:
        asked = [
            ask("POST", "/v1/events/detector", LINE * 10, **numbered(sequence))
            for sequence in range(50)
        ]
        answers = await asyncio.gather(*asked)
        refused = [answer for answer in answers if answer[0] == 429]
        assert refused
        assert all(headers[b"retry-after"] == b"1" for _, headers, _ in refused)
        _, _, said = await ask("GET", "/v1/events/detector/count?source=west")
        assert said == {"events": 10 * sum(answer[0] == 202 for answer in answers)}

    talk(tmp_path, speak, waiting_bytes_max=5 * 10 * len(LINE))


def test_a_full_disk_refuses_and_takes_again_when_there_is_space(tmp_path):
    disk = FullDisk()

    async def speak(ask: Ask) -> None:
        disk.full = True
        status, headers, _ = await ask("POST", "/v1/events/detector", LINE, **numbered(0))
        assert (status, headers[b"retry-after"]) == (503, b"1")
        assert (await ask("GET", "/v1/events/detector/count?source=west"))[2] == {"events": 0}
        disk.full = False
        assert (await ask("POST", "/v1/events/detector", LINE, **numbered(0)))[0] == 202
        assert (await ask("GET", "/v1/events/detector/count?source=west"))[2] == {"events": 1}

    talk(tmp_path, speak, disk=disk)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "place"),
    [
        ("GET", "/nowhere", {}, b"", 404, "/nowhere"),
        ("POST", "/v1/events/rumour", numbered(0), LINE, 404, "/v1/events/rumour"),
        ("POST", "/v1/events/detector/x", numbered(0), LINE, 404, "/v1/events/detector/x"),
        ("DELETE", "/v1/events/detector", numbered(0), b"", 405, ""),
        ("POST", "/v1/events/detector/count", numbered(0), b"", 405, ""),
        ("POST", "/v1/events/detector", numbered(""), LINE, 400, "Cityloop-Sequence"),
        ("POST", "/v1/events/detector", numbered(-1), LINE, 400, "Cityloop-Sequence"),
        ("POST", "/v1/events/detector", numbered("1_0"), LINE, 400, "Cityloop-Sequence"),
        ("POST", "/v1/events/detector", numbered("9" * 5000), LINE, 400, "Cityloop-Sequence"),
        ("POST", "/v1/events/detector", numbered(2**63), LINE, 400, "Cityloop-Sequence"),
        *(
            ("POST", "/v1/events/detector", numbered(0, cityloop_source=name), LINE, 400, place)
            for place in ["Cityloop-Source"]
            for name in ("", "a b", "西", "x" * 129)
        ),
        (
            *("POST", "/v1/events/detector", numbered(0, content_type="text/csv"), LINE, 415),
            "Content-Type",
        ),
        (
            *("POST", "/v1/events/detector", numbered(0, content_encoding="gzip"), LINE, 415),
            "Content-Encoding",
        ),
        (
            *("POST", "/v1/events/detector", numbered(0, content_type=ARROW), LINE, 400),
            "Arrow stream",
        ),
        ("POST", "/v1/events/detector", numbered(0), bytes(BODY_BYTES_MAX + 1), 413, "body"),
    ],
)
def test_what_cannot_be_used_is_one_clear_problem(
    tmp_path, method, path, headers, body, status, place
):
    async def speak(ask: Ask) -> None:
        answer = await ask(method, path, body, **headers)
        assert (answer[0], answer[2]["place"]) == (status, place)

    talk(tmp_path, speak)


def test_two_thousand_odd_requests_end_in_answers(tmp_path, caplog):
    rng = np.random.default_rng(6)
    kept = 0

    async def speak(ask: Ask) -> None:
        nonlocal kept
        for case in range(2000):
            body = bytearray(LINE * int(rng.integers(0, 4)))
            for _ in range(int(rng.integers(0, 4))):
                at = int(rng.integers(len(body) + 1))
                body[at : at + int(rng.integers(0, 3))] = rng.bytes(int(rng.integers(0, 3)))
            headers = numbered(case, content_type=str(rng.choice([ARROW, "application/jsonl"])))
            if rng.random() < 0.2:
                name = str(rng.choice(list(headers)))
                headers[name] = rng.bytes(8).decode("latin-1")
            status, _, said = await ask("POST", "/v1/events/detector", bytes(body), **headers)
            assert status in {202, 400, 415}
            kept += said.get("acknowledged", 0)
        assert (await ask("GET", "/v1/events/detector/count"))[2] == {"events": kept}

    with caplog.at_level(logging.WARNING):
        talk(tmp_path, speak)
    assert kept > 500
    assert caplog.records == []
