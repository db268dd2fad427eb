"""Runs and a small network made by hand, for tests of what is done with runs."""

from dataclasses import replace
from typing import Any

import numpy as np

from cityloop.city.network import Network, Use
from cityloop.traffic.evaluate.runs import JunctionResult, Run

JUNCTIONS = (
    JunctionResult(signal_id="west", x_m=0.0, y_m=0.0, delay_s=7200.0, stage_changes_per_h=40.0),
    JunctionResult(
        signal_id="east", x_m=400.0, y_m=100.0, delay_s=1800.0, stage_changes_per_h=60.0
    ),
)


def make_run(control: str = "native", seed: int = 1, **changes: Any) -> Run:
    """Make a run of a quarter of an hour in which nothing is out of the ordinary."""
    run = Run(
        scenario="two-junctions",
        control=control,
        sensing={"kind": "none"} if control in {"native", "actuated"} else {"kind": "camera"},
        seed=seed,
        begin_s=25200.0,
        end_s=26100.0,
        demanded=500,
        inserted=498,
        arrived=450,
        teleports=0,
        collisions=0,
        total_delay_s=40.0,
        depart_delay_s=1.5,
        time_loss_s=38.0,
        travel_time_s=90.0,
        waiting_s=20.0,
        stops=1.25,
        longest_wait_s=120.0,
        longest_red_s=60.0,
        longest_red_lane="main_0",
        longest_walk_red_s=0.0,
        decision_ms={"p50": 0.5, "p99": 1.5, "max": 9.0},
        commands={"proven": 0, "refused": 0, "broken": 0},
        junctions=JUNCTIONS,
        queue_time_s=(25230, 25260, 25290),
        queue=(10, 20, 15),
        versions={"python": "3.11.7", "eclipse-sumo": "1.28.0"},
    )
    return replace(run, **changes)


def scale_junctions(*factors: float) -> tuple[JunctionResult, ...]:
    """Give the junctions with their delays multiplied, one factor each."""
    pairs = zip(JUNCTIONS, factors, strict=True)
    return tuple(replace(each, delay_s=each.delay_s * factor) for each, factor in pairs)


def make_network() -> Network:
    """Make one road between two nodes, there and back, and a footpath beside it."""
    none = np.zeros(0, np.int32)
    empty = np.zeros(0)
    flags = np.zeros(0, bool)
    start = np.zeros(1, np.int32)
    return Network(
        name="two-junctions",
        node_ids=("west", "east"),
        node_x_m=np.array([0.0, 400.0]),
        node_y_m=np.array([0.0, 100.0]),
        link_ids=("there", "back", "path"),
        link_from_node=np.array([0, 1, 0], np.int32),
        link_to_node=np.array([1, 0, 1], np.int32),
        link_shape_start=np.array([0, 2, 4, 6], np.int32),
        shape_x_m=np.array([10.0, 390.0, 390.0, 10.0, 10.0, 390.0]),
        shape_y_m=np.array([0.0, 97.0, 100.0, 3.0, 20.0, 120.0]),
        lane_ids=("there_0", "back_0", "path_0"),
        lane_link=np.array([0, 1, 2], np.int32),
        lane_index=np.zeros(3, np.int32),
        lane_length_m=np.full(3, 392.0),
        lane_speed_m_s=np.full(3, 13.9),
        lane_uses=np.array([Use.CAR, Use.CAR | Use.BUS, Use.PEDESTRIAN], np.uint8),
        connector_from_lane=none,
        connector_to_lane=none,
        connector_movement=none,
        connector_length_m=empty,
        connector_speed_m_s=empty,
        connector_heading_in_rad=empty,
        connector_shape_start=start,
        path_x_m=empty,
        path_y_m=empty,
        movement_from_link=none,
        movement_to_link=none,
        movement_node=none,
        movement_turn=np.zeros(0, np.uint8),
        crossing_ids=(),
        crossing_node=none,
        crossing_length_m=empty,
        crossing_links=(),
        conflict_first=none,
        conflict_second=none,
        conflict_kind=np.zeros(0, np.uint8),
        conflict_opposing=flags,
        conflict_first_yields=flags,
        conflict_second_yields=flags,
    )
