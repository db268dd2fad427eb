"""Runs for the tests of sensing: SUMO in a process of its own, and what it let a controller see."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lxml import etree

from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Bools, Commands, Lamps
from cityloop.feeds.sumo_additional import write_detectors
from cityloop.field.sensing import Truth
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_process import close_sumo, start_sumo, step_sumo
from cityloop.field.sumo_sensors import SumoSensors, list_lines, list_loops
from cityloop.traffic.observe.observation import Observation, Reading, Sensing
from cityloop.traffic.observe.view import View
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City

Places = dict[str, tuple[str, float, float, float]]
"""Lane, way from its begin, speed and length by the vehicle's name."""


class Watcher:
    """A controller that looks everywhere, keeps all that it is told, and changes nothing."""

    name = "watcher"
    needs = Reading.ALL

    def __init__(self, city: City) -> None:
        self._city = city
        self.told: list[tuple[int, Observation, Lamps]] = []

    def look_at(self, lamps: Lamps) -> Bools:
        return np.ones(len(lamps.switching), bool)

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        self.told.append((lamps.now_s, observation, lamps))
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=3,
            sequence=lamps.now_s,
            addressed=np.ones(len(lamps.switching), bool),
            green=lamps.target,
            table_version=self._city.table.version,
        )


def places_in(sumo: Any) -> Places:
    """Ask SUMO where everybody is."""
    v = sumo.vehicle
    return {
        name: (v.getLaneID(name), v.getLanePosition(name), v.getSpeed(name), v.getLength(name))
        for name in v.getIDList()
    }


class Mapped(SumoField):
    """A field that also notes where everybody really is after each second."""

    places: dict[int, Places]

    def step(self, look_at: Bools) -> None:
        super().step(look_at)
        self.places[self.now_s] = places_in(self._sumo)


class Watch(NamedTuple):
    """What a controller was told, and what was true."""

    told: list[tuple[int, Observation, Lamps]]
    places: dict[int, Places]
    network: Network
    view: View


def watch(scenario: Scenario, folder: Path, *, seed: int = 1) -> Watch:
    """Run a scenario by camera for its whole time under a controller that only looks."""
    folder.mkdir(exist_ok=True)
    city = open_city(scenario)
    watcher = Watcher(city)
    assert scenario.end_s is not None
    with Mapped(
        scenario,
        city.network,
        city.signals,
        city.table,
        city.view,
        sensing=Sensing.CAMERA,
        seed=seed,
        end_s=int(scenario.end_s),
        folder=folder,
    ) as field:
        field.places = {}
        drive(field, watcher, lambda _now_s: None)
    return Watch(watcher.told, field.places, city.network, city.view)


class Record(NamedTuple):
    """The truth that sensors met, second by second, with where everybody was, and SUMO's counts.

    `left` counts who left each lane for the next, by SUMO's own bookkeeping; `passed` counts who
    passed each loop, by SUMO's own report of the loops.
    """

    truths: list[Truth]
    places: list[Places]
    left: dict[str, int]
    passed: dict[str, int]
    network: Network
    view: View


def record(scenario: Scenario, folder: Path, sensing: Sensing) -> Record:
    """Run a scenario under its own programmes and read all sensors in every second."""
    folder.mkdir(exist_ok=True)
    city = open_city(scenario)
    files = {name: folder / f"{name}.xml" for name in ("asked", "lanes", "loops", "reports")}
    asked = (
        f'<additional><laneData id="lanes" file="{files["lanes"]}" excludeEmpty="false"/>'
        "</additional>"
    )
    files["asked"].write_text(asked)
    chosen = list_lines if sensing is Sensing.CAMERA else list_loops
    loops = chosen(city.network, city.view)
    write_detectors(files["loops"], loops)
    if sensing is Sensing.LOOPS:
        reporting = files["loops"].read_text().replace('"NUL"', f'"{files["reports"]}"')
        files["loops"].write_text(reporting)
    assert scenario.end_s is not None
    sumo = start_sumo(
        scenario, (files["asked"], files["loops"]), seed=1, end_s=scenario.end_s, folder=folder
    )
    sensors = SumoSensors(sumo, city.network, city.view, sensing)
    everywhere = np.ones(len(city.signals.signal_ids), bool)
    truths, places = [], []
    for now_s in range(1, int(scenario.end_s) + 1):
        step_sumo(sumo, scenario, folder)
        truths.append(sensors.read(everywhere, now_s))
        places.append(places_in(sumo))
    close_sumo(sumo)
    lanes = etree.parse(str(files["lanes"])).getroot()
    passed: dict[str, int] = {}
    if sensing is Sensing.LOOPS:
        for each in etree.parse(str(files["reports"])).getroot().iter("interval"):
            passed[each.get("id")] = passed.get(each.get("id"), 0) + int(each.get("nVehContrib"))
    return Record(
        truths=truths,
        places=places,
        left={lane.get("id"): int(lane.get("left")) for lane in lanes.iter("lane")},
        passed=passed,
        network=city.network,
        view=city.view,
    )
