"""The report says in both languages what the numbers say, and keeps what is unknown unknown."""

import re

import numpy as np
import pytest

from cityloop.circle.persons import PERSONS
from cityloop.circle.picture import met_share
from cityloop.feeds.circle_report import circle_report
from cityloop.feeds.standards import read_standard
from cityloop.usecases.draw_circle import Question, draw_circle
from tests.circle.made_town import make_places, make_survey, make_ways


def draw(survey):
    standard = read_standard("zhejiang")
    return draw_circle(Question(survey, standard, PERSONS["adult"]))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_figures_names_and_what_is_unknown_are_on_the_page(lang):
    # Four of seven edges of ten people have a kindergarten; nothing else is known.
    survey = make_survey(make_places({"type": "kindergarten", "name": "<b>"}), make_ways(8, 1))
    page = circle_report(survey, draw(survey), lang).decode()
    cells = re.findall(r"<td>([^<]*)</td>", page)
    name = "幼儿园" if lang == "zh" else "kindergarten"
    row = cells[cells.index(name) :][:10]
    assert row == [name, "1", "4.0", "57%", "0", "0", "0", "30", "0", "0"]
    assert cells.count("没有数据" if lang == "zh" else "no data") == 10
    assert f'lang="{"zh-Hans" if lang == "zh" else "en"}"' in page
    assert "<script" not in page
    assert "http" not in page


def test_homes_near_the_rim_are_neither_good_nor_bad():
    places = make_places({"type": "kindergarten"})
    survey = make_survey(places, make_ways(8, 1), to_rim_m=299.0)
    share = met_share(draw(survey))
    assert share[:4].tolist() == [1.0] * 4
    assert np.isnan(share[4:]).all()


def test_a_town_of_which_nothing_is_known_has_a_report_too():
    survey = make_survey(make_places())
    assert "no data" in circle_report(survey, draw(survey), "en").decode()
