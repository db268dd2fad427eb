"""Forecasts: exact where the future follows from the past, honest where nothing does."""

from itertools import pairwise

import numpy as np
import pytest

from cityloop.traffic.estimate.forecast import (
    ForecastRules,
    alike,
    fit_forecast,
    nearest,
    predict,
    usual_day,
)

DAY = 96
RULES = ForecastRules(steps_a_day=DAY, horizons=(1, 4), lags=4)
NOBODY = np.zeros((1, 0), np.int32)


def day_after_day(days: int, first_step: int = 0) -> np.ndarray:
    steps = first_step + np.arange(days * DAY)
    return (50 + 10 * np.sin(2 * np.pi * steps / DAY))[:, None]


def naive_usual_day(values: np.ndarray, first_step: int) -> np.ndarray:
    """The same, one time of day after the other."""
    medians = []
    for time in range(DAY):
        mine = [
            v for i, v in enumerate(values) if (first_step + i) % DAY == time and np.isfinite(v)
        ]
        medians.append(np.median(mine) if mine else np.nan)
    around = [[medians[(time + k) % DAY] for k in range(-3, 4)] for time in range(DAY)]
    return np.array([np.nanmean(each) for each in around])


@pytest.mark.parametrize("seed", range(5))
def test_the_usual_day_is_that_of_its_twin(seed):
    rng = np.random.default_rng(seed)
    first = int(rng.integers(DAY))
    values = rng.normal(size=(int(rng.integers(DAY, 4 * DAY)), 3))
    values[rng.random(values.shape) < 0.1] = np.nan
    found = usual_day(values, first, DAY)
    for detector in range(3):
        expected = naive_usual_day(values[:, detector], first)
        np.testing.assert_allclose(found[:, detector], expected, rtol=1e-12)


def test_the_same_day_again_and_again_is_forecast_to_the_smoothing():
    values = day_after_day(4, 10)
    forecast = fit_forecast(values[: 3 * DAY], 10, NOBODY, RULES, lambda *_: None)
    found = predict(forecast, values, 10, RULES.lags)
    for h, ahead in enumerate(RULES.horizons):
        off = found[h, 3 * DAY - ahead : -ahead] - values[3 * DAY :]
        assert np.abs(off).max() < 0.2


def test_what_comes_from_upstream_is_seen_coming():
    """The second detector tells what the first one told four steps before: noise, but known."""
    rng = np.random.default_rng(3)
    upstream = rng.normal(50, 10, 6 * DAY)
    values = np.column_stack([upstream, np.roll(upstream, 4)])
    near = nearest(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert near.tolist() == [[1, -1], [0, -1]] or near.tolist() == [[1], [0]]
    cut = 5 * DAY
    forecast = fit_forecast(values[:cut], 0, near, RULES, lambda *_: None)
    found = predict(forecast, values, 0, RULES.lags)
    off = np.abs(found[1, cut - 4 : -4] - values[cut:]).mean(axis=0)
    assert off[1] < 0.5
    assert off[0] > 5  # nobody can know what comes here


def test_what_is_not_known_changes_nothing_else_and_is_forecast_as_usual():
    values = np.column_stack([day_after_day(4)[:, 0], day_after_day(4)[:, 0]])
    values[:, 1] = np.nan
    near = np.full((2, 0), -1, np.int32)
    forecast = fit_forecast(values, 0, near, RULES, lambda *_: None)
    found = predict(forecast, values, 0, RULES.lags)
    assert np.isnan(found[:, : RULES.lags - 1]).all()
    assert np.isfinite(found[:, RULES.lags - 1 :]).all()
    assert (found[:, RULES.lags - 1 :, 1] == 0).all()
    weights = alike(values, forecast.profile, 0)
    assert (weights == 0).all()


def test_the_last_part_is_not_seen_and_work_is_told():
    told: list[tuple[int, int]] = []
    values = day_after_day(4) + np.random.default_rng(5).normal(size=(4 * DAY, 1))
    first = fit_forecast(values[: 3 * DAY], 0, NOBODY, RULES, lambda *each: told.append(each))
    other = values.copy()
    other[3 * DAY :] = 0
    again = fit_forecast(other[: 3 * DAY], 0, NOBODY, RULES, lambda *_: None)
    assert first == again
    assert told == [(1, 2), (2, 2)]
    assert all(a < b for a, b in pairwise(told))


def test_too_short_a_history_is_said():
    with pytest.raises(ValueError, match="too few"):
        fit_forecast(day_after_day(1), 0, NOBODY, RULES, lambda *_: None)
