"""A map to point at: what is pressed is what is meant, at every scale."""

import dataclasses

import numpy as np
import pytest
from lxml import etree

from cityloop.usecases.street_map import SIDE_PX, View, draw_streets, find_street, view_of
from tests.circle.made_town import make_ways

WAYS = make_ways()


@pytest.mark.parametrize("lat", [0.0, 30.27, -55.0])
@pytest.mark.parametrize("width_m", [250.0, 6_000.0])
def test_a_point_of_the_map_is_the_place_that_is_drawn_there(lat, width_m):
    view = View(120.1, lat, width_m)
    assert view.point(SIDE_PX / 2, SIDE_PX / 2) == pytest.approx((120.1, lat))
    for x, y in ((0, 0), (17, 203), (SIDE_PX, SIDE_PX)):
        assert view.pixel(*view.point(x, y)) == pytest.approx((x, y), abs=0.2)
    # By hand: half the width to the north, on a sphere of 111,320 m a degree.
    assert view.point(SIDE_PX / 2, 0)[1] - lat == pytest.approx(width_m / 2 / 111_320, abs=1e-6)


def test_views_go_from_the_whole_city_to_a_few_houses():
    whole = view_of(WAYS, None, None, 0)
    for lon, lat in zip(WAYS.node_lon, WAYS.node_lat, strict=True):
        x, y = whole.pixel(lon, lat)
        assert 0 <= x <= SIDE_PX
        assert 0 <= y <= SIDE_PX
    widths = [view_of(WAYS, 120.0, 30.0, closer).width_m for closer in range(5)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 250


def test_the_drawing_is_svg_and_a_name_is_text_in_it():
    ways = dataclasses.replace(WAYS, way_names=("<script>&街",))
    drawn = etree.fromstring(draw_streets(ways, view_of(ways, None, None, 0), (120.0, 30.0)))
    kinds = {etree.QName(each).localname for each in drawn.iter()}
    assert kinds == {"svg", "rect", "path", "text", "circle"}
    assert drawn.findtext("{*}text") == "<script>&街"
    empty = View(0.0, 0.0, 250.0)
    assert etree.fromstring(draw_streets(WAYS, empty, None)).find("{*}path").get("d") == ""


def test_a_street_is_found_in_what_somebody_writes():
    found = find_street(WAYS, "12 long street, opposite the bakery")
    assert found is not None
    assert np.min(np.hypot(WAYS.node_lon - found[0], WAYS.node_lat - found[1])) < 1e-6
    assert find_street(WAYS, "Short Street 1") is None
    assert find_street(WAYS, "") is None
