"""Paired differences and their intervals, against computation by hand."""

import math

import pytest

from cityloop.traffic.evaluate.differences import FIGURES, Difference, pair_runs
from tests.made_runs import make_run


def delays(control, by_seed):
    return [make_run(control, seed, total_delay_s=d) for seed, d in by_seed.items()]


def of_delay(runs):
    return [each for each in pair_runs(runs) if each.figure == "total_delay_s"]


def test_three_pairs_by_hand():
    """Differences -3, -5, -4: mean -4, sd 1; half the interval is t / sqrt(3).

    With two degrees of freedom t has a closed form: (2p - 1) / sqrt(2p(1 - p)) = 4.3027.
    """
    runs = delays("a", {1: 10.0, 2: 20.0, 3: 30.0}) + delays("b", {1: 7.0, 2: 15.0, 3: 26.0})
    half = 0.95 / math.sqrt(2 * 0.975 * 0.025) / math.sqrt(3)
    assert of_delay(runs) == [
        Difference(
            figure="total_delay_s",
            control="b",
            against="a",
            mean=16.0,
            against_mean=20.0,
            difference=-4.0,
            low=pytest.approx(-4.0 - half, rel=1e-12),  # type: ignore[arg-type]
            high=pytest.approx(-4.0 + half, rel=1e-12),  # type: ignore[arg-type]
            ratio=0.8,
            seeds=3,
        )
    ]


def test_pairs_are_of_one_seed_whatever_the_order():
    runs = delays("a", {1: 10.0, 2: 20.0, 3: 30.0}) + delays("b", {3: 26.0, 1: 7.0, 2: 15.0})
    assert of_delay(runs)[0].difference == -4.0


def test_only_seeds_that_both_have_count():
    runs = delays("a", {1: 10.0, 2: 20.0}) + delays("b", {2: 15.0, 3: 99.0})
    (found,) = of_delay(runs)
    assert (found.seeds, found.mean, found.against_mean) == (1, 15.0, 20.0)
    # A single pair has no interval.
    assert (found.low, found.high) == (None, None)


def test_equal_runs_differ_by_nothing_for_sure():
    (found,) = of_delay(delays("a", {1: 9.0, 2: 8.0}) + delays("b", {1: 9.0, 2: 8.0}))
    assert (found.difference, found.low, found.high, found.ratio) == (0.0, 0.0, 0.0, 1.0)


def test_against_nothing_there_is_no_ratio():
    (found,) = of_delay(delays("a", {1: 0.0}) + delays("b", {1: 5.0}))
    assert (found.ratio, found.difference) == (None, 5.0)


def test_every_figure_of_every_other_control_against_the_first():
    runs = [make_run(control, seed) for seed in (1, 2) for control in ("a", "b", "c")]
    found = pair_runs(runs)
    assert [(each.control, each.figure) for each in found] == [
        (control, figure) for control in ("b", "c") for figure in FIGURES
    ]
    assert {each.against for each in found} == {"a"}


def test_nothing_to_compare():
    assert pair_runs([]) == ()
    assert pair_runs(delays("a", {1: 9.0})) == ()
    assert pair_runs(delays("a", {1: 9.0}) + delays("b", {2: 9.0})) == ()
