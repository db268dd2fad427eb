"""Forecasting what detectors will tell, and trying out how good that is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.feeds.series_files import Series, read_nearness, read_series
from cityloop.store.whole_file import write_whole
from cityloop.traffic.estimate.forecast import (
    Forecast,
    ForecastRules,
    alike,
    fit_forecast,
    nearest,
    predict,
    usual_day,
)

AHEAD_MIN: Final = (5, 15, 30, 60)
_DAY_US: Final = 86_400 * 10**6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ForecastError:
    """How far off forecasts were.

    Attributes
    ----------
    minutes
        How far ahead.
    error
        Mean absolute error, in what the series is in.
    error_now
        Of taking the value of now for the one to come.
    penalty
        That was chosen.
    """

    minutes: int
    error: float
    error_now: float
    penalty: float


def forecast_detectors(
    path: Path, nearness: Path | None, step_min: float, out: Path, say: Callable[[int, int], None]
) -> int:
    """Forecast what each detector will tell after the last step, and write it as CSV.

    Parameters
    ----------
    path
        The history; see `read_series`.
    nearness
        How near detectors are to each other; None to see that from how alike they are.
    step_min
        Length of a step, where the history has no times. [min]
    out
        The CSV file: detector, minutes, time, value.
    say
        Told how much of the fitting is done, of how much.

    Returns
    -------
    How many values were forecast.

    Raises
    ------
    InputError
        If the history cannot be used or the file cannot be written.
    """
    series = read_series(path, step_min)
    forecast, ahead = _fit(path, series, nearness, len(series.values), say)
    # Only the last day counts, and a few steps before it for what is known.
    first = max(0, len(series.values) - _DAY_US // series.step_us)
    found = predict(forecast, series.values[first:], _first_step(series) + first)[:, -1]
    end_us = series.begin_us + len(series.values) * series.step_us
    lines = ["detector,minutes,time,value"]
    for d, name in enumerate(series.detectors):
        quoted = f'"{name.replace(chr(34), chr(34) * 2)}"'
        for h, minutes in enumerate(ahead):
            time = _EPOCH + timedelta(microseconds=end_us - series.step_us + minutes * 60 * 10**6)
            lines.append(f"{quoted},{minutes},{time.isoformat()},{found[h, d]:.6g}")
    write_whole(out, ("\n".join(lines) + "\n").encode())
    return found.size


def try_forecast(
    path: Path,
    nearness: Path | None,
    step_min: float,
    test_share: float,
    say: Callable[[int, int], None],
) -> list[ForecastError]:
    """Forecast the last part of a history from every step of it, and compare.

    Parameters
    ----------
    path
        The history; see `read_series`.
    nearness
        As for `forecast_detectors`.
    step_min
        As for `forecast_detectors`. [min]
    test_share
        Share of the history that the fitting does not see.
    say
        As for `forecast_detectors`.

    Returns
    -------
    One entry a horizon.

    Raises
    ------
    InputError
        If the history cannot be used.
    """
    if not 0 < test_share < 1:
        raise InputError(
            file="--test",
            place="",
            cause=f"{test_share} is no share",
            remedy="give one between 0 and 1, such as 0.2",
        )
    series = read_series(path, step_min)
    values = series.values
    cut = len(values) - round(len(values) * test_share)
    forecast, ahead = _fit(path, series, nearness, cut, say)
    found = predict(forecast, values, _first_step(series))
    errors = []
    for h, minutes in enumerate(ahead):
        origin = slice(cut - forecast.horizons[h], len(values) - forecast.horizons[h])
        off = np.abs(found[h, origin] - values[cut:])
        now = np.abs(values[origin] - values[cut:])
        errors.append(
            ForecastError(
                minutes=minutes,
                error=float(off[np.isfinite(off)].mean()),
                error_now=float(now[np.isfinite(now)].mean()),
                penalty=float(forecast.penalty[h]),
            )
        )
    return errors


def _first_step(series: Series) -> int:
    return series.begin_us % _DAY_US // series.step_us


def _fit(
    path: Path, series: Series, nearness: Path | None, end: int, say: Callable[[int, int], None]
) -> tuple[Forecast, list[int]]:
    steps_a_day = _DAY_US // series.step_us
    ahead = [each for each in AHEAD_MIN if each * 60 * 10**6 % series.step_us == 0]
    horizons = tuple(each * 60 * 10**6 // series.step_us for each in ahead)
    values: Any = series.values[:end]
    first = _first_step(series)
    if not ahead:
        raise InputError(
            file=path,
            place="",
            cause=f"its step of {series.step_us / 60e6:g} min fits in none of 5, 15, 30 and 60 min",
            remedy="give one of 5 min, or one that divides it",
        )
    if nearness is None:
        weights = alike(values, usual_day(values, first, steps_a_day), first)
    else:
        weights = read_nearness(nearness, len(series.detectors))
    rules = ForecastRules(steps_a_day=steps_a_day, horizons=horizons)
    try:
        return fit_forecast(values, first, nearest(weights), rules, say), ahead
    except ValueError as error:
        raise InputError(
            file=path,
            place="",
            cause=f"the history is too short ({error})",
            remedy="give at least two and a half days",
        ) from None
