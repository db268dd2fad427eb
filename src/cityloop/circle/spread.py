"""Spreading the people of an area to homes along its ways."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from cityloop.circle.snap import ON_FOOT
from cityloop.city.ways import Floats, Ints, WayKind, Ways

HOME_EVERY_M: Final = 60.0
"""Along a street without known buildings one home stands for this length. [m]"""
CELL_REACH: Final = 1.0
"""A home belongs to a grid's point if it is no further away than the grid's spacing, times this."""


class Areas(NamedTuple):
    """People by area, projected.

    Attributes
    ----------
    shape
        (areas,) polygons, or points that are the middles of a grid's cells.
    people
        (areas, ages) people of each age group, 0 or more.
    """

    shape: npt.NDArray[np.object_]
    people: Floats


class Sites(NamedTuple):
    """Where homes may be, projected.

    Attributes
    ----------
    x_m, y_m
        (sites,) where. [m]
    weight
        (sites,) by which an area's people are shared out, more than 0.
    """

    x_m: Floats
    y_m: Floats
    weight: Floats


def street_sites(ways: Ways) -> Sites:
    """Take the middles of walkable edges as homes, long edges more than once.

    Parameters
    ----------
    ways
        The network; steps, tracks and main roads have no homes.

    Returns
    -------
    Sites that weigh the length that they stand for.
    """
    lived = np.isin(ways.kind, [WayKind.STREET, WayKind.FOOTWAY]) & ((ways.open_to & ON_FOOT) > 0)
    if not lived.any():
        lived = (ways.open_to & ON_FOOT) > 0
    edge = np.flatnonzero(lived)
    count = np.maximum(1, np.round(ways.length_m[edge] / HOME_EVERY_M)).astype(int)
    of = np.repeat(edge, count)
    first = np.repeat(np.cumsum(count) - count, count)
    share = (np.arange(len(of)) - first + 0.5) / np.repeat(count, count)
    head, tail = ways.head[of], ways.tail[of]
    return Sites(
        x_m=ways.node_x_m[head] * (1 - share) + ways.node_x_m[tail] * share,
        y_m=ways.node_y_m[head] * (1 - share) + ways.node_y_m[tail] * share,
        weight=ways.length_m[of] / np.repeat(count, count),
    )


def spread(areas: Areas, sites: Sites) -> tuple[Sites, Floats, Ints]:
    """Share the people of every area out to the sites in it, by weight.

    An area without a site keeps its people in its middle. No one is lost.

    Parameters
    ----------
    areas
        People by area.
    sites
        Where homes may be.

    Returns
    -------
    Sites with people, (sites, ages) their people, and (sites,) the area of each.
    """
    area = _area_of(areas, sites)
    total = np.bincount(area[area >= 0], sites.weight[area >= 0], minlength=len(areas.shape))
    empty = np.flatnonzero(total == 0)
    middle = shapely.centroid(areas.shape[empty])
    inside = np.flatnonzero(area >= 0)
    x_m = np.concatenate([sites.x_m[inside], shapely.get_x(middle)])
    y_m = np.concatenate([sites.y_m[inside], shapely.get_y(middle)])
    weight = np.concatenate([sites.weight[inside], np.ones(len(empty))])
    total[empty] = 1.0
    of = np.concatenate([area[inside], empty]).astype(np.int32)
    people = areas.people[of] * (weight / total[of])[:, None]
    lived = people.sum(axis=1) > 0
    kept = Sites(x_m=x_m[lived], y_m=y_m[lived], weight=weight[lived])
    return kept, people[lived], of[lived]


def _area_of(areas: Areas, sites: Sites) -> Ints:
    """Give the area that each site is in, -1 for none."""
    area = np.full(len(sites.x_m), -1, np.int32)
    if len(areas.shape) == 0 or len(area) == 0:
        return area
    if np.all(shapely.get_dimensions(areas.shape) == 0):
        xy = np.stack([shapely.get_x(areas.shape), shapely.get_y(areas.shape)], axis=1)
        tree = cKDTree(xy)
        # The spacing of a grid is how far its points are from their nearest neighbours.
        spacing_m = np.inf
        if len(xy) > 1:
            spacing_m = float(np.median(np.asarray(tree.query(xy, k=2)[0])[:, 1]))
        away_m, nearest = tree.query(np.stack([sites.x_m, sites.y_m], axis=1))
        near = away_m <= CELL_REACH * spacing_m
        area[near] = np.asarray(nearest)[near]
        return area
    site, found = shapely.STRtree(areas.shape).query(
        shapely.points(sites.x_m, sites.y_m), predicate="intersects"
    )
    # On a border between two areas the first one has it.
    area[site[::-1]] = found[::-1]
    return area
