"""How well the speeds of 207 detectors are forecast: the last fifth of a week, rolling origin.

The week of METR-LA (DATA/sense/los_loop, named by --data) has a step of 5 min and miles per hour.
The forecast and its penalties see the first four fifths alone; then it forecasts from every step.
"""

import argparse
import sys
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt

from cityloop.traffic.estimate.forecast import (
    ForecastRules,
    fit_forecast,
    nearest,
    predict,
)

STEP_MIN, TEST = 5, 0.2
AHEAD_MIN = (5, 15, 30, 60)
WANTED = {15: 3.45, 30: 3.98, 60: 4.62}
LAGS, PENALTIES = 12, (1.0, 10.0, 100.0, 1000.0)
Doubles = npt.NDArray[np.float64]


def lag_ridge(values: Doubles, cut: int, ahead: int) -> Doubles:
    """Forecast by ridge regression on the last twelve values of each detector, the peer to beat."""
    origin = np.arange(LAGS - 1, len(values) - ahead)
    found = np.zeros((len(values) - cut, values.shape[1]))
    for detector in range(values.shape[1]):
        own = values[:, detector]
        lags = np.column_stack([own[origin - lag] for lag in range(LAGS)])

        def fit(until: int, penalty: float, lags: Doubles = lags, own: Doubles = own) -> Doubles:
            seen = origin + ahead < until
            centre, target = lags[seen].mean(axis=0), own[origin[seen] + ahead]
            x = lags[seen] - centre
            slope = np.linalg.solve(
                x.T @ x + penalty * np.eye(LAGS), x.T @ (target - target.mean())
            )
            whole: Doubles = target.mean() + (lags - centre) @ slope
            return whole

        inner = round(cut * (1 - TEST))
        held = (origin + ahead >= inner) & (origin + ahead < cut)
        told = own[origin[held] + ahead]
        errors = [np.abs(fit(inner, each)[held] - told).mean() for each in PENALTIES]
        found[:, detector] = fit(cut, PENALTIES[int(np.argmin(errors))])[origin + ahead >= cut]
    return found


def main() -> int:
    """Print the mean absolute error of each, and whether it is as wanted."""
    asked = argparse.ArgumentParser(description=__doc__)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    asked.add_argument("--data", type=Path, default=beside, help="folder with sense/los_loop/")
    folder = asked.parse_args().data / "sense" / "los_loop"
    if not folder.exists():
        print(f"there is no {folder}: nothing measured")
        return 0
    values = np.loadtxt(folder / "los_speed.csv", delimiter=",", skiprows=1)
    neighbours = nearest(np.loadtxt(folder / "los_adj.csv", delimiter=","))
    cut = len(values) - round(len(values) * TEST)
    began_s = process_time()
    rules = ForecastRules(
        steps_a_day=24 * 60 // STEP_MIN, horizons=tuple(each // STEP_MIN for each in AHEAD_MIN)
    )
    forecast = fit_forecast(values[:cut], 0, neighbours, rules, lambda *_: None)
    fit_s, began_s = process_time() - began_s, process_time()
    found = predict(forecast, values, 0)
    print(f"fit {fit_s:.1f} s of CPU, {len(values)} forecasts {process_time() - began_s:.1f} s")
    print(" min  cityloop lag ridge same as now  wanted  penalty")
    good = True
    for h, minutes in enumerate(AHEAD_MIN):
        ahead, truth = minutes // STEP_MIN, values[cut:]
        mine = np.abs(found[h, cut - ahead : len(values) - ahead] - truth).mean()
        ridge = np.abs(lag_ridge(values, cut, ahead) - truth).mean()
        now = np.abs(values[cut - ahead : len(values) - ahead] - truth).mean()
        wanted = WANTED.get(minutes)
        good = good and (wanted is None or mine <= wanted)
        print(
            f"{minutes:>4} {mine:>9.3f} {ridge:>9.3f} {now:>11.3f} {wanted or '':>7} "
            f"{forecast.penalty[h]:>8.0f}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
