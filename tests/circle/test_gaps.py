"""Gaps have reasons, and no data is no gap."""

from dataclasses import replace

import numpy as np
import pytest

from cityloop.circle.gaps import Status, lacking, unsure
from cityloop.circle.persons import PERSONS
from cityloop.circle.picture import compare, count_type, lacks_domain
from cityloop.city.ways import WayKind
from cityloop.feeds.standards import read_standard
from cityloop.usecases.draw_circle import Question, UnknownHours, draw_circle, parse_moment
from tests.circle.made_town import make_places, make_survey, make_ways

STANDARD = read_standard("zhejiang")
NIGHT = "2026-11-21 21:40"


def draw(survey, person="adult", at="", unknown=UnknownHours.OPEN):
    moment = parse_moment(at) if at else None
    return draw_circle(Question(survey, STANDARD, PERSONS[person], moment, unknown))


def statuses(picture, key):
    (gaps,) = [each for each in picture.types if each.kind.key == key]
    return gaps


def test_served_and_too_far():
    # Kindergarten: 300 m. A street of seven edges, a kindergarten in the middle of the first.
    ways = make_ways(8, 1)
    survey = make_survey(make_places({"type": "kindergarten"}), ways)
    gaps = statuses(draw(survey), "kindergarten")
    assert gaps.status.tolist() == [Status.SERVED] * 4 + [Status.TOO_FAR] * 3
    line = count_type(gaps, survey.homes)
    assert (line.served, line.lacking, line.unsure) == (40, 30, 0)


def test_metres_are_metres_for_whoever_goes():
    survey = make_survey(make_places({"type": "kindergarten"}), make_ways(8, 1))
    for person in ("adult", "elderly", "child"):
        status = statuses(draw(survey, person), "kindergarten").status
        assert status.tolist() == [Status.SERVED] * 4 + [Status.TOO_FAR] * 3


def test_none_exists_where_a_register_knows_none():
    survey = replace(make_survey(make_places()), registered=("kindergarten",))
    picture = draw(survey)
    gaps = statuses(picture, "kindergarten")
    assert set(gaps.status.tolist()) == {Status.NONE_EXISTS}
    assert lacking(gaps).all()


def test_no_data_is_no_gap():
    survey = make_survey(make_places({"type": "kindergarten"}))
    picture = draw(survey)
    gaps = statuses(picture, "pharmacy")
    assert not gaps.known
    assert not lacking(gaps).any()
    assert lacks_domain(picture, "health") is None
    assert lacks_domain(picture, "education") is not None


def test_a_few_places_of_the_map_for_very_many_people_are_no_data():
    park = make_places({"tags": "leisure=park"})
    assert statuses(draw(make_survey(park, people=10.0)), "park").known
    assert not statuses(draw(make_survey(park, people=10_000.0)), "park").known


def test_closed_then():
    places = make_places({"type": "pharmacy", "hours": "Mo-Su 08:00-20:00"})
    survey = make_survey(places, make_ways(4, 1))
    assert set(statuses(draw(survey), "pharmacy").status) == {Status.SERVED}
    assert set(statuses(draw(survey, at=NIGHT), "pharmacy").status) == {Status.CLOSED}


@pytest.mark.parametrize(
    ("unknown", "status"),
    [(UnknownHours.OPEN, Status.SERVED), (UnknownHours.CLOSED, Status.CLOSED)],
)
@pytest.mark.parametrize("hours", ["", "when the sign is out"])
def test_unknown_hours_count_as_the_user_says(unknown, status, hours):
    survey = make_survey(make_places({"type": "pharmacy", "hours": hours}), make_ways(4, 1))
    found = statuses(draw(survey, at=NIGHT, unknown=unknown), "pharmacy").status
    assert set(found.tolist()) == {status}


def test_not_usable_behind_steps_or_by_its_own_door():
    ways = make_ways(4, 1)
    kind = ways.kind.copy()
    kind[1] = WayKind.STEPS
    survey = make_survey(make_places({"type": "pharmacy"}), replace(ways, kind=kind))
    found = statuses(draw(survey, "wheelchair"), "pharmacy").status
    assert found.tolist() == [Status.SERVED, Status.NOT_USABLE, Status.NOT_USABLE]
    shut = make_survey(make_places({"type": "pharmacy", "wheelchair": 3}), ways)
    found = statuses(draw(shut, "wheelchair"), "pharmacy").status
    assert set(found.tolist()) == {Status.NOT_USABLE}
    assert set(statuses(draw(shut), "pharmacy").status.tolist()) == {Status.SERVED}


def test_full_where_capacity_per_head_is_below_the_standard():
    # 5.5 places per 1,000: three edges of 1,000 people need 16.5.
    ways = make_ways(4, 1)
    for capacity, status in ((16, Status.FULL), (17, Status.SERVED)):
        places = make_places({"type": "nursery", "capacity": capacity})
        survey = make_survey(places, ways, people=1000.0)
        gaps = statuses(draw(survey), "nursery")
        assert set(gaps.status.tolist()) == {status}
        np.testing.assert_allclose(gaps.per_1000, capacity / 3)


def test_homes_near_the_rim_are_unsure_but_only_if_they_have_none():
    survey = make_survey(make_places({"type": "kindergarten"}), make_ways(8, 1), to_rim_m=299.0)
    gaps = statuses(draw(survey), "kindergarten")
    assert gaps.status.tolist() == [Status.SERVED] * 4 + [Status.BEYOND_RIM] * 3
    assert unsure(gaps).sum() == 3
    assert not lacking(gaps).any()


def test_what_a_scenario_changes():
    ways = make_ways(8, 1)
    before = draw(make_survey(make_places({"type": "kindergarten"}), ways))
    after = draw(make_survey(make_places({"type": "kindergarten", "edge": 6}), ways))
    (change,) = compare(before, after)
    # Edges 0-2 lose it, 4-6 gain it; the one in the middle goes as far as before.
    assert (change.key, change.gained, change.lost, change.longer) == ("kindergarten", 30, 30, 0)
