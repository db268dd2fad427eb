"""A shipped programme before the gate: every rule by hand, intergreens against a naive count."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityloop.city.signals import Lamp
from cityloop.traffic.safety.programme_refusals import programme_yields, refuse_programme
from tests.made_programmes import make_programme
from tests.made_signals import make_signals, make_table

CROSSING = make_signals(".x x.")
TABLE = make_table(CROSSING)
GOOD = ("20 Gr", "3 yr", "1 rr", "20 rG", "3 ry", "1 rr")


def said(*phases, signals=CROSSING, table=TABLE, **changes):
    programme = replace(make_programme(*phases), **changes)
    return [str(refusal) for refusal in refuse_programme(signals, table, 0, programme)]


def test_a_programme_that_keeps_all_rules_is_not_refused():
    assert said(*GOOD) == []


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (
            ("20 GG", "3 yy", "7 rr"),
            [("group 0 and 1, second 0: rule 1: green together for 20 s in each cycle; needed: "
             "never together")],
        ),
        (
            ("20 Gr", "3 yr", "20 rG", "3 ry", "1 rr"),
            ["group 0 and 1, second 20: rule 2: intergreen of 3 s; needed: 4 s",
             "group 0 and 1, second 20: rule 4: all-red of 0 s; needed: 1 s"],
        ),
        (
            ("20 Gr", "4 yr", "20 rG", "3 ry", "1 rr"),
            ["group 0 and 1, second 20: rule 4: all-red of 0 s; needed: 1 s"],
        ),
        (
            ("20 Gr", "2 yr", "1 rr", "20 rG", "3 ry", "1 rr"),
            ["group 0 and 1, second 20: rule 2: intergreen of 3 s; needed: 4 s",
             "group 0, second 20: rule 3: yellow of 2 s; needed: 3 s"],
        ),
        (
            ("20 Gr", "7 yr", "1 rr", "20 rG", "3 ry", "1 rr"),
            ["group 0, second 20: rule 3: yellow of 7 s; needed: 6 s at most"],
        ),
        (
            ("4 Gr", "3 yr", "1 rr", "20 rG", "3 ry", "1 rr"),
            ["group 0, second 0: rule 5: green of 4 s; needed: 5 s"],
        ),
        (
            ("20 Gr", "3 yr", "1 rr", "190 rG", "3 ry", "1 rr"),
            ["group 0, second 20: rule 5: red of 195 s; needed: 180 s at most"],
        ),
        (
            ("30 Gr", "3 yr", "1 rr"),
            ["group 1, second 0: rule 7: no green in the cycle; needed: one in each cycle"],
        ),
        (
            ("6 Gr", "3 yr", "1 rr", "6 rG", "3 ry", "1 rr"),
            ["second 0: rule 7: a cycle of 20 s; needed: 30 to 240 s"],
        ),
        ((), ["second 0: rule 7: a programme without phases; needed: one that serves everybody"]),
    ],
)  # fmt: skip
def test_each_rule_is_told_with_its_second_and_figures(phases, expected):
    found = said(*phases) if phases else said("5 Gr", phase_s=np.zeros(0), lamps=TABLE.yellow_s[:0])
    start = "signal north, "
    assert found == [start + each for each in expected]


def test_the_wrap_is_judged_as_every_other_change():
    found = said("20 Gr", "3 yr", "1 rr", "20 rG", "3 ry")
    assert [line.split(": ")[1] for line in found] == ["rule 2", "rule 4"]
    assert "group 1 and 0, second 44" in found[0]


def test_a_turn_may_share_green_only_where_it_is_told_to_yield():
    signals = make_signals(".p y.", kinds="tl")
    table = make_table(signals)
    yielding = ("30 Gg", "3 yy", "1 rr")
    assert said(*yielding, signals=signals, table=table) == []
    assert programme_yields(signals, 0, make_programme(*yielding)) == ((1, 0),)
    assert said("30 GG", "3 yy", "1 rr", signals=signals, table=table) == [
        (
            "signal north, group 1 and 0, second 0: rule 1: shown G, as if it had not to yield,"
            " beside the other for 30 s in each cycle; needed: g, or no green together"
        )
    ]


def test_a_walk_and_its_clearance_are_rule_6():
    signals = make_signals(".x x.", kinds="wt")
    table = make_table(signals, all_red_s=np.array([0, 9, 1, 0]), min_green_s=[7, 5])
    good = ("7 Gr", "9 rr", "20 rG", "3 ry", "1 rr")
    assert said(*good, signals=signals, table=table) == []
    assert said("6 Gr", "8 rr", "20 rG", "3 ry", "1 rr", signals=signals, table=table) == [
        "signal north, group 0, second 0: rule 6: walk of 6 s; needed: 7 s",
        "signal north, group 0 and 1, second 6: rule 6: 8 s to clear the crossing; needed: 9 s",
    ]


@pytest.mark.parametrize("dark", [Lamp.OFF, Lamp.FLASHING])
def test_a_lamp_that_is_dark_beside_a_conflicting_green_is_refused(dark):
    programme = make_programme(*GOOD)
    lamps = programme.lamps.copy()
    lamps[0, 1] = dark
    found = refuse_programme(CROSSING, TABLE, 0, replace(programme, lamps=lamps))
    assert "off or flashing while the other is green" in {refusal.found for refusal in found}
    assert found[0].rule == 1


def test_all_way_flashing_is_no_conflict():
    programme = make_programme("60 rr")
    lamps = np.full((1, 2), Lamp.FLASHING, np.uint8)
    assert refuse_programme(CROSSING, TABLE, 0, replace(programme, lamps=lamps)) == ()


def naive_short_intergreens(rows: list[str], needed_s: int) -> set[tuple[int, int]]:
    """Count from each second in which a green ends to the first conflicting green, by hand."""
    cycle_s, short = len(rows), set()
    for second in range(cycle_s):
        before, now = rows[second - 1], rows[second]
        for a, b in ((0, 1), (1, 0)):
            if before[a] in "Gg" and now[a] not in "Gg" and before[b] not in "Gg":
                for gap_s in range(needed_s):
                    if rows[(second + gap_s) % cycle_s][b] in "Gg":
                        short.add((a, b))
    return short


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.text("rGgy", min_size=2, max_size=2)),
        min_size=1,
        max_size=7,
    )
)
def test_short_intergreens_are_those_that_are_counted_second_by_second(phases):
    programme = make_programme(*(f"{seconds} {letters}" for seconds, letters in phases))
    rows = [letters for seconds, letters in phases for _ in range(seconds)]
    refused = refuse_programme(CROSSING, TABLE, 0, programme)
    found = {refusal.groups for refusal in refused if refusal.found.startswith("intergreen")}
    assert found == naive_short_intergreens(rows, 4)
