"""A bad controller on a real run: refusals, fallbacks and reasons are in its JSON and its log.

It is our fixed time, spoilt at one signal of five from one second on; the others must not notice.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Bools, Commands, Lamps
from cityloop.cli.tables import list_failures
from cityloop.store.run_file import write_run
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.control.protocol import Controller
from cityloop.traffic.observe.observation import Observation
from cityloop.usecases import run_control as running
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.opened_city import City
from tests.made_networks import make_grid
from tests.workers import run_apart

BAD = "B1"
FROM_S = 60
SECONDS = 240


class Spoilt:
    """A good controller that fails at one signal, in its own way, from a second on."""

    name = "spoilt"

    def __init__(self, good: Controller, city: City, way: str) -> None:
        self._good, self._signals, self._way = good, city.signals, way
        self.needs = good.needs

    def look_at(self, lamps: Lamps) -> Bools:
        return self._good.look_at(lamps)

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        commands = self._good.decide(observation, lamps)
        signal = self._signals.signal_ids.index(BAD)
        addressed, green = commands.addressed.copy(), commands.green.copy()
        if lamps.now_s < FROM_S or self._way == "well":
            return commands
        if self._way == "raises":
            message = "no such detector"
            raise KeyError(message)
        if self._way == "stale":
            return replace(commands, issued_s=FROM_S - 10)
        if self._way == "silent for 2 s":
            addressed[signal] = lamps.now_s % 3 == 0
        if self._way == "silent":
            addressed[signal] = False
        if self._way == "reckless":
            green[self._signals.groups_of(signal)] = True
        return replace(commands, addressed=addressed, green=green)


class Told(NamedTuple):
    """The run's JSON, and what the console says."""

    run: dict[str, Any]
    lines: list[str]


WAYS = ("well", "raises", "stale", "silent for 2 s", "silent", "reckless")


def run_all(folder: Path) -> dict[str, Told]:
    """Run each way, one after the other, as an order is run."""
    net = make_grid(folder)
    routes = folder / "made.rou.xml"
    trips = "".join(
        f'<trip id="{i}" depart="{3 * i}" from="{start}" to="{end}"/>'
        for i in range(60)
        for start, end in [(("A1B1", "B1C1"), ("B0B1", "B1B2"), ("C1B1", "B1A1"))[i % 3]]
    )
    routes.write_text(f"<routes>{trips}</routes>")
    scenario = Scenario(
        name="grid", origin=folder, net_file=net, route_files=(routes,), end_s=float(SECONDS)
    )
    order = RunOrder(scenario=scenario, control="fixed-time", seed=1, duration_s=SECONDS)
    told = {}
    for way in WAYS:

        def spoil(
            control: str,
            city: City,
            plan: Path | None,
            settings: Settings | None = None,
            way: str = way,
        ) -> Controller:
            return Spoilt(make_controller(control, city, plan, settings), city, way)

        # The process is ours alone.
        running.make_controller = spoil  # type: ignore[attr-defined]
        run = running.run_control(order, lambda _share: None)
        write_run(folder / "run.json", run)
        told[way] = Told(json.loads((folder / "run.json").read_text()), list_failures([run]))
    return told


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, Told]:
    return run_apart(run_all, tmp_path_factory.mktemp("failing"))


@pytest.mark.parametrize("way", ["well", "silent for 2 s"])
def test_who_speaks_often_enough_keeps_its_signals(told, way):
    run, lines = told[way]
    assert (run["refusals"], run["fallbacks"], lines) == ([], [], [])
    assert run["commands"]["refused"] == 0


@pytest.mark.parametrize(
    ("way", "second", "reason"),
    [
        ("silent", FROM_S + 2, "no command for 3 s"),
        ("reckless", FROM_S + 2, "refused 3 times in a row, last by rule 1"),
    ],
)
def test_a_signal_that_is_failed_is_taken_alone_and_the_reason_is_told(told, way, second, reason):
    run, lines = told[way]
    assert run["fallbacks"] == [
        {"signal_id": BAD, "second_s": second, "reason": reason, "runs": "repaired"}
    ]
    assert lines[-1] == (
        f"fallback: signal {BAD}, second {second}: {reason};"
        " it runs its own programme, repaired, from then on"
    )


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("raises", "the controller failed: KeyError: 'no such detector'"),
        ("stale", "no command for 3 s"),
    ],
)
def test_a_controller_that_fails_as_a_whole_loses_all_signals(told, way, reason):
    run, lines = told[way]
    taken = run["fallbacks"]
    assert len(taken) == 5
    assert {each["signal_id"] for each in taken} >= {BAD}
    assert {(each["second_s"], each["reason"]) for each in taken} == {(FROM_S + 2, reason)}
    assert sum(line.startswith("fallback: ") for line in lines) == 5


def test_three_refusals_are_told_with_rule_signal_and_second(told):
    run, lines = told["reckless"]
    assert run["commands"]["refused"] == 3
    assert [line.split(": rule 1: ")[0].split(", group")[0] for line in run["refusals"]] == [
        f"signal {BAD}"
    ] * 3
    assert [f"second {FROM_S + i}:" in line for i, line in enumerate(run["refusals"])] == [True] * 3
    assert lines[:3] == [f"refused: {line}" for line in run["refusals"]]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_shown_stays_safe_and_traffic_goes_on(told, way):
    run, _ = told[way]
    assert run["commands"]["broken"] == 0
    (bad,) = (each for each in run["junctions"] if each["signal_id"] == BAD)
    assert bad["stage_changes_per_h"] > 60
    assert run["arrived"] > 30
    assert run["teleports"] == 0


def test_the_others_do_not_notice(told):
    def others(way: str) -> list[float]:
        junctions = told[way].run["junctions"]
        return [each["stage_changes_per_h"] for each in junctions if each["signal_id"] != BAD]

    assert others("silent") == others("reckless") == others("well")
