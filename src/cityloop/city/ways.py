"""The ways that people walk and ride on, and where things stand along them."""

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NOWHERE: Final = -1


class WayKind(IntEnum):
    """What a way is built as."""

    FOOTWAY = 0
    STREET = 1
    STEPS = 2
    CYCLEWAY = 3
    TRACK = 4
    MAIN_ROAD = 5


class Open(IntFlag):
    """Who may use an edge, from head to tail (there) and from tail to head (back)."""

    FOOT_THERE = 1
    FOOT_BACK = 2
    BICYCLE_THERE = 4
    BICYCLE_BACK = 8


class Wheelchair(IntEnum):
    """Whether a wheelchair can use it, as it is tagged."""

    UNKNOWN = 0
    YES = 1
    LIMITED = 2
    NO = 3


@record
class Ways:
    """A network for walking and riding; every edge is straight.

    Parameters
    ----------
    crs
        The projection of x and y, for pyproj.
    node_lon, node_lat
        (nodes,) WGS-84. [degree]
    node_x_m, node_y_m
        (nodes,) the same, projected. [m]
    head, tail
        (edges,) the two nodes of an edge, never the same.
    length_m
        (edges,) on the ellipsoid, at least .001. [m]
    kind
        (edges,) `WayKind`.
    open_to
        (edges,) `Open`.
    wheelchair
        (edges,) `Wheelchair`.
    rough
        (edges,) whether small wheels cannot roll on it.
    kerb
        (edges,) whether a raised kerb stands in it.
    incline
        (edges,) rise over run from head to tail; NaN where it is not tagged.
    way_names
        Names of ways, each once.
    edge_name
        (edges,) which of the names, -1 for none.
    """

    crs: str
    node_lon: Floats
    node_lat: Floats
    node_x_m: Floats
    node_y_m: Floats
    head: Ints
    tail: Ints
    length_m: Floats
    kind: Bytes
    open_to: Bytes
    wheelchair: Bytes
    rough: Bools
    kerb: Bools
    incline: Floats
    way_names: tuple[str, ...]
    edge_name: Ints


@record
class Spots:
    """Where things stand along the ways.

    Parameters
    ----------
    edge
        (spots,) the edge that each faces, -1 where none is near.
    share
        (spots,) how far along it from its head, 0 to 1.
    access_m
        (spots,) from the edge to the thing, in a straight line. [m]
    """

    edge: Ints
    share: Floats
    access_m: Floats
