"""Small scenarios that SUMO can run: a crossroads, and who drives over it."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cityloop.city.scenario import Scenario
from tests.made_networks import make_crossroads

ARMS = ("n", "e", "s", "w")


class Driver(NamedTuple):
    """One vehicle: its name, when it departs, the edges of its route, its type."""

    name: str
    depart_s: float
    edges: str
    kind: str = "car"
    stop: str = ""


TYPES = '<vType id="car"/><vType id="bus" vClass="bus" length="12"/>'


def crossroads_edges(*, lanes: int = 1, speed_m_s: float = 13.89) -> str:
    """Name the two edges of each arm `n_in`, `n_out`, …"""
    each = f'numLanes="{lanes}" speed="{speed_m_s}"'
    return "".join(
        f'<edge id="{arm}_in" from="{arm}" to="m" {each}/>'
        f'<edge id="{arm}_out" from="m" to="{arm}" {each}/>'
        for arm in ARMS
    )


def make_scenario(
    folder: Path, net: Path, drivers: Iterable[Driver], *, types: str = TYPES, end_s: int = 600
) -> Scenario:
    """Write who drives, and put it together with a network."""
    routes = folder / "made.rou.xml"
    said = "".join(
        f'<vehicle id="{d.name}" depart="{d.depart_s:.2f}" type="{d.kind}" departSpeed="max" '
        f'departLane="best"><route edges="{d.edges}"/>{d.stop}</vehicle>'
        for d in sorted(drivers, key=lambda d: d.depart_s)
    )
    routes.write_text(f"<routes>{types}{said}</routes>")
    return Scenario(
        name="made", origin=folder, net_file=net, route_files=(routes,), end_s=float(end_s)
    )


def make_drivers(seed: int, *, flow_veh_h: float, end_s: int, buses: float = 0.0) -> list[Driver]:
    """Draw Poisson arrivals from all arms to all others."""
    rng = np.random.default_rng(seed)
    times_s = np.cumsum(rng.exponential(3600 / flow_veh_h, int(flow_veh_h * end_s / 1800) + 10))
    drivers = []
    for number, depart_s in enumerate(times_s[times_s < end_s]):
        from_arm, to_arm = rng.choice(ARMS, 2, replace=False)
        kind = "bus" if rng.random() < buses else "car"
        edges = f"{from_arm}_in {to_arm}_out"
        drivers.append(Driver(f"vehicle-{number}", float(depart_s), edges, kind))
    return drivers


def make_busy_crossroads(
    folder: Path, *options: str, lanes: int = 2, end_s: int = 600, flow_veh_h: float = 1500
) -> Scenario:
    """Make a crossroads with drivers of every turn, some of them in buses."""
    net = make_crossroads(folder, crossroads_edges(lanes=lanes), "--no-turnarounds", *options)
    drivers = make_drivers(5, flow_veh_h=flow_veh_h, end_s=end_s, buses=0.1)
    return make_scenario(folder, net, drivers, end_s=end_s)
