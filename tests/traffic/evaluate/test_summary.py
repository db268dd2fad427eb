"""Runs put together: controls, seeds, queues, junctions."""

import math

import pytest

from cityloop.traffic.evaluate.differences import FIGURES, pair_runs
from cityloop.traffic.evaluate.summary import (
    ControlRuns,
    JunctionChange,
    QueueBand,
    SeedCount,
    count_seeds,
    group_runs,
    is_worse,
    list_junctions,
    queue_band,
)
from tests.made_runs import make_run, scale_junctions


def test_runs_are_grouped_by_control_in_order_and_by_seed():
    b2, a1, b1 = make_run("b", 2), make_run("a", 1), make_run("b", 1)
    assert group_runs([b2, a1, b1]) == (
        ControlRuns(control="b", runs=(b1, b2)),
        ControlRuns(control="a", runs=(a1,)),
    )


def test_of_two_runs_of_one_seed_the_later_counts_as_in_the_differences():
    early, late = make_run("a", 1, stops=1.0), make_run("a", 1, stops=3.0)
    (group,) = group_runs([early, late])
    assert group.runs == (late,)
    other = make_run("b", 1, stops=3.0)
    found = {each.figure: each.difference for each in pair_runs([early, late, other])}
    assert found["stops"] == 0


def test_no_runs_no_controls():
    assert group_runs([]) == ()


def test_the_mean_is_over_the_seeds():
    (group,) = group_runs([make_run("a", s, total_delay_s=d) for s, d in ((1, 10.0), (2, 40.0))])
    assert group.mean("total_delay_s") == 25.0


def test_seeds_are_counted_over_those_that_both_have():
    against, ours = group_runs(
        [make_run("a", seed, stops=1.0) for seed in (1, 2, 3, 4)]
        + [make_run("b", seed, stops=stops) for seed, stops in ((1, 0.5), (2, 1.0), (3, 2.0))]
    )
    assert count_seeds(ours, against, "stops") == SeedCount(less=1, more=1, seeds=3)


@pytest.mark.parametrize(("figure", "less_is_worse"), [(f, f == "arrived") for f in FIGURES])
def test_worse_is_more_of_everything_but_arrivals(figure, less_is_worse):
    runs = [make_run("a", **{figure: 10}), make_run("b", **{figure: 5})]
    (less,) = [each for each in pair_runs(runs) if each.figure == figure]
    (more,) = [each for each in pair_runs(runs[::-1]) if each.figure == figure]
    (same,) = [each for each in pair_runs([runs[0], make_run("b", **{figure: 10})])
               if each.figure == figure]  # fmt: skip
    assert (is_worse(less), is_worse(more)) == (less_is_worse, not less_is_worse)
    assert not is_worse(same)


def test_a_queue_is_banded_over_the_samples_that_all_seeds_have():
    (group,) = group_runs(
        [
            make_run("a", 1, queue_time_s=(25230, 25260, 25290), queue=(10, 20, 15)),
            make_run("a", 2, queue_time_s=(25230, 25260), queue=(20, 0)),
        ]
    )
    assert queue_band(group) == QueueBand(
        control="a", time_s=(30.0, 60.0), mean=(15.0, 10.0), low=(10, 0), high=(20, 20)
    )


def test_a_run_without_samples_has_an_empty_band():
    (group,) = group_runs([make_run("a", queue_time_s=(), queue=())])
    assert queue_band(group) == QueueBand(control="a", time_s=(), mean=(), low=(), high=())


def test_junctions_are_compared_seed_by_seed():
    against, ours = group_runs(
        [make_run("a", 1), make_run("a", 2), make_run("a", 9, junctions=scale_junctions(99, 99))]
        + [
            make_run("b", 1, junctions=scale_junctions(0.5, 1.0)),
            make_run("b", 2, junctions=scale_junctions(0.5, 3.0)),
        ]
    )
    west, east = list_junctions(ours, against)
    assert west == JunctionChange(
        signal_id="west",
        x_m=0.0,
        y_m=0.0,
        delay_s=3600.0,
        before_s=7200.0,
        count=SeedCount(less=2, more=0, seeds=2),
    )
    assert (west.change_s, west.change_share) == (-3600.0, -0.5)
    assert (east.change_s, east.change_share) == (1800.0, 1.0)
    assert east.count == SeedCount(less=0, more=1, seeds=2)


def test_a_control_alone_has_delays_and_no_changes():
    (group,) = group_runs([make_run("a", 1), make_run("a", 2, junctions=scale_junctions(3, 3))])
    west, east = list_junctions(group, None)
    assert (west.delay_s, west.before_s, west.change_s, west.change_share) == (14400, None, 0, 0)
    assert east.delay_s == 3600


def test_delay_where_there_was_none_is_an_infinite_share():
    against, ours = group_runs([make_run("a", junctions=scale_junctions(0, 0)), make_run("b")])
    assert [each.change_share for each in list_junctions(ours, against)] == [math.inf, math.inf]
    same, _ = list_junctions(against, against)
    assert same.change_share == 0


def test_without_a_common_seed_no_junction_is_compared():
    against, ours = group_runs([make_run("a", 1), make_run("b", 2)])
    assert list_junctions(ours, against) == ()
