"""Profiles are data: the shipped ones are whole, and what nobody knows is refused."""

import pytest

from cityloop.city.errors import InputError
from cityloop.feeds.standards import SHIPPED, read_standard

GIVEN = {
    # key: (metres, minutes) that others give; the rest is assumed.
    "kindergarten": (300, 0),
    "primary_school": (500, 0),
    "middle_school": (1000, 0),
    "health_station": (1000, 0),
    "small_green": (500, 0),
    "park": (1000, 0),
    "market": (1000, 0),
    "elderly_day_care": (0, 5),
    "nursery": (0, 10),
}


def test_zhejiang_has_eleven_domains_each_with_a_kind_and_says_that_the_list_is_ours():
    standard = read_standard("zhejiang")
    assert [domain.name_zh for domain in standard.domains] == [
        *("幼有所育", "学有所教", "劳有所得", "病有所医", "老有所养", "住有所居"),
        *("弱有所扶", "军有所抚", "文有所化", "体有所健", "事有所便"),
    ]
    assert {kind.domain for kind in standard.types} == {d.key for d in standard.domains}
    assert "本项目" in standard.note_zh
    assert "our own" in standard.note_en


def test_figures_that_others_give_stand_as_given_and_all_others_are_assumed():
    types = {kind.key: kind for kind in read_standard("zhejiang").types}
    assert {key: (types[key].within_m, types[key].within_min) for key in GIVEN} == GIVEN
    assert types["nursery"].per_1000 == 5.5
    rest = {key for key in types if key not in GIVEN}
    assert [key for key in rest if "assumed" not in types[key].source] == []


def test_the_rings_are_not_nested():
    kinds = {
        d.key: {t.key for t in read_standard("rings").types if t.domain == d.key}
        for d in read_standard("rings").domains
    }
    assert sorted(kinds) == ["within_10", "within_15", "within_5"]
    assert all(kinds.values())
    assert not kinds["within_5"] & kinds["within_10"]
    assert not kinds["within_10"] & kinds["within_15"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_item_is_given_somewhere_or_online(name):
    standard = read_standard(name)
    keys = {kind.key for kind in standard.types}
    for item in standard.items:
        assert item.facility_type in keys or item.channel == "online"
        assert item.said


HEAD = 'key = "a"\ntitle_zh = "a"\ntitle_en = "a"\nnote_zh = ""\nnote_en = ""\n'
DOMAIN = '[[domains]]\nkey = "d"\nname_zh = "d"\nname_en = "d"\n'
KIND = '[[types]]\nkey = "k"\nname_zh = "k"\nname_en = "k"\ndomain = "d"\nsource = "assumed"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "domains = []\ntypes = []\nradius = 3\n", "unknown field `radius`"),
        (HEAD + DOMAIN + KIND + "within_minutes = 5\n", "unknown field `within_minutes`"),
        (HEAD + DOMAIN + KIND, "within_min or within_m"),
        (HEAD + DOMAIN + KIND + "within_m = -3\n", "within_min or within_m"),
        (HEAD + DOMAIN + KIND + 'within_m = 3\nage = "old"\n', "'old' is no age group"),
        (HEAD + "types = []\n" + DOMAIN + "[[", "no TOML"),
        (HEAD + DOMAIN.replace('"d"', '"e"', 1) + KIND + "within_m = 3\n", "'d' is not among"),
    ],
)
def test_a_profile_that_says_what_nobody_knows_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "city.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_standard(str(path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_profile_that_is_not_there_names_the_nearest():
    with pytest.raises(InputError, match="did you mean zhejiang"):
        read_standard("zhejang")
