"""A controller that fails loses its signals, safely, and the reason is kept."""

import dataclasses

import numpy as np
import pytest

from cityloop.city.signals import Commands, Lamp
from cityloop.field.dry_run import DryRun
from cityloop.traffic.observe.observation import Reading
from cityloop.traffic.safety.fallback import FallbackKind
from cityloop.usecases.drive import drive
from cityloop.usecases.open_scenario import open_city
from tests.made_scenarios import make_busy_crossroads


class Failing:
    """Speaks for a while, then fails in its own way."""

    name = "failing"
    needs = Reading.NOTHING

    def __init__(self, city, way: str, until_s: int = 50) -> None:
        self._city, self._way, self._until_s, self._sequence = city, way, until_s, 0

    def look_at(self, lamps):
        return np.zeros(len(lamps.switching), bool)

    def decide(self, _observation, lamps):
        self._sequence += 1
        green = lamps.target.copy()
        failed = lamps.now_s >= self._until_s
        if failed and self._way == "raises":
            message = "out of order"
            raise RuntimeError(message)
        if failed and self._way == "reckless":
            green[:] = True
        return Commands(
            issued_s=lamps.now_s if not (failed and self._way == "stale") else 0,
            lifetime_s=3,
            sequence=self._sequence,
            addressed=np.full(1, not (failed and self._way == "silent")),
            green=green,
            table_version=self._city.table.version,
        )


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    return open_city(make_busy_crossroads(tmp_path_factory.mktemp("made")))


def ride(city, way, fallbacks):
    field = DryRun(city.network, city.signals, city.table, city.view, begin_s=0, end_s=400)
    return drive(field, Failing(city, way), lambda _now_s: None, fallbacks), field.shown


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("raises", "the controller failed: RuntimeError: out of order"),
        ("silent", "no command for 3 s"),
        ("stale", "no command for 3 s"),
        ("reckless", "refused 3 times in a row, last by rule 1"),
    ],
)
def test_the_fallback_takes_over_after_three_seconds(city, way, reason):
    record, shown = ride(city, way, city.fallbacks)
    assert [(each.second_s, each.reason) for each in record.fallbacks] == [(52, reason)]
    assert record.broken == 0
    green = {g for _, row in shown for g, lamp in enumerate(row) if lamp in (3, 4)}
    assert green == set(range(city.signals.group_count))


def test_without_a_programme_it_flashes_after_the_clearances(city):
    bare = city._replace(programmes=())
    assert [each.kind for each in bare.fallbacks] == [FallbackKind.FLASHING]
    record, shown = ride(city, "silent", bare.fallbacks)
    assert record.broken == 0
    assert len(record.fallbacks) == 1
    assert set(shown[-1][1]) == {Lamp.FLASHING}


def test_the_shipped_programme_is_kept_or_repaired(city):
    (found,) = city.fallbacks
    assert found.kind in {FallbackKind.OWN, FallbackKind.REPAIRED}
    assert found.approved is not None
    assert dataclasses.is_dataclass(found.approved)
