"""The service is killed while it takes events in, again and again; nothing is lost or doubled."""

import http.client
import json
import multiprocessing
import os
import signal
import socket
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from cityloop.runtime.serve_events import serve_events
from cityloop.usecases.keep_events import EventKeeper
from tests.faults.test_power_cuts import history_rows

ROWS = 5
WAIT_S = 120.0  # a bound for machines on which much else runs


def serve(folder: Path, port: int) -> None:
    """Serve with segments so small that there is always one on its way into history."""
    defaults = EventKeeper.__init__.__kwdefaults__
    assert defaults is not None
    defaults["segment_bytes"] = 20_000
    serve_events(folder, "127.0.0.1", port, lambda _: None)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def body(sequence: int) -> bytes:
    return b"".join(
        b'{"time":"2026-11-24T12:%02d:%02dZ","detector":"d%d","count":%d}\n'
        % (sequence // 60 % 60, sequence % 60, row, row)
        for row in range(ROWS)
    )


class Sender(Thread):
    """Sends one batch after the other, each until it is acknowledged."""

    def __init__(self, port: int, source: str, over: Event) -> None:
        super().__init__()
        self.port, self.source, self.over = port, source, over
        self.acknowledged = 0
        self.repeats = 0
        self.odd: list[object] = []

    def run(self) -> None:
        while not self.over.is_set():
            try:
                self._send()
            except OSError:
                self.repeats += 1
                time.sleep(0.005)
            except http.client.HTTPException:
                self.repeats += 1

    def _send(self) -> None:
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            while not self.over.is_set():
                headers = {
                    "Content-Type": "application/x-ndjson",
                    "Cityloop-Source": self.source,
                    "Cityloop-Sequence": str(self.acknowledged),
                }
                door.request("POST", "/v1/events/detector", body(self.acknowledged), headers)
                answer = door.getresponse()
                said = json.loads(answer.read())
                if (answer.status, said) != (202, {"acknowledged": ROWS, "rejected": 0}):
                    self.odd.append((answer.status, said))
                self.acknowledged += 1
        finally:
            door.close()


def ask_count(port: int, source: str) -> int:
    until_s = time.monotonic() + WAIT_S
    while True:
        door = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        try:
            door.request("GET", f"/v1/events/detector/count?source={source}")
            return int(json.loads(door.getresponse().read())["events"])
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.01)
        finally:
            door.close()


def kill_again_and_again(folder: Path, kills: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.test_kills", "tests.faults.warm_service"])
    port, over = free_port(), Event()

    def start() -> BaseProcess:
        process = context.Process(target=serve, args=(folder, port))
        process.start()
        return process

    senders = [Sender(port, source, over) for source in ("east", "west")]
    process = start()
    try:
        for sender in senders:
            sender.start()
        for _ in range(kills):
            ask_count(port, "east")
            time.sleep(float(rng.uniform(0.02, 0.3)))
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            process = start()
        ask_count(port, "east")
        time.sleep(0.2)
        over.set()
        for sender in senders:
            sender.join()
        counted = [ask_count(port, sender.source) for sender in senders]
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
        process.join()
    finally:
        over.set()
        process.kill()  # whatever went wrong above, nothing goes on running
    assert process.exitcode == 0
    assert [sender.odd for sender in senders] == [[], []]
    assert sum(sender.repeats for sender in senders) >= kills / 2
    assert counted == [sender.acknowledged * ROWS for sender in senders]
    assert history_rows(folder) == {
        (sender.source, sequence): ROWS
        for sender in senders
        for sequence in range(sender.acknowledged)
    }


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path):
    kill_again_and_again(tmp_path / "data", kills=20, seed=1)


@pytest.mark.long
def test_a_thousand_kills_lose_nothing_and_double_nothing(tmp_path):
    kill_again_and_again(tmp_path / "data", kills=1000, seed=2)
