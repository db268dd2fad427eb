"""One signal of four groups, by which mutants are judged.

Group 0 goes through, 1 is the through movement that crosses it, 2 a left turn that yields to 0 and
to the walk, 3 a walk of 9 m across 1 and 2. All is well with `plan()`.
"""

import dataclasses
from typing import Any

import numpy as np

from cityloop.city.signals import Plan, SafetyTable
from tests.made_lanes import make_lanes
from tests.made_signals import make_signals, make_table

NETWORK, _ = make_lanes({"a_0": 100.0}, [])
SIGNALS = dataclasses.replace(
    make_signals(".xp. x.xx yx.y .xp.", kinds="ttlw"), group_crossing_m=np.array([0, 0, 0, 9.0])
)
ALL_RED_S = np.array([[1, 3, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [9, 9, 9, 9]]).ravel()
TABLE = make_table(SIGNALS, all_red_s=ALL_RED_S, min_green_s=[5, 5, 4, 7])
STAGES = ("G.G.", ".G..", "G..G")


def table(**changes) -> SafetyTable:
    arrays: dict[str, Any] = {n: np.asarray(each, np.int32) for n, each in changes.items()}
    return dataclasses.replace(TABLE, **arrays)


def plan(*stages: str, green_s=(20, 20, 10), clearance_s=(6, 4, 9), **changes) -> Plan:
    """Give the safe plan of three stages with some of it changed; the cycle is the sum."""
    values = {
        "signal_id": "north",
        "table_version": "north-1",
        "cycle_s": sum(green_s) + sum(clearance_s),
        "offset_s": 0,
        "stages": np.array([[c == "G" for c in stage] for stage in stages or STAGES]),
        "green_s": np.array(green_s, np.int32),
        "clearance_s": np.array(clearance_s, np.int32),
    }
    return Plan(**(values | changes))
