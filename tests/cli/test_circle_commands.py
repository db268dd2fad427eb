"""The circle's commands from files to files, as docs/commands.md shows them."""

import csv
import json

import pytest
from typer.testing import CliRunner

from cityloop.cli.circle import circle_app
from tests.circle.made_town_files import write_town

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Write a town and survey it with the command."""
    folder = write_town(tmp_path_factory.mktemp("town"))
    run("survey", folder / "town.toml", "--out", folder / "town.survey.gz",
        "--places", folder / "places.csv")  # fmt: skip
    return folder


def run(*words):
    done = RUNNER.invoke(circle_app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_place_of_the_table_can_be_closed_by_its_identifier(town):
    place = rows(town / "places.csv")[0]
    assert place["register_type"] == "primary_school"
    (town / "closed.toml").write_text(f'close = ["{place["id"]}"]\n')
    said = run("gaps", town / "town.survey.gz", "--scenario", town / "closed.toml",
               "--areas", town / "areas.csv")  # fmt: skip
    assert "Scenario" in said
    assert "lose it" in said
    assert "…" not in said
    areas = rows(town / "areas.csv")
    assert sum(float(row["people"]) for row in areas) == pytest.approx(9009, abs=1)
    assert {row["kind"] for row in areas} == {"primary_school"}


def test_reach_writes_every_format_with_the_same_homes(town):
    for suffix in (".csv", ".geojson", ".parquet"):
        out = town / f"homes{suffix}"
        run("reach", town / "town.survey.gz", "--as", "child", "--competition", "e2sfca",
            "--out", out)  # fmt: skip
        assert out.stat().st_size > 0
    counts = len(json.loads((town / "homes.geojson").read_text())["features"])
    assert counts == len(rows(town / "homes.csv"))
    assert {row["primary_school_place"] for row in rows(town / "homes.csv")} >= {"schools:1", ""}


# What HiGHS proves in two seconds depends on the machine; the first two methods need it seldom.
@pytest.mark.parametrize(
    ("method", "gap_max"),
    [("covering", 0.01), ("p-median", 0.01), ("set-covering", 0.5), ("capacitated", 0.5)],
)
def test_sites_have_a_proven_gap(town, method, gap_max):
    run("site", town / "town.survey.gz", "--type", "小学", "--open", "2", "--method", method,
        "--limit", "2", "--out", town / "sites.geojson")  # fmt: skip
    about = json.loads((town / "sites.geojson").read_text())
    assert about["features"]
    assert about["gap"] < gap_max


def test_one_tap_ends_in_a_walk_and_in_an_application(town):
    begin = ("go", town / "town.survey.gz", "--from", "120.161,30.271", "--lang", "en")
    about = json.loads(run(*begin, "--need", "primary school", "--json"))
    assert about["places"][0]["minutes"] == pytest.approx(
        about["way"]["properties"]["minutes"], abs=0.1
    )
    assert len(about["way"]["geometry"]["coordinates"]) > 1
    about = json.loads(run(*begin, "--need", "低保", "--json"))
    assert about["item"]["channel"] == "both"
    assert about["item"]["apply"]
    assert "To apply" in run(*begin, "--need", "低保")


def test_a_report_is_written_in_both_languages(town):
    for lang, word in (("zh", "公共服务圈"), ("en", "public service circle")):
        run("report", town / "town.survey.gz", "--lang", lang, "--report", town / f"{lang}.html")
        assert word in (town / f"{lang}.html").read_text(encoding="utf-8")
