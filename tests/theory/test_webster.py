"""Delay at one junction below capacity, against Webster's formula.

Webster, F. V. (1958). Traffic Signal Settings. Road Research Technical Paper 39, HMSO, London.
Through the whole loop: plan, controller, gate, cabinets, SUMO.

What SUMO adds is measured, not guessed: the same vehicles lose time at a signal that is always
green, as they differ in desired speed, and wait for a gap where they enter. That loss is taken off.
"""

from pathlib import Path

import numpy as np
import pytest

from tests.theory.fixed_junction import delay_of, poisson_drivers
from tests.workers import run_apart

CYCLE_S, GREEN_S, END_S = 60, 26, 3600
SEEDS = (1, 2, 3)
HEADWAY_S = 1.1 + 1.59 * 7.5 / 13.89
"""Saturation headway of SUMO's default car, of 5 m and a gap of 2.5 m; see test_saturation. [s]"""
GREEN_SHARE = (GREEN_S - 1.3) / CYCLE_S
"""Share of effective green: start-up costs 1.3 s more than the yellow gives back."""


def webster_s(flow_veh_s: float, degree: float) -> tuple[float, float]:
    """Give the uniform delay, and the random one of Poisson arrivals."""
    uniform_s = CYCLE_S * (1 - GREEN_SHARE) ** 2 / (2 * (1 - GREEN_SHARE * degree))
    random_s = degree**2 / (2 * flow_veh_s * (1 - degree))
    return uniform_s, random_s


def correction_s(flow_veh_s: float, degree: float) -> float:
    """Give Webster's third, empirical term, 5 to 15 % of the delay."""
    return float(0.65 * (CYCLE_S / flow_veh_s**2) ** (1 / 3) * degree ** (2 + 5 * GREEN_SHARE))


def measured_s(folder: Path, flow_veh_s: float) -> float:
    """Give the mean delay that the signal causes, over all seeds. [s]."""
    found = []
    for seed in SEEDS:
        drivers = poisson_drivers(seed, flow_veh_s=flow_veh_s, end_s=END_S)
        with_signal, always_green = (
            delay_of(folder, drivers, green_s=green_s, cycle_s=CYCLE_S, end_s=END_S, seed=seed)
            for green_s in (GREEN_S, CYCLE_S)
        )
        assert with_signal.demanded == always_green.demanded
        found.append(with_signal.total_delay_s - always_green.total_delay_s)
    return float(np.mean(found))


@pytest.mark.parametrize("degree", [0.5, 0.7, 0.85])
def test_delay_is_websters(degree, tmp_path):
    flow_veh_s = degree * GREEN_SHARE / HEADWAY_S
    found_s = run_apart(measured_s, tmp_path, flow_veh_s)
    uniform_s, random_s = webster_s(flow_veh_s, degree)
    webster = uniform_s + random_s - correction_s(flow_veh_s, degree)
    assert found_s == pytest.approx(webster, rel=0.15)
    # On one lane none comes closer than a headway behind another: arrivals are more even than
    # Poisson's, for which the second term holds, and less even than a clock's, which have none.
    assert uniform_s < found_s < uniform_s + random_s
