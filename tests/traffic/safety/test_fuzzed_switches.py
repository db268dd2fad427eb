"""Fuzzed switches between plans, begun in any second of the running cycle, in all three modes."""

import dataclasses
import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import Plan
from cityloop.traffic.plan.expand import expand_plan
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.transition import transition
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.naive.signal_oracle import list_rules
from tests.traffic.safety.drawn_plans import Pool, write_way
from tests.traffic.safety.judged_cities import MADE, SHARED, City, open_judged, with_kept

SWITCHES, SWITCHES_LONG = 200, 10_000
STARTS = 5
PAIRS = 20


class Switch(NamedTuple):
    """A switch that begins in one second, whether the gate allows it, and what is shown.

    `lamps` is None for a way that never comes into step.
    """

    running: Plan | None
    plan: Plan
    mode: Mode
    start_s: int
    allowed: bool
    lamps: np.ndarray | None


def draw_switches(pool: Pool) -> list[Switch]:
    """Draw two plans and have the gate judge all switches from one to the other."""
    city, rng = pool.city, pool.rng
    signals, table = city.signals, city.table
    running, plan = (pool.finish(pool.draw_safe()) for _ in range(2))
    if rng.random() < 0.3:
        plan = dataclasses.replace(running, offset_s=plan.offset_s % running.cycle_s)
    before = None if rng.random() < 0.15 else running
    mode, now_s = Mode(rng.choice(list(Mode))), int(rng.integers(10_000))
    # Both are safe by themselves, or it is not the switch that is judged.
    own = [prove_plan(city.network, signals, table, each, each) for each in (running, plan)]
    said = prove_plan(city.network, signals, table, before, plan, mode=mode, now_s=now_s)
    if not all(isinstance(each, ApprovedPlan) or each.rule == 8 for each in (*own, said)):
        return []
    if isinstance(said, ApprovedPlan):
        starts = now_s + rng.integers(0, running.cycle_s, STARTS)
    else:
        begins = re.search(r"begins in second (\d+):", said.found)
        assert begins, said
        starts = np.array([int(begins[1])])
    found = []
    for start_s in starts.tolist():
        way = transition(signals, table, before, plan, start_s, mode)
        lamps = None
        if way.complete:
            cycle = expand_plan(signals, table, plan)
            after = np.roll(cycle, plan.offset_s - way.in_step_s, axis=0)
            parts = [write_way(way, start_s), after]
            if before is not None:
                cycle = expand_plan(signals, table, before)
                parts.insert(0, np.roll(cycle, before.offset_s - start_s, axis=0))
            lamps = np.concatenate(parts)
        found.append(Switch(before, plan, mode, start_s, isinstance(said, ApprovedPlan), lamps))
    return found


def judge(city: City, signal: int, switches: list[Switch]) -> list[set[int]]:
    """Have the oracle judge what is shown; what never ends breaks rule 8."""
    name = city.signals.signal_ids[signal]
    shown = [each.lamps for each in switches if each.lamps is not None]
    lamps = np.zeros((max(map(len, shown), default=0), len(shown), len(city.meetings[name].walk)))
    for i, rows in enumerate(shown):
        # What is shown last is repeated, and judged for as long as it may last.
        lamps[: len(rows), i], lamps[len(rows) :, i] = rows, rows[-1]
    ends = [len(rows) for rows in shown]
    began_red = np.array([each.running is None for each in switches if each.lamps is not None])
    judged = iter(
        list_rules(
            city.meetings[name],
            city.times[name],
            lamps,
            ends=np.array(ends),
            red_before=began_red,
        )
    )
    return [{8} if each.lamps is None else {r for r, _ in next(judged)} for each in switches]


def fuzz(city: City, count: int, seed: int) -> Counter[str]:
    """Draw switches at all signals of a city; fail on the first that is judged differently."""
    rng = np.random.default_rng(seed)
    verdicts: Counter[str] = Counter()
    while verdicts.total() < count:
        # Where reds may not be much longer than they are, a switch has little room.
        max_red_s = int(rng.integers(25, 100))
        table = dataclasses.replace(
            city.table, max_red_s=np.full_like(city.table.max_red_s, max_red_s)
        )
        times = {
            name: each._replace(max_red_s=np.full_like(each.max_red_s, max_red_s))
            for name, each in city.times.items()
        }
        tight = city._replace(table=table, times=times)
        signal = int(rng.integers(len(city.signals.signal_ids)))
        pool = Pool(rng, tight, signal)
        switches = [each for _ in range(PAIRS) for each in draw_switches(pool)]
        for each, broken in zip(switches, judge(tight, signal, switches), strict=True):
            assert each.allowed == (not broken), (each, broken)
            verdicts[f"{each.mode}, {'allowed' if each.allowed else 'refused'}"] += 1
    return verdicts


@pytest.fixture(scope="module", params=(*MADE, *SHARED))
def city(request, tmp_path_factory):
    return with_kept(request.param, open_judged(request.param, tmp_path_factory.mktemp("net")))


def test_fuzzed_switches_are_judged_as_the_oracle_judges_them(city):
    verdicts = fuzz(city, SWITCHES, 15)
    assert all(verdicts[f"{mode}, allowed"] for mode in Mode)
    assert sum(verdicts[f"{mode}, refused"] for mode in Mode) > 0


def test_a_switch_begun_while_another_ends_waits_until_that_is_shown(tmp_path):
    """Found by fuzzing: who yields lost his green in the second in which another gained it."""
    city = open_judged("t", tmp_path)
    rng = np.random.default_rng(15)
    ends = 0
    while ends < 40:
        for each in draw_switches(Pool(rng, city, 0)):
            if each.lamps is None or each.running is None:
                continue
            before, first = each.lamps[each.running.cycle_s - 1 :][:2]
            ends += bool((np.isin(first, (2, 0)) & (before == 2)).any())
            assert judge(city, 0, [each]) == [set()]


@pytest.mark.long
def test_very_many_fuzzed_switches(city):
    verdicts = fuzz(city, SWITCHES_LONG, 16)
    assert all(verdicts[f"{mode}, {said}"] for mode in Mode for said in ("allowed", "refused"))
    print(verdicts)  # noqa: T201  with --long -s: how many there were of each
