"""Corridor in Debian's Chromium: from the worst junction to a plan that is applied, and undone."""

import sqlite3

import pytest

from tests.console.browsers import faults, hosts, keep, open_page, until


def sign_in(page, demo):
    page.goto(f"{demo.url}/en/login/")
    page.fill("#id_username", "demo")
    page.fill("#id_password", demo.password)
    page.click(".narrow button.main")


def test_a_person_finds_the_worst_junction_applies_the_computed_plan_and_undoes_it(demo, browser):
    page, asked = open_page(browser)
    sign_in(page, demo)
    page.goto(f"{demo.url}/en/")
    until(page, "document.getElementById('clock').textContent.startsWith('0')", 120)
    page.locator("#junctions tbody a").first.click()
    page.click("text=Its corridor")
    page.wait_for_selector("#corridor[data-ready]")
    assert faults(page) == []
    page.click("#compute")
    until(page, "Number(document.querySelector('[data-row=out] td:nth-child(3)')"
          ".textContent.split(' ')[0]) > 5", 60)  # fmt: skip
    until(page, "document.getElementById('corridor').dataset.drawn")
    assert page.locator("#diagram .band-out").count() > 0
    keep(page, "corridor-computed")
    page.click("button[value=gate]")
    assert "proven" in page.inner_text("#gate .state")
    assert "rule 8" in page.inner_text("#gate .proof")
    assert faults(page) == []
    keep(page, "corridor-gate")
    page.fill("#why", "green wave for the morning")
    page.click("button[value=apply]")
    assert "applied" in page.inner_text("#gate .state")
    assert "green wave for the morning" in page.inner_text("main")
    page.wait_for_selector("#corridor[data-ready]")
    assert len({box.input_value() for box in page.locator(".offset").all()}) > 1
    # The field says which plan it runs.
    page.goto(f"{demo.url}/en/")
    until(
        page, "document.querySelector('[data-twin=own] .control').textContent.includes('plan')", 60
    )
    page.go_back()
    page.fill("#why", "only tried")
    page.click("button[value=undo]")
    assert "undone" in page.inner_text("#gate .state")
    page.wait_for_selector("#corridor[data-ready]")
    assert {box.input_value() for box in page.locator(".offset").all()} == {"0"}
    assert hosts(asked) == {demo.url.removeprefix("http://")}
    page.goto(f"{demo.url}/junctions/{page.locator('.fields a').first.inner_text()}/")
    assert "only tried" in page.inner_text("main")
    assert faults(page) == []
    page.context.close()
    with sqlite3.connect(demo.folder / "demo" / "records.sqlite3") as records:
        log = records.execute(
            "select action, why from accounts_change where subject='plan' order by id"
        ).fetchall()
    assert [each for each in log if each[0] != "plan.proven"] == [
        ("plan.apply", "green wave for the morning"),
        ("plan.undo", "only tried"),
    ]


def test_a_timing_is_tried_by_keyboard_and_what_the_gate_refuses_says_why(demo, browser):
    page, _ = open_page(browser)
    sign_in(page, demo)
    page.goto(f"{demo.url}/corridors/0/")
    page.wait_for_selector("#corridor[data-ready]")
    assert faults(page) == []
    page.focus("#offset-1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    until(page, "document.getElementById('corridor').dataset.tried")
    assert page.input_value("#offset-1") == "2"
    # A cycle too short for the minimum greens never comes to the gate, and says so.
    page.fill("#cycle_s", "12")
    until(page, "document.getElementById('said').textContent.includes('out of bounds')")
    page.fill("#cycle_s", "100")
    page.focus("button[value=gate]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#gate .state")
    assert "已证明安全" in page.inner_text("#gate .state")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


@pytest.mark.parametrize("root", ["", "/en"])
def test_who_only_sees_tries_timings_but_takes_no_step(demo, browser, root):
    page, _ = open_page(browser)
    page.goto(f"{demo.url}{root}/corridors/?at=zhongshan-2")
    page.wait_for_selector("#corridor[data-ready]")
    assert page.locator(".offset").count() == 6
    assert page.locator("button[value=gate]").count() == 0
    page.fill("#offset-0", "7")
    until(page, "document.getElementById('corridor').dataset.tried")
    assert faults(page) == []
    keep(page, f"corridor{root.strip('/')}")
    page.context.close()
