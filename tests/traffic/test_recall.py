"""Where nobody sees: what a lane's own green is made for, and what surely goes."""

import numpy as np
import pytest

from cityloop.traffic.control.recall import USED, Unseen, entry_lanes, planned_flow
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
    by_lane = planned_flow(NETWORK, SIGNALS, view, lanes, plans)
    names = [NETWORK.lane_ids[view.approach_lane[i]] for i in lanes.approach]
    return dict(zip(names, by_lane.tolist(), strict=True)), float(lanes.rate.max())


def test_each_lane_is_made_for_its_share_of_the_cycle():
    planned, full = serve(make_plan("14 G. 4", "12 .G 4"))
    assert planned == {
        "a_0": pytest.approx(USED * full * 14 / 34),
        "b_0": pytest.approx(USED * full * 12 / 34),
    }


def test_without_a_plan_nothing_is_known():
    planned, _full = serve()
    assert np.all(np.array(list(planned.values())) == 0.0)


def test_a_lane_of_which_a_part_is_green_surely_lets_go_less_still():
    network, signals = make_lanes(
        {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
        [
            Way("a_0", "c_0", lamp="north 0"),
            Way("a_0", "d_0", "l", lamp="north 1"),
            Way("b_0", "d_0", lamp="north 0"),
        ],
    )
    view = build_view(network, signals)
    stages = shipped_stages(signals, [make_programme("14 GG", "12 Gr")])
    table = build_stage_table(network, signals, make_table(signals), view, stages)
    lane = {network.lane_ids[view.approach_lane[a]]: i for i, a in enumerate(table.approach)}
    a, b = lane["a_0"], lane["b_0"]
    assert entry_lanes(table).tolist() == [0, 1, 0, 1]
    unseen = Unseen(table)
    rate = table.rate.reshape(2, 2)
    part = rate[1, a] / rate[0, a]
    assert 0.0 < part < 0.5
    assert unseen.limit(table.rate, np.zeros(2, bool)).tolist() == table.rate.tolist()
    expected = rate.copy()
    expected[1, a] *= part
    limited = unseen.limit(table.rate, np.ones(2, bool)).reshape(2, 2)
    np.testing.assert_allclose(limited, expected)
    there = np.ones(2)
    there[b] = 0.2
    expected = rate * there
    np.testing.assert_allclose(unseen.expect(table.rate, there).reshape(2, 2), expected)
