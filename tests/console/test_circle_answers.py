"""The service circle without a browser: tables, exports, scenarios and sites agree."""

import csv
import io
import json

import numpy as np
import pytest
from django.test import Client, override_settings

from cityloop.circle.gaps import Status
from cityloop.console import circles
from cityloop.store.records.accounts.models import Account
from cityloop.store.survey_file import write_survey
from cityloop.usecases.circle_look import Look
from tests.circle.made_town import make_places, make_survey, make_ways

ROWS = (
    {"type": "pharmacy", "edge": 0, "name": "=1+1", "hours": "24/7"},
    {"type": "pharmacy", "edge": 87, "name": "夜里关门", "hours": "Mo-Su 08:00-20:00"},
)
NIGHT = Look("wheelchair", "2026-11-21T23:00")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A town of thirty blocks by one, a pharmacy at either end, and what might become of it."""
    folder = tmp_path_factory.mktemp("town")
    ways = make_ways(30, 2)
    write_survey(folder / "town.survey", make_survey(make_places(*ROWS), ways))
    (folder / "closed.toml").write_text('close = ["p0"]\n')
    (folder / "by-night.toml").write_text('hours = [{ place = "p1", hours = "24/7" }]\n')
    return folder


@pytest.fixture
def client_of(sqlite_records, town):
    circles._open.cache_clear()
    city = {"CITY": str(town / "town.survey"), "SCENARIOS": str(town)}
    with override_settings(**city, CIRCLE_STANDARD="zhejiang"):
        yield signed_in
    circles._open.cache_clear()


def signed_in(role):
    client = Client(headers={"host": "localhost"})
    one = Account.objects.create(username=role, role=role)
    client.force_login(one, backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown():
    found = circles.find_circles()
    assert found is not None
    return found


def lacking(look):
    (line,) = [line for line in shown().kinds(look) if line.key == "pharmacy"]
    return line.lacking


def test_tables_say_what_the_picture_says(client_of):
    client = client_of("viewer")
    told = json.loads(client.get("/circle/homes.geojson?kind=pharmacy").content)
    gaps = shown().gaps(Look(), "pharmacy")
    assert [f["properties"]["status"] for f in told["features"]] == gaps.status.tolist()
    (line,) = [line for line in shown().kinds(Look()) if line.key == "pharmacy"]
    assert line.served + line.lacking + line.unsure == pytest.approx(line.concerned)
    assert line.served == pytest.approx(float(gaps.concerned[gaps.status == Status.SERVED].sum()))
    text = client.get("/circle/areas.csv?kind=pharmacy").content.decode("utf-8-sig")
    assert sum(float(row["lacking"]) for row in csv.DictReader(io.StringIO(text))) == pytest.approx(
        line.lacking
    )
    for strange in ("person=dragon", "kind=castle", "home=99999", "home=-1", "home=x"):
        assert client.get(f"/en/circle/?{strange}").status_code == 200
    for strange in ("at=yesterday", "scenario=none"):
        text = client.get(f"/en/circle/?{strange}").content.decode()
        assert "The hour or the scenario cannot be used." in text


def test_at_night_a_pharmacy_that_has_closed_is_told_to_be_closed(client_of):
    client = client_of("viewer")
    assert lacking(NIGHT) > lacking(NIGHT._replace(at="2026-11-21T12:00"))
    status = shown().gaps(NIGHT, "pharmacy").status
    near = int(np.flatnonzero(status == Status.CLOSED)[0])
    asked = f"?person=wheelchair&at=2026-11-21T23:00&kind=pharmacy&home={near}"
    assert "closed then" in client.get(f"/en/circle/{asked}").content.decode()
    noon = asked.replace("23:00", "12:00")
    text = client.get(f"/en/circle/{noon}").content.decode()
    assert "夜里关门" in text
    assert "closed then" not in text.split('id="home"')[1].split("</section>")[0]


def test_a_scenario_stands_beside_the_city_as_it_is(client_of):
    client = client_of("viewer")
    closed, night = NIGHT._replace(at="", scenario="closed"), NIGHT._replace(scenario="by-night")
    changes = {line.key: line for line in shown().changes(closed)}
    line = changes["pharmacy"]
    assert line.lost > 0
    assert line.gained == 0
    assert line.lacking_then == pytest.approx(line.lacking + line.lost)
    assert {key for key, each in changes.items() if each.lost or each.gained} == {"pharmacy"}
    (gained,) = [each for each in shown().changes(night) if each.key == "pharmacy"]
    assert gained.gained > 0
    text = client.get(
        "/en/circle/?person=wheelchair&kind=pharmacy&home=0&scenario=closed"
    ).content.decode()
    assert "What the scenario changes" in text
    digits = "".join(map(str, shown().gaps(closed, "pharmacy").status.tolist()))
    assert f'type="application/json">"{digits}"</script>' in text
    home = text.split('id="home"')[1].split("</section>")[0]
    assert "=1+1" in home
    assert "too far" in home


def test_sites_are_proposed_by_planners_with_their_gap_and_do_what_is_said(client_of):
    assert client_of("viewer").post("/circle/", {"count": "1"}).status_code == 403
    planner = client_of("planner")
    answer = planner.post("/en/circle/?person=wheelchair&kind=pharmacy", {"count": "1"})
    text = answer.content.decode()
    assert "proven gap" in text
    assert 'id="proposed"' in text
    assert "With the proposed sites" in text
    look = Look("wheelchair")
    sited = shown().propose(look, "pharmacy", 1)
    then = shown().with_sites(look, sited)
    unserved = float(then.concerned[then.status != Status.SERVED].sum())
    assert sited.choice.gap == 0
    assert sited.lacking - sited.choice.worth == pytest.approx(unserved)
    for wrong in ("0", "51", "many"):
        text = planner.post("/en/circle/", {"count": wrong}).content.decode()
        assert 'id="proposed"' not in text


def test_the_api_gives_what_the_page_shows_page_by_page_and_with_tags(client_of):
    client = client_of("planner")
    look = "person=wheelchair&at=2026-11-21T23:00"
    told = client.get(f"/api/v1/circle/kinds?{look}").json()["items"]
    assert [each["key"] for each in told] == [line.key for line in shown().kinds(NIGHT)]
    assert told == json.loads(json.dumps([line._asdict() for line in shown().kinds(NIGHT)]))
    status = shown().status_names(NIGHT, "pharmacy")
    rows = []
    for page in range(1, 4):
        part = client.get(f"/api/v1/circle/homes?{look}&kind=pharmacy&size=40&page={page}").json()
        assert part["count"] == len(status)
        rows += part["items"]
    assert [row["status"] for row in rows] == status[:120]
    whole = json.loads(client.get(f"/api/v1/circle/homes.geojson?{look}&kind=pharmacy").content)
    assert [each["properties"]["status"] for each in whole["features"]] == status
    first = client.get("/api/v1/circle/lorenz")
    again = client.get("/api/v1/circle/lorenz", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path, code in (
        ("homes/99999", 404), ("homes?kind=castle", 400), ("kinds?person=dragon", 400),
        ("kinds?at=noon", 400), ("changes?scenario=none", 400), ("homes?kind=pharmacy&page=0", 422),
    ):  # fmt: skip
        wrong = client.get(f"/api/v1/circle/{path}")
        assert (wrong.status_code, wrong["Content-Type"]) == (code, "application/problem+json")
    given = {"kind": "pharmacy", "count": 1, "person": "wheelchair"}
    sites = client.post("/api/v1/circle/sites", given, content_type="application/json").json()
    assert len(sites["sites"]) == 1
    assert sites["covered"] <= sites["bound"]


def test_no_cell_of_a_table_becomes_a_formula(client_of):
    client = client_of("viewer")
    answer = client.get("/api/v1/circle/places.csv?kind=pharmacy")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["'=1+1", "夜里关门"]
    assert answer["ETag"]
    told = client.get("/api/v1/circle/places.geojson?kind=pharmacy")
    assert told["Content-Type"] == "application/geo+json"
    assert [each["properties"]["name"] for each in told.json()["features"]] == ["=1+1", "夜里关门"]
    homes = client.get("/api/v1/circle/homes.csv?kind=pharmacy").content.decode("utf-8-sig")
    assert len(homes.splitlines()) == 1 + len(shown().question.survey.homes.lon)
