from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cityloop.casework.deadline import Unit
from cityloop.casework.routing import Route
from cityloop.city.errors import InputError
from cityloop.feeds import case_rules
from cityloop.feeds.case_rules import SHIPPED, read_case_rules
from cityloop.feeds.working_days import CHINA, chinas_working_days

SOURCE = Path(case_rules.__file__).parent / "profiles"


def test_working_days_of_2026_are_those_announced():
    days = chinas_working_days()
    worked = [day for day in (date(2026, 10, d) for d in range(1, 15)) if days.works(day)]
    assert [day.day for day in worked] == [8, 9, 10, 12, 13, 14]
    assert days.works(date(2026, 2, 14))
    assert not days.works(date(2026, 2, 16))
    assert 2026 in days.years


def test_a_city_gives_days_that_no_release_knows_yet():
    days = chinas_working_days(off=[date(2031, 10, 1)], made_up=[date(2031, 10, 11)])
    assert not days.works(date(2031, 10, 1))
    assert days.works(date(2031, 10, 11))
    assert days.works(date(2031, 10, 2)), "a plain Thursday"
    assert 2031 in days.years


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rules_send_every_service_of_every_area_somewhere(name):
    rules = read_case_rules(name)
    at = datetime(2026, 11, 30, 12, tzinfo=CHINA)
    for service in rules.services:
        for area in (*rules.areas, "*"):
            found = rules.route(service, area, at)
            assert found.lead in rules.departments
            assert found.clear == (service != "other")
    assert rules.route("other", "east", at).lead == "east-district"
    assert rules.route("other", "*", at).lead == "city-desk"


def test_two_departments_the_first_leads_and_at_night_another():
    rules = read_case_rules("tiered")
    noon, night = (datetime(2026, 11, 30, h, tzinfo=CHINA) for h in (12, 23))
    assert rules.route("danger", "west", noon) == Route(lead="fire", helpers=("roads",), clear=True)
    assert rules.route("noise", "east", noon).lead == "noise"
    assert rules.route("noise", "east", night.astimezone(UTC)).lead == "city-desk"
    assert rules.route("noise", "west", night).lead == "noise"


def test_limits_are_data():
    tiered, working = map(read_case_rules, SHIPPED)
    assert (tiered.limit_of("danger").amount, tiered.limit_of("no-water").amount) == (2, 24)
    assert tiered.limits[tiered.complex_limit].amount == 15
    assert working.limit_of("welfare").unit is Unit.WORKING_DAYS
    assert working.limit_of("welfare").amount == 3
    assert working.limit_of("noise").amount == 13
    assert tiered.area_at(120.3, 30.2) == "east"
    assert tiered.area_at(0.0, 0.0) == "*"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('limit = "danger"', 'limit = "danggr"', "services danger: there is no limit"),
        ("amount = 2\n", "amount = 0\n", "limits danger: a figure is too small"),
        ('unit = "hours"', 'unit = "fortnights"', "limits danger: Invalid enum value"),
        ('department = "fire"', 'department = "navy"', "routing 0: there is no department"),
        ('service = "noise"', 'service = "nose"', "there is no service 'nose'"),
        ('area = "east"', 'area = "north"', "there is no area 'north'"),
        ('key = "east"', 'key = "west"', "areas west: this key stands there twice"),
        ("contact = 365", "contacts = 365", "retention_days: it needs contact, text, photo"),
        ("[1, 4]", "[4, 1]", "hours that do not rise"),
        ('complex_limit = "complex"', 'complex_limit = "x"', "complex_limit: there is no limit"),
        ('name_zh = "分级时限"', 'nome_zh = "x"', "unknown field"),
        ('name_zh = "供水排水"', 'nome_zh = "x"', "departments water: there is no nome_zh here"),
        ("[calendar]", "[calendar", "this is no TOML"),
    ],
)
def test_broken_rules_are_refused_in_one_line(tmp_path, old, new, said):
    text = (SOURCE / "cases-tiered.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"mine\.toml") as error:
        read_case_rules(str(tmp_path / "mine.toml"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_rules_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="take tiered or working-days, or a file"):
        read_case_rules(str(tmp_path / "none.toml"))
