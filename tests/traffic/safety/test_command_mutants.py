"""Seeded mutants of commands, approvals and lamps: each refused, or of no effect, or seen."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

from cityloop.city.signals import SafetyTable
from cityloop.field.cabinet import Cabinets
from cityloop.traffic.safety.approval import Approved, ApprovedPlan, digest_plan
from cityloop.traffic.safety.gate import prove_commands, watch_lamps
from cityloop.traffic.safety.plan_proof import prove_plan
from tests.made_signals import make_commands, make_lamps
from tests.traffic.safety.four_groups import ALL_RED_S, NETWORK, SIGNALS, TABLE, plan, table

NOW_S = 100


class Wish(NamedTuple):
    """What is shown, what is commanded then, and what the gate must say of it."""

    shown: str
    wanted: str
    rule: int
    groups: tuple[int, ...]
    said: str
    since_s: int = NOW_S - 30
    waited_s: tuple[int, ...] = (0, 0, 0, 0)
    switching: bool = False
    command: Mapping[str, object] = MappingProxyType({})
    table: SafetyTable = TABLE


COMMANDS = {
    "the stage swapped for one in conflict": Wish("rrrr", "GG..", 1, (0, 1), "together"),
    "a walk lit across a through movement": Wish("rGrr", ".G.G", 1, (1, 3), "together"),
    "minimum green cut": Wish("rGrr", "G.G.", 5, (1,), "a green of 4 s where 5 s", NOW_S - 4),
    "minimum of a turn cut": Wish("grgr", "G..G", 5, (2,), "a green of 3 s", NOW_S - 3),
    "walk cut": Wish("GrrG", "G.G.", 6, (3,), "a green of 6 s where 7 s", NOW_S - 6),
    "a red of more than the maximum": Wish(
        "GrrG", "G..G", 5, (1,), "a red of 180 s for who waits", waited_s=(0, 180, 0, 0)
    ),
    "another stage during a switch": Wish("yrrr", ".G..", 8, (), "switch", switching=True),
    "expired": Wish("rrrr", "G...", 9, (), "issued at 97", command={"issued_s": NOW_S - 3}),
    "from the future": Wish("rrrr", "G...", 9, (), "issued at 101", command={"issued_s": 101}),
    "without a life": Wish("rrrr", "G...", 9, (), "life 0 s", command={"lifetime_s": 0}),
    "for another table version": Wish(
        "rrrr", "G...", 9, (), "another table version", command={"table_version": ("north-0",)}
    ),
    "for another junction": Wish(
        "rrrr", "G...", 9, (), "another table version", command={"table_version": ("south-1",)}
    ),
    "for a network of two junctions": Wish(
        "rrrr", "G...", 9, (), "another shape",
        command={"table_version": ("north-1", "south-1"), "addressed": np.ones(2, bool)},
    ),
    "for one group too few": Wish("rrrr", "G..", 9, (), "another shape"),
    "a flash for nobody": Wish(
        "rrrr", "G...", 9, (), "another shape", command={"flash": np.zeros(2, bool)}
    ),
    "by a table with a yellow of 2 s": Wish(
        "rrrr", "G...", 3, (1,), "yellow of 2 s", table=table(yellow_s=[3, 2, 3, 0])
    ),
    "by a table with an all-red of 7 s": Wish(
        "rrrr", "G...", 4, (0,), "all-red of 7 s",
        table=table(all_red_s=TABLE.all_red_s + np.where(np.arange(16) == 1, 4, 0)),
    ),
    "by a table that halves a pedestrian clearance": Wish(
        "rrrr", "G...", 6, (3,), "clearance of 4 s",
        table=table(all_red_s=np.where(ALL_RED_S == 9, 4, TABLE.all_red_s)),
    ),
}  # fmt: skip


def prove(wish: Wish):
    return prove_commands(
        SIGNALS,
        wish.table,
        make_lamps(wish.shown, NOW_S, since_s=wish.since_s, switching=wish.switching),
        make_commands(wish.wanted, NOW_S, wish.table, **wish.command),
        np.array(wish.waited_s, np.int32),
    )


@pytest.mark.parametrize("wish", COMMANDS.values(), ids=COMMANDS)
def test_a_mutant_of_a_command_is_refused_for_what_is_wrong_with_it(wish):
    verdict = prove(wish)
    assert not verdict.approved.commands.addressed.any()
    (said,) = verdict.refusals
    assert (said.rule, said.groups, said.second_s) == (wish.rule, wish.groups, NOW_S)
    assert wish.said in said.found


@pytest.mark.parametrize(
    ("shown", "wanted", "since_s"),
    [
        ("rrrr", "G.G.", NOW_S - 1),
        ("GrGr", ".G..", NOW_S - 5),
        ("GrGr", "G.G.", NOW_S - 1),
        ("GrrG", "G.G.", NOW_S - 7),
        ("rGrr", "G..G", NOW_S - 5),
        ("rGrr", "....", NOW_S - 5),
    ],
)
def test_a_safe_command_is_not_refused(shown, wanted, since_s):
    verdict = prove(Wish(shown, wanted, 0, (), "", since_s))
    assert verdict.refusals == ()
    assert verdict.approved.commands.addressed.tolist() == [True]


# --- What becomes of an approval --------------------------------------------------------------


def approve(wanted: str, **command):
    approved = prove(Wish("rrrr", wanted, 0, (), "", command=command)).approved
    assert approved.commands.addressed.tolist() == [True]
    return approved


def targets(*approvals, late_s=0):
    """Apply approvals to a cabinet that has just begun; give what it is to show after each."""
    cabinets = Cabinets(SIGNALS, TABLE, NOW_S)
    for _ in range(late_s):
        cabinets.advance()
        cabinets.tick()
    said = []
    for approved in approvals:
        cabinets.apply(approved)
        said.append("".join("G" if on else "." for on in cabinets.lamps().target))
    return said


def test_a_replayed_command_changes_nothing():
    first, then = approve("G.G.", sequence=1), approve(".G..", sequence=2)
    assert targets(first, then, first, then) == ["G.G.", ".G..", ".G..", ".G.."]


def test_an_approval_that_is_older_than_the_last_changes_nothing():
    assert targets(approve(".G..", sequence=2), approve("G.G.", sequence=1)) == [".G..", ".G.."]


@pytest.mark.parametrize(("late_s", "shown"), [(2, "G.G."), (3, "....")])
def test_an_expired_approval_changes_nothing(late_s, shown):
    assert targets(approve("G.G."), late_s=late_s) == [shown]


def test_an_approval_by_another_table_changes_nothing():
    cabinets = Cabinets(SIGNALS, dataclasses.replace(TABLE, version=("north-2",)), NOW_S)
    cabinets.apply(approve("G.G."))
    assert not cabinets.lamps().target.any()


def test_a_command_altered_after_its_approval_changes_nothing():
    """Python can be forced to write what is frozen; the digest tells."""
    into_array, swapped, sooner = approve("G.G."), approve("G.G."), approve("G.G.")
    base = into_array.commands.green.base
    base[1] = True
    assert into_array.commands.green.tolist() == [True, True, True, False]
    object.__setattr__(swapped, "commands", approve("G..G").commands)
    object.__setattr__(sooner.commands, "lifetime_s", 1000)
    for altered in (into_array, swapped, sooner):
        assert not altered.intact
        assert targets(altered) == ["...."]


def test_a_plan_altered_after_its_approval_is_another_one():
    said = prove_plan(NETWORK, SIGNALS, TABLE, None, plan())
    assert isinstance(said, ApprovedPlan)
    digest = said.digest
    assert digest == digest_plan(said.plan)
    for altered in (plan(offset_s=1), plan(green_s=(21, 19, 10)), plan(clearance_s=(7, 4, 9))):
        assert digest_plan(altered) != digest


@pytest.mark.parametrize("kind", [Approved, ApprovedPlan])
def test_nobody_makes_an_approval_by_hand(kind):
    what = make_commands("GG..", NOW_S, TABLE) if kind is Approved else plan()
    rest = () if kind is Approved else ((), (), (), 10**6)
    with pytest.raises(TypeError, match="only the gate approves"):
        kind(object(), what, *rest)
    with pytest.raises(TypeError):
        kind(commands=what)


def test_an_approval_that_was_never_made_is_none():
    hollow = object.__new__(Approved)
    object.__setattr__(hollow, "commands", make_commands("GG..", NOW_S, TABLE))
    with pytest.raises(AttributeError, match="digest"):
        targets(hollow)


# --- What was shown, as the monitor sees it ---------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "since_s", "rule", "groups"),
    [
        ("GrGr", "GGGr", NOW_S - 30, 1, (0, 1)),
        ("rGrr", "rGrG", NOW_S - 30, 1, (1, 3)),
        ("yrrr", "rrrr", NOW_S - 2, 3, (0,)),
        ("Grrr", "rrrr", NOW_S - 30, 3, (0,)),
        ("yrrr", "rGrr", NOW_S - 3, 2, (1, 0)),
        ("rrrr", "rGrr", NOW_S - 2, 2, (1, 0)),
        ("rrrr", "rrGr", NOW_S - 8, 2, (2, 3)),
    ],
    ids=[
        "a green switched on in a conflict", "a walk switched on in a conflict",
        "yellow cut by a second", "yellow left out", "all-red left out",
        "intergreen of the wrong ordered pair", "pedestrian clearance cut by a second",
    ],
)  # fmt: skip
def test_a_mutant_of_what_is_shown_is_seen(before, after, since_s, rule, groups):
    shown = make_lamps(before, NOW_S, since_s=since_s)
    (said,) = watch_lamps(SIGNALS, TABLE, shown, make_lamps(after, NOW_S + 1))
    assert (said.rule, said.groups, said.second_s) == (rule, groups, NOW_S)
