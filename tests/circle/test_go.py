"""One tap: the nearest place that is open, why, and the way there in both languages."""

from dataclasses import replace

import pytest

from cityloop.circle.persons import PERSONS
from cityloop.city.errors import InputError
from cityloop.feeds.standards import read_standard
from cityloop.usecases.draw_circle import Question, UnknownHours, parse_moment
from cityloop.usecases.go_there import answer_lines, find_need, go_there, parse_lonlat
from tests.circle.made_town import make_places, make_survey, make_ways

STANDARD = read_standard("zhejiang")
BEGIN = (120.0 + 50 / 96_486, 30.0)


def ask(*rows, at="2026-11-21 21:40"):
    survey = make_survey(make_places(*({"type": "pharmacy", **row} for row in rows)), make_ways())
    return Question(
        survey, STANDARD, PERSONS["elderly"], parse_moment(at) if at else None, UnknownHours.OPEN
    )


def test_open_now_comes_before_nearer_but_closed_and_before_unknown():
    question = ask(
        {"edge": 1, "name": "closed", "hours": "Mo-Su 08:00-20:00"},
        {"edge": 2, "name": "unknown"},
        {"edge": 3, "name": "open", "hours": "24/7"},
    )
    answer = go_there(question, BEGIN, "pharmacy", "en")
    assert [place.name for place in answer.places] == ["open", "unknown"]
    assert answer.closed == ("closed",)
    # From the middle of the first edge to that of the fourth: 300 m at .8 m/s.
    assert answer.way is not None
    assert answer.places[0].time_ms == pytest.approx(300 / 0.8 * 1000, rel=0.01)
    assert answer.way.time_ms == pytest.approx(answer.places[0].time_ms, abs=2)


def test_the_way_is_told_in_both_languages():
    question = ask({"edge": 34, "share": 0.5, "name": "corner", "hours": "24/7"})
    answer = go_there(question, BEGIN, "pharmacy", "en")
    english, chinese = answer_lines(answer, "en"), answer_lines(answer, "zh")
    assert english[0].startswith("1. corner")
    assert any("Go straight on along Long Street" in line for line in english)
    assert any("沿Long Street直行" in line for line in chinese)
    assert any("Turn left" in line for line in english)
    assert any("左转" in line for line in chinese)
    assert any("买药" in line for line in chinese)


def test_needs_are_understood_as_people_say_them():
    for said in ("pharmacy", "药店", "买药", "chemist", "我想买药"):
        kind, _ = find_need(STANDARD, said)
        assert kind is not None
        assert kind.key == "pharmacy"
    with pytest.raises(InputError, match="nobody knows what is meant"):
        find_need(STANDARD, "a unicorn")


def test_one_tap_may_end_in_an_application_alone():
    answer = go_there(ask({}), BEGIN, "居住证明", "zh")
    assert (answer.kind, answer.places, answer.way) == (None, (), None)
    assert any("在线申请" in line for line in answer_lines(answer, "zh"))


def test_nothing_open_is_said():
    answer = go_there(ask({"hours": "Mo-Su 08:00-20:00"}), BEGIN, "pharmacy", "en")
    assert answer.places == ()
    assert any("No open" in line for line in answer_lines(answer, "en"))


def test_from_far_away_and_swapped_coordinates_are_refused():
    with pytest.raises(InputError, match="no way of the survey"):
        go_there(ask({}), (30.0, 60.0), "pharmacy", "en")
    for said in ("30", "a,b", "30,120"):
        with pytest.raises(InputError, match="--from"):
            parse_lonlat(said)


def test_a_register_without_a_place_gives_none():
    question = ask()
    question = question._replace(survey=replace(question.survey, registered=("pharmacy",)))
    assert go_there(question, BEGIN, "pharmacy", "en").places == ()
