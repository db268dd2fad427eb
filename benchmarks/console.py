"""The console under load: 1,000 who watch, 50,000 roads recoloured each second, the API's CPU.

A console of its own is served at a free port of this machine, and asked from here alone. How late a
frame is counts from the first client that had it to each other one.
"""

import argparse
import asyncio
import base64
import contextlib
import http.client
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import numpy as np

LINKS: Final = 50_000
SLICES: Final = 20
BARE: Final = Path(__file__).with_name("bare_ninja.py")
MIDDLEWARE: Final = (
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
_DRAW: Final = Path(__file__).with_name("console_map.js")


def made_scene() -> dict[str, Any]:
    """Make a city of 50,000 roads of three segments each, as `/api/v1/live/scene` gives one."""
    rng = np.random.default_rng(7)
    middle = rng.uniform(0, 200_000, (LINKS, 1, 2))
    turn = rng.uniform(0, 2 * np.pi, (LINKS, 1))
    along = (
        np.stack([np.cos(turn), np.sin(turn)], axis=2) * np.array([-900, -300, 300, 900])[:, None]
    )
    xy = np.round(middle + along + rng.normal(0, 40, (LINKS, 4, 2))).astype("<i4")
    lanes = rng.integers(1, 4, LINKS).astype(np.uint8)
    return {
        "links": {
            "ids": [str(i) for i in range(LINKS)],
            "start": list(range(0, 4 * LINKS + 1, 4)),
            "xy": base64.b64encode(xy.tobytes()).decode(),
            "lanes": base64.b64encode(lanes.tobytes()).decode(),
        },
        "signals": [],
    }


def measure_map(url: str, seconds: float, picture: Path | None = None) -> dict[str, float]:
    """Recolour 50,000 roads each second in Debian's Chromium, in software."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  not for the other parts

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/login/")
        scene = json.dumps(made_scene())
        found = page.evaluate(_DRAW.read_text(), [f"{url}/static/console/map.js", scene, seconds])
        if picture:
            page.screenshot(path=picture)
        browser.close()
    return {**found, "scene_mb": len(scene) / 1e6}


class _Watcher(asyncio.Protocol):
    """One client of the stream, which only notes when each frame came."""

    def __init__(self, came: dict[int, list[float]]) -> None:
        self._came, self._rest = came, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(
            b"GET /live/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        now_s = time.monotonic()
        text = self._rest + data
        for number in re.findall(rb"\nid: (\d+)\n", text):
            self._came.setdefault(int(number), []).append(now_s)
        # A line may be cut in two; what has been counted is not kept.
        self._rest = text[max(text.rfind(b"\n"), len(text) - 30) :]


async def watch(pid: int, port: int, clients: int, seconds: float) -> dict[str, Any]:
    """Watch the stream: how late each frame came to each client, and what that took the server."""
    came: dict[int, list[float]] = {}
    loop = asyncio.get_running_loop()
    watching = [
        (await loop.create_connection(lambda: _Watcher(came), "127.0.0.1", port))[0]
        for _ in range(clients)
    ]
    await asyncio.sleep(3)
    came.clear()
    most_mb, used_s, end_s = 0.0, cpu_s(pid), time.monotonic() + seconds
    while time.monotonic() < end_s:
        await asyncio.sleep(1)
        most_mb = max(most_mb, memory_mb(pid))
    used_s = cpu_s(pid) - used_s
    for each in watching:
        each.close()
    full = [sorted(times) for times in came.values() if len(times) == clients]
    late = [1000 * (t - times[0]) for times in full for t in times]
    p50_ms, p99_ms = np.percentile(late, (50, 99)).round(1).tolist()
    return {
        "clients": clients,
        "frames": len(full),
        "p50_ms": p50_ms,
        "p99_ms": p99_ms,
        "cpu_ms_a_frame": round(1000 * used_s / len(full), 1),
        "server_mb": round(most_mb),
    }


def cpu_s(pid: int) -> float:
    """Give the CPU time of a process's threads, to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[0]) for each in tasks) / 1e9


def memory_mb(pid: int) -> float:
    """Give what a process holds in memory, its share of what it shares (PSS)."""
    said = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(said[1]) / 1024 if said else 0.0


def children_of(pid: int) -> list[int]:
    """List the processes that a process has started: the twins, and Python's resource tracker."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text().split()]


def measure_api(url: str, pid: int, requests: int) -> dict[str, dict[str, float]]:
    """Ask some routes and bare ones with the same answers in turn; give CPU a request of each."""
    paths = ("/api/v1/live", "/api/v1/live/junctions", "/api/v1/live/frames/1")
    with contextlib.ExitStack() as stack:
        answers = {each: json.loads(_get(url, each)) for each in paths}
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "answers.json"
        file.write_text(json.dumps(answers))
        bare = stack.enter_context(_served([sys.executable, str(BARE), str(file)]))
        same = stack.enter_context(_served([sys.executable, str(BARE), str(file), *MIDDLEWARE]))
        servers = {"ours": (url, pid), "bare": bare, "bare_with_middleware": same}
        # The live picture goes on meanwhile; its CPU is taken off.
        at_rest = {name: _at_rest(process) for name, (_, process) in servers.items()}
        found = {}
        for each in paths:
            took: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(1 + SLICES):
                for name, (where, process) in servers.items():
                    took[name].append(_ask(where, process, each, requests // SLICES, at_rest[name]))
            # The first slice warms up; the middle one of the others is told.
            used_ms = {name: float(np.median(slices[1:])) for name, slices in took.items()}
            found[each] = {name: round(ms, 3) for name, ms in used_ms.items()}
            found[each]["ratio"] = round(used_ms["ours"] / used_ms["bare"], 2)
    return found


def _at_rest(pid: int, seconds: float = 5) -> float:
    """Give the CPU seconds a second of a server that nobody asks."""
    before_s = cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - before_s) / seconds


def _ask(url: str, pid: int, path: str, count: int, at_rest: float) -> float:
    """Ask many times over one connection; give the server's CPU a request. [ms]."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    begun_s, before_s = time.monotonic(), cpu_s(pid)
    for _ in range(count):
        connection.request("GET", path)
        connection.getresponse().read()
    used_s = cpu_s(pid) - before_s - at_rest * (time.monotonic() - begun_s)
    connection.close()
    return 1000 * used_s / count


def _get(url: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


@contextlib.contextmanager
def _served(command: list[str]) -> Iterator[tuple[str, int]]:
    """Serve; give where, and the process."""
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = ""
    try:
        while (url := re.search(r"http://127\.0\.0\.1:\d+", said)) is None:
            line = server.stderr.readline() if server.stderr else ""
            if not line:
                raise SystemExit(said)
            said += line
        yield url[0], server.pid
    finally:
        server.terminate()
        server.wait(60)


def main() -> None:
    """Serve, measure, and print one JSON line a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--parts", default="stream,api,map", help="With commas between.")
    parser.add_argument("--picture", type=Path, help="Keep a picture of the map there.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cityloop-bench-") as folder:
        command = [str(Path(sys.executable).parent / "cityloop"), "serve", "--demo", "--pace", "1"]
        with _served([*command, "--port", "0", "--data", folder]) as (url, pid):
            time.sleep(15)
            for part in chosen.parts.split(","):
                print(json.dumps({"part": part, **_measure(part, url, pid, chosen)}), flush=True)


def _measure(part: str, url: str, pid: int, chosen: argparse.Namespace) -> dict[str, Any]:
    if part == "stream":
        at_rest_mb = memory_mb(pid)
        port = int(url.rsplit(":", 1)[1])
        watched = asyncio.run(watch(pid, port, chosen.clients, chosen.seconds))
        twins_mb = sum(map(memory_mb, children_of(pid)))
        # What works with plans is loaded when somebody first asks for it, and stays.
        _get(url, "/api/v1/corridors/0")
        return {
            **watched,
            "server_at_rest_mb": round(at_rest_mb),
            "server_planning_mb": round(memory_mb(pid)),
            "twins_mb": round(twins_mb),
        }
    if part == "api":
        return {"cpu_ms_a_request": measure_api(url, pid, chosen.requests)}
    return measure_map(url, chosen.seconds, chosen.picture)


if __name__ == "__main__":
    main()
