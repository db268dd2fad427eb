"""The gate's kernels against their naive twins."""

import numpy as np
from hypothesis import example, given

from cityloop.kernels.gate import check_commands, check_lamps
from tests.kernels.drawn_signals import EMPTY, LAMPS, ONE, networks
from tests.naive import gate as naive

NOW_S = 100


def as_rows(found):
    return list(zip(*(column.tolist() for column in found), strict=True))


def globally(found, part):
    """Count a twin's groups, which are a signal's own, through the whole network."""
    rule, *groups = found
    return (rule, *(g + part.start if g >= 0 else -1 for g in groups))


def judge_commands(drawn):
    """Draw a state and commands; give what the kernel and what the twin say of each signal."""
    addressed = drawn.rng.random(drawn.signals) < 0.8
    switching = drawn.rng.random(drawn.signals) < 0.3
    lamp = drawn.rng.choice(LAMPS, drawn.groups)
    target = lamp >= 3
    green = target if drawn.rng.random() < 0.5 else drawn.some(0.3)
    since_s = NOW_S - drawn.seconds(12)
    waited_s = np.where(drawn.some(0.3), drawn.seconds(70), 0).astype(np.int32)
    table = (drawn.min_green_s, drawn.max_red_s)
    wiring = (drawn.group_start, drawn.pair_start, drawn.relation)
    found = check_commands(
        NOW_S, addressed, green, target, lamp, since_s, switching, waited_s, *wiring, *table
    )
    expected = []
    for s, part, square in drawn.parts():
        state = green[part], target[part], lamp[part], since_s[part], switching[s], waited_s[part]
        least_s, most_s = drawn.min_green_s[part], drawn.max_red_s[part]
        said = naive.check_command(NOW_S, *state, square(drawn.relation), least_s, most_s)
        expected.append(globally(said, part) if addressed[s] else naive.NOTHING)
    return as_rows(found), expected


def judge_lamps(drawn):
    """Draw two seconds of lamps; give what the kernel and what the twin say of each signal."""
    before = drawn.rng.choice(LAMPS, drawn.groups)
    after = np.where(drawn.some(0.6), before, drawn.rng.choice(LAMPS, drawn.groups))
    since_s = NOW_S - drawn.seconds(6)
    found = check_lamps(
        NOW_S, before, since_s, after, drawn.group_start, drawn.pair_start, drawn.relation,
        drawn.yellow_s, drawn.all_red_s,
    )  # fmt: skip
    expected = []
    for _, part, square in drawn.parts():
        shown = before[part], since_s[part], after[part]
        table = square(drawn.relation), drawn.yellow_s[part], square(drawn.all_red_s)
        expected.append(globally(naive.check_lamps(NOW_S, *shown, *table), part))
    return as_rows(found), expected


@given(networks)
@example(EMPTY)
@example(ONE)
def test_commands(drawn):
    found, expected = judge_commands(drawn)
    assert found == expected


@given(networks)
@example(EMPTY)
@example(ONE)
def test_lamps(drawn):
    found, expected = judge_lamps(drawn)
    assert found == expected


def test_every_rule_is_met_by_some_draw():
    """A twin that is never asked proves nothing."""
    met: dict[str, set[int]] = {"commands": set(), "lamps": set()}

    @given(networks)
    def gather(drawn):
        met["commands"] |= {rule for rule, _, _ in judge_commands(drawn)[0]}
        met["lamps"] |= {rule for rule, _, _ in judge_lamps(drawn)[0]}

    gather()
    assert met == {"commands": {0, 1, 5, 8}, "lamps": {0, 1, 2, 3}}
