"""Experiments in Debian's Chromium: order, progress, result with its interval, report."""

import csv
import io

import pytest

from tests.console.browsers import faults, hosts, keep, open_page, until
from tests.console.test_corridor_page import sign_in


@pytest.mark.parametrize("root", ["", "/en"])
def test_a_comparison_is_ordered_and_cancelled(demo, browser, root):
    page, asked = open_page(browser)
    sign_in(page, demo)
    page.goto(f"{demo.url}{root}/experiments/")
    assert faults(page) == []
    page.focus("#seeds")
    page.keyboard.press("Control+a")
    page.keyboard.type("1-9")
    page.click("form.panel button.main")
    page.wait_for_url("**/experiments/*/")
    assert faults(page) == []
    assert "/ 18" in page.inner_text(".large")
    page.click("#part button.plain")
    until(page, "/已取消|cancelled/.test(document.querySelector('.large').textContent)", 90)
    assert page.locator("#part[hx-get]").count() == 0
    assert hosts(asked) == {demo.url.removeprefix("http://")}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


@pytest.mark.slow
def test_a_comparison_runs_and_is_told(demo, browser):
    page, asked = open_page(browser)
    sign_in(page, demo)
    page.goto(f"{demo.url}/en/experiments/")
    assert faults(page) == []
    page.fill("#seeds", "1-2")
    page.fill("#minutes", "1")
    page.click("form.panel button.main")
    page.wait_for_url("**/experiments/*/")
    assert faults(page) == []
    page.wait_for_selector("#part table", timeout=120_000)
    until(page, "document.querySelector('.large').textContent.includes('done')", 120)
    text = page.inner_text("#part table")
    assert "Total delay a vehicle" in text
    assert "…" in text
    assert faults(page) == []
    keep(page, "experiment")
    with page.expect_download() as told:
        page.click("text=Report (HTML)")
    assert told.value.suggested_filename.endswith(".html")
    body = told.value.path().read_text(encoding="utf-8")
    assert "adaptive" in body
    with page.expect_download() as told:
        page.click("text=Runs (CSV)")
    rows = list(csv.DictReader(io.StringIO(told.value.path().read_text(encoding="utf-8-sig"))))
    assert [(row["control"], row["seed"]) for row in rows] == [
        ("adaptive", "1"), ("fixed-time", "1"), ("adaptive", "2"), ("fixed-time", "2"),
    ]  # fmt: skip
    assert hosts(asked) == {demo.url.removeprefix("http://")}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()
