"""What a person would do, in the browser: worst junction, corridor, plan, gate, effect, undo."""

import pytest

from tests.console.browsers import chromium, faults, hosts, keep, open_page, serving, until
from tests.console.test_corridor_page import sign_in

OWN = "[data-twin=own] [data-figure=recent]"
FROM_S, TO_S = 900, 2100


@pytest.mark.slow
def test_a_person_applies_the_computed_plan_sees_delay_fall_and_undoes_it(tmp_path):
    """Both readings are of five minutes, at the same demand.

    Without any plan delay grows meanwhile: from 88.8 s to 104.3 s, in a run of the twin alone.
    """
    with serving(tmp_path / "kept", "--demo", "--pace", "50") as demo, chromium() as browser:
        page, asked = open_page(browser)
        sign_in(page, demo)
        wait_until(page, demo, FROM_S)
        before_s = delay_s(page)
        keep(page, "way-before")
        page.locator("#junctions tbody a").first.click(no_wait_after=True)
        page.click("text=Its corridor")
        page.wait_for_selector("#corridor[data-ready]")
        first = page.url
        apply_the_computed_plan(page)
        # The other corridor, too: a city has more than one.
        page.goto(first.replace("/0/", "/x/").replace("/1/", "/0/").replace("/x/", "/1/"))
        page.wait_for_selector("#corridor[data-ready]")
        apply_the_computed_plan(page)
        wait_until(page, demo, TO_S)
        after_s = delay_s(page)
        assert "plan" in page.inner_text("[data-twin=own] .control")
        assert faults(page) == []
        keep(page, "way-after")
        assert after_s < 0.9 * before_s, (before_s, after_s)
        page.goto(first)
        page.fill("#why", "only tried")
        page.click("button[value=undo]")
        assert "undone" in page.inner_text("#gate .state")
        assert hosts(asked) == {demo.url.removeprefix("http://")}


def apply_the_computed_plan(page):
    """Take the computed plan, watch what the gate says, and apply it."""
    page.click("#compute")
    until(page, "document.getElementById('corridor').dataset.drawn && "
          "Number(document.querySelector('[data-row=out] td:nth-child(3)')"
          ".textContent.split(' ')[0]) > 5", 120)  # fmt: skip
    page.click("button[value=gate]")
    assert "proven" in page.inner_text("#gate .state")
    page.fill("#why", "a wave")
    page.click("button[value=apply]")
    assert "applied" in page.inner_text("#gate .state")


def wait_until(page, demo, second_s):
    """Look at the city until it is so late; frames are missed, never the hour."""
    page.goto(f"{demo.url}/en/")
    told = f"{second_s // 3600:02d}:{second_s // 60 % 60:02d}:{second_s % 60:02d}"
    clock = "document.getElementById('clock').textContent"
    until(page, f"/^\\d/.test({clock}) && {clock} >= '{told}'", 900)


def delay_s(page):
    """Read the delay per vehicle of the last five minutes, of the city's own twin."""
    until(page, f"Number.parseFloat(document.querySelector('{OWN}').textContent) > 0")
    return float(page.inner_text(OWN).split()[0])
