"""Made and shared networks as the gate sees them, and as the oracle does."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import Relation, SafetyTable, Signals
from cityloop.feeds.sumo_net import read_network
from cityloop.traffic.safety.tables import default_table
from tests.made_networks import make_crossroads, make_grid
from tests.made_scenarios import crossroads_edges
from tests.naive.signal_oracle import Meetings, Times, read_meetings, read_times
from tests.shared_data import shared

WALKS = ("--sidewalks.guess", "--crossings.guess")
JOINED = "cluster_1098574052_1098574061_247379905"


class City(NamedTuple):
    """A network with its signals and table, and what the oracle has read of the same file."""

    network: Network
    signals: Signals
    table: SafetyTable
    meetings: dict[str, Meetings]
    times: dict[str, Times]


def make_one_lane(folder: Path) -> Path:
    return make_crossroads(folder, crossroads_edges())


def make_two_lanes(folder: Path) -> Path:
    return make_crossroads(folder, crossroads_edges(lanes=2))


def make_walks(folder: Path) -> Path:
    return make_crossroads(folder, crossroads_edges(lanes=2), *WALKS)


def make_fast_walks(folder: Path) -> Path:
    """Yellows of 4 s, and walks over one lane a direction."""
    return make_crossroads(folder, crossroads_edges(speed_m_s=18.0), *WALKS, "--no-turnarounds")


def make_t(folder: Path) -> Path:
    edges = "".join(
        f'<edge id="{a}_in" from="{a}" to="m"/><edge id="{a}_out" from="m" to="{a}"/>'
        for a in ("n", "e", "w")
    )
    return make_crossroads(folder, edges)


MADE: dict[str, Callable[[Path], Path]] = {
    make.__name__.removeprefix("make_"): make
    for make in (make_one_lane, make_two_lanes, make_walks, make_fast_walks, make_t, make_grid)
}
SHARED = {
    "ingolstadt7": "ingolstadt7/ingolstadt7.net.xml",
    "hangzhou_4x4": "hangzhou_4x4/hangzhou_4x4_gudang_18041610_1h.net.xml",
    "cologne3": "cologne3/cologne3.net.xml",
    "cologne8": "cologne8/cologne8.net.xml",
}

# Where gate and oracle see a pair of groups differently, and why.
# Paths come within a car's width of each other, and SUMO has no foe: the gate forbids more.
NEAR = "geometry alone"
# Two opposing left turns pass each other 2.03 m apart, more than a car's width, and SUMO has them
# as foes of which one yields: the gate lets both be green, as the oracle does, and asks for no
# intergreen between the two.
BESIDE = "they pass each other"
KEPT: dict[str, dict[tuple[str, int, int], str]] = {
    "cologne3": {("GS_cluster_2415878664_254486231_359566_359576", 1, 19): NEAR},
    "cologne8": {("252017285", 6, 14): NEAR, (JOINED, 0, 14): NEAR},
    "hangzhou_4x4": {
        (f"intersection_{x}_{y}", *pair): BESIDE
        for x in range(1, 5)
        for y in range(1, 5)
        for pair in ((6, 24), (15, 33))
    },
}


def open_judged(name: str, folder: Path) -> City:
    """Read a network twice; skips where it is shared data that are not here."""
    net = MADE[name](folder) if name in MADE else shared(f"traffic/{SHARED[name]}")
    network, signals = read_network(net)
    return City(network, signals, default_table(signals), read_meetings(net), read_times(net))


def differing_pairs(city: City) -> dict[tuple[str, int, int], str]:
    """List the pairs of groups that gate and oracle see differently."""
    differ = {}
    for s, name in enumerate(city.signals.signal_ids):
        relation = city.signals.square(city.signals.relation, s)
        theirs = city.meetings[name]
        forbids, meets = relation == Relation.FORBIDDEN, relation != Relation.FREE
        for i, j in np.argwhere((forbids != theirs.forbidden) | (meets != theirs.meet)):
            if i <= j:
                more = forbids[i, j] and not theirs.meet[i, j]
                less = not meets[i, j] and not theirs.forbidden[i, j]
                differ[name, int(i), int(j)] = NEAR if more else BESIDE if less else "not explained"
    return differ


def with_kept(name: str, city: City) -> City:
    """Let the oracle see the kept cases as the gate does, so that nothing else may differ."""
    for (signal, *pair), why in KEPT.get(name, {}).items():
        meetings, times = city.meetings[signal], city.times[signal]
        for i, j in (pair, pair[::-1]):
            meetings.meet[i, j] = meetings.forbidden[i, j] = why == NEAR
            times.all_red_s[i, j] = why == NEAR
    return city
