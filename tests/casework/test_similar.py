import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.casework.similar import ALIKE, Said, cell, distance_m, likeness, words

AT = datetime(2026, 11, 29, 9, tzinfo=UTC)


def said(text: str, lon: float | None = 120.16, lat: float | None = 30.25) -> Said:
    return Said(words=words(text), at=AT, lon=lon, lat=lat, service="leak")


def test_chinese_words_of_two_characters_are_found():
    assert words("路灯不亮") == {"路灯", "灯不", "不亮"}
    assert "漏水" in words("楼上漏水三天了")
    assert words("A区3号楼 Street-light 灯") == {"a", "3", "区", "号楼", "street", "light", "灯"}
    assert words("") == frozenset()


def test_the_same_leak_told_twice_is_alike_and_another_is_not():
    one = said("文三路口水管爆裂路面大量冒水")
    same = replace(said("水管爆了路面冒水", lat=30.2503), at=AT + timedelta(hours=5))
    assert likeness(one, same) > ALIKE
    assert likeness(one, replace(same, lat=30.27)) < 0.01, "2 km away"
    assert likeness(one, replace(same, at=AT + timedelta(days=60))) < 0.05
    assert likeness(one, replace(said("公交车晚点"), service="bus")) == 0.0
    assert likeness(one, replace(one, lon=None, lat=None)) == pytest.approx(0.5)


texts = st.text(alphabet="水管爆裂路面ab 1", max_size=20)


@given(texts, texts, st.floats(-0.01, 0.01), st.integers(0, 10**6))
def test_likeness_is_between_nothing_and_all_and_has_no_direction(a, b, shift, seconds):
    one, other = said(a), replace(said(b, lat=30.25 + shift), at=AT + timedelta(seconds=seconds))
    found = likeness(one, other)
    assert 0 <= found <= 1
    assert likeness(other, one) == pytest.approx(found)


@given(st.floats(0, 300), st.floats(0, 6.283), st.floats(-60, 60))
def test_what_is_near_lies_in_a_neighbouring_cell(metres, angle, lat):
    there_lat = lat + metres * math.sin(angle) / 111_195
    there_lon = 10 + metres * math.cos(angle) / (111_195 * math.cos(math.radians(lat)))
    assert distance_m(10, lat, there_lon, there_lat) < 310
    across, up = (
        abs(a - b) for a, b in zip(cell(10, lat), cell(there_lon, there_lat), strict=True)
    )
    assert max(across, up) <= (1 if abs(lat) < 56 else 2)
