"""Incidents as people write them."""

import pytest

from cityloop.city.errors import InputError
from cityloop.city.scenario import Incident
from cityloop.feeds.sumo_incidents import parse_incidents


def test_they_are_read_as_they_are_written():
    text = "demand=2@1200-1800,closed=-12_0@0-60"
    found = parse_incidents(text)
    assert found == (
        Incident(begin_s=1200, end_s=1800, demand=2.0),
        Incident(begin_s=0, end_s=60, closed_lane="-12_0"),
    )
    assert ",".join(map(str, found)) == text
    assert parse_incidents("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "demand=2",
        "demand=-1@0-60",
        "demand=x@0-60",
        "demand=11@0-60",
        "closed=a_0@60-60",
        "rain@0-9",
    ],
)
def test_what_is_written_otherwise_is_refused_in_one_line(text):
    with pytest.raises(InputError) as refused:
        parse_incidents(text)
    said = str(refused.value)
    assert "\n" not in said
    assert text in said
