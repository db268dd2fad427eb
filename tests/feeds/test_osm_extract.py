"""A small extract, written by hand, as ways and places."""

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.city.ways import Open, WayKind, Wheelchair
from cityloop.feeds.osm_extract import read_extract
from cityloop.feeds.osm_ways import build_ways, open_to
from tests.shared_data import shared

NODES = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (200, 100), 5: (0, 100), 6: (100, 50)}
TOWN = """
<node id="11" lat="30.0004" lon="120.0005"><tag k="amenity" v="pharmacy"/><tag k="name" v="药"/>
<tag k="opening_hours" v="24/7"/></node>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/>
<tag k="name" v="长街"/></way>
<way id="2"><nd ref="3"/><nd ref="4"/><tag k="highway" v="steps"/><tag k="wheelchair" v="no"/></way>
<way id="3"><nd ref="1"/><nd ref="5"/><tag k="highway" v="motorway"/></way>
<way id="4"><nd ref="1"/><nd ref="2"/><nd ref="6"/><nd ref="1"/><tag k="leisure" v="park"/></way>
"""


def write(path, body=TOWN):
    nodes = "".join(
        f'<node id="{i}" lat="{30 + y / 110_852:.7f}" lon="{120 + x / 96_486:.7f}"/>'
        for i, (x, y) in NODES.items()
    )
    path.write_text(f'<osm version="0.6">{nodes}{body}</osm>', encoding="utf-8")
    return path


def test_ways_and_places_of_a_small_town(tmp_path):
    extract = read_extract(write(tmp_path / "town.osm"))
    assert [way.tags["highway"] for way in extract.ways] == ["residential", "steps"]
    assert [(p.place_id, p.outline is None) for p in extract.places] == [
        ("osm:n11", True),
        ("osm:w4", False),
    ]
    ways, said = build_ways(extract)
    assert said == ()
    assert ways.kind.tolist() == [WayKind.STREET, WayKind.STREET, WayKind.STEPS]
    assert ways.wheelchair.tolist() == [Wheelchair.UNKNOWN, Wheelchair.UNKNOWN, Wheelchair.NO]
    np.testing.assert_allclose(ways.length_m, 100, atol=0.1)
    span_m = np.hypot(np.ptp(ways.node_x_m), np.ptp(ways.node_y_m))
    assert span_m == pytest.approx(np.hypot(200, 100), abs=0.2)
    assert [ways.way_names[i] if i >= 0 else "" for i in ways.edge_name] == ["长街", "长街", ""]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, "FFBB"),
        ({"highway": "residential", "oneway": "yes"}, "FFB-"),
        ({"highway": "residential", "oneway": "-1"}, "FF-B"),
        ({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}, "FFBB"),
        ({"highway": "service", "access": "private"}, "----"),
        ({"highway": "service", "access": "private", "foot": "yes"}, "FF--"),
        ({"highway": "footway"}, "FF--"),
        ({"highway": "footway", "bicycle": "yes"}, "FFBB"),
        ({"highway": "steps"}, "FF--"),
        ({"highway": "cycleway"}, "FFBB"),
        ({"highway": "cycleway", "foot": "no"}, "--BB"),
    ],
)
def test_who_may_use_a_way(tags, expected):
    found = open_to(tags)
    flags = (Open.FOOT_THERE, Open.FOOT_BACK, Open.BICYCLE_THERE, Open.BICYCLE_BACK)
    said = [letter if found & flag else "-" for flag, letter in zip(flags, "FFBB", strict=True)]
    assert "".join(said) == expected


@pytest.mark.parametrize("content", [b"", b"\x00\x00\x00\x0d\n\tOSMHeader broken", b"<osm><node"])
@pytest.mark.parametrize("name", ["x.osm.pbf", "x.osm"])
def test_a_broken_extract_is_refused_in_one_line(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=name):
        read_extract(path)


def test_a_pbf_cut_short_is_refused(tmp_path):
    whole = shared("circle/porto_alegre/poa_osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="no whole OSM extract"):
        read_extract(path)


def test_an_extract_without_ways_is_refused(tmp_path):
    with pytest.raises(InputError, match="no way that one may walk on"):
        read_extract(write(tmp_path / "town.osm", body=""))
