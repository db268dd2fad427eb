"""Zones on rows by hand: joined where platoons are worth it, parted where cycles differ."""

import numpy as np
import pytest

from cityloop.kernels.streets import Streets
from cityloop.traffic.plan.network import evaluate
from cityloop.traffic.plan.stock import Pool
from cityloop.traffic.plan.timings import mean_volume
from cityloop.traffic.plan.zones import Link, find_links, find_zones, take_signals
from tests.made_streets import make_row, make_stock, make_timings


def make_pool(signals: int) -> Pool:
    stages = np.array([[True, False], [False, True]])
    return Pool(
        stock=make_stock([["x.", ".x"]] * signals),
        stages=(stages,) * signals,
        shipped=np.full(signals, 2, np.int32),
    )


def without_link(streets: Streets, link: int) -> Streets:
    """Take the feed to a signal away; as much comes evenly."""
    flat = mean_volume(streets)
    keep = np.arange(len(streets.feed_part)) != link
    flat = np.where(np.arange(flat.shape[1]) == 2 * link + 2, flat, streets.flat)
    feeds, below = np.diff(streets.feed_start), np.diff(streets.below_start)
    feeds[2 * link + 2] = below[link] = 0
    return streets._replace(
        flat=flat,
        feed_start=np.concatenate([[0], np.cumsum(feeds)]).astype(np.int32),
        feed_part=streets.feed_part[keep],
        feed_share=streets.feed_share[keep],
        feed_delay_s=streets.feed_delay_s[keep],
        feed_smooth=streets.feed_smooth[keep],
        below_start=np.concatenate([[0], np.cumsum(below)]).astype(np.int32),
        below_queue=streets.below_queue[keep],
    )


@pytest.mark.parametrize(
    ("worth", "zones"),
    [
        ((5.0, 5.0, 5.0), [0, 0, 1, 1]),
        ((5.0, 50.0, 25.0), [0, 1, 1, 1]),
        ((25.0, 50.0, 25.0), [0, 0, 0, 0]),
    ],
)
def test_signals_are_joined_while_a_link_is_worth_more_than_a_common_cycle_costs(worth, zones):
    # Two want the first cycle, two the second; who takes the other's pays 20.
    cost = np.array([[10.0, 10.0, 30.0, 30.0], [30.0, 30.0, 10.0, 10.0]])
    links = tuple(Link((s, s + 1), gain) for s, gain in enumerate(worth))
    assert find_zones(cost, links).tolist() == zones


def test_a_cycle_that_is_too_short_for_one_does_not_bind_the_others():
    cost = np.array([[10.0, np.inf], [12.0, 20.0]])
    assert find_zones(cost, (Link((0, 1), 1.0),)).tolist() == [0, 1]
    assert find_zones(cost, (Link((0, 1), 3.0),)).tolist() == [0, 0]
    # Nobody is joined for nothing, and signals without neighbours stay by themselves.
    assert find_zones(cost, ()).tolist() == [0, 1]


def test_a_link_is_worth_the_mean_over_all_moments_less_the_best():
    streets, pool = make_row(2, way_s=20), make_pool(2)
    timings = make_timings([[36, 16]] * 2)
    (link,) = find_links(streets, pool.stock, timings, 60)
    assert link.signals == (0, 1)
    # The same by hand: the first signal's offset is moved, the second one's queue is looked at.
    costs = []
    for moment_s in range(0, 60, 5):
        moved = make_timings([[36, 16]] * 2, [moment_s, 0])
        costs.append(evaluate(streets, pool.stock, moved, 60).cost[2])
    assert link.gain == pytest.approx(np.mean(costs) - np.min(costs), rel=1e-6)
    # A platoon that has dispersed is worth less.
    far = streets._replace(feed_smooth=np.array([0.02]))
    (weak,) = find_links(far, pool.stock, timings, 60)
    assert 0 <= weak.gain < 0.3 * link.gain


def test_signals_taken_out_cost_what_they_cost_with_even_arrivals():
    streets, pool = make_row(4), make_pool(4)
    timings = make_timings([[30, 22]] * 4, [0, 11, 23, 40])
    whole = evaluate(without_link(streets, 1), pool.stock, timings, 60)
    for members in ([0, 1], [2, 3]):
        part, own = take_signals(streets, pool, np.array(members, np.int32))
        some = type(timings)(*(row[members] for row in timings))
        found = evaluate(part, own.stock, some, 60)
        first = 2 * members[0]
        assert found.cost == pytest.approx(whole.cost[first : first + 4], rel=1e-9)
    everyone, same = take_signals(streets, pool, np.arange(4, dtype=np.int32))
    for mine, theirs in ((everyone, streets), (same.stock, pool.stock)):
        for name, value in mine._asdict().items():
            assert np.array_equal(value, getattr(theirs, name)), name
