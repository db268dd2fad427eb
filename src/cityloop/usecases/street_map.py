"""A map of a city's own streets, drawn here: to point at a place without any tile server."""

from html import escape
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.ways import Floats, Ints, Ways

SIDE_PX: Final = 280
"""Of the square map; it fits the narrowest telephone. [px]"""
WIDTHS_M: Final = (6_000.0, 2_000.0, 700.0, 250.0)
"""How much of the city each step closer shows; before them the whole city. [m]"""
_DEGREE_M: Final = 111_320.0
_NAMES_MAX: Final = 12
_EDGES_MAX: Final = 12_000


class View(NamedTuple):
    """A square part of the world, north at the top.

    Attributes
    ----------
    lon, lat
        Its centre. [°]
    width_m
        Its side. [m]
    """

    lon: float
    lat: float
    width_m: float

    def point(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Find longitude and latitude of a point of the map, counted from its top left corner."""
        east_m = (x_px / SIDE_PX - 0.5) * self.width_m
        north_m = (0.5 - y_px / SIDE_PX) * self.width_m
        lon = self.lon + east_m / (_DEGREE_M * np.cos(np.radians(self.lat)))
        return float(round(lon, 6)), float(round(self.lat + north_m / _DEGREE_M, 6))

    def pixel(self, lon: float, lat: float) -> tuple[float, float]:
        """Find where a place lies on the map; the opposite of `point`."""
        east_m = (lon - self.lon) * _DEGREE_M * np.cos(np.radians(self.lat))
        north_m = (lat - self.lat) * _DEGREE_M
        return (
            float((east_m / self.width_m + 0.5) * SIDE_PX),
            float((0.5 - north_m / self.width_m) * SIDE_PX),
        )


def view_of(ways: Ways, lon: float | None, lat: float | None, closer: int) -> View:
    """Choose a view.

    Parameters
    ----------
    ways
        The city's streets.
    lon
        Of the centre; the city's own where it is not given. [°]
    lat
        The same.
    closer
        0 for the whole city, then one step of `WIDTHS_M` each.

    Returns
    -------
    The view.
    """
    west, east = float(ways.node_lon.min()), float(ways.node_lon.max())
    south, north = float(ways.node_lat.min()), float(ways.node_lat.max())
    if lon is None or lat is None:
        lon, lat = (west + east) / 2, (south + north) / 2
    wide_m = (east - west) * _DEGREE_M * float(np.cos(np.radians(lat)))
    whole_m = max(wide_m, (north - south) * _DEGREE_M, WIDTHS_M[-1]) * 1.02
    if closer <= 0:
        return View((west + east) / 2, (south + north) / 2, whole_m)
    return View(lon, lat, min(whole_m, WIDTHS_M[min(closer, len(WIDTHS_M)) - 1]))


def find_street(ways: Ways, address: str) -> tuple[float, float] | None:
    """Find the street that an address names.

    Parameters
    ----------
    ways
        The city's streets.
    address
        In somebody's words; the longest name of a street that stands in it counts.

    Returns
    -------
    Longitude and latitude in the middle of the street; None when no name of the city stands there.
    """
    said = address.casefold()
    named = [name for name in ways.way_names if name and name.casefold() in said]
    if not named:
        return None
    number = ways.way_names.index(max(named, key=len))
    nodes = ways.head[ways.edge_name == number]
    if not nodes.size:
        return None
    lon, lat = ways.node_lon[nodes], ways.node_lat[nodes]
    middle = np.hypot(lon - np.median(lon), lat - np.median(lat)).argmin()
    return float(round(lon[middle], 6)), float(round(lat[middle], 6))


def draw_streets(ways: Ways, view: View, marked: tuple[float, float] | None) -> str:
    """Draw the streets in a view.

    Parameters
    ----------
    ways
        The city's streets.
    view
        Which part.
    marked
        Longitude and latitude of the place that was chosen. [°]

    Returns
    -------
    SVG.
    """
    x, y = _pixels(ways, view)
    ax, ay, bx, by = x[ways.head], y[ways.head], x[ways.tail], y[ways.tail]
    low, high = -20.0, SIDE_PX + 20.0
    seen = (
        (np.maximum(ax, bx) > low)
        & (np.minimum(ax, bx) < high)
        & (np.maximum(ay, by) > low)
        & (np.minimum(ay, by) < high)
    )
    edges = np.flatnonzero(seen).astype(np.int32)
    length = np.hypot(ax - bx, ay - by)
    if edges.size > _EDGES_MAX:  # of a whole city the longest pieces give the picture
        edges = edges[np.argsort(-length[edges])[:_EDGES_MAX]]
    path = "".join(
        f"M{ax[e]:.0f} {ay[e]:.0f}L{bx[e]:.0f} {by[e]:.0f}" for e in edges if length[e] >= 1
    )
    names = _names(ways, edges, length, ((ax + bx) / 2, (ay + by) / 2))
    wide = 1.0 if view.width_m > WIDTHS_M[0] else 2.0 if view.width_m > WIDTHS_M[1] else 4.0
    mark = ""
    if marked is not None:
        mx, my = view.pixel(*marked)
        mark = (
            f'<circle cx="{mx:.0f}" cy="{my:.0f}" r="9" fill="#d65f00" stroke="#fff" '
            f'stroke-width="3"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE_PX}" height="{SIDE_PX}" '
        f'viewBox="0 0 {SIDE_PX} {SIDE_PX}"><rect width="100%" height="100%" fill="#f3f5f7"/>'
        f'<path d="{path}" fill="none" stroke="#77828d" stroke-width="{wide}" '
        f'stroke-linecap="round"/>{names}{mark}</svg>'
    )


def _pixels(ways: Ways, view: View) -> tuple[Floats, Floats]:
    scale = SIDE_PX * _DEGREE_M / view.width_m
    narrow = np.cos(np.radians(view.lat))
    x = (ways.node_lon - view.lon) * scale * narrow + SIDE_PX / 2
    return x, SIDE_PX / 2 - (ways.node_lat - view.lat) * scale


def _names(ways: Ways, edges: Ints, length: Floats, middle: tuple[Floats, Floats]) -> str:
    """Write names of streets, each once at its longest piece, none over another."""
    written: list[tuple[float, float]] = []
    told: set[int] = set()
    parts = []
    for edge in edges[np.argsort(-length[edges])]:
        name, x, y = int(ways.edge_name[edge]), float(middle[0][edge]), float(middle[1][edge])
        inside = 20 < x < SIDE_PX - 20 and 12 < y < SIDE_PX - 4  # noqa: PLR2004  room for letters
        apart = all(abs(y - b) > 14 or abs(x - a) > 90 for a, b in written)  # noqa: PLR2004  as above
        if name < 0 or name in told or not inside or not apart:
            continue
        told.add(name)
        written.append((x, y))
        parts.append(
            f'<text x="{x:.0f}" y="{y:.0f}" font-size="11" text-anchor="middle" fill="#16202b" '
            f'stroke="#f3f5f7" stroke-width="3" paint-order="stroke" '
            f'font-family="system-ui, sans-serif">{escape(ways.way_names[name])}</text>'
        )
        if len(parts) == _NAMES_MAX:
            break
    return "".join(parts)
