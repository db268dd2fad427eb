"""The gate's judge of tables against its naive twin."""

import numpy as np
from hypothesis import example, given

from cityloop.kernels.table_gate import check_tables
from tests.kernels.drawn_signals import EMPTY, ONE, networks
from tests.naive.table_gate import find_faults


def judge(drawn):
    """Draw tables, most of them good; give what the kernel and what the twin say of each signal."""
    rng = drawn.rng
    judged = rng.random(drawn.signals) < 0.8
    kind = rng.choice([0, 1, 2, 2, 3], drawn.groups).astype(np.uint8)
    crossing_m = np.where(kind == 3, rng.choice([0.0, 2.5, 6.0, np.nan], drawn.groups), 0.0)
    yellow_s = np.where(kind == 3, 0, rng.integers(3, 7, drawn.groups))
    odd = drawn.some(0.1)
    yellow_s = np.where(odd, rng.integers(-1, 9, drawn.groups), yellow_s).astype(np.int32)
    all_red_s = rng.choice([1, 2, 3, 5, 6], len(drawn.relation)) + 0
    all_red_s[rng.random(len(all_red_s)) < 0.03] = rng.choice([-1, 7])
    all_red_s = all_red_s.astype(np.int32)
    min_green_s = np.where(drawn.some(0.1), drawn.seconds(5), 5).astype(np.int32)
    walk_speed_m_s = rng.choice([0.8, 1.0], drawn.signals)
    wiring = (drawn.group_start, drawn.pair_start, drawn.relation)
    rows = zip(
        *check_tables(
            judged, kind, crossing_m, *wiring, yellow_s, min_green_s, all_red_s, walk_speed_m_s
        ),
        strict=True,
    )
    expected = []
    for s, part, square in drawn.parts():
        own = (yellow_s[part], min_green_s[part], square(all_red_s), walk_speed_m_s[s])
        faults = find_faults(kind[part], crossing_m[part], square(drawn.relation), *own)
        rule, g, found_s, needed_s = next(faults, (0, -1, 0, 0)) if judged[s] else (0, -1, 0, 0)
        expected.append((rule, g + part.start if rule else -1, found_s, needed_s))
    return np.array(list(rows), float).reshape(-1, 4), np.array(expected, float).reshape(-1, 4)


@given(networks)
@example(EMPTY)
@example(ONE)
def test_tables(drawn):
    found, expected = judge(drawn)
    np.testing.assert_array_equal(found, expected)


def test_every_rule_is_met_by_some_draw():
    met: set[int] = set()

    @given(networks)
    def gather(drawn):
        met.update(judge(drawn)[0][:, 0].astype(int).tolist())

    gather()
    assert met == {0, 3, 4, 5, 6}
