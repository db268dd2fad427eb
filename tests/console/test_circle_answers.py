"""The service circle without a browser: tables, exports and sites say what the picture says."""

import json

import pytest
from django.test import Client, override_settings

from cityloop.circle.gaps import Status
from cityloop.console import circles
from cityloop.store.records.accounts.models import Account
from cityloop.store.survey_file import write_survey
from tests.circle.made_town import make_places, make_survey, make_ways
from tests.console.test_circle_page import ROWS


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    path = tmp_path_factory.mktemp("town") / "town.survey"
    write_survey(path, make_survey(make_places(*ROWS), make_ways()))
    return path


@pytest.fixture
def client_of(sqlite_records, town):
    circles._open.cache_clear()
    with override_settings(CITY=str(town), CIRCLE_STANDARD="zhejiang"):
        yield signed_in
    circles._open.cache_clear()


def signed_in(role):
    client = Client(headers={"host": "localhost"})
    one = Account.objects.create(username=role, role=role)
    client.force_login(one, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_tables_say_what_the_picture_says(client_of, town):
    client = client_of("viewer")
    shown = circles.find_circles()
    assert shown is not None
    told = json.loads(client.get("/circle/homes.geojson?kind=pharmacy").content)
    gaps = shown.gaps("adult", "pharmacy")
    assert [f["properties"]["status"] for f in told["features"]] == gaps.status.tolist()
    lines = {line.key: line for line in shown.kinds("adult")}
    line = lines["pharmacy"]
    assert line.served + line.lacking + line.unsure == pytest.approx(line.concerned)
    assert line.served == pytest.approx(float(gaps.concerned[gaps.status == Status.SERVED].sum()))
    text = client.get("/circle/areas.csv?kind=pharmacy").content.decode("utf-8-sig")
    lacking = sum(float(row.split(",")[-1]) for row in text.splitlines()[1:])
    assert lacking == pytest.approx(line.lacking)
    for strange in ("person=dragon", "kind=castle", "home=99999", "home=-1", "home=x"):
        assert client.get(f"/en/circle/?{strange}").status_code == 200


def test_sites_are_proposed_by_planners_with_their_gap(client_of):
    assert client_of("viewer").post("/circle/", {"count": "1"}).status_code == 403
    planner = client_of("planner")
    shown = circles.find_circles()
    assert shown is not None
    lines = shown.kinds("elderly")
    worst = max(lines, key=lambda line: line.lacking)
    answer = planner.post(f"/en/circle/?person=elderly&kind={worst.key}", {"count": "1"})
    text = answer.content.decode()
    assert "proven gap" in text
    assert 'id="proposed"' in text
    for wrong in ("0", "51", "many"):
        text = planner.post("/en/circle/", {"count": wrong}).content.decode()
        assert 'id="proposed"' not in text
