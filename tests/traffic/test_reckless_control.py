"""A controller without any sense, let loose on a road: what is shown keeps the rules."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import Bools, Commands, Lamps
from cityloop.field.sumo import SumoField
from cityloop.traffic.observe.observation import Observation, Reading, Sensing
from cityloop.traffic.plan.stages import mend_stage
from cityloop.usecases.drive import LoopRecord, drive
from cityloop.usecases.open_scenario import City, open_city
from tests.made_scenarios import make_busy_crossroads
from tests.oracles.shown_lamps import find_broken, read_links
from tests.workers import run_apart

SECONDS = 600


class Reckless:
    """Wants other greens every second, half of the time even such as may not be together."""

    name = "reckless"
    needs = Reading.ALL

    def __init__(self, city: City, seed: int) -> None:
        self._signals, self._table = city.signals, city.table
        self._rng = np.random.default_rng(seed)
        self._sequence = 0

    def look_at(self, lamps: Lamps) -> Bools:
        return np.ones(len(lamps.switching), bool)

    def decide(self, _observation: Observation, lamps: Lamps) -> Commands:
        self._sequence += 1
        green = self._rng.random(self._signals.group_count) < 0.4
        if self._rng.random() < 0.5:
            kind = self._rng.permutation(self._signals.group_kind)
            relation = self._signals.square(self._signals.relation, 0).astype(np.uint8)
            green = mend_stage(np.ones_like(green), relation, kind)
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=3,
            sequence=self._sequence,
            addressed=np.ones(1, bool),
            green=green,
            table_version=self._table.version,
        )


class Watched(SumoField):
    """A field that writes down what SUMO says its signal shows."""

    def step(self, look_at: Bools) -> None:
        super().step(look_at)
        self.seconds.append(self._sumo.trafficlight.getRedYellowGreenState("m"))

    seconds: list[str]


class Ride(NamedTuple):
    """What came of it."""

    record: LoopRecord
    seconds: list[str]


def ride(folder: Path) -> Ride:
    scenario = make_busy_crossroads(folder, "--sidewalks.guess", "--crossings.guess", end_s=SECONDS)
    city = open_city(scenario)
    with Watched(
        scenario,
        city.network,
        city.signals,
        city.table,
        city.view,
        sensing=Sensing.CAMERA,
        seed=1,
        end_s=SECONDS,
        folder=folder,
    ) as field:
        field.seconds = []
        record = drive(field, Reckless(city, 3), lambda _now_s: None)
    return Ride(record, field.seconds)


@pytest.fixture(scope="module")
def reckless(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reckless")
    return run_apart(ride, folder), read_links(folder / "made.net.xml")


def test_what_is_shown_keeps_rules_1_to_3_in_every_second(reckless):
    ride, links = reckless
    assert len(ride.seconds) == SECONDS
    assert find_broken(links, ride.seconds) == []


def test_every_command_is_proven_or_refused_and_told(reckless):
    ride, _ = reckless
    record = ride.record
    assert record.proven + record.refused == SECONDS
    assert record.refused > SECONDS / 4
    assert record.broken == 0
    rules = {line.split("rule ")[1][0] for line in record.refusals}
    assert rules == {"1", "5", "8"}


def test_much_was_shown(reckless):
    """Nothing is kept by showing nothing: all turns get green, and the stage changes often."""
    ride, links = reckless
    ever = {g for shown in ride.seconds for g, lamp in enumerate(shown) if lamp in "Gg"}
    assert ever == set(range(len(links)))
    assert int(ride.record.stage_changes[0]) > SECONDS / 60


@pytest.mark.parametrize(
    ("planted", "rule"),
    [
        # Turns 1 (north to south) and 5 (east to west) cross.
        (lambda shown: shown[:5] + "G" + shown[6:], 1),
        (lambda shown: shown.replace("y", "r"), 3),
    ],
)
def test_the_oracle_sees_what_is_planted(reckless, planted, rule):
    ride, links = reckless
    at = next(t for t, s in enumerate(ride.seconds) if t > 50 and s[1] in "Gg")
    end = next(t for t in range(at, SECONDS) if ride.seconds[t][1] == "y")
    wrong = [*ride.seconds[:at], *(planted(s) for s in ride.seconds[at : end + 1])]
    assert rule in {found for found, _, _ in find_broken(links, [*wrong, *ride.seconds[end + 1 :]])}


def test_the_oracle_sees_an_all_red_that_is_left_out(reckless):
    ride, links = reckless
    at = next(
        t for t in range(5, SECONDS) if ride.seconds[t - 1][1] == "y" and ride.seconds[t][1] == "r"
    )
    early = "r" * 5 + "G" + "r" * (len(links) - 6)
    said = find_broken(links, [*ride.seconds[:at], early])
    assert (2, at, (5, 1)) in said
