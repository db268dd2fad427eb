"""Where nobody sees, a lane is given a part of what its own programme gives it."""

import numpy as np
import pytest

from cityloop.traffic.control.recall import RECALL, least_service
from cityloop.traffic.control.stage_table import build_stage_table
from cityloop.traffic.observe.view import build_view
from cityloop.traffic.plan.stages import shipped_stages
from tests.made_lanes import Way, make_lanes
from tests.made_programmes import make_plan, make_programme
from tests.made_signals import make_table

NETWORK, SIGNALS = make_lanes(
    {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
    [Way("a_0", "c_0", lamp="north 0"), Way("b_0", "d_0", lamp="north 1")],
    forbidden=["north 0 1"],
)


def serve(*plans):
    table = make_table(SIGNALS)
    view = build_view(NETWORK, SIGNALS)
    stages = shipped_stages(SIGNALS, [make_programme("14 Gr", "12 rG")])
    lanes = build_stage_table(NETWORK, SIGNALS, table, view, stages)
    by_lane = least_service(NETWORK, SIGNALS, view, lanes, plans)
    names = [NETWORK.lane_ids[view.approach_lane[i]] for i in lanes.approach]
    return dict(zip(names, by_lane.tolist(), strict=True)), float(lanes.rate.max())


def test_each_lane_is_given_its_share_of_the_cycle():
    least, full = serve(make_plan("14 G. 4", "12 .G 4"))
    assert least == {
        "a_0": pytest.approx(RECALL * full * 14 / 34),
        "b_0": pytest.approx(RECALL * full * 12 / 34),
    }


def test_without_a_plan_nothing_is_known():
    least, _full = serve()
    assert np.all(np.array(list(least.values())) == 0.0)
