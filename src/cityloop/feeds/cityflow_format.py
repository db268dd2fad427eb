"""What a scenario of CityFlow holds, as its two JSON files say it.

The roadnet file has intersections, roads, links from lane to lane and light phases; the flow file
has vehicles with their routes. Zhang et al. 2019, CityFlow: a multi-agent reinforcement learning
environment for large scale city traffic scenario, doi:10.1145/3308558.3314139.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import field

LinkType = Literal["go_straight", "turn_left", "turn_right"]

ENDLESS_S: Final = -1.0  # CityFlow's endTime for a flow without an end

DURATION_MIN_S: Final = 1e-3  # a shorter phase is none: SUMO counts in milliseconds

_HORIZON_S: Final = 3600.0


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A point of the plane, in metres."""

    x_m: float = field(name="x")
    y_m: float = field(name="y")


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """One lane of a road; lane 0 lies at the median, where SUMO's lane 0 lies at the kerb."""

    width_m: float = field(name="width")
    speed_m_s: float = field(name="maxSpeed")


class Road(msgspec.Struct, frozen=True, kw_only=True):
    """A road of one direction; its points are the median, its lanes lie to the right of it."""

    id: str
    points: tuple[Point, ...]
    lanes: tuple[Lane, ...]
    start: str = field(name="startIntersection")
    end: str = field(name="endIntersection")

    @property
    def length_m(self) -> float:
        """The length along its points."""
        return sum(math.dist((a.x_m, a.y_m), (b.x_m, b.y_m)) for a, b in pairwise(self.points))


class LaneLink(msgspec.Struct, frozen=True, kw_only=True):
    """A way from one lane to another; the curve between them is left to SUMO."""

    start_lane: int = field(name="startLaneIndex")
    end_lane: int = field(name="endLaneIndex")


class RoadLink(msgspec.Struct, frozen=True, kw_only=True):
    """A turn from road to road, the unit that a light phase lets go."""

    type: LinkType
    start: str = field(name="startRoad")
    end: str = field(name="endRoad")
    lane_links: tuple[LaneLink, ...] = field(name="laneLinks")


class LightPhase(msgspec.Struct, frozen=True, kw_only=True):
    """A phase: the road links, by index, that may go, and for how long."""

    duration_s: float = field(name="time")
    available: tuple[int, ...] = field(name="availableRoadLinks")


class TrafficLight(msgspec.Struct, frozen=True, kw_only=True):
    """The phases of an intersection, one after the other, for ever."""

    phases: tuple[LightPhase, ...] = field(name="lightphases")


class Intersection(msgspec.Struct, frozen=True, kw_only=True):
    """An intersection; a virtual one is the edge of the network, where vehicles come and go."""

    id: str
    point: Point
    virtual: bool
    roads: tuple[str, ...]
    width_m: float = field(name="width", default=0.0)
    road_links: tuple[RoadLink, ...] = field(name="roadLinks", default=())
    light: TrafficLight | None = field(name="trafficLight", default=None)


class RoadNet(msgspec.Struct, frozen=True, kw_only=True):
    """The roadnet file."""

    intersections: tuple[Intersection, ...]
    roads: tuple[Road, ...]


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    """The template of a flow's vehicles."""

    length_m: float = field(name="length")
    width_m: float = field(name="width")
    acceleration_max_m_s2: float = field(name="maxPosAcc")
    deceleration_max_m_s2: float = field(name="maxNegAcc")
    acceleration_usual_m_s2: float = field(name="usualPosAcc")
    deceleration_usual_m_s2: float = field(name="usualNegAcc")
    gap_min_m: float = field(name="minGap")
    speed_max_m_s: float = field(name="maxSpeed")
    headway_s: float = field(name="headwayTime")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Vehicles that follow one route: the first at `start_s`, then one each `interval_s`."""

    vehicle: Vehicle
    route: tuple[str, ...]
    interval_s: float = field(name="interval")
    start_s: float = field(name="startTime", default=0.0)
    end_s: float = field(name="endTime", default=ENDLESS_S)

    def count(self, horizon_s: float) -> int:
        """Count its vehicles.

        Parameters
        ----------
        horizon_s
            Where a flow without an end stops, itself excluded. [s]

        Returns
        -------
        The number of departures.
        """
        # CityFlow lets a vehicle go at endTime, too. The millionth makes up for binary fractions.
        if self.end_s == ENDLESS_S:
            return max(0, math.ceil((horizon_s - self.start_s) / self.interval_s - 1e-6))
        return math.floor((self.end_s - self.start_s) / self.interval_s + 1e-6) + 1


class Unroutable(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that no vehicle can drive, as there is no way from one road of its route to the next.

    Parameters
    ----------
    flow
        Its index in the flow file.
    start, end
        The two roads.
    vehicles
        How many vehicles it asks for.
    """

    flow: int
    start: str
    end: str
    vehicles: int


class CityFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario of CityFlow whose parts fit together.

    Parameters
    ----------
    roadnet_file, flow_file
        Where it was read from.
    intersections, roads, flows
        As in the files, in their order.
    routes
        Per flow every road of its way, as CityFlow fills it in between those that are given: the
        shortest. Empty for a flow without a way.
    unroutable
        The flows without a way.
    """

    roadnet_file: Path
    flow_file: Path
    intersections: tuple[Intersection, ...]
    roads: tuple[Road, ...]
    flows: tuple[Flow, ...]
    routes: tuple[tuple[str, ...], ...]
    unroutable: tuple[Unroutable, ...]

    @property
    def end_s(self) -> float:
        """The end of the horizon: an hour, or the last departure if that is later."""
        return horizon_s(self.flows)

    @property
    def vehicles(self) -> int:
        """How many vehicles are asked for, those of unroutable flows included."""
        end_s = self.end_s
        return sum(flow.count(end_s) for flow in self.flows)

    def departures(self) -> Iterator[tuple[float, int, int]]:
        """Give every departure that can be driven.

        Yields
        ------
        The time [s], the flow's index and the vehicle's number in its flow, by flow.
        """
        end_s = self.end_s
        for i, (flow, route) in enumerate(zip(self.flows, self.routes, strict=True)):
            for k in range(flow.count(end_s) if route else 0):
                yield flow.start_s + k * flow.interval_s, i, k


def horizon_s(flows: tuple[Flow, ...]) -> float:
    """Say until when flows last.

    Parameters
    ----------
    flows
        The flows.

    Returns
    -------
    An hour, or the last departure of a flow with an end if that is later. [s]
    """
    last_s = (
        flow.start_s + (flow.count(math.inf) - 1) * flow.interval_s
        for flow in flows
        if flow.end_s != ENDLESS_S
    )
    return float(max(_HORIZON_S, math.ceil(max(last_s, default=0.0))))
