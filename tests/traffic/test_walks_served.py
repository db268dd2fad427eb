"""On a grid with crossings the walks that no sensor sees are served, and soon."""

import numpy as np
import pytest

from cityloop.city.scenario import Scenario
from cityloop.city.signals import GroupKind
from cityloop.field.dry_run import DryRun
from cityloop.usecases.drive import drive
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.open_scenario import open_city
from tests.made_networks import make_grid

MOST_S = {"max-pressure": 600, "adaptive": 120}
"""For how long a walk may have no green. [s]"""


@pytest.mark.parametrize("control", MOST_S)
def test_every_walk_gets_green_and_nothing_is_refused(control, tmp_path):
    net = make_grid(tmp_path)
    city = open_city(Scenario(name="grid", origin=tmp_path, net_file=net))
    field = DryRun(city.network, city.signals, city.table, city.view, begin_s=0, end_s=600)
    record = drive(field, make_controller(control, city, None), lambda _now_s: None, city.fallbacks)
    assert (record.refused, record.broken, record.fallbacks) == (0, 0, ())
    walks = np.flatnonzero(city.signals.group_kind == GroupKind.WALK)
    assert len(walks) > 10
    seconds = [second for second, _ in field.shown] + [600]
    green = np.isin(np.array([row for _, row in field.shown])[:, walks], (3, 4))
    assert green.any(axis=0).all()
    red_s, longest_s = np.zeros(len(walks)), 0.0
    for row, lasts_s in zip(green, np.diff(seconds), strict=True):
        red_s = np.where(row, 0, red_s + lasts_s)
        longest_s = max(longest_s, red_s.max())
    assert longest_s < MOST_S[control]
