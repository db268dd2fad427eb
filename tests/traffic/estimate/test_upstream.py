"""What is on its way: two signals in a row, worked out by hand."""

import numpy as np

from cityloop.traffic.estimate.upstream import PLANNED_S, START_S, Upstream, find_paths
from cityloop.traffic.observe.view import build_view
from tests.made_lanes import Way, make_lanes

LENGTH_M = {"in_0": 100.0, "mid_0": 300.0, "side_0": 50.0, "out_0": 100.0}
WAYS = [
    Way("in_0", "mid_0", lamp="m 0"),
    Way("in_0", "side_0", "r", lamp="m 0"),
    Way("mid_0", "out_0", lamp="n 0"),
]
HORIZON_S = 60


def made():
    network, signals = make_lanes(LENGTH_M, WAYS)
    view = build_view(network, signals)
    names = [network.lane_ids[lane] for lane in view.approach_lane]
    return network, signals, view, names.index("in_0"), names.index("mid_0")


def test_the_path_leads_from_the_line_upstream_over_the_link_at_free_speed():
    network, signals, view, upper, lower = made()
    paths = find_paths(network, signals, view)
    speed_m_s = float(network.lane_speed_m_s[view.approach_lane[lower]])
    assert paths.source.tolist() == [upper]
    assert paths.link.tolist() == [paths.link_of[lower]]
    assert paths.delay_s.tolist() == [round(300.0 / speed_m_s + START_S)]
    # Half of those who cross turn off, as far as anybody knows at first.
    assert paths.share.tolist() == [0.5]


def test_who_crossed_upstream_is_expected_when_the_way_is_over():
    network, signals, view, upper, lower = made()
    upstream = Upstream(network, signals, view, HORIZON_S)
    delay_s = int(find_paths(network, signals, view).delay_s[0])
    rate = np.full(2, 0.1)
    leaving = np.repeat(rate[:, None], PLANNED_S, axis=1)
    crossed = np.zeros(2)
    crossed[upper] = 2
    upstream.update(crossed, leaving, rate, 1)
    before = upstream.expect(1, leaving, rate)[lower]
    # 0.1 veh/s upstream explain half of what usually comes; the rest comes from elsewhere.
    expected = np.full(HORIZON_S + 2, 0.05)
    expected[delay_s] += 2 * 0.5
    expected[delay_s + 1 :] += 0.1 * 0.5
    np.testing.assert_allclose(before, expected)
    upstream.update(np.zeros(2), leaving, rate, 2)
    assert upstream.expect(2, leaving, rate)[lower][delay_s - 1] == expected[delay_s]


def test_shares_follow_the_counts_at_both_ends():
    network, signals, view, upper, lower = made()
    upstream = Upstream(network, signals, view, HORIZON_S)
    leaving = np.zeros((2, PLANNED_S))
    crossed = np.zeros(2)
    for t in range(1, 1801):
        # Everyone goes straight on, but for one in ten.
        crossed[upper] = t % 3 == 0
        crossed[lower] = t % 3 == 0 and t % 30 != 0
        upstream.update(crossed, leaving, np.array([1 / 3, 0.3]), t)
    assert 0.85 < upstream.shares[0] < 0.97


def test_nothing_is_learnt_of_shares_where_nobody_looks():
    network, signals, view, upper, lower = made()
    upstream = Upstream(network, signals, view, HORIZON_S)
    leaving = np.zeros((2, PLANNED_S))
    crossed, usual = np.zeros(2), np.zeros(2)
    crossed[upper] = -1
    usual[upper], usual[lower] = 0.05, 0.1
    for t in range(1, 1801):
        crossed[lower] = t % 10 == 0
        upstream.update(crossed, leaving, usual, t)
    assert upstream.shares.tolist() == [0.5]
