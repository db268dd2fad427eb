"""From files to a survey: nothing is lost, and what cannot be used is said in one line."""

import json

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.circle_file import read_circle_file
from cityloop.feeds.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from cityloop.store.survey_file import read_survey, write_survey
from cityloop.usecases.survey_city import survey_city
from tests.circle.made_town_files import circle_file, lonlat, write_register, write_town


@pytest.fixture
def folder(tmp_path):
    return write_town(tmp_path)


def survey(folder):
    return survey_city(read_circle_file(folder / "town.toml"), lambda _: None)


def test_everybody_and_every_place_is_there(folder):
    found = survey(folder)
    assert found.homes.people.sum() == pytest.approx(9 * 1000 + 3 * (0 + 1 + 2))
    assert len(found.places.place_ids) == 5
    np.testing.assert_allclose(found.places.doors.access_m, 4, atol=0.1)
    assert found.registered == ("primary_school",)
    assert found.remarks == ()


def test_a_survey_is_the_same_after_writing_and_reading(folder):
    found = survey(folder)
    write_survey(folder / "town.survey.gz", found)
    assert read_survey(folder / "town.survey.gz") == found


def test_a_survey_that_was_changed_is_refused(folder):
    path = folder / "town.survey"
    write_survey(path, survey(folder))
    body = json.loads(path.read_text())
    body["survey"]["homes"]["spots"]["edge"]["values"][0] = 10**6
    path.write_text(json.dumps(body))
    with pytest.raises(InputError, match="an index is not from 0"):
        read_survey(path)


def test_gcj02_given_as_wgs84_is_warned_of_with_the_evidence(folder):
    points = np.array([lonlat(75 + 150 * i, 150.0 * i + 4) for i in range(5)])
    write_register(folder, np.stack(wgs84_to_gcj02(*points.T), axis=1))
    (remark,) = [said.en for said in survey(folder).remarks if "given as WGS-84" in said.en]
    assert "read as GCJ-02, 4 m" in remark
    (folder / "town.toml").write_text(circle_file("GCJ-02"))
    found = survey(folder)
    assert found.remarks == ()
    np.testing.assert_allclose(found.places.doors.access_m, 4, atol=0.1)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("schools.csv", "lon,lat,hours\n30.27,120.16,\n", "swap the columns lon and lat"),
        ("schools.csv", "lon,lat,hours\n10.1,59.9,\n", "lie outside of the extract"),
        ("schools.csv", "lon,lat,hours\n120.16,30.27\n", "line 2: found 2 cells, expected 3"),
        ("schools.csv", "lon,lat,hours\nx,30.27,\n", "row 2, lon: found 'x', expected a number"),
        ("schools.csv", "lon,lat\n120.16,30.27\n", "hours: there is no such column"),
        ("schools.csv", "", "no table that can be read"),
        ("people.csv", "lon,lat,n\n120.16,30.27,-5\n", "row 2, n: found '-5'"),
        ("town.toml", circle_file(extra="radius = 3\n"), "unknown field `radius`"),
        ("town.toml", circle_file("GPS"), "Invalid enum value"),
        ("town.toml", circle_file().replace('coordinates = "WGS-84"\n', ""), "missing"),
        ("town.osm", "<osm", "no whole OSM extract"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder, file, text, said):
    (folder / file).write_text(text)
    with pytest.raises(InputError) as refused:
        survey(folder)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_who_lives_outside_of_the_extract_is_unsure_and_said(folder):
    people = (folder / "people.csv").read_text() + "{},{},500\n".format(*lonlat(-1500, 300))
    (folder / "people.csv").write_text(people)
    found = survey(folder)
    outside = found.homes.to_rim_m == 0
    assert found.homes.people[outside].sum() >= 500
    assert any("people live outside of the extract" in said.en for said in found.remarks)


def test_people_without_coordinates_are_said(folder):
    with (folder / "people.csv").open("a") as file:
        file.write(",,70\n")
    assert [said.en for said in survey(folder).remarks] == [
        "people.csv: 1 rows without coordinates, 70 people, are left out"
    ]


def test_kinds_that_the_mapping_does_not_say_are_named(folder):
    lon, lat = lonlat(75, 4)
    (folder / "schools.csv").write_text(
        f"lon,lat,kind\n{lon},{lat},小学\n{lon},{lat},游乐场\n{lon},{lat},游乐场\n"
    )
    text = circle_file().replace('type = "primary_school"\nhours = "hours"\n', "")
    extra = 'type_column = "kind"\ntypes = { "小学" = "primary_school" }\n'
    (folder / "town.toml").write_text(text + extra)
    found = survey(folder)
    assert found.places.register_types == ("primary_school",)
    (remark,) = found.remarks
    assert "2 rows are left out" in remark.en
    assert "'游乐场' (2)" in remark.en


def test_bd09_given_as_wgs84_is_warned_of_as_bd09(folder):
    points = np.array([lonlat(75 + 150 * i, 150.0 * i + 4) for i in range(5)])
    write_register(folder, np.stack(gcj02_to_bd09(*wgs84_to_gcj02(*points.T)), axis=1))
    (remark,) = [said.en for said in survey(folder).remarks if "given as WGS-84" in said.en]
    assert "read as BD-09, 4 m" in remark


def test_a_passage_cut_off_amid_the_streets_is_left_out_and_an_island_stays(folder):
    def line(first, x_m, y_m):
        spots = [lonlat(x_m + 5.0 * i, y_m) for i in range(30)]
        nodes = "".join(
            f'<node id="{first + i}" lat="{lat:.7f}" lon="{lon:.7f}"/>'
            for i, (lon, lat) in enumerate(spots)
        )
        refs = "".join(f'<nd ref="{first + i}"/>' for i in range(30))
        return nodes, f'<way id="{first}">{refs}<tag k="highway" v="footway"/></way>'

    # One line between two rows of streets, one a kilometre off the coast.
    lines = [line(9000, 150.0, 155.0), line(9100, 0.0, 2700.0)]
    text = (folder / "town.osm").read_text()
    begin = text.index("<way")
    nodes, ways = ("".join(part) for part in zip(*lines, strict=True))
    (folder / "town.osm").write_text(
        text[:begin] + nodes + text[begin:].replace("</osm>", f"{ways}</osm>")
    )
    found = survey(folder)
    assert len(found.ways.node_lon) == 12 * 12 + 30
    assert "30 nodes" in found.remarks[0].en
