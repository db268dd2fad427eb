"""The console under load: 1,000 who watch, 50,000 roads recoloured each second, the API's CPU.

A console of its own is served at a free port of this machine, and asked from here alone. How late a
frame is counts from the first client that had it to each other one.
"""

import argparse
import asyncio
import base64
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

LINKS: Final = 50_000
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


async def watch(host: str, port: int, clients: int, seconds: float) -> tuple[list[float], int]:
    """Watch the stream; give how late each frame came, counted from the first who had it."""
    came: dict[int, list[float]] = {}

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=2**22)
        writer.write(b"GET /live/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        while line := await reader.readline():
            if line.startswith(b"id: "):
                came.setdefault(int(line[4:]), []).append(time.monotonic())
        writer.close()

    tasks = [asyncio.create_task(one()) for _ in range(clients)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    full = [sorted(times) for times in came.values() if len(times) == clients]
    return [1000 * (t - times[0]) for times in full for t in times], len(full)


def cpu_s(pid: int) -> float:
    """Give the CPU time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Give the resident memory of a process."""
    said = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(said[1]) / 1024 if said else 0.0


def measure_api(host: str, port: int, pid: int, count: int) -> dict[str, float]:
    """Ask each of some routes many times over one connection; give CPU a request."""
    found = {}
    for name, path in (
        ("healthz", "/healthz"),
        ("live", "/api/v1/live"),
        ("scene", "/api/v1/live/scene"),
    ):
        connection = http.client.HTTPConnection(host, port)
        before = cpu_s(pid)
        for _ in range(count):
            connection.request("GET", path)
            connection.getresponse().read()
        found[f"{name}_cpu_ms"] = 1000 * (cpu_s(pid) - before) / count
        connection.close()
    return found


def main() -> None:
    """Serve, measure, and print one JSON line a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cityloop-bench-") as folder:
        command = [str(Path(sys.executable).parent / "cityloop"), "serve", "--demo", "--pace", "1"]
        server = subprocess.Popen(
            [*command, "--port", "0", "--data", folder], stderr=subprocess.PIPE, text=True
        )
        try:
            _measure(server, chosen.clients, chosen.seconds)
        finally:
            server.terminate()
            server.wait(60)


def _measure(server: "subprocess.Popen[str]", clients: int, seconds: float) -> None:
    said = ""
    while (url := re.search(r"http://127\.0\.0\.1:(\d+)", said)) is None:
        said += server.stderr.readline() if server.stderr else ""
    port = int(url[1])
    time.sleep(15)
    late, frames = asyncio.run(watch("127.0.0.1", port, clients, seconds))
    stream = {"part": "stream", "clients": clients, "frames": frames}
    if late:
        stream["p50_ms"], stream["p99_ms"] = np.percentile(late, (50, 99)).round(1).tolist()
    print(json.dumps({**stream, "server_mb": round(memory_mb(server.pid))}), flush=True)
    api = measure_api("127.0.0.1", port, server.pid, 200)
    print(json.dumps({"part": "api", **api}), flush=True)
    print(json.dumps({"part": "map", **measure_map(url[0], seconds)}), flush=True)


if __name__ == "__main__":
    main()
