"""Which stages a controller may choose from, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityloop.traffic.plan.stages import mend_stage, programme_stages, shipped_stages
from tests.kernels.drawn_signals import square_relation
from tests.made_programmes import make_programme, spell
from tests.made_signals import make_signals

CROSSING = make_signals(".x x.")


def stages_of(signals, *programmes):
    stages = shipped_stages(signals, programmes)
    return [spell(stages.of(s)) for s in range(len(signals.signal_ids))]


def test_greens_are_stages_and_clearances_are_not():
    programme = make_programme("30 Gr", "3 yr", "2 rr", "20 rG", "3 ry")
    assert stages_of(CROSSING, programme) == [["G.", ".G"]]


def test_a_signal_without_a_programme_gets_a_stage_for_each_group():
    assert stages_of(CROSSING) == [["G.", ".G"]]
    assert stages_of(make_signals(".. ..")) == [["G.", ".G"]]


def test_one_that_serves_nobody_has_none():
    signals = make_signals(".x x.", ".", kinds="tt-")
    programmes = [make_programme("9 Gr"), make_programme("9 G", signal_id="south")]
    stages = shipped_stages(signals, programmes)
    assert spell(stages.of(0)) == ["G.", ".G"]
    assert stages.of(1).shape == (0, 0)
    assert stages.start.tolist() == [0, 2, 2]


def test_each_signal_finds_its_own_among_several():
    signals = make_signals(".x x.", ".xx x.x xx.", ".")
    programmes = [
        make_programme("9 G", signal_id="east"),
        make_programme("9 Grr", "9 rGr", "9 rrG", signal_id="south"),
        make_programme("9 rG", "9 Gr"),
    ]
    assert stages_of(signals, *programmes) == [[".G", "G."], ["G..", ".G.", "..G"], ["G"]]


def test_the_same_stage_in_two_programmes_is_one():
    programmes = [make_programme("30 Gr", "20 rG"), make_programme("9 rG", "9 Gr", name="night")]
    assert stages_of(CROSSING, *programmes) == [["G.", ".G"]]


def test_a_stage_that_is_part_of_another_stays():
    signals = make_signals(".. ..")
    assert stages_of(signals, make_programme("9 GG", "9 Gr")) == [["GG", "G."]]


def test_what_rule_1_forbids_is_mended_and_what_falls_out_gets_its_own():
    """The turn gives way to the through movement; nowhere else green, it gets a stage around it."""
    signals = make_signals(".x. x.. ...", kinds="lt" + "t")
    assert stages_of(signals, make_programme("30 GGG", "3 yyy")) == [[".GG", "G.G"]]


def test_programmes_of_another_width_are_left_out():
    assert stages_of(CROSSING, make_programme("9 GrG", "9 rGr")) == [["G.", ".G"]]


def test_a_group_that_may_never_be_green_gets_no_stage():
    assert stages_of(make_signals("x. ..")) == [[".G"]]


@pytest.mark.parametrize(
    ("green", "first", "expected"),
    [
        ("GGG", -1, "G.G"),  # through, turn, walk: the turn conflicts with both
        ("GGG", 1, ".G."),
        (".GG", -1, ".G."),  # turns are kept before walks
        ("...", -1, "..."),
    ],
)
def test_mending_keeps_through_before_turns_before_walks(green, first, expected):
    signals = make_signals(".x. x.x .x.", kinds="tlw")
    wanted = np.array([c == "G" for c in green])
    relation = signals.square(signals.relation, 0).astype(np.uint8)
    (said,) = spell([mend_stage(wanted, relation, signals.group_kind, first)])
    assert said == expected


@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_mended_stages_are_allowed_and_leave_out_no_more_than_they_must(count, seed):
    rng = np.random.default_rng(seed)
    relation = square_relation(count, rng)
    kind = rng.integers(0, 4, count).astype(np.uint8)
    green = rng.random(count) < 0.7
    kept = mend_stage(green, relation, kind)
    assert not (relation[np.ix_(kept, kept)] == 1).any()
    assert not (kept & ~green).any()
    for g in np.flatnonzero(green & ~kept):
        assert relation[g, g] == 1 or (relation[g, kept] == 1).any()


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (["30 Gr", "3 yr", "20 rG", "3 ry"], ["G.", ".G"]),
        # Twice in a row is once, also round the end of the cycle.
        (["10 Gr", "10 Gr", "3 yr", "20 rG", "3 ry", "5 Gr"], ["G.", ".G"]),
        # In the order in which it runs them, and what it never serves at the end.
        (["20 rG", "3 ry"], [".G", "G."]),
        # Twice in a cycle, with another between, stays twice.
        (["9 Gr", "9 rr", "9 rG", "9 rr", "9 Gr", "3 yr", "9 rG", "3 ry"], ["G.", ".G"] * 2),
    ],
)
def test_a_programmes_stages_in_its_order(phases, expected):
    assert spell(programme_stages(CROSSING, 0, make_programme(*phases))) == expected
