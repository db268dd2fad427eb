"""The gate and the oracle judge the same greens: one from geometry, the other from SUMO's foes."""

import numpy as np
import pytest

from cityloop.city.signals import GroupKind, Lamp, Lamps
from cityloop.traffic.plan.stages import mend_stage
from cityloop.traffic.safety.gate import prove_commands
from tests.made_signals import make_commands
from tests.naive.signal_oracle import (
    Meetings,
    Times,
    judge_cycle,
    judge_history,
    write_out,
)
from tests.traffic.safety.judged_cities import MADE, open_judged


@pytest.fixture(scope="module", params=MADE)
def city(request, tmp_path_factory):
    city = open_judged(request.param, tmp_path_factory.mktemp("net"))
    return city.signals, city.table, city.meetings, city.times


def draw_green(rng, signals, signal):
    """Any greens half of the time, else a whole stage, in which at times one more group is lit."""
    part = signals.groups_of(signal)
    count = part.stop - part.start
    kind = signals.group_kind[part]
    if rng.random() < 0.5:
        return (rng.random(count) < rng.uniform(0.05, 0.5)) & (kind != GroupKind.NOBODY)
    relation = signals.square(signals.relation, signal)
    green = mend_stage(kind != GroupKind.NOBODY, relation, rng.permutation(kind))
    if rng.random() < 0.5:
        green[rng.integers(count)] = True
    return green & (kind != GroupKind.NOBODY)


def test_the_gate_refuses_the_commands_that_the_oracle_refuses(city):
    signals, table, meetings, _ = city
    rng = np.random.default_rng(7)
    groups = signals.group_count
    red = Lamps(
        now_s=0,
        lamp=np.full(groups, Lamp.RED, np.uint8),
        since_s=np.full(groups, -100, np.int32),
        target=np.zeros(groups, bool),
        switching=np.zeros(len(signals.signal_ids), bool),
    )
    waited_s = np.zeros(groups, np.int32)
    forbidden = [meetings[name].forbidden for name in signals.signal_ids]
    differ, judged, refused_ever = [], 0, 0
    while judged < 2_000:
        greens = [draw_green(rng, signals, s) for s in range(len(signals.signal_ids))]
        wanted = make_commands("", 0, table, green=np.concatenate(greens))
        verdict = prove_commands(signals, table, red, wanted, waited_s)
        refused = {refusal.signal_id: refusal for refusal in verdict.refusals}
        for s, green in enumerate(greens):
            judged += 1
            unsafe = bool((forbidden[s] & np.outer(green, green)).any())
            refusal = refused.get(signals.signal_ids[s])
            refused_ever += unsafe
            if unsafe != (refusal is not None) or (refusal is not None and refusal.rule != 1):
                differ.append((signals.signal_ids[s], np.flatnonzero(green).tolist(), str(refusal)))
    assert differ == []
    assert judged / 10 < refused_ever < judged


# The oracle itself, on two groups that meet: yellow 3 s, all-red 1 s, green 5 s, red 40 s.
TIMES = Times(np.array([3, 3]), np.array([5, 5]), np.array([40, 40]), np.ones((2, 2), int))
MEET = np.array([[False, True], [True, False]])
MEETINGS = Meetings(MEET, MEET, np.zeros(2, bool), np.ones(2, bool))
SAFE = "30 Gr, 3 yr, 1 rr, 6 rG, 3 ry, 1 rr"


def spell(text):
    letters = {"r": Lamp.RED, "y": Lamp.YELLOW, "G": Lamp.GREEN}
    rows = [(int(part.split()[0]), part.split()[1]) for part in text.split(",")]
    return np.array([[letters[c] for c in row] for seconds, row in rows for _ in range(seconds)])


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (SAFE, set()),
        ("30 Gr, 2 yr, 2 rr, 6 rG, 3 ry, 1 rr", {3}),
        ("30 Gr, 3 yr, 6 rG, 3 ry, 1 rr", {2}),
        ("30 Gr, 3 yr, 1 rr, 6 rG, 3 ry", {2}),
        ("30 Gr, 3 yr, 1 rr, 4 rG, 3 ry, 1 rr", {5}),
        ("50 Gr, 3 yr, 1 rr, 6 rG, 3 ry, 1 rr", {5}),
        ("24 Gr, 1 GG, 3 yG, 6 rG, 3 ry, 1 rr", {1}),
        ("8 Gr, 3 yr, 1 rr, 6 rG, 3 ry, 1 rr", {7}),
    ],
)
def test_the_oracle_knows_each_rule(text, rules):
    assert {each.rule for each in judge_cycle(MEETINGS, TIMES, spell(text))} == rules


def test_the_oracle_sees_a_history_from_its_first_second():
    assert judge_history(MEETINGS, TIMES, spell("1 Gr, 3 yr, 1 rr, 6 rG")) == set()
    broken = judge_history(MEETINGS, TIMES, spell("1 rr, 2 Gr, 3 yr, 6 rG"))
    assert {(each.rule, each.second) for each in broken} == {(5, 3), (2, 6)}


def test_a_walk_that_is_cut_breaks_rule_6():
    walk = Meetings(MEET, MEET, np.array([True, False]), np.ones(2, bool))
    times = Times(
        np.array([0, 3]), np.array([7, 5]), np.array([40, 40]), np.array([[0, 9], [1, 0]])
    )
    safe = "20 Gr, 9 rr, 6 rG, 3 ry, 1 rr"
    for text, rules in (
        (safe, set()),
        (safe.replace("20", "6"), {6}),
        (safe.replace("9", "8"), {6}),
    ):
        # The shorter of them break rule 7, too.
        assert {each.rule for each in judge_cycle(walk, times, spell(text))} - {7} == rules


def test_what_a_plan_says_is_written_out_as_it_is_shown():
    plan = np.array([[True, False], [False, True]]), np.array([30, 6]), np.array([4, 4])
    assert write_out(TIMES, *plan).tolist() == spell(SAFE).tolist()


def test_what_must_be_kept_is_read_alike(city):
    signals, table, meetings, times = city
    for s, name in enumerate(signals.signal_ids):
        part = signals.groups_of(s)
        assert meetings[name].walk.tolist() == (signals.group_kind[part] == 3).tolist()
        for field in ("yellow_s", "min_green_s", "max_red_s"):
            assert getattr(times[name], field).tolist() == getattr(table, field)[part].tolist()
        assert times[name].all_red_s.tolist() == signals.square(table.all_red_s, s).tolist()
