"""Fixed time in the dry run: the lamps follow the plan second by second."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.field.dry_run import DryRun
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.observe.view import build_view
from cityloop.traffic.plan.repair import repair_programme
from cityloop.traffic.plan.stages import programme_stages
from cityloop.usecases.drive import LoopRecord, drive
from tests.made_lanes import Way, make_lanes
from tests.made_programmes import make_plan, make_programme
from tests.made_signals import make_table

CROSSING = make_lanes(
    {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
    [Way("a_0", "c_0", lamp="north 0"), Way("b_0", "d_0", lamp="north 1")],
    forbidden=["north 0 1"],
)


def run(plan, *, begin_s=0, seconds=60, roads=CROSSING) -> tuple[list[str], LoopRecord]:
    """Give what is shown in each second, as letters."""
    network, signals = roads
    table = make_table(signals)
    view = build_view(network, signals)
    field = DryRun(network, signals, table, view, begin_s=begin_s, end_s=begin_s + seconds)
    record = drive(field, FixedTime(signals, table, (plan,) if plan else ()), lambda _now_s: None)
    changes = dict(field.shown)
    shown, said = "", []
    for now_s in range(begin_s, begin_s + seconds):
        if now_s in changes:
            shown = "".join("r?yGg"[lamp] for lamp in changes[now_s])
        said.append(shown)
    return said, record


def spell_cycle(at_s: int) -> str:
    """Say what a cycle of 8 s, 4 s, 6 s, 4 s shows `at_s` after its begin."""
    ends = [(8, "Gr"), (11, "yr"), (12, "rr"), (18, "rG"), (21, "ry"), (22, "rr")]
    return next(shown for end, shown in ends if at_s % 22 < end)


PLAN = ("8 G. 4", "6 .G 4")


@pytest.mark.parametrize("offset_s", range(22))
@pytest.mark.parametrize("begin_s", [0, 25200])
def test_lamps_follow_the_plan_to_the_second(offset_s, begin_s):
    """The first green begins at the offset after the master zero, and every cycle after it."""
    said, record = run(make_plan(*PLAN, offset_s=offset_s), begin_s=begin_s, seconds=110)
    # After a whole cycle whatever the start took has passed.
    expected = [spell_cycle(begin_s + t - offset_s) for t in range(22, 110)]
    assert said[22:] == expected
    assert (record.refused, record.broken) == (0, 0)


def test_a_later_offset_is_a_later_green():
    early, late = (run(make_plan(*PLAN, offset_s=offset_s))[0] for offset_s in (0, 3))
    assert late[25:] == early[22:-3]


def test_a_start_late_in_a_stage_begins_with_the_next():
    """At second 0 the first stage has 3 s left of its 8: the second begins after one of all-red."""
    said, record = run(make_plan(*PLAN, offset_s=17), seconds=20)
    assert said == ["rr"] + ["rG"] * 12 + ["ry"] * 3 + ["rr"] + ["Gr"] * 3
    assert record.refused == 0


def test_a_signal_without_a_plan_stays_as_it_is():
    said, record = run(None, seconds=5)
    assert said == ["rr"] * 5
    assert (record.proven, record.refused) == (0, 0)


def test_one_stage_alone_stays_green():
    said, _ = run(make_plan("30 G. 0"), seconds=70)
    assert said == ["rr"] + ["Gr"] * 69


def test_the_record_counts_switches_and_decisions():
    _, record = run(make_plan(*PLAN), seconds=66)
    # Greens end in seconds 8 and 18 of each of three cycles.
    assert record.stage_changes.tolist() == [6]
    assert len(record.decision_ms) == 66
    assert record.proven == 66


greens_s = st.integers(1, 60).map(float)


@given(st.tuples(greens_s, greens_s), st.integers(-100, 300))
def test_every_repaired_programme_passes_the_gate(greens, offset_s):
    _, signals = CROSSING
    programme = make_programme(
        f"{greens[0]} Gr", "3 yr", f"{greens[1]} rG", "3 ry", offset_s=float(offset_s)
    )
    table = make_table(signals)
    stages = programme_stages(signals, 0, programme)
    plan = repair_programme(signals, table, 0, programme, stages)
    said, record = run(plan, seconds=3 * plan.cycle_s)
    assert (record.refused, record.broken) == (0, 0)
    begins = [t for t in range(1, len(said)) if said[t] == "Gr" and said[t - 1] == "rr"]
    full = [t for t in begins if t >= plan.cycle_s]
    assert {t % plan.cycle_s for t in full} == {plan.offset_s}
    assert np.diff(full).tolist() == [plan.cycle_s] * (len(full) - 1)
