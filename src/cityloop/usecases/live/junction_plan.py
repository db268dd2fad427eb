"""A junction as it is drawn: its roads, its groups' paths, and the stages of what it runs."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import Plan
from cityloop.traffic.plan.timetable import Timetable
from cityloop.usecases.live.scene import list_groups
from cityloop.usecases.opened_city import City

AROUND_M: Final = 22.0
_LANE_M: Final = 3.2


class Road(NamedTuple):
    """A road near a junction, as an SVG line in metres, north at the top."""

    points: str
    width_m: float


class Path(NamedTuple):
    """The ways of a group: number, kind, name, and SVG lines."""

    group: int
    kind: str
    name: str
    lines: tuple[str, ...]


class StageDrawn(NamedTuple):
    """A stage: which groups are green, for how long, and the clearance after it. [s]."""

    groups: tuple[int, ...]
    green_s: int
    clearance_s: int


class Period(NamedTuple):
    """What a signal runs from one time of day to another; the same twice for all day. [s].

    `greens_s` are those of its stages, in order; `now` tells whether it is that time.
    """

    begin_s: int
    end_s: int
    cycle_s: int
    offset_s: int
    greens_s: tuple[int, ...]
    now: bool


class JunctionDrawn(NamedTuple):
    """All that is drawn of a junction; `box` is the SVG view box."""

    box: str
    roads: tuple[Road, ...]
    paths: tuple[Path, ...]
    stages: tuple[StageDrawn, ...]
    cycle_s: int
    offset_s: int


def list_periods(timetable: Timetable, signal_id: str, now_s: int) -> list[Period]:
    """List what a signal runs by time of day, whatever was applied to it.

    Parameters
    ----------
    timetable
        The plans of the city's own signals.
    signal_id
        The signal.
    now_s
        Second of the city. [s]

    Returns
    -------
    One a period in which it has a plan.
    """
    begins, at = timetable.begin_s, timetable.period_at(now_s)
    return [
        Period(
            begins[k],
            begins[(k + 1) % len(begins)],
            plan.cycle_s,
            plan.offset_s,
            tuple(plan.green_s.tolist()),
            k == at,
        )
        for k, plans in enumerate(timetable.plans)
        for plan in plans
        if plan.signal_id == signal_id
    ]


def draw_junction(city: City, signal: int, plan: Plan | None) -> JunctionDrawn:
    """Lay out a junction.

    Parameters
    ----------
    city
        The city.
    signal
        Index of the signal.
    plan
        What it runs by the clock; None for nothing.

    Returns
    -------
    What is to be drawn.
    """
    groups = list_groups(city, signal)
    xy = np.array([p for each in groups for path in each["paths"] for p in path])
    if not len(xy):
        xy = np.array([[city.signals.signal_x_m[signal], city.signals.signal_y_m[signal]]])
    low, high = xy.min(axis=0) - AROUND_M, xy.max(axis=0) + AROUND_M
    part = city.signals.groups_of(signal)
    stages: tuple[StageDrawn, ...] = ()
    if plan is not None:
        stages = tuple(
            StageDrawn(
                tuple((np.flatnonzero(green) + part.start).tolist()),
                int(plan.green_s[i]),
                int(plan.clearance_s[i]),
            )
            for i, green in enumerate(plan.stages)
        )
    return JunctionDrawn(
        box=f"{low[0]:.1f} {-high[1]:.1f} {high[0] - low[0]:.1f} {high[1] - low[1]:.1f}",
        roads=_roads(city.network, low, high),
        paths=tuple(
            Path(each["group"], each["kind"], each["name"], tuple(map(_line, each["paths"])))
            for each in groups
        ),
        stages=stages,
        cycle_s=0 if plan is None else plan.cycle_s,
        offset_s=0 if plan is None else plan.offset_s,
    )


def _roads(network: Network, low: np.ndarray, high: np.ndarray) -> tuple[Road, ...]:
    """Find the roads that come near, each moved to the right of its line by half its width."""
    lanes = np.bincount(network.lane_link, minlength=len(network.link_ids))
    found = []
    for link in range(len(network.link_ids)):
        start, stop = network.link_shape_start[link : link + 2].tolist()
        xy = np.stack([network.shape_x_m[start:stop], network.shape_y_m[start:stop]], axis=1)
        near = (xy.max(axis=0) >= low).all() and (xy.min(axis=0) <= high).all()
        if not near or len(xy) < 2:  # noqa: PLR2004
            continue
        along = np.gradient(xy, axis=0)
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        width_m = float(lanes[link] * _LANE_M)
        moved = xy + np.stack([along[:, 1], -along[:, 0]], axis=1) * width_m / 2
        found.append(Road(_line(moved.round(1).tolist()), width_m))
    return tuple(found)


def _line(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{-y:g}" for x, y in points)
