"""Our plans as SUMO's programmes."""

import numpy as np

from cityloop.city.signals import Plan
from cityloop.feeds.sumo_additional import read_additional, write_programmes
from cityloop.feeds.sumo_programmes import decode_programme, encode_plan
from cityloop.traffic.plan.expand import expand_plan
from tests.made_signals import make_signals, make_table

CROSSING = make_signals(".x x.")
TABLE = make_table(CROSSING)
PLAN = Plan(
    signal_id="north",
    table_version="north-1",
    cycle_s=48,
    offset_s=7,
    stages=np.eye(2, dtype=bool),
    green_s=np.array([20, 20], np.int32),
    clearance_s=np.array([4, 4], np.int32),
)


def test_it_shows_the_same_lamps_in_every_second(tmp_path):
    path = tmp_path / "plan.add.xml"
    write_programmes(path, [encode_plan(CROSSING, TABLE, PLAN)])
    (text,) = read_additional(path).programmes
    programme = decode_programme(text, 2)
    shown = np.repeat(programme.lamps, programme.phase_s.astype(int), axis=0)
    np.testing.assert_array_equal(shown, expand_plan(CROSSING, TABLE, PLAN))
    assert text.offset_s == 7
    assert text.states[0] == "Gr"
    assert programme.cycle_s == 48
