"""The first safety check of every command: conflicts, clearances, minimum green, maximum red.

Rules are numbered as in docs/safety.md. The check fails closed: a signal whose command is not
proven keeps its greens, and the reason is told.
"""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.signals import Bools, Commands, GroupKind, Lamp, Lamps, SafetyTable, Signals
from cityloop.kernels.gate import BROKEN_NAMES, check_commands, check_lamps
from cityloop.traffic.safety.approval import Approved, Refusal, seal_commands
from cityloop.traffic.safety.table_proof import find_table_faults

_NEEDED: Final = {
    1: "no two conflicting movements green together, but for turns that yield",
    2: "yellow and all-red of the table before a conflicting green",
    3: "the yellow of the table",
    5: "the minimum green of the table, and green for whoever waits before the maximum red",
    6: "a walk's whole green",
    8: "no new stage while a switch is running",
    9: "a fresh command for the table's present version",
}


class Verdict(NamedTuple):
    """What the gate says to one batch of commands."""

    approved: Approved
    refusals: tuple[Refusal, ...]


def prove_commands(
    signals: Signals, table: SafetyTable, lamps: Lamps, commands: Commands, waited_s: Ints
) -> Verdict:
    """Prove each addressed signal's command safe, or refuse it.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    lamps
        What is shown now, with the second.
    commands
        What the controller wants.
    waited_s
        (groups,) for how long somebody is known to have waited at red; a group that nobody waits
        for may stay red for longer than the maximum. [s]

    Returns
    -------
    Verdict
        The approval, which addresses the proven signals alone, and one refusal for each other.
    """
    now_s = lamps.now_s
    if not _fits(signals, commands):
        nobody = np.zeros(len(signals.signal_ids), bool)
        said = _refuse_all(signals, ~nobody, now_s, "a command of another shape")
        nothing = np.zeros(signals.group_count, bool)
        return Verdict(_approve(table, commands, nobody, nothing), tuple(said))
    addressed = np.array(commands.addressed, bool)
    old, age = _too_old(table, commands, now_s)
    refusals = _refuse_all(signals, addressed & old, now_s, age)
    faults = find_table_faults(signals, table, addressed & ~old, now_s)
    refusals += faults
    addressed &= ~old
    addressed[[signals.signal_ids.index(fault.signal_id) for fault in faults]] = False
    green = np.array(commands.green, bool)
    if commands.flash is not None and np.any(commands.flash):
        # Who flashes has no green, and nobody waits there for one.
        flash = np.repeat(commands.flash, np.diff(signals.group_start))
        green, waited_s = green & ~flash, np.where(flash, 0, waited_s).astype(np.int32)
    rule, group, other = check_commands(
        now_s, addressed, green, lamps.target, lamps.lamp, lamps.since_s,
        lamps.switching, waited_s, signals.group_start, signals.pair_start, signals.relation,
        table.min_green_s, table.max_red_s,
    )  # fmt: skip
    for s in np.flatnonzero(rule):
        g, first = int(group[s]), int(signals.group_start[s])
        found = _found(int(rule[s]), g, table, lamps, waited_s)
        number = int(rule[s])
        if number == 5 and signals.group_kind[g] == GroupKind.WALK and lamps.lamp[g] != Lamp.RED:  # noqa: PLR2004
            number = 6
        refusals.append(
            Refusal(
                rule=number,
                signal_id=signals.signal_ids[s],
                groups=tuple(int(each) - first for each in (g, other[s]) if each >= 0),
                second_s=now_s,
                found=found,
                needed=_NEEDED[number],
            )
        )
    return Verdict(_approve(table, commands, addressed & (rule == 0), green), tuple(refusals))


def _fits(signals: Signals, commands: Commands) -> bool:
    """Tell whether a command has an entry for each signal and each group."""
    count = (len(signals.signal_ids),)
    return (
        np.shape(commands.addressed) == count == (len(commands.table_version),)
        and np.shape(commands.green) == (signals.group_count,)
        and (commands.flash is None or np.shape(commands.flash) == count)
    )


def _too_old(table: SafetyTable, commands: Commands, now_s: int) -> tuple[Bools, str]:
    """Tell for each signal whether the command may no longer be used there, and why: rule 9."""
    if not commands.issued_s <= now_s < commands.issued_s + commands.lifetime_s:
        age = f"a command issued at {commands.issued_s}, life {commands.lifetime_s} s"
        return np.ones(len(table.version), bool), age
    old = np.zeros(len(table.version), bool)
    if commands.table_version is not table.version:
        pairs = zip(commands.table_version, table.version, strict=True)
        old = np.array([known != present for known, present in pairs], bool)
    return old, "a command for another table version"


def _approve(table: SafetyTable, commands: Commands, proven: Bools, green: Bools) -> Approved:
    """Approve what is proven of a command, with arrays of its own.

    Who commands may write to its own arrays after the proof.
    """
    flash = commands.flash
    return seal_commands(
        Commands(
            issued_s=commands.issued_s,
            lifetime_s=commands.lifetime_s,
            sequence=commands.sequence,
            addressed=proven,
            green=green,
            table_version=table.version,
            flash=None if flash is None or len(flash) != len(proven) else flash & proven,
        )
    )


def watch_lamps(
    signals: Signals, table: SafetyTable, before: Lamps, after: Lamps
) -> tuple[Refusal, ...]:
    """Check what was shown against what must be: the conflict monitor behind the gate.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    before
        What was shown when the second began.
    after
        What was shown in it.

    Returns
    -------
    One entry a signal that broke a rule; empty when all kept them.
    """
    broken, group, other = check_lamps(
        before.now_s, before.lamp, before.since_s, after.lamp, signals.group_start,
        signals.pair_start, signals.relation, table.yellow_s, table.all_red_s,
    )  # fmt: skip
    return tuple(
        Refusal(
            rule=int(broken[s]),
            signal_id=signals.signal_ids[s],
            groups=tuple(
                int(g) - int(signals.group_start[s]) for g in (group[s], other[s]) if g >= 0
            ),
            second_s=before.now_s,
            found=BROKEN_NAMES[int(broken[s])],
            needed=_NEEDED[int(broken[s])],
        )
        for s in np.flatnonzero(broken)
    )


def _refuse_all(signals: Signals, chosen: Bools, now_s: int, found: str) -> list[Refusal]:
    return [
        Refusal(
            rule=9,
            signal_id=signals.signal_ids[s],
            groups=(),
            second_s=now_s,
            found=found,
            needed=_NEEDED[9],
        )
        for s in np.flatnonzero(chosen)
    ]


def _found(rule: int, group: int, table: SafetyTable, lamps: Lamps, waited_s: Ints) -> str:
    if rule == 1:
        return "two conflicting groups green together"
    if rule == 8:  # noqa: PLR2004
        return "another stage while a switch is running"
    shown_s = lamps.now_s - int(lamps.since_s[group])
    if lamps.lamp[group] in (Lamp.GREEN, Lamp.GREEN_YIELD):
        return f"a green of {shown_s} s where {int(table.min_green_s[group])} s is the least"
    most_s = int(table.max_red_s[group])
    return f"a red of {int(waited_s[group])} s for who waits, at most {most_s} s"
