"""A person's way from report to rating in Debian's Chromium, on the real server, in both languages.

By keyboard alone, and once more without JavaScript; every page on the way is looked at by axe-core.
"""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from cityloop.store.records.cases.models import AnswerTemplate, Case, Seat
from cityloop.store.survey_file import write_survey
from cityloop.usecases.manage_accounts import add_account
from tests.circle.made_town import make_places, make_survey, make_ways
from tests.console.test_tap import FLAGS
from tests.records_databases import _point_at, set_up_django, sqlite_settings
from tests.served_console import Served

PASSWORD = "Sieben-Bruecken-7"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    set_up_django()
    folder = tmp_path_factory.mktemp("cases")
    town = folder / "town.survey"
    write_survey(town, make_survey(make_places(), make_ways()))
    environment = {"CITYLOOP_CITY": str(town), "CITYLOOP_CLOCK_S": "0"}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        served = Served(folder / "kept")
    _point_at(sqlite_settings(folder / "kept" / "records.sqlite3"))
    officer = add_account("wang", "officer", PASSWORD, by=None)
    add_account("boss", "administrator", PASSWORD, by=None)
    Seat.objects.create(user=officer, department="water")
    AnswerTemplate.objects.create(department="water", title="已修复", text="水管已经修好。")
    connections.close_all()
    yield f"http://127.0.0.1:{served.port}"
    served.stop()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


def open_page(browser, **more):
    page = browser.new_context(viewport={"width": 390, "height": 844}, **more).new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    return page


def look(page, name: str) -> None:
    """Look at a page as axe does, and whether it fits a telephone."""
    found = Axe().run(page).response["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    shots = os.environ.get("CITYLOOP_SCREENSHOTS")
    if shots:
        page.screenshot(path=f"{shots}/case-{name}.png", full_page=True)


def number_of(page) -> str:
    found = re.search(r"/cases/([^/]+)/$", page.url)
    assert found, page.url
    return found[1]


def kept(number: str) -> Case:
    """Read a case in a thread without a loop; playwright has one here, and Django keeps away."""

    def read() -> Case:
        try:
            return Case.objects.get(number=number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(read).result()


def press(page, selector: str) -> None:
    """Press what has the focus of a person without a mouse."""
    page.focus(selector)
    page.keyboard.press("Enter")


def sign_in(page, url: str, root: str, name: str, to: str) -> None:
    page.goto(f"{url}{root}{to}")
    page.fill("#id_username", name)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}{root}{to}")


def report(page, url: str, root: str) -> str:
    """Report a leak by keyboard, and point at its place; give the case's number."""
    lang = root.strip("/") or "zh"
    page.goto(f"{url}{root}/cases/new/")
    look(page, f"new-{lang}")
    page.focus("#service")
    page.select_option("#service", "water-leak")
    page.keyboard.press("Tab")
    page.keyboard.type("水管爆裂,路面积水")
    page.focus("#address")
    page.keyboard.type("12 Long Street")
    press(page, "#find")
    page.wait_for_selector("#map")
    assert page.input_value("#lat").startswith("30.0")
    look(page, f"map-{lang}")
    press(page, "#closer")
    page.wait_for_selector("#closer:focus")
    before = page.input_value("#lat")
    page.click("#map", position={"x": 140, "y": 40})
    expect(page.locator("#lat")).not_to_have_value(before)
    chosen = page.input_value("#lon"), page.input_value("#lat")
    assert float(chosen[1]) > float(before), "above the middle is to the north"
    page.fill("#phone", "13800000000")
    page.focus("#phone")
    page.keyboard.press("Enter")  # sends the form, and is not taken for a look at the map
    page.wait_for_selector("code")
    look(page, f"case-{lang}")
    number = number_of(page)
    row = kept(number)
    assert (str(row.lon), str(row.lat), row.text) == (*chosen, "水管爆裂,路面积水")
    assert not [each for each in page.asked if "30.0" in each or "138" in each], "in no address"
    return number


def answer(desk, url: str, root: str, number: str) -> None:
    """Answer a case by keyboard, with the desk's own words."""
    lang = root.strip("/") or "zh"
    sign_in(desk, url, root, "wang", "/desk/")
    look(desk, f"desk-{lang}")
    press(desk, f"a[href$='/desk/{number}/']")
    desk.wait_for_selector("#why")
    look(desk, f"desk-case-{lang}")
    press(desk, "button[value=begin]")
    desk.wait_for_selector("button[value=answer]")
    press(desk, "summary")
    press(desk, "details a")
    desk.wait_for_url("**template=*")
    assert desk.input_value("#text") == "水管已经修好。"
    press(desk, "button[value=answer]")
    desk.wait_for_selector("button[value=answer]", state="detached")
    look(desk, f"answered-{lang}")
    desk.goto(f"{url}{root}/desk/templates/")
    look(desk, f"templates-{lang}")


@pytest.mark.parametrize("root", ["", "/en"])
def test_from_report_to_rating_by_keyboard(address, browser, root):
    lang = root.strip("/") or "zh"
    page, desk = open_page(browser), open_page(browser)
    number = report(page, address, root)
    answer(desk, address, root, number)
    page.reload()
    assert "水管已经修好。" in page.inner_text("main")
    look(page, f"answer-{lang}")
    press(page, "button[value=satisfied]")
    page.wait_for_selector("button[value=erase]")
    look(page, f"rated-{lang}")
    assert kept(number).state == "closed"
    for place in ("cases", "cases/topics", "cases/figures"):
        page.goto(f"{address}{root}/{place}/")
        look(page, f"{place.replace('/', '-')}-{lang}")
    assert "100.0" in page.inner_text("table"), "one answered, and in time"
    page.context.close()
    desk.context.close()


@pytest.mark.parametrize("root", ["", "/en"])
def test_what_is_refused_and_who_administers(address, browser, root):
    lang = root.strip("/") or "zh"
    page = open_page(browser)
    sign_in(page, address, root, "boss", "/desk/seats/")
    look(page, f"seats-{lang}")
    page.goto(f"{address}{root}/desk/")
    look(page, f"no-desk-{lang}")
    page.goto(f"{address}{root}/cases/new/")
    page.fill("#text", "路灯不亮")
    page.fill("#lat", "north")
    page.focus("#lat")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    look(page, f"wrong-{lang}")
    assert page.input_value("#text") == "路灯不亮"
    page.fill("#lat", "")
    page.focus("#lat")
    page.keyboard.press("Enter")
    page.wait_for_selector("code")
    # An open case has no erase button; whoever asks all the same reads why not, in their language.
    page.evaluate("document.querySelector('button[value=withdraw]').value = 'erase'")
    press(page, "button[value=erase]")
    page.wait_for_selector("[role=alert]")
    said = page.inner_text("[role=alert]")
    assert (
        said
        == {
            "": "未办结的办件不能删除，请先撤回。",  # noqa: RUF001
            "/en": "an open case cannot be erased; take it back first",
        }[root]
    )
    look(page, f"refused-{lang}")
    page.context.close()


def test_without_javascript_the_same_buttons_do_the_same(address, browser):
    page = open_page(browser, java_script_enabled=False)
    page.goto(f"{address}/cases/new/")
    page.fill("#text", "井盖缺失")
    page.check("[name=anonymous]")
    page.click("#open")
    assert page.input_value("#text") == "井盖缺失", "what was written stays"
    assert page.is_checked("[name=anonymous]")
    page.click("#map", position={"x": 70, "y": 210})
    west, south = float(page.input_value("#lon")), float(page.input_value("#lat"))
    page.click("#map", position={"x": 210, "y": 140})
    assert float(page.input_value("#lon")) > west
    assert float(page.input_value("#lat")) == pytest.approx(south, abs=1e-5)
    page.click("#farther")
    page.click("form#case > button.main")
    number = number_of(page)
    row = kept(number)
    assert row.anonymous
    assert row.lat == pytest.approx(south, abs=1e-5)
    assert row.received_at <= datetime.now(UTC)
    page.context.close()
