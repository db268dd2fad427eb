"""How many cases a second are taken in, on the disk before they are acknowledged.

    .venv/bin/python benchmarks/intake_cases.py [--cases N] [--clients N] [--database NAME]

Starts `cityloop serve` over SQLite (WAL, synchronous=FULL) and over a PostgreSQL server of its own
(fsync on), each on this machine with its clients beside it. Clients send JSON over connections that
they keep, every fifth submission a second time with the same key. Prints cases taken a second, the
time that 95 of 100 answers took, CPU of the serving process, and whether each key has one number.
"""

import argparse
import http.client
import json
import platform
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.records_databases import PostgresServer, set_up_django
from tests.served_console import Served

set_up_django()


def send(port: int, client: int, count: int, took_s: list[float], numbers: dict[str, str]) -> None:
    """Submit `count` cases one after the other, every fifth one twice."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for i in range(count):
        key = f"{client}-{i}"
        body = json.dumps(
            {
                "service": "pothole",
                "text": f"路面有坑 {key}",
                "lon": 120.1 + client / 1e4,
                "lat": 30.2 + i / 1e5,
                "name": "张三",
                "phone": "13800000000",
            }
        )
        for _ in range(2 if i % 5 == 0 else 1):
            begin = time.perf_counter()
            connection.request("POST", "/api/v1/cases", body, {"Idempotency-Key": key})
            answer = connection.getresponse()
            read = json.loads(answer.read())
            took_s.append(time.perf_counter() - begin)
            if (
                answer.status not in {200, 201}
                or numbers.setdefault(key, read["number"]) != read["number"]
            ):
                raise SystemExit(f"{answer.status}: {read}")


def cpu_s(pid: int) -> float:
    """Read the CPU time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(name: str, served: Served, cases: int, clients: int) -> None:
    """Load one server and print a line."""
    took_s: list[float] = []
    numbers: dict[str, str] = {}
    send(served.port, 9_999, 50, [], {})
    before, begin = cpu_s(served.process.pid), time.perf_counter()
    threads = [
        threading.Thread(target=send, args=(served.port, c, cases // clients, took_s, numbers))
        for c in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begin
    used = cpu_s(served.process.pid) - before
    exact = len(set(numbers.values())) == len(numbers) == cases // clients * clients
    p95 = statistics.quantiles(took_s, n=20)[-1]
    print(
        f"{name}: {len(numbers) / wall:.0f} cases/s, {len(took_s) / wall:.0f} answers/s, "
        f"p50 {statistics.median(took_s) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, "
        f"CPU {used / len(took_s) * 1e3:.2f} ms an answer, each key one number: {exact}"
    )


def main() -> None:
    """Measure both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=4_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="both if not given")
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, Django {django.__version__}, {given.clients} clients"
    )
    if given.database != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder))
            try:
                measure("SQLite", served, given.cases, given.clients)
            finally:
                served.stop()
    if given.database != "sqlite":
        server = PostgresServer()
        try:
            with tempfile.TemporaryDirectory() as folder:
                served = Served(Path(folder), server.url(server.create()))
                try:
                    measure("PostgreSQL", served, given.cases, given.clients)
                finally:
                    served.stop()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
