"""Greens as a plan that follows the traffic has them on average."""

from dataclasses import replace

import numpy as np

from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.average_greens import average_greens
from cityloop.usecases.open_scenario import open_city
from tests.made_scenarios import make_busy_crossroads


def test_who_has_too_little_green_gets_more_and_the_cycle_stays(tmp_path):
    city = open_city(make_busy_crossroads(tmp_path, end_s=300))
    (own,) = [each.approved.plan for each in city.fallbacks if each.approved is not None]
    spare_s = int(own.green_s.sum()) - 5 * len(own.green_s)
    starved = replace(own, green_s=np.array([5 + spare_s, *[5] * (len(own.green_s) - 1)], np.int32))
    (found,) = average_greens(city, (starved,), seed=21, duration_s=300)
    assert (found.cycle_s, found.offset_s) == (starved.cycle_s, starved.offset_s)
    assert np.array_equal(found.stages, starved.stages)
    assert int(found.green_s.sum()) == int(starved.green_s.sum())
    assert found.green_s[0] < starved.green_s[0]
    assert found.green_s[1:].max() > 5
    said = prove_plan(city.network, city.signals, city.table, None, found)
    assert isinstance(said, ApprovedPlan)
    (again,) = average_greens(city, (starved,), seed=21, duration_s=300)
    assert np.array_equal(again.green_s, found.green_s)
