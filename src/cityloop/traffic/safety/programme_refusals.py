"""A shipped programme before the gate: each rule that it breaks, as a refusal.

A programme shows its own lamps, so nothing of it is made safe on the way: what is judged is what it
shows, over the whole cycle with its wrap. Rules are numbered as in docs/safety.md.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from cityloop.city.faults import Severity
from cityloop.city.network import Network
from cityloop.city.signals import (
    Bools,
    GroupKind,
    Lamp,
    Programme,
    Relation,
    SafetyTable,
    Signals,
)
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import VEHICLE_M
from cityloop.traffic.safety.programmes import (
    ProgrammeFault,
    ProgrammeFlaw,
    find_programme_faults,
)

# What was found and what is needed, in the words of a refusal.
_WORDS: Final = {
    ProgrammeFlaw.CONFLICT: ("green together for {found} s in each cycle", "never together"),
    ProgrammeFlaw.FALSE_PRIORITY: (
        "shown G, as if it had not to yield, beside the other for {found} s in each cycle",
        "g, or no green together",
    ),
    ProgrammeFlaw.NO_YELLOW: ("no yellow", "{needed} s"),
    ProgrammeFlaw.SHORT_YELLOW: ("yellow of {found} s", "{needed} s"),
    ProgrammeFlaw.LONG_YELLOW: ("yellow of {found} s", "6 s at most"),
    ProgrammeFlaw.EARLY_GREEN: ("green {early} s before the conflicting yellow has ended", "never"),
    ProgrammeFlaw.SHORT_ALL_RED: ("all-red of {found} s", "{needed} s"),
    ProgrammeFlaw.SHORT_GREEN: ("green of {found} s", "{needed} s"),
    ProgrammeFlaw.LONG_RED: ("red of {found} s", "{needed} s at most"),
    ProgrammeFlaw.NEVER_GREEN: ("no green in the cycle", "one in each cycle"),
    ProgrammeFlaw.CYCLE: ("a cycle of {found} s", "30 to 240 s"),
}
_WALK_WORDS: Final = {
    ProgrammeFlaw.SHORT_ALL_RED: ("{found} s to clear the crossing", "{needed} s"),
    ProgrammeFlaw.EARLY_GREEN: ("{found} s to clear the crossing", "{needed} s"),
    ProgrammeFlaw.SHORT_GREEN: ("walk of {found} s", "{needed} s"),
}
_GREENS: Final = (Lamp.GREEN, Lamp.GREEN_YIELD, Lamp.STOP_THEN_GO)
_DARK: Final = (Lamp.OFF, Lamp.FLASHING)
_ROUNDING_S: Final = 1e-6


def refuse_programme(
    signals: Signals, table: SafetyTable, signal: int, programme: Programme
) -> tuple[Refusal, ...]:
    """List what a shipped programme does that the rules forbid: rules 1 to 7.

    Rules 8 and 9 are about switches and commands, of which a programme has none.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    signal
        Index of the signal.
    programme
        Its programme, with a lamp for each of its groups at least.

    Returns
    -------
    The refusals in the order of the rules; none if all seven are kept. Seconds count from the begin
    of the first phase; of a change it is the second in which the green ends. A programme without
    phases is refused by rule 7.
    """
    name = signals.signal_ids[signal]
    if not len(programme.phase_s):
        return (Refusal(7, name, (), 0, "a programme without phases", "one that serves everybody"),)
    kind = signals.group_kind[signals.groups_of(signal)]
    found = [
        _refusal(
            name,
            programme,
            fault,
            walk=bool(fault.groups) and kind[fault.groups[0]] == GroupKind.WALK,
        )
        for fault in find_programme_faults(signals, table, signal, programme)
        if fault.rule and fault.severity is not Severity.NOTE
    ]
    found += _intergreens(signals, table, signal, programme)
    found += _dark(signals, signal, programme)
    return tuple(sorted(found, key=lambda refusal: (refusal.rule, refusal.second_s)))


def slow_paths(
    network: Network, signals: Signals, table: SafetyTable, signal: int, programme: Programme
) -> tuple[str, ...]:
    """Warn where a programme's all-red is shorter than (path + 6 m) / speed: rule 4.

    Parameters
    ----------
    network
        The roads, with the paths.
    signals
        Their signals.
    table
        What they must keep.
    signal
        Index of the signal.
    programme
        Its programme.

    Returns
    -------
    One line a group that has such a path; none where the table's own all-red is not kept, which is
    a refusal.
    """
    part = signals.groups_of(signal)
    group = signals.stream_group[: network.connector_count]
    forbidden = signals.square(signals.relation, signal) == Relation.FORBIDDEN
    all_red_s = signals.square(table.all_red_s, signal)
    needs_s = np.zeros(part.stop - part.start)
    for g in range(len(needs_s)):
        own = np.flatnonzero(group == part.start + g)
        lasts_s = (network.connector_length_m[own] + VEHICLE_M) / network.connector_speed_m_s[own]
        needs_s[g] = lasts_s.max(initial=0.0)
    asked = np.where(forbidden, np.maximum(np.ceil(needs_s)[:, None], all_red_s), all_red_s)
    flat = table.all_red_s.copy()
    flat[signals.pair_start[signal] : signals.pair_start[signal + 1]] = asked.ravel()
    worst: dict[int, float] = {}
    strict = replace(table, all_red_s=flat)
    for fault in find_programme_faults(signals, strict, signal, programme):
        if fault.flaw is not ProgrammeFlaw.SHORT_ALL_RED:
            continue
        g, other = fault.groups
        if all_red_s[g, other] <= fault.found_s < needs_s[g]:
            worst[g] = min(fault.found_s, worst.get(g, fault.found_s))
    return tuple(
        f"rule 4: signal {signals.signal_ids[signal]}, group {g}: all-red of {found_s:g} s,"
        f" a vehicle needs {needs_s[g]:.1f} s to clear its path"
        for g, found_s in sorted(worst.items())
    )


def programme_yields(
    signals: Signals, signal: int, programme: Programme
) -> tuple[tuple[int, int], ...]:
    """List the pairs that a programme shows green together because the first yields.

    Parameters
    ----------
    signals
        The signals.
    signal
        Index of the signal.
    programme
        Its programme.

    Returns
    -------
    Pairs of the signal's own groups.
    """
    relation = signals.square(signals.relation, signal)
    green = _greens(programme, len(relation)).astype(np.int64)
    pairs = np.argwhere((green.T @ green > 0) & (relation == Relation.YIELDS))
    return tuple((int(a), int(b)) for a, b in pairs)


def _greens(programme: Programme, groups: int) -> Bools:
    lamps = programme.lamps.reshape(len(programme.phase_s), -1)[:, :groups]
    return np.isin(lamps, _GREENS)


def _refusal(name: str, programme: Programme, fault: ProgrammeFault, *, walk: bool) -> Refusal:
    rule = 7 if fault.flaw is ProgrammeFlaw.NEVER_GREEN else fault.rule
    words = _WORDS[fault.flaw]
    if walk and fault.flaw in _WALK_WORDS:
        rule, words = 6, _WALK_WORDS[fault.flaw]
    values = {
        "found": f"{fault.found_s:g}",
        "early": f"{-fault.found_s:g}",
        "needed": f"{fault.needed_s:g}",
    }
    found, needed = (word.format(**values) for word in words)
    if fault.flaw is ProgrammeFlaw.EARLY_GREEN and not walk and fault.found_s == 0:
        found = "green in the second in which a conflicting one ends"
    return Refusal(rule, name, fault.groups, _second(programme, fault), found, needed)


def _second(programme: Programme, fault: ProgrammeFault) -> int:
    """Give the second in which a fault begins to show."""
    if fault.phase < 0:
        return 0
    changes = {
        ProgrammeFlaw.NO_YELLOW,
        ProgrammeFlaw.SHORT_YELLOW,
        ProgrammeFlaw.LONG_YELLOW,
        ProgrammeFlaw.EARLY_GREEN,
        ProgrammeFlaw.SHORT_ALL_RED,
        ProgrammeFlaw.LONG_RED,
    }
    phases = fault.phase + (fault.flaw in changes)
    return round(float(programme.phase_s[:phases].sum()))


def _intergreens(
    signals: Signals, table: SafetyTable, signal: int, programme: Programme
) -> list[Refusal]:
    """Judge the time from each end of green to the next conflicting green: rule 2."""
    part = signals.groups_of(signal)
    kind = signals.group_kind[part]
    relation = signals.square(signals.relation, signal)
    needed_s = table.yellow_s[part][:, None] + signals.square(table.all_red_s, signal)
    green = _greens(programme, len(kind))
    # Two turns of the cycle, so that every change has what follows it.
    twice = np.concatenate([green, green])
    begins_s = np.concatenate([[0.0], np.cumsum(np.tile(programme.phase_s, 2))])
    found = []
    vehicles = (kind != GroupKind.NOBODY) & (kind != GroupKind.WALK)
    for a, b in np.argwhere(relation != Relation.FREE):
        if not vehicles[a] or kind[b] == GroupKind.NOBODY or a == b:
            continue
        worst: tuple[float, int] | None = None
        for phase in np.flatnonzero(green[:, a] & ~np.roll(green[:, a], -1) & ~green[:, b]):
            onward = np.flatnonzero(twice[phase + 1 :, b])
            if not len(onward) or onward[0] >= len(green):
                continue
            gap_s = float(begins_s[phase + 1 + onward[0]] - begins_s[phase + 1])
            if gap_s < needed_s[a, b] - _ROUNDING_S and (worst is None or gap_s < worst[0]):
                worst = gap_s, round(float(begins_s[phase + 1]))
        if worst is not None:
            words = f"intergreen of {worst[0]:g} s", f"{int(needed_s[a, b])} s"
            name = signals.signal_ids[signal]
            found.append(Refusal(2, name, (int(a), int(b)), worst[1], *words))
    return found


def _dark(signals: Signals, signal: int, programme: Programme) -> list[Refusal]:
    """Refuse a lamp that is off or flashes while a conflicting one is green: rule 1."""
    kind = signals.group_kind[signals.groups_of(signal)]
    lamps = programme.lamps.reshape(len(programme.phase_s), -1)[:, : len(kind)]
    dark = np.isin(lamps, _DARK) & (kind != GroupKind.NOBODY)
    green = _greens(programme, len(kind)) & (kind != GroupKind.NOBODY)
    forbidden = signals.square(signals.relation, signal) == Relation.FORBIDDEN
    both = dark[:, :, None] & green[:, None, :] & forbidden
    begins_s = np.cumsum(programme.phase_s) - programme.phase_s
    return [
        Refusal(
            1,
            signals.signal_ids[signal],
            (int(a), int(b)),
            round(float(begins_s[int(np.argmax(both[:, a, b]))])),
            "off or flashing while the other is green",
            "red",
        )
        for a, b in np.argwhere(both.any(axis=0))
    ]
