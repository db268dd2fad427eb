"""The road network: nodes, links, lanes, connectors, movements, crossings and their conflicts.

Everything is an array over the thing that its name begins with, so `lane_length_m` has one entry a
lane. A *stream* is a connector or a crossing: stream `i` is connector `i`, and stream
`connector_count + k` is crossing `k`. Words are defined in docs/dictionary.md.
"""

from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class Turn(IntEnum):
    """Where a movement leads, seen by its driver."""

    STRAIGHT = 0
    RIGHT = 1
    LEFT = 2
    U_TURN = 3


class Use(IntFlag):
    """Who may use a lane."""

    NOBODY = 0
    CAR = 1
    BUS = 2
    BICYCLE = 4
    PEDESTRIAN = 8
    OTHER = 16


class Conflict(IntEnum):
    """How two streams meet."""

    CROSS = 1
    MERGE = 2


@record
class Network:
    """A road network.

    Attributes
    ----------
    name
        What people call it.
    node_ids, node_x_m, node_y_m
        (nodes,) names and places. [m] in the network's own plane
    link_ids, link_from_node, link_to_node
        (links,) names, and the nodes that a link leaves and reaches.
    link_shape_start, shape_x_m, shape_y_m
        Centre line of link `i` = points `[link_shape_start[i], link_shape_start[i + 1])`. [m]
    lane_ids, lane_link, lane_index
        (lanes,) names, the link, and the place in it: 0 is at the kerb.
    lane_length_m, lane_speed_m_s
        (lanes,) > 0. [m], [m/s]
    lane_uses
        (lanes,) who may use it, as bits of `Use`.
    connector_from_lane, connector_to_lane, connector_movement
        (connectors,) lane to lane across a node, and the movement that it is part of.
    connector_length_m, connector_speed_m_s
        (connectors,) >= 0, > 0. [m], [m/s]
    connector_heading_in_rad
        (connectors,) direction of travel at the stop line, counter-clockwise from east. [rad]
    connector_shape_start, path_x_m, path_y_m
        Path of connector `i` across its node. [m]
    movement_from_link, movement_to_link, movement_node, movement_turn
        (movements,) link to link, where, and the `Turn`.
    crossing_ids, crossing_node, crossing_length_m
        (crossings,) walks over the carriageway. [m]
    crossing_links
        (crossings,) the ids of the links that each crosses.
    conflict_first, conflict_second
        (conflicts,) streams whose paths meet, first < second, each pair once.
    conflict_kind
        (conflicts,) a `Conflict`.
    conflict_opposing
        (conflicts,) whether the two come from opposite approaches.
    conflict_first_yields, conflict_second_yields
        (conflicts,) whether right of way makes the first (second) wait for the other.
    """

    name: str
    node_ids: tuple[str, ...]
    node_x_m: Floats
    node_y_m: Floats
    link_ids: tuple[str, ...]
    link_from_node: Ints
    link_to_node: Ints
    link_shape_start: Ints
    shape_x_m: Floats
    shape_y_m: Floats
    lane_ids: tuple[str, ...]
    lane_link: Ints
    lane_index: Ints
    lane_length_m: Floats
    lane_speed_m_s: Floats
    lane_uses: Bytes
    connector_from_lane: Ints
    connector_to_lane: Ints
    connector_movement: Ints
    connector_length_m: Floats
    connector_speed_m_s: Floats
    connector_heading_in_rad: Floats
    connector_shape_start: Ints
    path_x_m: Floats
    path_y_m: Floats
    movement_from_link: Ints
    movement_to_link: Ints
    movement_node: Ints
    movement_turn: Bytes
    crossing_ids: tuple[str, ...]
    crossing_node: Ints
    crossing_length_m: Floats
    crossing_links: tuple[tuple[str, ...], ...]
    conflict_first: Ints
    conflict_second: Ints
    conflict_kind: Bytes
    conflict_opposing: npt.NDArray[np.bool_]
    conflict_first_yields: npt.NDArray[np.bool_]
    conflict_second_yields: npt.NDArray[np.bool_]

    @property
    def connector_count(self) -> int:
        """Number of connectors."""
        return len(self.connector_from_lane)

    @property
    def crossing_count(self) -> int:
        """Number of crossings."""
        return len(self.crossing_ids)
