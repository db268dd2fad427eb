"""GCJ-02 and BD-09 against points that others give, and there and back again."""

import numpy as np
import pytest

from cityloop.feeds.coordinates import Datum, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

# Tian'anmen and Hangzhou's Wulin square, with the shifts of about half a kilometre.
LON, LAT = np.array([116.391, 120.163]), np.array([39.907, 30.272])


def test_both_shifts_are_those_that_others_give():
    # The worked example of the package `coordtransform`, which many use.
    lon, lat = np.array([116.404]), np.array([39.915])
    shifted = [116.41024449916938, 39.91640428150164]
    baidu = [116.41036949371029, 39.92133699351021]
    np.testing.assert_allclose(np.ravel(wgs84_to_gcj02(lon, lat)), shifted, rtol=0, atol=1e-9)
    np.testing.assert_allclose(np.ravel(gcj02_to_bd09(lon, lat)), baidu, rtol=0, atol=1e-9)


@pytest.mark.parametrize("datum", list(Datum))
def test_there_and_back_again_is_exact_to_a_millimetre(datum):
    shifted = LON, LAT
    if datum is not Datum.WGS_84:
        shifted = wgs84_to_gcj02(*shifted)
    if datum is Datum.BD_09:
        shifted = gcj02_to_bd09(*shifted)
    back = to_wgs84(datum, *shifted)
    np.testing.assert_allclose(back, (LON, LAT), rtol=0, atol=1e-8)


def test_outside_of_china_nothing_is_shifted():
    oslo = np.array([10.75]), np.array([59.91])
    np.testing.assert_array_equal(wgs84_to_gcj02(*oslo), oslo)
