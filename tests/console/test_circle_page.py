"""The service circle in Debian's Chromium, over a made town whose gaps are known."""

import pytest

from cityloop.store.survey_file import write_survey
from tests.circle.made_town import make_places, make_survey, make_ways
from tests.console.browsers import faults, hosts, keep, open_page, serving

ROWS = (
    {"type": "pharmacy", "edge": 0, "name": "近药店", "hours": "24/7"},
    {"type": "pharmacy", "edge": 1, "name": "<script>alert(1)</script>", "hours": "24/7"},
)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "town.survey"
    write_survey(path, make_survey(make_places(*ROWS), make_ways()))
    (path.parent / "closed.toml").write_text('close = ["p0", "p1"]\n')
    return path


@pytest.fixture(scope="module")
def served(town):
    set_up = {
        "CITYLOOP_CITY": str(town), "CITYLOOP_PUBLIC": "1", "CITYLOOP_SCENARIOS": str(town.parent),
    }  # fmt: skip
    with serving(town.parent / "kept", **set_up) as found:
        yield found


@pytest.mark.parametrize(("root", "said"), [("", "可达"), ("/en", "within reach")])
def test_a_person_looks_at_gaps_and_clicks_a_home(served, browser, root, said):
    page, asked = open_page(browser)
    page.goto(f"{served.url}{root}/circle/?person=elderly&kind=pharmacy")
    page.wait_for_selector("#circle[data-ready]")
    assert faults(page) == []
    keep(page, f"circle{root.strip('/')}")
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#home table")
    assert said in page.inner_text("#home table")
    assert faults(page) == []
    page.click("#map", position={"x": 40, "y": 40})
    page.wait_for_selector("#home table")
    assert hosts(asked) == {served.url.removeprefix("http://")}
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.close()


@pytest.mark.parametrize(("root", "said"), [("", "没有"), ("/en", "there is none")])
def test_a_scenario_and_the_city_stand_side_by_side(served, browser, root, said):
    page, asked = open_page(browser)
    page.goto(f"{served.url}{root}/circle/?kind=pharmacy&home=3")
    page.fill("#at", "2026-11-21T23:00")
    page.select_option("#scenario", "closed")
    page.click("form.choose button.main")
    page.wait_for_url("**scenario=closed**")
    page.wait_for_selector("#circle[data-ready]")
    assert page.locator(".homes canvas").count() == 2
    pixels = [
        each.evaluate(
            "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "let n = 0; for (let i = 0; i < d.length; i += 4) if (d[i] === 194 && d[i + 1] === 59)"
            " n += 1; return n; }"
        )
        for each in page.locator(".homes canvas").all()
    ]
    assert pixels[0] == 0
    assert pixels[1] > 0, "all lack one when both are closed"
    assert page.locator("#changes tbody tr").count() > 0
    assert page.locator(".lorenz .then").count() == 1
    assert faults(page) == []
    page.locator(".homes.then").click(position={"x": 40, "y": 40})
    page.wait_for_selector("#home table")
    assert said in page.inner_text("#home table")
    assert faults(page) == []
    assert hosts(asked) == {served.url.removeprefix("http://")}
    keep(page, f"circle-scenario{root.strip('/')}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    keep(page, f"circle-scenario-phone{root.strip('/')}")
    page.context.close()
