"""A saturated approach discharges at the saturation flow.

SUMO's default car (5 m, gap of 2.5 m, reaction of 1 s) follows with a headway of about
1.1 + 1.59 (length + gap) / v seconds, as experiments with this release gave: 1,838 vehicles an hour
at 13.89 m/s, near the 1,900 of the handbooks (HCM 6th ed. 2016, chapter 19).
"""

from pathlib import Path

import numpy as np
import pytest

from cityloop.usecases.drive import drive
from tests.made_scenarios import Driver
from tests.theory.fixed_junction import ROUTES, running
from tests.workers import run_apart

GREEN_S, CYCLE_S, CYCLES = 90, 120, 5
SATURATION_VEH_H = 3600 / (1.1 + 1.59 * 7.5 / 13.89)


def discharge(folder: Path) -> np.ndarray:
    """Give the vehicles that crossed in each second of green, cycle by cycle, both approaches."""
    end_s = CYCLE_S * CYCLES
    waiting = [
        Driver(f"{arm}{n}", n * 1.5, edges)
        for arm, edges in ROUTES.items()
        for n in range(end_s * 2 // 3)
    ]
    times = {"green_s": GREEN_S, "cycle_s": CYCLE_S, "end_s": end_s}
    crossed = np.zeros((CYCLES, CYCLE_S))
    with running(folder, waiting, seed=1, **times) as (field, controller):
        waits: set[str] = set()

        def count(now_s: int) -> None:
            # Who has left the approach for the node or beyond, by SUMO's own lists.
            lanes = map(field._sumo.lane.getLastStepVehicleIDs, ("wm_0", "em_0"))
            there = {name for names in lanes for name in names}
            crossed[divmod(now_s - 1, CYCLE_S)] += len(waits - there)
            waits.clear()
            waits.update(there)

        drive(field, controller, count)
    return crossed / len(ROUTES)


def test_a_saturated_approach_discharges_at_the_saturation_flow(tmp_path):
    crossed = run_apart(discharge, tmp_path)
    # The first cycle fills the road. Then the flow is steady from the tenth second of green on.
    steady = crossed[1:, 10:GREEN_S]
    flow_veh_h = 3600 * steady.mean()
    assert flow_veh_h == pytest.approx(SATURATION_VEH_H, rel=0.05)
    # Nobody leaves at red, but those whom yellow catches.
    assert crossed[1:, GREEN_S + 3 :].sum() == 0
    assert 0 < crossed[1:, GREEN_S : GREEN_S + 3].sum(axis=1).max() <= 2
    # Start-up: what the first ten seconds lack of the full flow.
    lost_s = 10 - 3600 * crossed[1:, :10].sum(axis=1).mean() / flow_veh_h
    assert 1 < lost_s < 3
