"""Setting things beside the edge that they face."""

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from cityloop.city.ways import NOWHERE, Floats, Open, Spots, Ways

SNAP_M_MAX: Final = 250.0
"""What is further than this from every way faces none. [m]"""
DOORS_MAX: Final = 40
"""A park with more ways in than this keeps these many, evenly taken."""
ON_FOOT: Final = Open.FOOT_THERE | Open.FOOT_BACK


class Snapper:
    """Finds the walkable edge that a point faces.

    Parameters
    ----------
    ways
        The network.
    """

    def __init__(self, ways: Ways) -> None:
        self._walkable = np.flatnonzero((ways.open_to & ON_FOOT) > 0)
        ends = np.stack([ways.head, ways.tail], axis=1)[self._walkable]
        xy = np.stack([ways.node_x_m[ends], ways.node_y_m[ends]], axis=2)
        self._lines: npt.NDArray[np.object_] = np.atleast_1d(np.asarray(shapely.linestrings(xy)))
        self._tree = shapely.STRtree(self._lines)

    def snap(self, x_m: Floats, y_m: Floats, within_m: float = SNAP_M_MAX) -> Spots:
        """Set points beside the nearest walkable edge.

        Parameters
        ----------
        x_m
            (points,) projected. [m]
        y_m
            (points,) projected. [m]
        within_m
            How far an edge may be away. [m]

        Returns
        -------
        One spot a point; edge -1 where no edge is near.
        """
        points = np.atleast_1d(np.asarray(shapely.points(x_m, y_m)))
        edge = np.full(len(points), NOWHERE, np.int32)
        share, access_m = np.zeros(len(points)), np.zeros(len(points))
        if len(points) and len(self._lines):
            found = self._tree.query_nearest(
                points, max_distance=within_m, return_distance=True, all_matches=False
            )
            (which, line), away_m = found
            along = shapely.line_locate_point(self._lines[line], points[which], normalized=True)
            edge[which], share[which] = self._walkable[line], np.nan_to_num(along)
            access_m[which] = away_m
        return Spots(edge=edge, share=share, access_m=access_m)

    def ways_in(self, outline: shapely.Geometry) -> Spots:
        """Find where walkable edges cross an outline.

        Parameters
        ----------
        outline
            A polygon, projected.

        Returns
        -------
        One spot a crossing, at most `DOORS_MAX`; none where no way leads in.
        """
        border = shapely.boundary(outline)
        lines = np.sort(self._tree.query(border, predicate="intersects"))
        if len(lines) > DOORS_MAX:
            lines = lines[np.linspace(0, len(lines) - 1, DOORS_MAX).astype(int)]
        met = shapely.point_on_surface(shapely.intersection(self._lines[lines], border))
        share = shapely.line_locate_point(self._lines[lines], met, normalized=True)
        return Spots(
            edge=self._walkable[lines].astype(np.int32),
            share=np.nan_to_num(np.asarray(share, np.float64)),
            access_m=np.zeros(len(lines)),
        )


def join_spots(parts: list[Spots]) -> Spots:
    """Put spots one after the other.

    Parameters
    ----------
    parts
        Some spots.

    Returns
    -------
    All of them.
    """
    return Spots(
        edge=np.concatenate([np.zeros(0, np.int32), *(part.edge for part in parts)]),
        share=np.concatenate([np.zeros(0), *(part.share for part in parts)]),
        access_m=np.concatenate([np.zeros(0), *(part.access_m for part in parts)]),
    )
