"""One tap in Debian's Chromium, on the real server: both languages, keyboard, no JavaScript."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from cityloop.store.survey_file import write_survey
from tests.circle.made_town import make_places, make_survey, make_ways

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BEGIN = f"{120.0 + 50 / 96_486:.6f},30.0"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("console")
    rows = (
        {"type": "pharmacy", "edge": 1, "name": "<b>早关药店</b>", "hours": "Mo-Su 08:00-20:00"},
        {"type": "pharmacy", "edge": 34, "share": 0.5, "name": "夜间药店", "hours": "24/7"},
    )
    write_survey(folder / "town.survey", make_survey(make_places(*rows), make_ways()))
    server = subprocess.Popen(
        [
            Path(sys.executable).parent / "cityloop",
            "serve",
            "--data",
            folder / "kept",
            "--port",
            "0",
        ],
        env={**os.environ, "CITYLOOP_CITY": str(folder / "town.survey"), "DATABASE_URL": ""},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    line = server.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found, line + server.stderr.read()
    yield found[0], folder / "kept"
    server.terminate()
    server.wait(20)
    server.stderr.close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


def open_page(browser, **more):
    page = browser.new_context(viewport={"width": 390, "height": 844}, **more).new_page()
    page.set_default_timeout(120_000)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    return page


def kinds(page):
    return [each["id"] for each in Axe().run(page).response["violations"]]


@pytest.mark.parametrize(
    ("root", "need", "said"),
    [("", "药店", "到达时营业"), ("/en", "pharmacy", "open when you arrive")],
)
def test_a_person_asks_by_keyboard_and_is_answered(address, browser, root, need, said):
    url, kept = address
    page = open_page(browser)
    page.goto(f"{url}{root}/tap/")
    assert kinds(page) == []
    page.focus("#need")
    page.keyboard.type(need)
    page.keyboard.press("Tab")
    page.keyboard.type(BEGIN)
    page.fill("#at", "2026-11-21T21:40")
    page.focus("#person")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("section.panel")
    text = page.inner_text("section.panel")
    assert "夜间药店" in text
    assert said in text
    # What somebody named comes as text, and is told to be closed.
    assert "<b>早关药店</b>" in text
    assert kinds(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    assert {each.split("/")[2] for each in page.asked} == {url.split("/")[2]}
    assert not any("120.0" in each for each in page.asked)
    assert [
        p.name for p in kept.rglob("*") if p.is_file() and BEGIN.encode() in p.read_bytes()
    ] == []
    shots = os.environ.get("CITYLOOP_SCREENSHOTS")
    if shots:
        page.screenshot(path=f"{shots}/tap{root.strip('/')}.png", full_page=True)
    page.context.close()


def test_it_works_without_javascript_and_says_what_it_cannot_use(address, browser):
    url, _ = address
    page = open_page(browser, java_script_enabled=False)
    page.goto(f"{url}/en/tap/")
    assert not page.is_visible("#here")
    for need, begin, said in (
        ("pharmacy", "nowhere", "The place cannot be used"),
        ("pharmacy", "0,0", "The place cannot be used"),
        ("a dragon", BEGIN, "This need is not known here"),
    ):
        page.fill("#need", need)
        page.fill("#begin", begin)
        page.click("form.stacked button.main")
        assert said in page.inner_text("[role=alert]")
        assert page.input_value("#need") == need
    page.fill("#need", "pharmacy")
    page.fill("#at", "2026-11-21T21:40")
    page.click("form.stacked button.main")
    assert "夜间药店" in page.inner_text("section.panel")
    page.context.close()


@pytest.mark.parametrize("path", ["/", "/en/", "/login/", "/en/login/"])
def test_no_page_has_a_fault_that_axe_finds(address, browser, path):
    page = open_page(browser)
    page.goto(address[0] + path)
    assert kinds(page) == []
    page.context.close()
