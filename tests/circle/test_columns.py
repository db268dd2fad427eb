"""What is written for planners adds up, and names what can be used again."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.circle.competition import Competition
from cityloop.circle.persons import PERSONS
from cityloop.circle.picture import count_type, places_meant
from cityloop.feeds.circle_columns import area_columns, home_columns, place_columns
from cityloop.feeds.standards import read_standard
from cityloop.usecases.draw_circle import Question, draw_circle
from tests.circle.made_town import make_places, make_survey, make_ways

STANDARD = read_standard("zhejiang")


def two_areas(survey):
    """Part the homes into two neighbourhoods, and their people into two age groups."""
    homes = survey.homes
    people = np.stack([homes.people[:, 0] * 0.25, homes.people[:, 0] * 0.75], axis=1)
    half = (np.arange(len(homes.lon)) >= len(homes.lon) // 2).astype(np.int32)
    homes = replace(
        homes,
        people=people,
        ages=("0-6", "6+"),
        neighbourhood=half,
        neighbourhoods=("near", "far"),
    )
    return replace(survey, homes=homes)


def test_areas_add_up_to_the_picture_by_age_and_reason():
    places = make_places({"type": "kindergarten"}, {"type": "park", "edge": 3})
    survey = two_areas(make_survey(places, make_ways(9, 1)))
    picture = draw_circle(Question(survey, STANDARD, PERSONS["adult"]))
    columns = area_columns(picture, survey.homes)
    for gaps in picture.types:
        rows = [i for i, key in enumerate(columns["kind"]) if key == gaps.kind.key]
        line = count_type(gaps, survey.homes)
        for name, wanted in (
            ("people", line.concerned),
            ("served", line.served),
            ("lacking", line.lacking),
            ("unsure", line.unsure),
        ):
            assert sum(columns[name][i] for i in rows) == pytest.approx(wanted, abs=0.01)
    kindergarten = {
        (columns["neighbourhood"][i], columns["age"][i]): columns["too_far"][i]
        for i, key in enumerate(columns["kind"])
        if key == "kindergarten"
    }
    # From three to six is half of the younger group and nobody of the older one.
    assert kindergarten == {("near", "0-6"): 0, ("far", "0-6"): 4 * 10 * 0.25 / 2}


def test_a_home_names_the_places_that_a_scenario_may_close():
    places = make_places({"type": "park", "edge": 0}, {"type": "kindergarten", "edge": 4})
    survey = make_survey(places, make_ways(8, 1))
    picture = draw_circle(Question(survey, STANDARD, PERSONS["adult"]))
    columns = home_columns(picture, survey.homes)
    assert columns["kindergarten_place"][4] == "p1"
    assert columns["kindergarten_place"][0] is None
    assert place_columns(places)["id"] == ["p0", "p1"]
    assert place_columns(places)["capacity"] == [None, None]


@pytest.mark.parametrize("competition", list(Competition))
def test_every_kind_of_competition_hands_out_all_capacity(competition):
    places = make_places(
        {"type": "nursery", "edge": 0, "capacity": 30},
        {"type": "nursery", "edge": 9, "capacity": 5},
    )
    survey = make_survey(places)
    question = Question(survey, STANDARD, PERSONS["child"], competition=competition)
    (gaps,) = (g for g in draw_circle(question).types if g.kind.key == "nursery")
    people = survey.homes.people.sum(axis=1)
    assert np.sum(gaps.per_1000 / 1000 * people) == pytest.approx(35)


def test_zones_give_more_to_who_is_near():
    places = make_places({"type": "nursery", "edge": 0, "capacity": 30})
    survey = make_survey(places, make_ways(9, 1))
    per_1000 = {
        competition: next(
            g.per_1000
            for g in draw_circle(
                Question(survey, STANDARD, PERSONS["child"], competition=competition)
            ).types
            if g.kind.key == "nursery"
        )
        for competition in Competition
    }
    assert per_1000[Competition.ENHANCED][0] > per_1000[Competition.TWO_STEP][0]
    np.testing.assert_allclose(per_1000[Competition.TWO_STEP][:7], 30_000 / 70)


def test_the_standard_says_how_many_places_are_meant_for_so_many_people():
    survey = make_survey(make_places({"type": "market"}), people=1000.0)
    picture = draw_circle(Question(survey, STANDARD, PERSONS["adult"]))
    meant = {g.kind.key: places_meant(g) for g in picture.types}
    people = float(survey.homes.people.sum())
    assert people == 60_000
    assert meant["market"] == (3, 6)
    assert meant["kindergarten"] is None
