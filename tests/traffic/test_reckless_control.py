"""A controller without any sense, let loose on a road: what is shown keeps the rules."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import Bools, Commands, Lamp, Lamps
from cityloop.field.sumo import SumoField
from cityloop.traffic.observe.observation import Observation, Reading, Sensing
from cityloop.traffic.plan.stages import mend_stage
from cityloop.usecases.drive import LoopRecord, drive
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from tests.made_scenarios import make_busy_crossroads
from tests.naive.signal_oracle import judge_history, read_meetings, read_times
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
    ride_ = run_apart(ride, folder)
    net = folder / "made.net.xml"
    meetings, times = read_meetings(net)["m"], read_times(net)["m"]
    # Whoever nobody waits for may be red for longer: rule 5 asks for more than lamps.
    times = times._replace(max_red_s=times.max_red_s + SECONDS)

    def judge(seconds):
        return judge_history(meetings, times, np.array([list(map(spell, s)) for s in seconds]))

    return ride_, judge


def spell(letter: str) -> Lamp:
    return {"r": Lamp.RED, "y": Lamp.YELLOW, "G": Lamp.GREEN, "g": Lamp.GREEN_YIELD}[letter]


def test_what_is_shown_keeps_rules_1_to_6_in_every_second(reckless):
    ride, judge = reckless
    assert len(ride.seconds) == SECONDS
    assert judge(ride.seconds) == set()


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
    ride, _ = reckless
    ever = {g for shown in ride.seconds for g, lamp in enumerate(shown) if lamp in "Gg"}
    assert ever == set(range(len(ride.seconds[0])))
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
    ride, judge = reckless
    at = next(t for t, s in enumerate(ride.seconds) if t > 50 and s[1] in "Gg")
    end = next(t for t in range(at, SECONDS) if ride.seconds[t][1] == "y")
    wrong = [*ride.seconds[:at], *(planted(s) for s in ride.seconds[at : end + 1])]
    assert rule in {each.rule for each in judge([*wrong, *ride.seconds[end + 1 :]])}


def test_the_oracle_sees_an_all_red_that_is_left_out(reckless):
    ride, judge = reckless
    at = next(
        t for t in range(5, SECONDS) if ride.seconds[t - 1][1] == "y" and ride.seconds[t][1] == "r"
    )
    early = "r" * 5 + "G" + "r" * (len(ride.seconds[0]) - 6)
    assert (2, at, (1, 5)) in judge([*ride.seconds[:at], early])
