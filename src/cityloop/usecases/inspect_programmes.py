"""What the signals' programmes do wrong, in words that an engineer can act on."""

from collections.abc import Iterable
from typing import Final

from cityloop.city.network import Network
from cityloop.city.signals import GroupKind, Programme, SafetyTable, Signals
from cityloop.traffic.safety.programmes import (
    ProgrammeFault,
    ProgrammeFlaw,
    find_programme_faults,
)
from cityloop.usecases.findings import Finding
from cityloop.usecases.inspect_states import PlacedProgramme
from cityloop.usecases.stream_names import StreamNames, plain_name

# Cause and remedy. {one} is the group that ends or should yield, {found} and {needed} are seconds.
_WORDS: Final = {
    "conflicting-green": (
        "green together for {found} in each cycle though they {how}: {one}, and {other}",
        "give them phases of their own",
    ),
    "conflict in one lamp": (
        "one lamp lets go two that {how}: {one}, and {other}",
        "give each an output of its own (linkIndex)",
    ),
    "false-priority": (
        "shown G while it must give way: {one}, to those {other}",
        "show it g",
    ),
    "early-green": (
        "green in the second in which a conflicting one ends: {one}, then {other}",
        "put yellow and {needed} of red between them",
    ),
    "green in yellow": (
        "green {early} before a conflicting yellow ends: {one}, then {other}",
        "let the second begin {needed} after that yellow",
    ),
    "short-all-red": (
        "all-red of {found}, needed {needed}: {one}, then {other}",
        "put {needed} between yellow and green",
    ),
    "short walk clearance": (
        "{found} to clear the crossing, needed {needed}: {one}, then {other}",
        "put {needed} between them",
    ),
    "never-green": ("never green: {one}", "give it green in a phase, or close it"),
    "no-yellow": (
        "no yellow between green and red: {one}",
        "put {needed} of yellow, for {speed}",
    ),
    "short-yellow": ("yellow of {found}, needed {needed} for {speed}: {one}", "make it {needed}"),
    "long-yellow": ("yellow of {found}, needed {needed} for {speed}: {one}", "make it {needed}"),
    "short-green": (
        "green of {found}, needed {needed}: {one}",
        "make the phase longer, or leave it out",
    ),
    "long-red": (
        "red of {found}, at most {needed}: {one}",
        "serve it twice in the cycle, or make the cycle shorter",
    ),
    "offset": (
        "the offset is {found}, outside the cycle, and runs as {needed}",
        "write {needed}",
    ),
    "cycle": (
        "the cycle is {found}, more than {needed}, as converters make them: a phase for each",
        "make a plan with fewer stages",
    ),
    "short cycle": (
        "the cycle is {found}, less than {needed}: most of it is lost to clearances",
        "make the greens longer",
    ),
}


def find_signal_findings(
    network: Network,
    signals: Signals,
    table: SafetyTable,
    running: Iterable[tuple[PlacedProgramme, Programme]],
) -> tuple[Finding, ...]:
    """Judge the programme that each signal runs.

    Parameters
    ----------
    network
        The network.
    signals
        Its signals.
    table
        What they must keep.
    running
        The programme of each signal that has one, as written and decoded.

    Returns
    -------
    Findings; what holds for several lanes of one movement is said once.
    """
    names = StreamNames(network, signals)
    index = {name: s for s, name in enumerate(signals.signal_ids)}
    found: list[Finding] = []
    for placed, programme in running:
        signal = index[programme.signal_id]
        said: dict[str, Finding] = {}
        for fault in find_programme_faults(signals, table, signal, programme):
            about, finding = _finding(names, signals, placed, signal, fault)
            said.setdefault(about, finding)
        found += said.values()
    return tuple(found)


def _finding(
    names: StreamNames,
    signals: Signals,
    placed: PlacedProgramme,
    signal: int,
    fault: ProgrammeFault,
) -> tuple[str, Finding]:
    """Give what makes a fault the same as another, and the fault in words."""
    groups = [int(signals.group_start[signal]) + group for group in fault.groups]
    one, other, how = "", "", ""
    if len(groups) > 1:
        one, other, how = names.pair(groups[0], groups[1])
    elif groups:
        one = names.group(groups[0])
    speed_m_s = float(signals.group_speed_m_s[groups[0]]) if groups else 0.0
    walk = bool(groups) and signals.group_kind[groups[0]] == GroupKind.WALK
    cause, remedy = _WORDS[_variant(fault, walk=walk)]
    values = {
        "one": one,
        "other": other,
        "how": how,
        "found": f"{fault.found_s:g} s",
        "early": f"{-fault.found_s:g} s",
        "needed": f"{fault.needed_s:g} s",
        "speed": f"{speed_m_s * 3.6:.0f} km/h",
    }
    name = plain_name(placed.text.signal_id)
    phase = "" if fault.phase < 0 else f", phase {fault.phase}"
    finding = Finding(
        severity=fault.severity,
        kind=fault.flaw.value,
        signal_id=placed.text.signal_id,
        file=str(placed.file),
        place=f"line {placed.line}, signal {name}{phase}",
        cause=cause.format(**values),
        remedy=remedy.format(**values),
    )
    return f"{fault.flaw} {one} {other}", finding


def _variant(fault: ProgrammeFault, *, walk: bool) -> str:
    """Choose the words."""
    variants = {
        ProgrammeFlaw.CONFLICT: (len(set(fault.groups)) == 1, "conflict in one lamp"),
        ProgrammeFlaw.EARLY_GREEN: (fault.found_s < 0, "green in yellow"),
        ProgrammeFlaw.SHORT_ALL_RED: (walk, "short walk clearance"),
        ProgrammeFlaw.CYCLE: (fault.found_s < fault.needed_s, "short cycle"),
    }
    special, name = variants.get(fault.flaw, (False, ""))
    return name if special else fault.flaw.value
