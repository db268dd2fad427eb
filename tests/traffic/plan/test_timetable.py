"""Plans by time of day: on the way from one to the next the lamps are those that were proven."""

import numpy as np
import pytest

from cityloop.field.dry_run import DryRun
from cityloop.kernels.lamps import advance_signal
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.control.time_of_day import TimeOfDay
from cityloop.traffic.observe.view import build_view
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.show_timetable import show_timetable
from cityloop.traffic.plan.timetable import Timetable, always, list_switches
from cityloop.traffic.plan.transition import (
    Transition,
    find_targets,
    plan_timing,
    signal_rules,
    transition,
)
from cityloop.usecases.drive import LoopRecord, drive
from tests.made_lanes import Way, make_lanes
from tests.made_programmes import make_plan
from tests.made_signals import make_table
from tests.traffic.safety.drawn_plans import Pool, write_way
from tests.traffic.safety.judged_cities import open_judged

CROSSING = make_lanes(
    {"a_0": 100.0, "b_0": 100.0, "c_0": 90.0, "d_0": 90.0},
    [Way("a_0", "c_0", lamp="north 0"), Way("b_0", "d_0", lamp="north 1")],
    forbidden=["north 0 1"],
)
MORNING = make_plan("8 G. 4", "6 .G 4", offset_s=3)
NOON = make_plan("20 G. 4", "9 .G 4", offset_s=11)


def run(timetable, seconds) -> tuple[np.ndarray, LoopRecord]:
    """Give what is shown in each second."""
    network, signals = CROSSING
    table = make_table(signals)
    field = DryRun(network, signals, table, build_view(network, signals), begin_s=0, end_s=seconds)
    runs = [FixedTime(signals, table, plans) for plans in timetable.plans]
    record = drive(field, TimeOfDay(signals, table, timetable, runs), lambda _now_s: None)
    changes = dict(field.shown)
    rows = [np.zeros(2)]
    for now_s in range(seconds):
        rows.append(np.array(changes[now_s]) if now_s in changes else rows[-1])
    return np.array(rows[1:]), record


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("switch_s", range(100, 122, 3))
def test_every_lamp_on_the_way_is_that_of_the_proven_transition(mode, switch_s):
    timetable = Timetable(begin_s=(0, switch_s), plans=((MORNING,), (NOON,)), mode=mode)
    shown, record = run(timetable, switch_s + 250)
    _, signals = CROSSING
    expected = show_timetable(
        signals, make_table(signals), timetable, MORNING.signal_id, 44, switch_s + 250
    )
    assert expected is not None
    assert shown[44:].tolist() == expected.tolist()
    assert (record.refused, record.broken) == (0, 0)
    # In the end it is the second plan, in step.
    at = [t for t in range(1, len(shown)) if shown[t, 0] == 3 and shown[t - 1, 0] != 3]
    assert {t % NOON.cycle_s for t in at[-3:]} == {NOON.offset_s}


def test_the_period_of_a_second_and_the_day_before():
    day = Timetable(begin_s=(25_200, 32_400, 57_600), plans=((MORNING,), (NOON,), (MORNING,)))
    seconds = (0, 25_199, 25_200, 32_399, 32_400, 57_600, 86_399, 86_400 + 25_200)
    assert [day.period_at(s) for s in seconds] == [2, 2, 0, 0, 1, 2, 2, 0]
    # From the last period to the first nothing changes.
    assert list_switches(day) == [(MORNING, NOON), (NOON, MORNING)]
    assert always((MORNING,)).period_at(50_000) == 0
    assert list_switches(always((MORNING,))) == []


def test_a_signal_without_a_plan_is_not_shown():
    _, signals = CROSSING
    day = always(())
    assert show_timetable(signals, make_table(signals), day, MORNING.signal_id, 0, 60) is None


def replay(city, running, plan, start_s, way: Transition, told) -> list[list[int]]:
    """Tell a cabinet the greens one by one, and write down what it shows."""
    signal = city.signals.signal_ids.index(plan.signal_id)
    rules = signal_rules(city.signals, city.table, signal)
    steady = plan_timing(city.signals, city.table, running).steady
    at = (start_s - 1 - running.offset_s) % running.cycle_s
    lamp, target = steady[0][at].copy(), steady[3][at].copy()
    since_s = np.array(start_s - 1 - steady[1][at], np.int32)
    ended_s = np.array(start_s - 1 - steady[2][at], np.int32)
    times, greens = told
    rows = []
    for now_s in range(start_s, way.in_step_s):
        k = int(np.searchsorted(times, now_s, "right")) - 1
        if k >= 0:
            target[:] = greens[k]
        advance_signal(
            now_s, target, lamp, since_s, ended_s, rules.relation, rules.yellow_s, rules.all_red_s
        )
        rows.append(lamp.tolist())
    return rows


def test_what_a_signal_is_told_on_drawn_ways_shows_the_same_lamps(tmp_path):
    city = open_judged("t", tmp_path)
    rng = np.random.default_rng(4)
    pool = Pool(rng, city, 0)
    found = ways = 0
    for _ in range(60):
        running, plan = (pool.finish(pool.draw_safe()) for _ in range(2))
        start_s = int(rng.integers(10_000))
        way = transition(
            city.signals, city.table, running, plan, start_s, Mode(rng.choice(list(Mode)))
        )
        at = (start_s - 1 - running.offset_s) % running.cycle_s
        target = plan_timing(city.signals, city.table, running).steady[3][at]
        told = find_targets(way, plan.stages, target)
        ways += way.complete
        if told is None or not way.complete:
            continue
        found += 1
        assert replay(city, running, plan, start_s, way, told) == write_way(way, start_s).tolist()
    assert found > 0.9 * ways > 10
