"""One junction under a fixed plan: two opposite approaches of one lane, and a side road."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from cityloop.city.signals import Plan
from cityloop.feeds.sumo_trips import read_trips
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_process import outputs_in
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.evaluate.total_delay import DelaySummary, total_delay
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from tests.made_networks import make
from tests.made_scenarios import Driver, make_scenario

ROUTES = {"w": "wm me", "e": "em mw"}
YELLOW_AND_ALL_RED_S = 4


def make_junction(folder: Path, *, arm_m: float = 400.0) -> Path:
    """Make a main road through the signal `m`, both ways, crossed by a side road."""
    places = {"n": (0, 200), "e": (arm_m, 0), "s": (0, -200), "w": (-arm_m, 0)}
    around = "".join(f'<node id="{name}" x="{x}" y="{y}"/>' for name, (x, y) in places.items())
    (folder / "p.nod.xml").write_text(
        f'<nodes><node id="m" x="0" y="0" type="traffic_light"/>{around}</nodes>'
    )
    roads = "".join(
        f'<edge id="{name}" from="{name[0]}" to="{name[1]}" numLanes="1" speed="13.89"/>'
        for name in ("wm", "me", "em", "mw", "nm", "ms")
    )
    (folder / "p.edg.xml").write_text(f"<edges>{roads}</edges>")
    ways = "".join(
        f'<connection from="{way.split()[0]}" to="{way.split()[1]}"/>'
        for way in (*ROUTES.values(), "nm ms")
    )
    (folder / "p.con.xml").write_text(f"<connections>{ways}</connections>")
    files = ("--node-files=p.nod.xml", "--edge-files=p.edg.xml", "--connection-files=p.con.xml")
    return make("netconvert", folder, *files, "--no-turnarounds")


def make_plan(city: City, *, green_s: int, cycle_s: int) -> Plan:
    """Give the main road so much of the cycle, or all of it, and the side road the rest."""
    network, signals = city.network, city.signals
    main = np.zeros(signals.group_count, bool)
    side = main.copy()
    for lane, group in zip(network.connector_from_lane, signals.stream_group, strict=True):
        (side if network.lane_ids[lane] == "nm_0" else main)[group] = True
    always = green_s == cycle_s
    rest_s = cycle_s - green_s - 2 * YELLOW_AND_ALL_RED_S
    return Plan(
        signal_id="m",
        table_version=city.table.version[0],
        cycle_s=cycle_s,
        offset_s=0,
        stages=np.array([main] if always else [main, side]),
        green_s=np.array([cycle_s] if always else [green_s, rest_s], np.int32),
        clearance_s=np.array([0] if always else [YELLOW_AND_ALL_RED_S] * 2, np.int32),
    )


@contextmanager
def running(
    folder: Path, drivers: list[Driver], *, green_s: int, cycle_s: int, end_s: int, seed: int
) -> Iterator[tuple[SumoField, FixedTime]]:
    """Give the field and its fixed-time controller."""
    city = open_city(make_scenario(folder, make_junction(folder), drivers, end_s=end_s))
    plan = make_plan(city, green_s=green_s, cycle_s=cycle_s)
    with SumoField(
        city.scenario,
        city.network,
        city.signals,
        city.table,
        city.view,
        sensing=Sensing.CAMERA,
        seed=seed,
        end_s=end_s,
        folder=folder,
    ) as field:
        yield field, FixedTime(city.signals, city.table, (plan,))


def poisson_drivers(seed: int, *, flow_veh_s: float, end_s: int) -> list[Driver]:
    """Draw Poisson arrivals on either main approach."""
    rng = np.random.default_rng(seed)
    drivers = []
    for arm, edges in ROUTES.items():
        gaps_s = rng.exponential(1 / flow_veh_s, int(2 * flow_veh_s * end_s) + 50)
        times_s = np.cumsum(gaps_s)
        for number, depart_s in enumerate(times_s[times_s < end_s]):
            drivers.append(Driver(f"{arm}{number}", float(depart_s), edges))
    return drivers


def delay_of(
    folder: Path, drivers: list[Driver], *, green_s: int, cycle_s: int, end_s: int, seed: int
) -> DelaySummary:
    """Run fixed time and sum up the delay; every command must have been proven."""
    times = {"green_s": green_s, "cycle_s": cycle_s, "end_s": end_s}
    with running(folder, drivers, seed=seed, **times) as (field, controller):
        record = drive(field, controller, lambda _now_s: None)
    assert (record.refused, record.broken) == (0, 0)
    return total_delay(read_trips(outputs_in(folder).trips), end_s)
