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
    return path


@pytest.fixture(scope="module")
def served(town):
    with serving(town.parent / "kept", CITYLOOP_CITY=str(town), CITYLOOP_PUBLIC="1") as found:
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
