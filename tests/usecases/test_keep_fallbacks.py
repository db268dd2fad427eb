"""Fallbacks are computed once and kept; what is kept is believed only after a new proof."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cityloop.city.scenario import Scenario
from cityloop.traffic.safety import approval
from cityloop.traffic.safety.fallback import FallbackKind, find_fallbacks
from cityloop.usecases import keep_fallbacks as keeping
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from tests.made_networks import make_grid


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> City:
    net = make_grid(tmp_path_factory.mktemp("grid"))
    return open_city(Scenario(name="grid", origin=net, net_file=net))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CITYLOOP_CACHE", str(tmp_path))
    return tmp_path


def computed(city):
    return find_fallbacks(city.network, city.signals, city.table, city.programmes)


def as_told(fallbacks):
    return [
        (f.signal_id, f.kind, f.reason, f.approved and (f.approved.digest, f.approved.proven))
        for f in fallbacks
    ]


@pytest.fixture
def counted(monkeypatch) -> list[int]:
    """Count how often fallbacks are computed."""
    times: list[int] = []

    def count(*arguments):
        times.append(1)
        return find_fallbacks(*arguments)

    monkeypatch.setattr(keeping, "find_fallbacks", count)
    return times


def kept_file(cache: Path) -> Path:
    (path,) = (cache / "fallbacks").iterdir()
    return path


def test_they_are_computed_once_and_are_the_same_ever_after(city, cache, counted):
    first = city.fallbacks
    assert as_told(first) == as_told(computed(city))
    again = open_city(city.scenario).fallbacks
    assert as_told(again) == as_told(first)
    assert [len(counted), len(list((cache / "fallbacks").iterdir()))] == [1, 1]
    assert {f.kind for f in first} <= {FallbackKind.OWN, FallbackKind.REPAIRED}


def change_version(text):
    text["version"] = 2


def change_gate(text):
    text["gate_version"] = "none"


def change_city(text):
    text["city"] = "0" * 64


def change_table(text):
    text["fallbacks"][0]["table_version"] = "0" * 16


def swap_signals(text):
    text["fallbacks"].reverse()


def leave_one_out(text):
    del text["fallbacks"][-1]


def flash_with_a_plan(text):
    text["fallbacks"][0]["kind"] = "flashing"


def break_the_plan(text):
    text["fallbacks"][0]["plan"]["stages"]["shape"] = [1]


def let_conflicts_go(text):
    stages = text["fallbacks"][0]["plan"]["stages"]
    stages["values"] = [True] * len(stages["values"])


def shorten_a_green(text):
    plan = text["fallbacks"][0]["plan"]
    plan["cycle_s"] -= plan["green_s"]["values"][0] - 1
    plan["green_s"]["values"][0] = 1


@pytest.mark.parametrize(
    "change",
    [
        change_version,
        change_gate,
        change_city,
        change_table,
        swap_signals,
        leave_one_out,
        flash_with_a_plan,
        break_the_plan,
        let_conflicts_go,
        shorten_a_green,
    ],
)
def test_a_file_that_is_not_theirs_or_not_safe_is_computed_anew(city, cache, counted, change):
    good = as_told(city.fallbacks)
    path = kept_file(cache)
    whole = path.read_bytes()
    text = json.loads(whole)
    change(text)
    path.write_text(json.dumps(text))
    assert as_told(city.fallbacks) == good
    assert len(counted) == 2
    assert path.read_bytes() == whole


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"\x1f\x8b broken"])
def test_a_broken_file_is_computed_anew(city, cache, counted, data):
    good = as_told(city.fallbacks)
    kept_file(cache).write_bytes(data)
    assert as_told(city.fallbacks) == good
    assert len(counted) == 2


def test_another_table_programme_or_code_is_another_file(city, cache, monkeypatch):
    names: set[str] = set()

    def learn(other):
        _ = other.fallbacks
        new = {path.name for path in (cache / "fallbacks").iterdir()} - names
        assert len(new) == 1
        names.update(new)

    learn(city)
    longer = replace(city.table, max_red_s=city.table.max_red_s + np.int32(1))
    learn(city._replace(table=longer))
    learn(city._replace(programmes=city.programmes[:-1]))
    monkeypatch.setattr(keeping, "_code", lambda: "another")
    learn(city)


def test_flashing_is_kept_too(city, counted):
    bare = city._replace(programmes=())
    first, again = bare.fallbacks, bare.fallbacks
    assert {f.kind for f in first} == {FallbackKind.FLASHING}
    assert as_told(first) == as_told(again)
    assert len(counted) == 1


def test_without_a_cache_they_are_computed_each_time(city, cache, counted):
    (cache / "fallbacks").write_text("no folder")
    assert as_told(city.fallbacks) == as_told(computed(city))
    assert as_told(city.fallbacks) == as_told(computed(city))
    assert len(counted) == 2


def test_what_is_kept_holds_no_seal(city, cache):
    _ = city.fallbacks
    text = kept_file(cache).read_text()
    assert "seal" not in text
    assert json.loads(text)["gate_version"] == approval.GATE_VERSION
