"""How many events the service takes in: HTTP on loopback, acknowledged after fsync."""

import argparse
import asyncio
import json
import multiprocessing
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import perf_counter, process_time, sleep, time

import numpy as np
import pyarrow as pa
import uvloop

from cityloop.feeds.event_batch import arrow_schema
from cityloop.runtime.serve_events import serve_events
from cityloop.traffic.observe.events import DETECTOR
from cityloop.usecases.keep_events import ARROW

ROWS, DETECTORS, CONNECTIONS, MADE = 1000, 20_000, 16, 200
WANTED_PER_S = {"arrow": 1_000_000, "ndjson": 150_000}
TYPES = {"arrow": ARROW, "ndjson": "application/x-ndjson"}
STEADY_PER_S, LATENCY_S_MAX, GROWTH_MAX = 200_000, 1.0, 1.05
LOOKERS, SAMPLE_S = 20, 5.0
ACCEPTED, LATER = b"HTTP/1.1 202", {b"HTTP/1.1 429", b"HTTP/1.1 503"}
NAMES = np.array([f"detector-{i:05}" for i in range(DETECTORS)])


def make_body(form: str, rng: np.random.Generator, rows: int = ROWS) -> bytes:
    """Make one batch of the last ten seconds."""
    now_us = int(time() * 1e6)
    batch = pa.record_batch(
        [
            pa.array(now_us - rng.integers(0, 10**7, rows), pa.timestamp("us", "UTC")),
            pa.array(NAMES[rng.integers(0, DETECTORS, rows)]),
            pa.array(rng.integers(0, 5, rows), pa.int32()),
            pa.array(rng.random(rows), pa.float32()),
            pa.array(rng.random(rows) * 30, pa.float32()),
        ],
        schema=arrow_schema(DETECTOR),
    )
    if form == "ndjson":
        lines = (json.dumps(row, default=datetime.isoformat) for row in batch.to_pylist())
        return "\n".join(lines).encode()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def request(form: str, source: str, sequence: int, body: bytes) -> bytes:
    """Put a request together."""
    return (
        f"POST /v1/events/detector HTTP/1.1\r\nHost: x\r\nContent-Type: {TYPES[form]}\r\n"
        f"Cityloop-Source: {source}\r\nCityloop-Sequence: {sequence}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read one answer: its first line and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    return head[:12], await reader.readexactly(length)


async def flood(
    port: int, form: str, for_s: float, bodies: list[bytes], source: str
) -> tuple[int, float, int]:
    """Send as fast as answers come; give acknowledged batches, the time, and refusals."""
    numbers, over_s = count(), perf_counter() + for_s
    done = refused = 0

    async def send() -> None:
        nonlocal done, refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        while perf_counter() < over_s:
            sequence = next(numbers)
            whole = request(form, source, sequence, bodies[sequence % len(bodies)])
            while True:
                writer.write(whole)
                await writer.drain()
                said, _ = await answer(reader)
                if said == ACCEPTED:
                    done += 1
                    break
                if said not in LATER:
                    raise RuntimeError(said)
                refused += 1
                await asyncio.sleep(0.05)
        writer.close()

    began_s = perf_counter()
    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    return done, perf_counter() - began_s, refused


async def steady(
    port: int, pid: int, for_s: float, bodies: list[bytes], source: str
) -> tuple[list[float], list[float]]:
    """Send 200,000 events a second, and time how long others take to be in an estimate.

    Give these times [s], and the memory of the service every five seconds [MB].
    """
    latencies: list[float] = []
    memory_mb: list[float] = []
    began_s = perf_counter()

    async def weigh() -> None:
        while perf_counter() - began_s < for_s:
            await asyncio.sleep(SAMPLE_S)
            memory_mb.append(status(pid)[1])

    async def send(lane: int, lanes: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        for number in count(lane, lanes):
            due_s = number * ROWS / STEADY_PER_S
            if due_s >= for_s:
                break
            await asyncio.sleep(max(0.0, began_s + due_s - perf_counter()))
            writer.write(request("arrow", source, number, bodies[number % len(bodies)]))
            if (await answer(reader))[0] != ACCEPTED:
                raise RuntimeError(number)
        writer.close()

    async def look() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in count():
            if perf_counter() - began_s >= for_s:
                break
            happened_s = perf_counter()
            # A city has so many sources and no more; each look is for a detector of its own.
            name, detector = f"{source}-{number % LOOKERS}", f"look-{number}"
            line = {"time": datetime.now(UTC).isoformat(), "detector": detector, "count": 1}
            writer.write(request("ndjson", name, number, json.dumps(line).encode()))
            await answer(reader)
            while True:
                writer.write(
                    f"GET /v1/estimates?source={name} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
                )
                found = json.loads((await answer(reader))[1])["estimates"]
                if any(each["detector"] == detector for each in found):
                    break
            latencies.append(perf_counter() - happened_s)
            await asyncio.sleep(0.05)
        writer.close()

    await asyncio.gather(look(), weigh(), *(send(lane, 8) for lane in range(8)))
    return latencies, memory_mb


@contextmanager
def service() -> Iterator[tuple[int, int]]:
    """Start the service; give its port and process."""
    folder = Path(tempfile.mkdtemp(prefix="intake-", dir=Path.cwd()))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=serve_events, args=(folder, "127.0.0.1", port, print))
    process.start()
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                sleep(0.05)
        yield port, process.pid or 0
    finally:
        process.terminate()
        process.join()
        shutil.rmtree(folder)


def status(pid: int) -> tuple[float, float]:
    """Give a process's CPU time [s] and its memory [MB]."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    rss_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return (int(stat[11]) + int(stat[12])) / 100, rss_kb / 1024


def measure_flood(form: str, for_s: float) -> bool:
    """Print how many events of one format are acknowledged in a second."""
    rng = np.random.default_rng(1)
    bodies = [make_body(form, rng) for _ in range(MADE)]
    with service() as (port, pid):
        uvloop.run(flood(port, form, 1.0, [make_body(form, rng, 10) for _ in range(10)], "warm"))
        cpu_s, client_s = status(pid)[0], process_time()
        done, took_s, refused = uvloop.run(flood(port, form, for_s, bodies, "flood"))
        cpu_s, client_s = status(pid)[0] - cpu_s, process_time() - client_s
    per_s = done * ROWS / took_s
    print(
        f"{form:<7} {per_s:>11,.0f} events/s acknowledged (wanted {WANTED_PER_S[form]:,}); "
        f"{refused} refusals; CPU of the service {cpu_s / done / ROWS * 1e9:,.0f} ns an event, "
        f"of the client {client_s / done / ROWS * 1e9:,.0f}"
    )
    return per_s >= WANTED_PER_S[form]


def measure_steady(for_s: float) -> bool:
    """Print how long an event takes to be in an estimate under a steady load, and the memory."""
    rng = np.random.default_rng(2)
    with service() as (port, pid):
        made = [make_body("arrow", rng) for _ in range(MADE)]
        uvloop.run(steady(port, pid, for_s / 4, made, "warm"))
        made = [make_body("arrow", rng) for _ in range(MADE)]
        latencies, memory_mb = uvloop.run(steady(port, pid, for_s, made, "steady"))
    p99_s = float(np.quantile(latencies, 0.99))
    print(
        f"steady {STEADY_PER_S:,} events/s for {for_s:.0f} s: {len(latencies)} events seen in an "
        f"estimate after {np.median(latencies) * 1e3:.0f} ms, p99 {p99_s * 1e3:.0f} ms"
    )
    half = len(memory_mb) // 2
    first_mb, last_mb = max(memory_mb[:half], default=0.0), max(memory_mb[half:], default=0.0)
    print(
        f"memory every {SAMPLE_S:.0f} s: {' '.join(f'{each:.0f}' for each in memory_mb)} MB; "
        f"at most {first_mb:.0f} MB in the first half, {last_mb:.0f} MB in the second"
    )
    return p99_s < LATENCY_S_MAX and last_mb < GROWTH_MAX * first_mb


def main() -> int:
    """Measure all three."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=10.0, help="of each flood")
    asked.add_argument("--steady", type=float, default=60.0, help="seconds of the steady load")
    given = asked.parse_args()
    good = [measure_flood(form, given.seconds) for form in WANTED_PER_S]
    good.append(measure_steady(given.steady))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
