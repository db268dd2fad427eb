"""People on foot in a grid with crossings: long enough walks, time to cross, nobody driven at.

What is shown is judged from SUMO's network file alone, which shares nothing with the gate: a walk's
foes and who yields to it are its `request`, its length is that of its lane.
"""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from lxml import etree

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Bools
from cityloop.field.sumo import SumoField
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.safety.tables import default_table
from cityloop.usecases.controls import COMMANDED
from cityloop.usecases.drive import LoopRecord, drive
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make_grid
from tests.workers import run_apart

SECONDS = 240
WALK_S = 7
GREEN = "Gg"


class Walk(NamedTuple):
    """One crossing of a signal, as the network file describes it."""

    signal: str
    link: int
    edge: str
    length_m: float
    foes: tuple[int, ...]
    yielding: frozenset[int]


class Ride(NamedTuple):
    """What one controller did, and what SUMO saw of it."""

    record: LoopRecord
    longest_walk_red_s: float
    shown: dict[str, list[str]]
    entered: list[tuple[int, str, str]]


def read_walks(net: Path) -> list[Walk]:
    """Read the crossings that a signal controls, their foes, and which of these turn and yield."""
    root = etree.parse(str(net)).getroot()
    length_m = {lane.get("id"): float(lane.get("length")) for lane in root.iter("lane")}
    links: dict[str, dict[int, etree._Element]] = {}
    for each in root.iter("connection"):
        if each.get("tl") is not None:
            links.setdefault(each.get("tl"), {})[int(each.get("linkIndex"))] = each
    walks = []
    for junction in root.iter("junction"):
        own = links.get(junction.get("id"), {})
        requests = {int(each.get("index")): each for each in junction.iter("request")}

        def bits(index: int, name: str, requests=requests) -> set[int]:
            text = requests[index].get(name)
            return {k for k, bit in enumerate(reversed(text)) if bit == "1"}

        for index, each in own.items():
            if not each.get("to").startswith(":"):
                continue
            foes = tuple(j for j in own if index in bits(j, "foes") and j != index)
            yielding = frozenset(
                j for j in foes if own[j].get("dir") != "s" and index in bits(j, "response")
            )
            length = length_m[f"{each.get('to')}_0"]
            walks.append(Walk(junction.get("id"), index, each.get("to"), length, foes, yielding))
    return walks


class Watched(SumoField):
    """A field that writes down what SUMO shows, and who steps on a crossing."""

    def step(self, look_at: Bools) -> None:
        super().step(look_at)
        for name, rows in self.shown.items():
            rows.append(self._sumo.trafficlight.getRedYellowGreenState(name))
        second = len(next(iter(self.shown.values()))) - 1
        for person in self._sumo.person.getIDList():
            edge = self._sumo.person.getRoadID(person)
            if self.where.get(person) != edge and "_c" in edge:
                self.entered.append((second, person, edge))
            self.where[person] = edge

    shown: dict[str, list[str]]
    where: dict[str, str]
    entered: list[tuple[int, str, str]]


def make_walkers(folder: Path) -> Scenario:
    """Make the grid, with vehicles and people from everywhere to everywhere."""
    net = make_grid(folder)
    edges = [
        each.get("id")
        for each in etree.parse(str(net)).getroot().iter("edge")
        if each.get("function") is None
    ]
    rng = np.random.default_rng(4)
    cars, people = [], []
    for i in range(SECONDS // 2):
        start, end = rng.choice(edges, 2, replace=False)
        cars.append(f'<trip id="car-{i}" depart="{2 * i}" from="{start}" to="{end}"/>')
        start, end = rng.choice(edges, 2, replace=False)
        people.append(
            f'<person id="walker-{i}" depart="{2 * i}"><walk from="{start}" to="{end}"/></person>'
        )
    routes = folder / "made.rou.xml"
    both = [text for pair in zip(cars, people, strict=True) for text in pair]
    routes.write_text(f"<routes>{''.join(both)}</routes>")
    return Scenario(
        name="walkers", origin=folder, net_file=net, route_files=(routes,), end_s=float(SECONDS)
    )


def ride_all(folder: Path, speeds_m_s: tuple[float, ...]) -> dict[tuple[str, float], Ride]:
    """Run each controller of ours, one after the other."""
    scenario = make_walkers(folder)
    plain = open_city(scenario)
    rides = {}
    for speed_m_s in speeds_m_s:
        elderly = plain.signals.signal_ids if speed_m_s < 1 else ()
        city = plain._replace(table=default_table(plain.signals, elderly=elderly))
        for control in COMMANDED:
            controller = make_controller(control, city, None)
            with Watched(
                scenario,
                city.network,
                city.signals,
                city.table,
                city.view,
                sensing=Sensing.CAMERA,
                needs=controller.needs,
                seed=1,
                end_s=SECONDS,
                folder=folder,
            ) as field:
                field.shown = {name: [] for name in city.signals.signal_ids}
                field.where, field.entered = {}, []
                record = drive(field, controller, lambda _now_s: None, city.fallbacks)
                rides[control, speed_m_s] = Ride(
                    record, field.truth.longest_walk_red_s, field.shown, field.entered
                )
    return rides


SPEEDS = (1.0, 0.8)
CASES = [(control, speed) for control in COMMANDED for speed in SPEEDS]


@pytest.fixture(scope="module")
def rides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walkers")
    return run_apart(ride_all, folder, SPEEDS), read_walks(folder / "made.net.xml")


def runs_of(row: list[str], link: int) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each green of a link that has ended."""
    begin = None
    for second, state in enumerate(row):
        green = state[link] in GREEN
        if green and begin is None:
            begin = second
        if not green and begin is not None:
            yield begin, second
            begin = None


def find_wrong(walks: list[Walk], shown: dict[str, list[str]], speed_m_s: float) -> Counter[str]:
    """Count what is shown against people on foot, by what it is."""
    wrong: Counter[str] = Counter()
    for walk in walks:
        row = shown[walk.signal]
        needed_s = math.ceil(walk.length_m / speed_m_s)
        for begin, end in runs_of(row, walk.link):
            wrong["short walk"] += end - begin < WALK_S
            for foe in walk.foes:
                # Who yields may have been green all along, and may begin beside a walk that is
                # green; beside one that is not, nobody may begin while people cross.
                wrong["begun too early"] += any(
                    row[t][foe] in GREEN
                    and row[t - 1][foe] not in GREEN
                    and row[t][walk.link] not in GREEN
                    for t in range(end, min(end + needed_s, len(row)))
                )
        for state in row:
            if state[walk.link] in GREEN:
                against = {foe for foe in walk.foes if state[foe] in GREEN}
                wrong["driven across"] += bool(against - walk.yielding)
                wrong["shown G across"] += any(state[foe] == "G" for foe in against)
    return +wrong


@pytest.mark.parametrize(("control", "speed_m_s"), CASES)
def test_walks_are_long_enough_cleared_and_crossed_by_those_alone_who_yield(
    rides, control, speed_m_s
):
    done, walks = rides
    assert len(walks) > 10
    assert find_wrong(walks, done[control, speed_m_s].shown, speed_m_s) == Counter()


@pytest.mark.parametrize(("control", "speed_m_s"), CASES)
def test_nothing_is_refused_and_nobody_is_taken_over(rides, control, speed_m_s):
    record = rides[0][control, speed_m_s].record
    assert (record.refused, record.broken, record.fallbacks) == (0, 0, ())
    assert record.proven > SECONDS


@pytest.mark.parametrize(("control", "speed_m_s"), CASES)
def test_people_really_cross_and_only_when_they_may(rides, control, speed_m_s):
    done, walks = rides
    ride = done[control, speed_m_s]
    of_edge = {walk.edge: walk for walk in walks}
    entered = [(second, of_edge[edge]) for second, _, edge in ride.entered if edge in of_edge]
    assert len(entered) > 40
    assert len({walk.edge for _, walk in entered}) > 10
    # SUMO moves people before it shows the next second's lamps.
    late = [
        (second, walk)
        for second, walk in entered
        if not any(
            ride.shown[walk.signal][t][walk.link] in GREEN for t in (second - 1, second) if t >= 0
        )
    ]
    assert late == []


@pytest.mark.parametrize(("control", "speed_m_s"), CASES)
def test_how_long_a_walk_is_red_is_told_as_it_was_shown(rides, control, speed_m_s):
    done, walks = rides
    ride = done[control, speed_m_s]
    longest_s = max(
        len(run)
        for walk in walks
        for run in "".join(
            "G" if state[walk.link] in GREEN else "r" for state in ride.shown[walk.signal]
        ).split("G")
    )
    assert ride.longest_walk_red_s == longest_s
    assert longest_s <= (120 if control == "adaptive" else SECONDS)


@pytest.mark.parametrize("control", COMMANDED)
def test_old_people_are_given_more_time(rides, control):
    done, walks = rides
    assert find_wrong(walks, done[control, 1.0].shown, 0.8)["begun too early"] > 0


def test_a_walk_that_is_cut_short_or_driven_across_would_be_seen(rides):
    done, walks = rides
    shown = done["fixed-time", 1.0].shown
    walk = next(
        walk for walk in walks if walk.foes and list(runs_of(shown[walk.signal], walk.link))
    )
    begin, end = next(runs_of(shown[walk.signal], walk.link))
    straight = next(foe for foe in walk.foes if foe not in walk.yielding)

    def planted(second: int, link: int, lamp: str) -> dict[str, list[str]]:
        rows = list(shown[walk.signal])
        rows[second] = rows[second][:link] + lamp + rows[second][link + 1 :]
        return {**shown, walk.signal: rows}

    assert find_wrong(walks, planted(begin + 3, walk.link, "r"), 1.0)["short walk"] == 1
    assert find_wrong(walks, planted(begin + 3, straight, "g"), 1.0)["driven across"] > 0
    assert find_wrong(walks, planted(end + 2, straight, "G"), 1.0)["begun too early"] > 0
