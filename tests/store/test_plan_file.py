"""Plans written and read again, and every inconsistency in one line."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan, Relation, SafetyTable, Signals
from cityloop.feeds.sumo_net import read_network
from cityloop.store.plan_file import (
    plan_schema,
    read_plans,
    read_timetable,
    write_plans,
    write_timetable,
)
from cityloop.store.planning_file import planning_schema
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.switch import clearance_s
from cityloop.traffic.plan.timetable import Timetable, always
from cityloop.traffic.safety.tables import default_table
from tests.made_networks import make_grid

AGAIN = "correct it, or write the plans again"


@pytest.fixture(scope="session")
def signals(tmp_path_factory: pytest.TempPathFactory) -> Signals:
    return read_network(make_grid(tmp_path_factory.mktemp("grid")))[1]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> SafetyTable:
    return default_table(read_network(make_grid(tmp_path_factory.mktemp("grid")))[1])


def plan_of(signals: Signals, table: SafetyTable, signal: int) -> Plan:
    """Make two stages, 20 and 25 s long, of two groups that must not meet."""
    relation = signals.square(signals.relation, signal)
    stages = np.zeros((2, len(relation)), bool)
    stages[np.arange(2), np.argwhere(relation == Relation.FORBIDDEN)[0]] = True
    clear_s = [clearance_s(signals, table, signal, *pair) for pair in (stages, stages[::-1])]
    return Plan(
        signal_id=signals.signal_ids[signal],
        table_version=table.version[signal],
        cycle_s=45 + sum(clear_s),
        offset_s=12,
        stages=stages,
        green_s=np.array([20, 25], np.int32),
        clearance_s=np.array(clear_s, np.int32),
    )


@pytest.fixture
def plans(signals: Signals, table: SafetyTable) -> tuple[Plan, ...]:
    return tuple(plan_of(signals, table, s) for s in range(len(signals.signal_ids)))


@pytest.mark.parametrize("name", ["plans.json", "plans.json.gz"])
def test_plans_are_equal_after_write_and_read(name, plans, signals, table, tmp_path):
    write_plans(tmp_path / name, plans)
    assert read_plans(tmp_path / name, signals, table) == plans


def test_no_plans_are_equal_after_write_and_read(signals, table, tmp_path):
    write_plans(tmp_path / "plans.json", ())
    assert read_plans(tmp_path / "plans.json", signals, table) == ()


def test_a_plan_is_written_for_people(plans, tmp_path):
    write_plans(tmp_path / "plans.json", plans[:1])
    assert (
        (tmp_path / "plans.json").read_text()
        == f"""{{
  "format": "cityloop-plans",
  "version": 1,
  "plans": [
    {{
      "signal": "A1",
      "table_version": "{plans[0].table_version}",
      "cycle_s": {plans[0].cycle_s},
      "offset_s": 12,
      "stages": [
        {{"green": [0], "green_s": 20, "clearance_s": {plans[0].clearance_s[0]}}},
        {{"green": [12], "green_s": 25, "clearance_s": {plans[0].clearance_s[1]}}}
      ]
    }}
  ]
}}
"""
    )


PLAN = "$.plans[1], signal 'B0'"
REFUSED: dict[str, tuple[object, str]] = {
    "format": (
        "cityloop-city",
        "$.format: found 'cityloop-city', expected 'cityloop-plans'; give a file of plans",
    ),
    "version": (
        3,
        "$.version: found 3, this cityloop reads 1 and 2; write the plans again with this cityloop",
    ),
    "plans": ({}, f"$.plans: Expected `array`, got `object`; {AGAIN}"),
    "plans/1/signal": (
        "X9",
        ("$.plans[1], signal 'X9': the network has no such signal; correct the name or remove it"),
    ),
    "plans/2/signal": (
        "B0",
        (
            "$.plans[2], signal 'B0': the signal has a plan already, at $.plans[1];"
            " remove one of the two"
        ),
    ),
    "plans/1/table_version": (
        "0123",
        (
            f"{PLAN}: made for version '0123' of the signal's safety table, which is now '@';"
            " make the plan again"
        ),
    ),
    "plans/1/cycle_s": (
        60,
        (f"{PLAN}: greens and clearances sum to 53 s, the cycle is 60 s; correct one of them"),
    ),
    "plans/1/offset_s": (
        -1,
        f"{PLAN}: the offset is -1 s, expected at least 0 and below the cycle, 53 s; put 52",
    ),
    "plans/0/offset_s": (
        70,
        (
            "$.plans[0], signal 'A1': the offset is 70 s, expected at least 0 and below the"
            " cycle, 62 s; put 8"
        ),
    ),
    "plans/1/stages": ([], f"{PLAN}: the plan has no stage or no cycle; {AGAIN}"),
    "plans/1/stages/0/green": (
        [0, 99],
        f"{PLAN}, stage 0: group 99 of the signal is not there: it has 15; {AGAIN}",
    ),
    "plans/1/stages/1/green": (
        [4, 4],
        f"{PLAN}, stage 1: group 4 of the signal is named twice; {AGAIN}",
    ),
    "plans/1/stages/0/green/0": (
        -1,
        f"$.plans[1].stages[0].green[0]: Expected `int` >= 0; {AGAIN}",
    ),
    "plans/1/stages/0/green_s": (
        -20,
        f"$.plans[1].stages[0].green_s: Expected `int` >= 0; {AGAIN}",
    ),
    "plans/1/stages/1/green_s": (
        25.5,
        f"$.plans[1].stages[1].green_s: Expected `int`, got `float`; {AGAIN}",
    ),
    "plans/1/stages/0/yellow_s": (
        3,
        f"$.plans[1].stages[0]: Object contains unknown field `yellow_s`; {AGAIN}",
    ),
}


def refusal(path: Path, signals: Signals, table: SafetyTable) -> str:
    with pytest.raises(InputError) as caught:
        read_plans(path, signals, table)
    said = str(caught.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said.removeprefix(f"{path}: ")


def put(root: Any, path: str, value: object) -> None:
    *way, last = path.split("/")
    for name in way:
        root = root[int(name)] if isinstance(root, list) else root[name]
    root[int(last) if isinstance(root, list) else last] = value


@pytest.mark.parametrize("place", REFUSED)
def test_an_inconsistency_is_refused_in_one_line(place, plans, signals, table, tmp_path):
    value, expected = REFUSED[place]
    path = tmp_path / "plans.json"
    write_plans(path, plans)
    root = json.loads(path.read_text())
    put(root, place, value)
    path.write_text(json.dumps(root))
    assert refusal(path, signals, table) == expected.replace("@", table.version[1])


def test_a_clearance_that_the_table_does_not_ask_for_is_refused(plans, signals, table, tmp_path):
    path = tmp_path / "plans.json"
    write_plans(path, plans)
    root = json.loads(path.read_text())
    stage = root["plans"][1]["stages"][0]
    stage["green_s"] += 1
    stage["clearance_s"] -= 1
    path.write_text(json.dumps(root))
    assert refusal(path, signals, table) == (
        f"{PLAN}, stage 0: the clearance is 3 s, the signal's table asks for 4 s;"
        " put 4 and take the difference from a green"
    )


@pytest.mark.parametrize("data", [b"", b"[", b"[" * 100_000, b"\xff", b'{"format": "a\xff"}', b"7"])
def test_what_is_no_plan_file_is_refused(data, signals, table, tmp_path):
    path = tmp_path / "plans.json"
    path.write_bytes(data)
    assert refusal(path, signals, table)


@pytest.fixture
def day(plans) -> Timetable:
    later = tuple(dataclasses.replace(plan, offset_s=3) for plan in plans)
    return Timetable(begin_s=(25_200, 32_400), plans=(plans, later), mode=Mode.MAX_STEP)


def test_plans_by_time_of_day_are_equal_after_write_and_read(day, plans, signals, table, tmp_path):
    path = tmp_path / "day.json"
    write_timetable(path, day)
    assert read_timetable(path, signals, table) == day
    with pytest.raises(InputError, match="found plans for 2 times of day, expected plans for one"):
        read_plans(path, signals, table)
    # Plans that always run are the file that they have always been.
    write_timetable(path, always(plans))
    write_plans(tmp_path / "plans.json", plans)
    assert path.read_bytes() == (tmp_path / "plans.json").read_bytes()
    assert read_timetable(path, signals, table) == always(plans)


@pytest.mark.parametrize(
    ("change", "place", "cause"),
    [
        (
            lambda text: text["periods"].reverse(),
            r"\$.periods\[1\].begin_s",
            "expected more than 32400",
        ),
        (lambda text: text["periods"].clear(), r"\$.periods", "length >= 1"),
        (lambda text: text.update(mode="jump"), r"\$.mode", "jump"),
        (lambda text: text["periods"][1].update(begin_s=86_400), r"begin_s", "<= 86399"),
        (lambda text: text.update(version=3), r"\$.version", "reads 1 and 2"),
        (
            lambda text: text["periods"][1]["plans"][0].update(signal="nobody"),
            r"\$.periods\[1\].plans\[0\]",
            "no such signal",
        ),
    ],
)
def test_a_bad_timetable_is_told_in_one_line(change, place, cause, day, signals, table, tmp_path):
    path = tmp_path / "day.json"
    write_timetable(path, day)
    text = json.loads(path.read_text())
    change(text)
    path.write_text(json.dumps(text))
    with pytest.raises(InputError, match=f"{place}.*{cause}") as told:
        read_timetable(path, signals, table)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("cityloop-plans-1", plan_schema(1)),
        ("cityloop-plans-2", plan_schema(2)),
        ("cityloop-planning-1", planning_schema()),
    ],
)
def test_the_published_schemas_are_those_of_the_code(name, schema):
    path = Path(__file__).parents[2] / "docs" / "schemas" / f"{name}.schema.json"
    assert json.loads(path.read_text()) == schema
