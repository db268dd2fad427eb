"""Debian's Chromium and a console of its own for tests of pages."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 120_000
"""A busy machine is slow; a page that never comes is a fault all the same."""
COMMAND = Path(sys.executable).parent / "cityloop"


class Served(NamedTuple):
    """A console that runs: where, with which folder, and what the demo's account signs in with."""

    url: str
    folder: Path
    password: str


@contextlib.contextmanager
def serving(folder: Path, *options: str, **environment: str) -> Iterator[Served]:
    """Serve the console at a free port."""
    server = subprocess.Popen(
        [COMMAND, "serve", "--data", folder, "--port", "0", *options],
        env={**os.environ, "DATABASE_URL": "", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    said = ""
    while (found := re.search(r"http://127\.0\.0\.1:\d+", said)) is None:
        line = server.stderr.readline()
        assert line, said
        said += line
    password = re.search(r"with the password (\S+)", said)
    try:
        yield Served(found[0], folder, password[1] if password else "")
    finally:
        server.terminate()
        server.wait(30)
        server.stderr.close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()


def open_page(browser: Browser, width: int = 1280, **more: Any) -> tuple[Page, list[str]]:
    """Open a page; give it with the list of what it will ask for, and of errors that it meets."""
    page = browser.new_context(viewport={"width": width, "height": 844}, **more).new_page()
    page.set_default_timeout(PATIENCE_MS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    return page, asked


def faults(page: Page) -> list[str]:
    """Say what axe-core finds wrong with a page."""
    return [each["id"] for each in Axe().run(page).response["violations"]]


def hosts(asked: list[str]) -> set[str]:
    """Say whom a page has asked; errors stay as they are."""
    return {each if each.startswith("error") else each.split("/")[2] for each in asked}


def keep(page: Page, name: str) -> None:
    """Keep a screenshot where somebody wants to look at it."""
    shots = os.environ.get("CITYLOOP_SCREENSHOTS")
    if shots:
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)


def until(page: Page, script: str, limit_s: float = 30) -> None:
    """Wait until a script says yes: the pages' own policy forbids playwright to wait inside."""
    begun_s = time.monotonic()
    while not page.evaluate(script):
        assert time.monotonic() - begun_s < limit_s, script
        page.wait_for_timeout(40)
