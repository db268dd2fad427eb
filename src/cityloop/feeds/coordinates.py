"""Coordinates as China's maps give them, GCJ-02 and BD-09, and WGS-84.

The formulas are those that everyone uses; they were never published officially. Inverses are found
by iteration, to a millimetre.
"""

from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_AXIS_M: Final = 6378245.0
_ECCENTRICITY_2: Final = 0.00669342162296594323
_BD_TURN: Final = np.pi * 3000.0 / 180.0
_CHINA: Final = (72.004, 137.8347, 0.8293, 55.8271)
_STEPS: Final = 12


class Datum(StrEnum):
    """Which coordinates a file holds; the user says so, it is never guessed."""

    WGS_84 = "WGS-84"
    GCJ_02 = "GCJ-02"
    BD_09 = "BD-09"


def to_wgs84(datum: Datum, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Turn coordinates into WGS-84.

    Parameters
    ----------
    datum
        What they are.
    lon
        (points,) [degree]
    lat
        (points,) [degree]

    Returns
    -------
    (points,) longitude and latitude, WGS-84. [degree]
    """
    match datum:
        case Datum.WGS_84:
            return lon, lat
        case Datum.GCJ_02:
            return _inverse(wgs84_to_gcj02, lon, lat)
        case Datum.BD_09:
            return _inverse(wgs84_to_gcj02, *_inverse(gcj02_to_bd09, lon, lat))


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift WGS-84 as China's public maps are shifted; nothing happens outside of China.

    Parameters
    ----------
    lon
        (points,) WGS-84. [degree]
    lat
        (points,) WGS-84. [degree]

    Returns
    -------
    (points,) GCJ-02. [degree]
    """
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    root = np.sqrt(np.abs(x))
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    d_lat = d_lat + (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    d_lat = d_lat + (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    d_lon = d_lon + (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    d_lon = d_lon + (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))
    parallel_m = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    inside = (lon > _CHINA[0]) & (lon < _CHINA[1]) & (lat > _CHINA[2]) & (lat < _CHINA[3])
    return (
        np.where(inside, lon + np.degrees(d_lon / parallel_m), lon),
        np.where(inside, lat + np.degrees(d_lat / meridian_m), lat),
    )


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shift GCJ-02 once more, as Baidu does.

    Parameters
    ----------
    lon
        (points,) GCJ-02. [degree]
    lat
        (points,) GCJ-02. [degree]

    Returns
    -------
    (points,) BD-09. [degree]
    """
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Find what a shift turns into these coordinates; each step errs a hundredth of the last."""
    x, y = lon, lat
    for _ in range(_STEPS):
        shifted_x, shifted_y = shift(x, y)
        x, y = x + (lon - shifted_x), y + (lat - shifted_y)
    return x, y
