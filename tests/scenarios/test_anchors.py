"""The references give on public scenarios what others have measured on them."""

import pytest

from cityloop.feeds.sumo_config import read_scenario
from cityloop.usecases.compare_controls import list_orders
from cityloop.usecases.run_orders import run_orders
from tests.shared_data import shared

TOTAL_S = {
    ("cologne3", "native"): 35.8,
    ("cologne8", "native"): 49.0,
    ("ingolstadt7", "native"): 84.6,
    ("hangzhou_4x4", "native"): 294.1,
    ("cologne3", "actuated"): 35.4,
    ("cologne8", "actuated"): 43.6,
    ("ingolstadt7", "actuated"): 32.9,
    ("hangzhou_4x4", "actuated"): 75.7,
}
"""Means of seeds 1 to 3 over an hour, SUMO 1.28.0. [s]"""


def quiet(_index, _share):
    pass


@pytest.mark.long
@pytest.mark.parametrize(("name", "control"), list(TOTAL_S))
def test_a_reference_agrees_within_two_per_cent(name, control):
    scenario = read_scenario(shared(f"traffic/{name}"))
    runs = run_orders(list_orders(scenario, [control], [1, 2, 3]), quiet)
    mean_s = sum(run.total_delay_s for run in runs) / len(runs)
    assert mean_s == pytest.approx(TOTAL_S[name, control], rel=0.02)


def test_one_of_them_quickly():
    scenario = read_scenario(shared("traffic/cologne8"))
    runs = run_orders(list_orders(scenario, ["native", "actuated"], [1]), quiet)
    assert [round(run.total_delay_s, 1) for run in runs] == [49.0, 47.5]
