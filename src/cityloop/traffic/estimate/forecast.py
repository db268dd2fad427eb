"""What detectors will tell in the next hour: time-of-day profile, recent values, neighbours.

For each detector and horizon the change from now is a linear function of its recent changes, of how
far it and its neighbours are from what is usual at this time of day, and of how what is usual will
change. The coefficients have the least absolute error, with a ridge penalty: iteratively reweighted
least squares (Holland & Welsch 1977, doi:10.1080/03610927708827533) over ridge regression (Hoerl &
Kennard 1970, doi:10.1080/00401706.1970.10488634).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_SMOOTH = 3  # a profile is averaged over so many steps to either side
_NEIGHBOUR_LAGS = (0, 1, 3)
_ROUNDS = 3
_ERROR_MIN = 0.5  # what is closer than this, over a typical error, weighs no more


@dataclass(frozen=True, kw_only=True)
class ForecastRules:
    """What a forecast looks at.

    Attributes
    ----------
    steps_a_day
        Steps of the series in a day.
    horizons
        How many steps ahead.
    lags
        Recent values of the detector itself.
    penalties
        Of which one is chosen for each horizon by what is held back of the history.
    held_back
        Share of the history, its last part, on which penalties are tried.
    """

    steps_a_day: int
    horizons: tuple[int, ...]
    lags: int = 12
    penalties: tuple[float, ...] = (3.0, 30.0, 300.0)
    held_back: float = 0.2


@record
class Forecast:
    """A fitted forecast.

    Attributes
    ----------
    profile
        (steps of a day, detectors) what is usual.
    neighbours
        (detectors, neighbours) index of each, -1 where there are fewer.
    horizons
        (horizons,) [steps]
    penalty
        (horizons,) as chosen.
    weights
        (horizons, detectors, features + 1) the last one stands alone.
    """

    profile: Doubles
    neighbours: Ints
    horizons: Ints
    penalty: Doubles
    weights: Doubles


def usual_day(values: Doubles, first_step: int, steps_a_day: int) -> Doubles:
    """Work out what is usual at each time of day: the median over the days, smoothed.

    Parameters
    ----------
    values
        (steps, detectors) NaN where nothing is known.
    first_step
        The time of day of the first row.
    steps_a_day
        Steps in a day.

    Returns
    -------
    (steps of a day, detectors) finite; a detector that never told anything has zeros.
    """
    days = -(-(first_step + len(values)) // steps_a_day)
    padded = np.full((days * steps_a_day, values.shape[1]), np.nan)
    padded[first_step : first_step + len(values)] = values
    by_day = padded.reshape(days, steps_a_day, -1)
    told = np.isfinite(by_day)
    # The median without NaN, for all at once: what is unknown sorts to the end.
    ordered, count = np.sort(by_day, axis=0), told.sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count, days - 1)[None] // 2, axis=0)[0]
    median = np.where(count > 0, (low + np.where(count > 1, high, low)) / 2, np.nan)
    around = np.stack([np.roll(median, shift, axis=0) for shift in range(-_SMOOTH, _SMOOTH + 1)])
    known = np.isfinite(around)
    total, number = np.where(known, around, 0).sum(axis=0), known.sum(axis=0)
    all_told = np.isfinite(values)
    overall = np.where(all_told, values, 0).sum(axis=0) / np.maximum(all_told.sum(axis=0), 1)
    usual: Doubles = np.where(number > 0, total / np.maximum(number, 1), overall)
    return usual


def nearest(weights: Doubles, count: int = 6) -> Ints:
    """Choose the neighbours of each detector.

    Parameters
    ----------
    weights
        (detectors, detectors) how near, or how alike, each is to each; 0 for not at all.
    count
        So many in either direction at most.

    Returns
    -------
    (detectors, up to 2 * count) index, -1 where there are fewer.
    """
    detectors = len(weights)
    found = np.full((detectors, min(2 * count, max(detectors - 1, 0))), -1, np.int32)
    for i in range(detectors):
        mine: set[int] = set()
        for row in (weights[i], weights[:, i]):
            near = [int(j) for j in np.argsort(-row, kind="stable")[: count + 1] if row[j] > 0]
            mine.update([j for j in near if j != i][:count])
        found[i, : len(mine)] = sorted(mine)
    return found


def alike(values: Doubles, profile: Doubles, first_step: int) -> Doubles:
    """Work out how alike detectors stray from what is usual, where no map says who is near whom.

    Parameters
    ----------
    values
        (steps, detectors) NaN where nothing is known.
    profile
        (steps of a day, detectors) from `usual_day`.
    first_step
        The time of day of the first row.

    Returns
    -------
    (detectors, detectors) correlation, 0 on the diagonal and where it is negative.
    """
    strayed = _filled(values, profile, first_step) - _usual(profile, first_step, len(values))
    strayed -= strayed.mean(axis=0)
    size = np.sqrt((strayed**2).sum(axis=0))
    strayed /= np.where(size > 0, size, 1)
    found: Doubles = np.maximum(strayed.T @ strayed, 0)
    np.fill_diagonal(found, 0)
    return found


def fit_forecast(
    values: Doubles,
    first_step: int,
    neighbours: Ints,
    rules: ForecastRules,
    say: Callable[[int, int], None],
) -> Forecast:
    """Fit a forecast, one detector after the other.

    Parameters
    ----------
    values
        (steps, detectors) the history; NaN where nothing is known.
    first_step
        The time of day of its first row.
    neighbours
        (detectors, neighbours) from `nearest`.
    rules
        What it looks at.
    say
        Told how many detectors are done, of how many; each is fitted twice.

    Returns
    -------
    The forecast.

    Raises
    ------
    ValueError
        If the history is too short: two days are needed, or 200 steps.
    """
    steps, detectors = values.shape
    if steps < max(2 * rules.steps_a_day, 200):
        raise ValueError(f"{steps} steps are too few")
    cut = steps - round(steps * rules.held_back)
    tries = [_Fit(values, first_step, neighbours, rules, end) for end in (cut, steps)]
    missed = np.zeros((len(rules.horizons), len(rules.penalties)))
    for detector in range(detectors):
        features, whole = tries[0].features(detector), values[:, detector]
        for h, ahead in enumerate(rules.horizons):
            for p, penalty in enumerate(rules.penalties):
                weights = tries[0].solve(features, detector, ahead, penalty)
                told = whole[cut - ahead : steps - ahead]
                later = _full(features, tries[0], detector, ahead)[cut - ahead : steps - ahead]
                error = np.abs(told + later @ weights - whole[cut:])
                missed[h, p] += error[np.isfinite(error)].sum()
        say(detector + 1, 2 * detectors)
    chosen = [rules.penalties[p] for p in missed.argmin(axis=1)]
    found = []
    for detector in range(detectors):
        features = tries[1].features(detector)
        found.append(
            [
                tries[1].solve(features, detector, ahead, penalty)
                for ahead, penalty in zip(rules.horizons, chosen, strict=True)
            ]
        )
        say(detectors + detector + 1, 2 * detectors)
    return Forecast(
        profile=tries[1].profile,
        neighbours=neighbours,
        horizons=np.array(rules.horizons, np.int32),
        penalty=np.array(chosen),
        weights=np.array(found).transpose(1, 0, 2),
    )


def predict(forecast: Forecast, values: Doubles, first_step: int, lags: int = 12) -> Doubles:
    """Forecast from every step of a series that has enough before it.

    Parameters
    ----------
    forecast
        The fitted forecast.
    values
        (steps, detectors) NaN where nothing is known: what is usual then stands in.
    first_step
        The time of day of the first row.
    lags
        As it was fitted with.

    Returns
    -------
    (horizons, steps, detectors) what is forecast at each step; NaN for the first `lags` - 1 steps.
    """
    profile = forecast.profile
    filled = _filled(values, profile, first_step)
    found = np.full((len(forecast.horizons), *values.shape), np.nan)
    for detector in range(values.shape[1]):
        features = _features(
            filled, profile, first_step, forecast.neighbours[detector], detector, lags
        )
        for h, ahead in enumerate(forecast.horizons):
            change = _change(profile, first_step, len(values), detector, int(ahead))
            whole = np.column_stack([features, change, np.ones(len(values))])
            found[h, :, detector] = filled[:, detector] + whole @ forecast.weights[h, detector]
    found[:, : lags - 1] = np.nan
    return found


class _Fit:
    """The fits on the first part of a history."""

    def __init__(
        self, values: Doubles, first_step: int, neighbours: Ints, rules: ForecastRules, end: int
    ) -> None:
        self.profile = usual_day(values[:end], first_step, rules.steps_a_day)
        self.first_step, self._rules, self._end = first_step, rules, end
        self._values, self._neighbours = values, neighbours
        self._filled = _filled(values, self.profile, first_step)

    def features(self, detector: int) -> Doubles:
        return _features(
            *(self._filled, self.profile, self.first_step, self._neighbours[detector]),
            detector,
            self._rules.lags,
        )

    def solve(self, features: Doubles, detector: int, ahead: int, penalty: float) -> Doubles:
        begin, end = self._rules.lags - 1, self._end - ahead
        whole = _full(features, self, detector, ahead)[begin:end, :-1]
        target = self._values[begin + ahead : end + ahead, detector]
        target = target - self._filled[begin:end, detector]
        known = np.isfinite(target)
        return _least_absolute(whole[known], target[known], penalty)


def _full(features: Doubles, fit: _Fit, detector: int, ahead: int) -> Doubles:
    change = _change(fit.profile, fit.first_step, len(features), detector, ahead)
    return np.column_stack([features, change, np.ones(len(features))])


def _usual(profile: Doubles, first_step: int, steps: int) -> Doubles:
    found: Doubles = profile[(first_step + np.arange(steps)) % len(profile)]
    return found


def _filled(values: Doubles, profile: Doubles, first_step: int) -> Doubles:
    return np.where(np.isfinite(values), values, _usual(profile, first_step, len(values)))


def _change(profile: Doubles, first_step: int, steps: int, detector: int, ahead: int) -> Doubles:
    usual = _usual(profile[:, detector], first_step, steps + ahead)
    return usual[ahead:] - usual[:steps]


def _features(
    filled: Doubles,
    profile: Doubles,
    first_step: int,
    neighbours: Ints,
    detector: int,
    lags: int,
) -> Doubles:
    """Lay out what is known at each step: (steps, features); the first `lags` - 1 wrap around."""
    strayed = filled - _usual(profile, first_step, len(filled))
    own = filled[:, detector]
    near = np.where(neighbours >= 0, strayed[:, neighbours], 0)
    return np.column_stack(
        [
            *(np.roll(own, lag) - own for lag in range(1, lags)),
            strayed[:, detector],
            *(np.roll(near, lag, axis=0) for lag in _NEIGHBOUR_LAGS),
            strayed.mean(axis=1),
        ]
    )


def _least_absolute(features: Doubles, target: Doubles, penalty: float) -> Doubles:
    """Give one weight a feature, and one that stands alone."""
    weights = np.zeros(features.shape[1] + 1)
    if not len(target):
        return weights
    centre, size = features.mean(axis=0), features.std(axis=0)
    size = np.where(size > 0, size, 1.0)
    scaled = (features - centre) / size
    weigh = np.ones(len(target))
    slope, middle, alone = np.zeros(features.shape[1]), np.zeros(features.shape[1]), 0.0
    for _ in range(_ROUNDS + 1):
        alone = float(weigh @ target / weigh.sum())
        middle = weigh @ scaled / weigh.sum()
        spread = scaled - middle
        square = (spread * weigh[:, None]).T @ spread + penalty * np.eye(len(slope))
        slope = np.linalg.solve(square, spread.T @ (weigh * (target - alone)))
        error = np.abs(target - alone - spread @ slope)
        weigh = 1 / np.maximum(error, _ERROR_MIN * max(float(np.median(error)), 1e-9))
        weigh *= len(weigh) / weigh.sum()
    weights[:-1] = slope / size
    weights[-1] = alone - slope @ (middle + centre / size)
    return weights
