"""A road of two carriageways, crossed in one go: nobody is shut in between, in a real SUMO."""

from pathlib import Path

import numpy as np

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Lamp
from cityloop.field.sumo import SumoField
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.plan.compatible import compatible_stages
from cityloop.traffic.plan.inner import find_inner_links
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make_median
from tests.made_scenarios import Driver, make_scenario
from tests.workers import run_apart

END_S = 900
MOST_S = 30
ROUTES = {
    "ea_e e_eb": 6, "wa_w w_wb": 6, "s_e e_w w_n": 3, "n_w w_e e_s": 3,
    "ea_e e_w w_n": 1, "wa_w w_e e_s": 1, "s_e e_w w_wb": 1, "n_w w_e e_eb": 1,
}  # fmt: skip


class Watched(SumoField):
    """A field that notes what lamps show, and for how long anybody has stood inside."""

    def step(self, look_at) -> None:
        super().step(look_at)
        vehicle = self._sumo.vehicle
        self.longest_s = max(
            [self.longest_s]
            + [
                vehicle.getWaitingTime(each)
                for each in vehicle.getIDList()
                if vehicle.getLaneID(each).startswith((":", "e_w", "w_e"))
            ]
        )
        self.shown.append(self.lamps().lamp.copy())

    longest_s: float
    shown: list[np.ndarray]


def ride(scenario: Scenario, folder: Path):
    """Run `adaptive`: what was shown each second, the longest stand inside, and the links."""
    city = open_city(scenario)
    stages = compatible_stages(city.network, city.signals, city.programmes)
    parts = (city.network, city.signals, city.table, city.view)
    with Watched(
        scenario, *parts, sensing=Sensing.CAMERA, seed=1, end_s=END_S, folder=folder
    ) as field:
        field.longest_s, field.shown = 0.0, []
        drive(field, Adaptive(*parts, stages), lambda _now_s: None, city.fallbacks)
    return np.array(field.shown), field.longest_s, find_inner_links(city.network, city.signals)


def test_nobody_is_shut_in(tmp_path):
    rng = np.random.default_rng(5)
    count = 450
    routes = rng.choice(list(ROUTES), count, p=np.array(list(ROUTES.values())) / 22)
    times_s = np.sort(rng.uniform(0, END_S - 60, count))
    drivers = [Driver(str(i), times_s[i], routes[i]) for i in range(count)]
    scenario = make_scenario(tmp_path, make_median(tmp_path, 16.0), drivers, end_s=END_S)
    shown, longest_s, links = run_apart(ride, scenario, tmp_path)
    assert len(links.outer)
    assert longest_s <= MOST_S
    green = np.isin(shown, (Lamp.GREEN, Lamp.GREEN_YIELD))
    for outer, inner in zip(links.outer, links.inner, strict=True):
        ends = np.flatnonzero((shown[1:, outer] == Lamp.RED) & (shown[:-1, outer] == Lamp.YELLOW))
        assert len(ends)
        assert green[1:, inner][ends].all()
