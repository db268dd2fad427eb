"""The first safety check of every command: conflicts, clearances, minimum green, maximum red.

Rules are numbered as in docs/safety.md. The check fails closed: a signal whose command is not
proven keeps its greens, and the reason is told.
"""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.signals import Bools, Commands, Lamp, Lamps, SafetyTable, Signals
from cityloop.kernels.gate import BROKEN_NAMES, check_commands, check_lamps
from cityloop.traffic.safety.approval import Approved, Refusal, seal_commands

_NEEDED: Final = {
    1: "no two conflicting movements green together, but for turns that yield",
    2: "yellow and all-red of the table before a conflicting green",
    3: "the yellow of the table",
    5: "the minimum green of the table, and green for whoever waits before the maximum red",
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
    addressed = commands.addressed.copy()
    refusals: list[Refusal] = []
    if not commands.issued_s <= lamps.now_s < commands.issued_s + commands.lifetime_s:
        age = f"a command issued at {commands.issued_s}, life {commands.lifetime_s} s"
        refusals += _refuse_all(signals, addressed, lamps.now_s, age)
        addressed[:] = False
    if commands.table_version is not table.version:
        stale = [old != new for old, new in zip(commands.table_version, table.version, strict=True)]
        wrong = addressed & np.array(stale, bool)
        refusals += _refuse_all(signals, wrong, lamps.now_s, "a command for another table version")
        addressed &= ~wrong
    green = commands.green
    if commands.flash is not None and commands.flash.any():
        # Who flashes has no green, and nobody waits there for one.
        flash = np.repeat(commands.flash, np.diff(signals.group_start))
        green, waited_s = green & ~flash, np.where(flash, 0, waited_s).astype(np.int32)
    rule, group, other = check_commands(
        lamps.now_s, addressed, green, lamps.target, lamps.lamp, lamps.since_s,
        lamps.switching, waited_s, signals.group_start, signals.pair_start, signals.relation,
        table.min_green_s, table.max_red_s,
    )  # fmt: skip
    for s in np.flatnonzero(rule):
        first = int(signals.group_start[s])
        pair = [int(g) - first for g in (group[s], other[s]) if g >= 0]
        refusals.append(
            Refusal(
                rule=int(rule[s]),
                signal_id=signals.signal_ids[s],
                groups=tuple(pair),
                second_s=lamps.now_s,
                found=_found(int(rule[s]), int(group[s]), table, lamps, waited_s),
                needed=_NEEDED[int(rule[s])],
            )
        )
    proven = addressed & (rule == 0)
    approved = seal_commands(
        Commands(
            issued_s=commands.issued_s,
            lifetime_s=commands.lifetime_s,
            sequence=commands.sequence,
            addressed=proven,
            # A copy: who commands may write to its own array after the proof.
            green=green.copy(),
            table_version=table.version,
            flash=None if commands.flash is None else commands.flash & proven,
        )
    )
    return Verdict(approved, tuple(refusals))


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
