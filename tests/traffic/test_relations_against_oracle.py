"""The gate forbids the pairs that SUMO's foes forbid; where it does not, it is said why."""

import numpy as np
import pytest

from cityloop.city.signals import Relation
from cityloop.feeds.sumo_net import read_network
from tests.naive.signal_oracle import read_meetings
from tests.shared_data import shared

# Paths come within a car's width of each other, and SUMO has no foe: the gate forbids more.
NEAR = "geometry alone"
JOINED = "cluster_1098574052_1098574061_247379905"
KEPT = {
    "ingolstadt7/ingolstadt7.net.xml": {},
    "hangzhou_4x4/hangzhou_4x4_gudang_18041610_1h.net.xml": {},
    "cologne3/cologne3.net.xml": {
        ("GS_cluster_2415878664_254486231_359566_359576", 1, 19): NEAR,
    },
    "cologne8/cologne8.net.xml": {
        ("252017285", 6, 14): NEAR,
        (JOINED, 0, 14): NEAR,
    },
}


@pytest.mark.parametrize("name", KEPT)
def test_forbidden_pairs_are_those_of_sumo_but_for_the_kept_cases(name):
    net = shared(f"traffic/{name}")
    _, signals = read_network(net)
    differ = {}
    meetings_of = read_meetings(net)
    for s, signal in enumerate(signals.signal_ids):
        meetings = meetings_of[signal]
        ours = signals.square(signals.relation, s) == Relation.FORBIDDEN
        for i, j in np.argwhere(ours != meetings.forbidden):
            if i <= j:
                differ[signal, int(i), int(j)] = NEAR if ours[i, j] else "the gate allows it"
    assert differ == KEPT[name]
