"""Plans, the ways between them and the gate's look at both, against their naive twins."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.kernels.path_gate import Kept, check_path
from cityloop.kernels.plan_path import (
    Rules,
    State,
    Timing,
    expand_cycle,
    find_ways,
    follow_switch,
    until_green,
)
from cityloop.kernels.switch_gate import check_switches
from tests.kernels.drawn_signals import draw
from tests.naive import path_gate, plan_path, switch_gate

LAMPS = np.array([0, 0, 2, 3, 4], np.uint8)


def draw_rules(n, seed):
    """Draw one signal's rules, and where chance comes from."""
    drawn = draw([n], seed)
    square = next(drawn.parts())[2]
    return drawn.rng, Rules(
        relation=square(drawn.relation),
        yellow_s=drawn.yellow_s,
        all_red_s=square(drawn.all_red_s),
        min_green_s=drawn.min_green_s,
        max_red_s=drawn.max_red_s + 40,
    )


def draw_timing(rng, rules):
    """Draw a plan without a conflict within a stage; its clearances may be too short."""
    n, count = len(rules.yellow_s), int(rng.integers(1, 4))
    stages = rng.random((count, n)) < 0.6
    for stage in stages:
        for g in range(n):
            stage[g] &= not (rules.relation[g, : g + 1] == 1)[stage[: g + 1]].any()
    green_s = rng.integers(3, 12, count).astype(np.int32)
    clearance_s = rng.integers(4, 10, count).astype(np.int32)
    steady = expand_cycle(stages, green_s, clearance_s, rules)
    lasts_s = green_s + clearance_s
    starts_s = (np.cumsum(lasts_s) - lasts_s).astype(np.int32)
    offset_s = int(rng.integers(0, lasts_s.sum()))
    until_s = until_green(steady[0], starts_s)
    return Timing(
        stages, green_s, clearance_s, offset_s, steady, starts_s, until_s, find_ways(stages, rules)
    )


signals = st.builds(draw_rules, st.integers(1, 5), st.integers(0, 2**32 - 1))


def draw_kept(rng, rules):
    n = len(rules.yellow_s)
    return Kept(**rules._asdict(), walk=rng.random(n) < 0.3, required=rng.random(n) < 0.8)


@given(signals)
def test_a_cycle_and_when_each_green_comes(signal):
    rng, rules = signal
    plan = draw_timing(rng, rules)
    shown, alike = plan_path.expand_cycle(
        plan.stages.tolist(), plan.green_s.tolist(), plan.clearance_s.tolist(), rules
    )
    *arrays, ours = plan.steady
    assert [list(map(np.ndarray.tolist, arrays)), ours] == [
        [list(column) for column in zip(*shown, strict=True)], alike
    ]  # fmt: skip
    assert plan.until_s.tolist() == plan_path.until_green(arrays[0].tolist(), plan.starts_s)


def judge_way(signal, mode):
    """Give kernel's and twin's way, from the middle of one plan to another."""
    rng, rules = signal
    old, plan = draw_timing(rng, rules), draw_timing(rng, rules)
    begin_s = int(rng.integers(0, 200))
    at = (begin_s - 1 - old.offset_s) % len(old.steady[0])
    lamp, shown_s, over_s, target = (part[at].copy() for part in old.steady[:4])
    since_s = (begin_s - 1 - shown_s).astype(np.int32)
    ended_s = (begin_s - 1 - over_s).astype(np.int32)
    twin = plan_path.Cabinet(*(rules, *(x.tolist() for x in (target, lamp, since_s, ended_s))))
    times, rows, in_step_s, ever = follow_switch(
        begin_s, mode, State(target, lamp, since_s, ended_s), plan, rules
    )
    expected = plan_path.follow_switch(begin_s, mode, twin, plan, rules)
    return (list(zip(times.tolist(), rows.tolist(), strict=True)), in_step_s, ever), expected


@given(signals, st.integers(0, 2))
@settings(max_examples=60)
def test_a_way_from_one_plan_to_another(signal, mode):
    (rows, in_step_s, ever), (naive_rows, naive_s, naive_ever) = judge_way(signal, mode)
    assert ever == naive_ever
    # Where it never comes into step, only how far it was followed may differ.
    seen = min(len(rows), len(naive_rows)) if not ever else max(len(rows), len(naive_rows))
    assert rows[:seen] == naive_rows[:seen]
    assert not ever or in_step_s == naive_s


def judge_path(signal):
    rng, rules = signal
    n, count = len(rules.yellow_s), int(rng.integers(0, 12))
    kept = draw_kept(rng, rules)
    times = np.cumsum(rng.choice([0, 1, 1, 2, 3, 5, 30], count, p=[0.01, *[0.165] * 6]))
    rows = rng.choice(LAMPS, (count, n))
    for k in range(1, count):
        rows[k] = np.where(rng.random(n) < 0.7, rows[k - 1], rows[k])
    since_s = -rng.integers(0, 30, n).astype(np.int32)
    expected = path_gate.check_path(times.tolist(), rows.tolist(), since_s.tolist(), kept)
    return check_path(times.astype(np.int32), rows, since_s, kept), expected


@given(signals)
def test_a_path_is_judged(signal):
    found, expected = judge_path(signal)
    assert found == expected


def test_every_rule_of_paths_is_met_by_some_draw():
    met: set[int] = set()

    @given(signals)
    @settings(max_examples=400)
    def gather(signal):
        met.add(judge_path(signal)[0][0])

    gather()
    assert met == {0, 1, 2, 3, 5, 6, 8}


def test_an_empty_path_breaks_nothing():
    rng, rules = draw_rules(1, 0)
    nothing = np.zeros(0, np.int32), np.zeros((0, 1), np.uint8), np.zeros(1, np.int32)
    assert check_path(*nothing, draw_kept(rng, rules))[0] == 0


@given(signals, st.integers(0, 2), st.booleans())
@settings(max_examples=25)
def test_all_switches_to_a_plan_are_judged(signal, mode, from_red):
    rng, rules = signal
    old, plan = draw_timing(rng, rules), draw_timing(rng, rules)
    if from_red:
        nothing = tuple(part[:0] for part in old.steady[:5])
        old = old._replace(steady=(*nothing, True))
    kept = draw_kept(rng, rules)
    found = check_switches(50, 6, mode, old, plan, rules, kept)
    expected = switch_gate.check_switches(50, 6, mode, old, plan, rules, kept)
    if found[1] == 8 == expected[1]:
        # Never in step: only how far it was followed may differ.
        assert found[0] == expected[0]
    else:
        assert found == expected


def test_some_ways_come_into_step_and_some_switches_are_safe():
    """Twins that agree on nothing but failures prove little."""
    come, safe = set(), set()
    for seed in range(60):
        come |= {(mode, judge_way(draw_rules(3, seed), mode)[0][2]) for mode in range(3)}
        rng, rules = draw_rules(2, seed)
        old, plan = draw_timing(rng, rules), draw_timing(rng, rules)
        safe.add(check_switches(50, 6, 0, old, plan, rules, draw_kept(rng, rules))[1])
    assert come == {(mode, ever) for mode in range(3) for ever in (False, True)}
    assert safe >= {0, 8}
