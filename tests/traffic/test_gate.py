"""The gate, rule by rule: the smallest command that breaks it, and what it says."""

import ast
import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest

import cityloop
from cityloop.city.signals import SafetyTable, Signals
from cityloop.field.cabinet import Cabinets
from cityloop.traffic.safety.approval import Approved
from cityloop.traffic.safety.gate import prove_commands, watch_lamps
from tests.made_signals import make_commands, make_lamps, make_signals, make_table

NOW_S = 100
CROSSING = make_signals(".x x.")
TABLE = make_table(CROSSING)


def judge(shown, wanted, *, signals=CROSSING, table=TABLE, waited_s=0, command=None, **lamps):
    """Give which signals' commands are proven, and what is said of the others."""
    waits_s = np.broadcast_to(np.asarray(waited_s, np.int32), (signals.group_count,)).copy()
    verdict = prove_commands(
        signals,
        table,
        make_lamps(shown, NOW_S, **({"switching": [False] * len(signals.signal_ids)} | lamps)),
        make_commands(wanted, NOW_S, table, **(command or {})),
        waits_s,
    )
    proven = verdict.approved.commands.addressed.tolist()
    return proven, [str(refusal) for refusal in verdict.refusals]


def test_a_switch_after_the_minimum_green_is_proven():
    assert judge("Gr", ".G", since_s=NOW_S - 5) == ([True], [])


def test_going_on_is_proven_at_any_time():
    assert judge("Gr", "G.", since_s=NOW_S - 1) == ([True], [])
    assert judge("Gr", "G.", switching=True) == ([True], [])


RULE_1 = "needed: no two conflicting movements green together, but for turns that yield"
RULE_5 = (
    "needed: the minimum green of the table, and green for whoever waits before the maximum red"
)
RULE_8 = "needed: no new stage while a switch is running"
RULE_9 = "needed: a fresh command for the table's present version"


def test_rule_1_two_that_cross():
    line = "signal north, group 0 and 1, second 100: rule 1: two conflicting groups green together"
    assert judge("Gr", "GG") == ([False], [f"{line}; {RULE_1}"])


def test_rule_1_a_group_whose_own_streams_cross_is_never_green():
    line = "signal north, group 0 and 0, second 100: rule 1: two conflicting groups green together"
    signals = make_signals("x")
    said = judge("r", "G", signals=signals, table=make_table(signals))
    assert said == ([False], [f"{line}; {RULE_1}"])


def test_rule_1_lets_a_turn_that_yields_join():
    signals = make_signals(".p y.", kinds="tl")
    assert judge("Gr", "GG", signals=signals, table=make_table(signals)) == ([True], [])


def test_rule_1_comes_before_rule_8():
    proven, lines = judge("Gr", "GG", switching=True)
    assert (proven, len(lines)) == ([False], 1)
    assert "rule 1" in lines[0]


def test_rule_5_a_green_cut_short():
    line = "signal north, group 0, second 100: rule 5: a green of 4 s where 5 s is the least"
    assert judge("Gr", ".G", since_s=NOW_S - 4) == ([False], [f"{line}; {RULE_5}"])


def test_rule_5_a_red_that_lasts_too_long():
    line = "signal north, group 1, second 100: rule 5: a red of 180 s for who waits, at most 180 s"
    assert judge("Gr", "G.", waited_s=[0, 180]) == ([False], [f"{line}; {RULE_5}"])
    assert judge("Gr", "G.", waited_s=[0, 179]) == ([True], [])
    assert judge("Gr", ".G", waited_s=[0, 180]) == ([True], [])


def test_rule_5_a_long_red_does_not_cut_a_minimum_green():
    assert judge("Gr", "G.", waited_s=[0, 200], since_s=NOW_S - 4) == ([True], [])


def test_rule_5_of_several_who_wait_too_long_one_must_be_next():
    signals = make_signals(".xx x.x xx.")
    table = make_table(signals)
    waits_s = [0, 180, 190]
    assert judge("Grr", "..G", signals=signals, table=table, waited_s=waits_s) == ([True], [])
    proven, lines = judge("Grr", "G..", signals=signals, table=table, waited_s=waits_s)
    assert (proven, len(lines)) == ([False], 1)


def test_rule_8_a_new_stage_while_a_switch_is_running():
    line = "signal north, second 100: rule 8: another stage while a switch is running"
    assert judge("yr", ".G", switching=True) == ([False], [f"{line}; {RULE_8}"])


@pytest.mark.parametrize("issued_s", [NOW_S - 3, NOW_S - 50, NOW_S + 1])
def test_rule_9_a_command_that_is_stale_or_from_the_future(issued_s):
    found = f"rule 9: a command issued at {issued_s}, life 3 s"
    line = f"signal north, second 100: {found}; {RULE_9}"
    assert judge("Gr", ".G", command={"issued_s": issued_s}) == ([False], [line])


def test_rule_9_a_command_for_another_version_of_the_table():
    line = f"signal north, second 100: rule 9: a command for another table version; {RULE_9}"
    said = judge("Gr", ".G", command={"table_version": ("north-0",)})
    assert said == ([False], [line])


def test_one_signals_refusal_leaves_the_others_their_commands():
    signals = make_signals(".x x.", ".x x.", ".x x.")
    table = make_table(signals)
    proven, lines = judge(
        "GrGrGr",
        "GG.G.G",
        signals=signals,
        table=table,
        command={
            "addressed": np.array([True, True, False]),
            "table_version": ("north-1", "south-1", "of another time"),
        },
    )
    assert proven == [False, True, False]
    assert [line.split(":")[0] for line in lines] == ["signal north, group 0 and 1, second 100"]


# --- What was shown ---------------------------------------------------------------------------


def watch(before, after, *, signals=CROSSING, table=TABLE, **lamps):
    said = watch_lamps(
        signals, table, make_lamps(before, NOW_S, **lamps), make_lamps(after, NOW_S + 1)
    )
    return [str(line) for line in said]


RULE_2 = "needed: yellow and all-red of the table before a conflicting green"
RULE_3 = "needed: the yellow of the table"


def test_the_monitor_sees_rule_1_broken():
    line = "signal north, group 0 and 1, second 100: rule 1: two conflicting groups green together"
    assert watch("Gr", "GG") == [f"{line}; {RULE_1}"]


def test_the_monitor_sees_rule_2_broken():
    found = "rule 2: a green too soon after a conflicting group"
    line = f"signal north, group 1 and 0, second 100: {found}"
    # The red of group 0 began in second 100 - r; it has been red for r seconds when 1 begins.
    wide = make_table(CROSSING, all_red_s=2)
    assert watch("rr", "rG", table=wide, since_s=[NOW_S - 1, 0]) == [f"{line}; {RULE_2}"]
    assert watch("rr", "rG", table=wide, since_s=[NOW_S - 2, 0]) == []
    assert watch("yr", "rG", since_s=[NOW_S - 3, 0]) == [f"{line}; {RULE_2}"]
    assert watch("yr", "yG", since_s=[NOW_S - 1, 0]) == [f"{line}; {RULE_2}"]


def test_the_monitor_sees_rule_3_broken():
    line = "signal north, group 0, second 100: rule 3: a green that ended without its full yellow"
    assert watch("Gr", "rr") == [f"{line}; {RULE_3}"]
    assert watch("yr", "rr", since_s=NOW_S - 2) == [f"{line}; {RULE_3}"]
    assert watch("yr", "rr", since_s=NOW_S - 3) == []


def test_a_walk_has_no_yellow_but_its_clearance():
    signals = make_signals(".x x.", kinds="wt")
    table = make_table(signals, all_red_s=8)
    assert watch("Gr", "rr", signals=signals, table=table) == []
    early = watch("rr", "rG", signals=signals, table=table, since_s=[NOW_S - 7, 0])
    assert ["rule 2" in line for line in early] == [True]
    assert watch("rr", "rG", signals=signals, table=table, since_s=[NOW_S - 8, 0]) == []


# --- The approval -----------------------------------------------------------------------------


def approve(signals: Signals, table: SafetyTable, wanted: str, **command) -> Approved:
    shown = make_lamps("r" * signals.group_count, NOW_S)
    commands = make_commands(wanted, NOW_S, table, **command)
    waits_s = np.zeros(signals.group_count, np.int32)
    return prove_commands(signals, table, shown, commands, waits_s).approved


def test_nobody_but_the_gate_can_make_an_approval():
    commands = make_commands("GG", NOW_S, TABLE)
    with pytest.raises(TypeError, match="only the gate approves"):
        Approved(object(), commands)
    with pytest.raises(TypeError):
        Approved(commands)  # type: ignore[call-arg]
    approved = approve(CROSSING, TABLE, "G.")
    with pytest.raises(dataclasses.FrozenInstanceError):
        approved.commands = commands  # type: ignore[misc]
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(approved, commands=commands)  # type: ignore[call-arg]
    assert copy.copy(approved).commands is approved.commands


def test_what_is_approved_is_not_changed_by_who_commanded_it():
    green = np.array([True, False])
    commands = make_commands("G.", NOW_S, TABLE, green=green)
    waits_s = np.zeros(2, np.int32)
    approved = prove_commands(CROSSING, TABLE, make_lamps("rr", NOW_S), commands, waits_s).approved
    green[:] = True
    assert approved.commands.green.tolist() == [True, False]
    with pytest.raises(ValueError, match="read-only"):
        approved.commands.green[1] = True


MAKERS = {"Approved", "ApprovedPlan", "seal_commands", "seal_plan", "_SEAL"}


def calls_in(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            names.add(
                called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            )
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.name for alias in node.names if alias.name == "_SEAL"}
    return names


def test_only_the_gate_seals():
    root = Path(cityloop.__file__).parent
    sealing = {
        path.relative_to(root).as_posix(): found
        for path in sorted(root.rglob("*.py"))
        if (found := calls_in(path) & MAKERS)
    }
    assert sealing == {
        "traffic/safety/approval.py": {"Approved", "ApprovedPlan"},
        "traffic/safety/gate.py": {"seal_commands"},
        "traffic/safety/plan_proof.py": {"seal_plan"},
    }


def second(cabinets: Cabinets) -> str:
    cabinets.advance()
    cabinets.tick()
    return "".join("r?yGg"[lamp] for lamp in cabinets.shown)


def test_an_approval_is_applied_once():
    cabinets = Cabinets(CROSSING, TABLE, NOW_S)
    first = approve(CROSSING, TABLE, "G.", sequence=1)
    then = approve(CROSSING, TABLE, ".G", sequence=2)
    cabinets.apply(first)
    assert [second(cabinets) for _ in range(2)] == ["rr", "Gr"]
    cabinets.apply(then)
    # Neither the same one again nor an older one takes the signal back.
    cabinets.apply(first)
    cabinets.apply(then)
    assert [second(cabinets) for _ in range(5)] == ["yr", "yr", "yr", "rr", "rG"]


def test_an_approval_that_has_expired_changes_nothing():
    cabinets = Cabinets(CROSSING, TABLE, NOW_S)
    approved = approve(CROSSING, TABLE, "G.", lifetime_s=2)
    assert [second(cabinets) for _ in range(2)] == ["rr", "rr"]
    cabinets.apply(approved)
    assert [second(cabinets) for _ in range(4)] == ["rr"] * 4
    assert not cabinets.lamps().target.any()


def test_cabinets_keep_the_all_red_before_their_first_green():
    """What was shown before they began is not known."""
    cabinets = Cabinets(CROSSING, make_table(CROSSING, all_red_s=3), NOW_S)
    cabinets.apply(approve(CROSSING, TABLE, "G."))
    assert [second(cabinets) for _ in range(4)] == ["rr", "rr", "rr", "Gr"]
