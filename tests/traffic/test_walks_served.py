"""On a grid with crossings max-pressure serves the walks that no sensor sees."""

import numpy as np

from cityloop.city.scenario import Scenario
from cityloop.city.signals import GroupKind
from cityloop.field.dry_run import DryRun
from cityloop.usecases.drive import drive
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make_grid


def test_every_walk_gets_green_and_nothing_is_refused(tmp_path):
    net = make_grid(tmp_path)
    city = open_city(Scenario(name="grid", origin=tmp_path, net_file=net))
    field = DryRun(city.network, city.signals, city.table, city.view, begin_s=0, end_s=600)
    record = drive(
        field, make_controller("max-pressure", city, None), lambda _now_s: None, city.fallbacks
    )
    assert (record.refused, record.broken, record.fallbacks) == (0, 0, ())
    walks = np.flatnonzero(city.signals.group_kind == GroupKind.WALK)
    ever = {g for _, row in field.shown for g in walks.tolist() if row[g] in {3, 4}}
    assert ever == set(walks.tolist())
    assert len(walks) > 10
