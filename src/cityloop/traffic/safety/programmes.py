"""What is wrong with a shipped programme, judged by a safety table over the whole cycle.

Rules are numbered as in docs/safety.md. The last phase is followed by the first: the wrap-around is
judged as every other change.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.faults import Severity
from cityloop.city.network import Floats
from cityloop.city.records import record
from cityloop.city.signals import (
    Bools,
    GroupKind,
    Lamp,
    Programme,
    Relation,
    SafetyTable,
    Signals,
)

YELLOW_S_MAX: Final = 6.0
CYCLE_S_MIN: Final = 30.0
CYCLE_S_MAX: Final = 240.0
# Drivers take what is beyond a second more than they need for green.
_YELLOW_SPARE_S: Final = 1.0
_GREENS: Final = (Lamp.GREEN, Lamp.GREEN_YIELD, Lamp.STOP_THEN_GO)
_DARK: Final = (Lamp.OFF, Lamp.FLASHING)
# Durations are written with two decimals at most.
_ROUNDING_S: Final = 1e-6


class ProgrammeFlaw(StrEnum):
    """What may be wrong with a programme."""

    CONFLICT = "conflicting-green"
    FALSE_PRIORITY = "false-priority"
    NO_YELLOW = "no-yellow"
    SHORT_YELLOW = "short-yellow"
    LONG_YELLOW = "long-yellow"
    EARLY_GREEN = "early-green"
    SHORT_ALL_RED = "short-all-red"
    SHORT_GREEN = "short-green"
    LONG_RED = "long-red"
    NEVER_GREEN = "never-green"
    CYCLE = "cycle"
    OFFSET = "offset"


@record
class ProgrammeFault:
    """One thing that is wrong with a programme.

    Attributes
    ----------
    flaw
        What.
    rule
        The rule that it breaks; 0 where the rules do not mention it.
    severity
        ERROR: road users are shown what lets them crash, or never served. WARNING: the table is
        not kept. NOTE: good to know.
    groups
        The signal's own numbers of the groups concerned; of two, the one that ends comes first, or
        the one that should yield. Empty where the whole programme is meant.
    phase
        The first phase that shows it, from 0; -1 where the whole programme is meant. Of a change,
        the phase that ends.
    found_s, needed_s
        What the programme gives and what the table asks for; of a conflict, how long it lasts in
        each cycle, and 0. [s]
    """

    flaw: ProgrammeFlaw
    rule: int
    severity: Severity
    groups: tuple[int, ...]
    phase: int
    found_s: float
    needed_s: float


class _End(NamedTuple):
    """The end of a green: after which phase, and the yellow that follows. [s]."""

    phase: int
    yellow_s: float
    to_red: bool


class _Pair(NamedTuple):
    """A group that ends, one that begins, and what must lie between them."""

    ends: int
    begins: int
    begin_phases: list[int]
    needed_s: float
    walk: bool
    forbidden: bool


class _Cycle(NamedTuple):
    """A programme as it is judged.

    Attributes
    ----------
    begin_s
        (phases + 1,) begins of the phases, then the cycle. [s]
    least_s
        (phases,) shortest duration that a phase may have. [s]
    lamps, green
        (phases, groups) what is shown, and where that lets go.
    """

    begin_s: Floats
    least_s: Floats
    lamps: npt.NDArray[np.uint8]
    green: Bools

    @property
    def phases(self) -> int:
        return len(self.lamps)

    def from_to_s(self, phase: int, later: int) -> float:
        """Give the time from the begin of one phase to the next begin of another."""
        between_s = float(self.begin_s[later] - self.begin_s[phase])
        return between_s if later >= phase else between_s + float(self.begin_s[-1])


def find_programme_faults(
    signals: Signals, table: SafetyTable, signal: int, programme: Programme
) -> tuple[ProgrammeFault, ...]:
    """Find what a signal's shipped programme does that its safety table does not allow.

    An actuated programme is judged with the shortest greens that it may give; its red is judged
    with the durations that are written.

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
    The faults, the worst first; a group, a pair of groups and a flaw occur together once, with the
    worst figure of the cycle. Empty for a programme without phases.
    """
    if not len(programme.phase_s):
        return ()
    part = signals.groups_of(signal)
    cycle = _cycle(programme, part.stop - part.start)
    kind = signals.group_kind[part]
    relation = signals.square(signals.relation, signal)
    all_red_s = signals.square(table.all_red_s, signal)
    served = np.flatnonzero(kind != GroupKind.NOBODY)
    ends = {int(g): _ends(cycle, int(g)) for g in served}
    begins = {int(g): _begins(cycle, int(g)) for g in served}
    found = [*_whole(programme), *_conflicts(cycle, relation)]
    for g, its_ends in ends.items():
        walk = kind[g] == GroupKind.WALK
        found += _greens(
            cycle, g, float(table.min_green_s[part][g]), float(table.max_red_s[part][g])
        )
        if not walk:
            found += _yellows(its_ends, g, float(table.yellow_s[part][g]))
        for other in np.flatnonzero(relation[g] != Relation.FREE):
            if other in ends and other != g:
                pair = _Pair(
                    ends=g,
                    begins=int(other),
                    begin_phases=begins[int(other)],
                    needed_s=float(all_red_s[g, other]),
                    walk=bool(walk),
                    forbidden=bool(relation[g, other] == Relation.FORBIDDEN),
                )
                found += _all_red(cycle, its_ends, pair)
    return tuple(sorted(found, key=lambda fault: (-fault.severity, fault.flaw, fault.groups)))


def _cycle(programme: Programme, groups: int) -> _Cycle:
    lamps = programme.lamps.reshape(len(programme.phase_s), -1)[:, :groups]
    least_s = np.where(
        (programme.kind != "static") & ~np.isnan(programme.phase_min_s),
        programme.phase_min_s,
        programme.phase_s,
    )
    return _Cycle(
        begin_s=np.concatenate([[0.0], np.cumsum(programme.phase_s)]),
        least_s=least_s,
        lamps=lamps,
        green=np.isin(lamps, _GREENS),
    )


def _whole(programme: Programme) -> list[ProgrammeFault]:
    """Judge cycle and offset."""
    cycle_s, offset_s = programme.cycle_s, programme.offset_s
    found = []
    if not CYCLE_S_MIN <= cycle_s <= CYCLE_S_MAX and len(programme.phase_s) > 1:
        nearest_s = CYCLE_S_MIN if cycle_s < CYCLE_S_MIN else CYCLE_S_MAX
        found.append(_fault(ProgrammeFlaw.CYCLE, 7, Severity.WARNING, (), -1, cycle_s, nearest_s))
    if not 0 <= offset_s < cycle_s:
        found.append(
            _fault(ProgrammeFlaw.OFFSET, 0, Severity.WARNING, (), -1, offset_s, offset_s % cycle_s)
        )
    return found


def _conflicts(cycle: _Cycle, relation: npt.NDArray[np.generic]) -> list[ProgrammeFault]:
    """Judge what is green together: rule 1."""
    phase_s = np.diff(cycle.begin_s)
    together = cycle.green[:, :, None] & cycle.green[:, None, :]
    forbidden = together & np.triu(relation == Relation.FORBIDDEN)
    # A turn that has to yield must be told so, or it is driven as if it had not.
    major = (cycle.lamps == Lamp.GREEN)[:, :, None] & together & (relation == Relation.YIELDS)
    found = []
    for flaw, severity, where in (
        (ProgrammeFlaw.CONFLICT, Severity.ERROR, forbidden),
        (ProgrammeFlaw.FALSE_PRIORITY, Severity.WARNING, major),
    ):
        for a, b in np.argwhere(where.any(axis=0)):
            shown = where[:, a, b]
            lasts_s = float(phase_s[shown].sum())
            groups, phase = (int(a), int(b)), int(np.argmax(shown))
            found.append(_fault(flaw, 1, severity, groups, phase, lasts_s, 0.0))
    return found


def _begins(cycle: _Cycle, group: int) -> list[int]:
    """List the phases with which a group's green begins."""
    green = cycle.green[:, group]
    phases: list[int] = np.flatnonzero(green & ~np.roll(green, 1)).tolist()
    return phases


def _ends(cycle: _Cycle, group: int) -> list[_End]:
    """List where a group's green ends, in the order of the cycle."""
    green = cycle.green[:, group]
    ends = []
    for phase in np.flatnonzero(green & ~np.roll(green, -1)):
        after = (int(phase) + 1) % cycle.phases
        yellow_s = 0.0
        while cycle.lamps[after, group] == Lamp.YELLOW:
            yellow_s += float(cycle.begin_s[after + 1] - cycle.begin_s[after])
            after = (after + 1) % cycle.phases
        to_red = not green[after] and cycle.lamps[after, group] not in _DARK
        ends.append(_End(int(phase), yellow_s, to_red))
    return ends


def _greens(
    cycle: _Cycle, group: int, least_s: float, longest_red_s: float
) -> list[ProgrammeFault]:
    """Judge how long a group is green and red: rule 5."""
    green = cycle.green[:, group]
    groups = (group,)
    if not green.any():
        dark = np.isin(cycle.lamps[:, group], _DARK).any()
        never = _fault(ProgrammeFlaw.NEVER_GREEN, 5, Severity.ERROR, groups, -1, 0.0, least_s)
        return [] if dark else [never]
    begins = _begins(cycle, group)
    ends = [end.phase for end in _ends(cycle, group)]
    found = []
    shortest = min(
        ((_run_s(cycle.least_s, b, next(_onward(ends, b))), b) for b in begins), default=None
    )
    if shortest is not None and shortest[0] < least_s - _ROUNDING_S:
        found.append(
            _fault(
                ProgrammeFlaw.SHORT_GREEN,
                5,
                Severity.WARNING,
                groups,
                shortest[1],
                shortest[0],
                least_s,
            )
        )
    reds = []
    for end in _ends(cycle, group):
        begin = next(_onward(begins, end.phase + 1))
        after = (end.phase + 1) % cycle.phases
        reds.append((cycle.from_to_s(after, begin) - end.yellow_s, end.phase))
    longest = max(reds, default=None)
    if longest is not None and longest[0] > longest_red_s + _ROUNDING_S:
        found.append(
            _fault(
                ProgrammeFlaw.LONG_RED,
                5,
                Severity.WARNING,
                groups,
                longest[1],
                longest[0],
                longest_red_s,
            )
        )
    return found


def _onward(phases: list[int], start: int) -> Iterator[int]:
    """Yield phases in the order in which they come from `start` on, over the wrap."""
    yield from (phase for phase in phases if phase >= start)
    yield from (phase for phase in phases if phase < start)


def _run_s(least_s: Floats, first: int, last: int) -> float:
    if last >= first:
        return float(least_s[first : last + 1].sum())
    return float(least_s[first:].sum() + least_s[: last + 1].sum())


def _yellows(ends: list[_End], group: int, needed_s: float) -> list[ProgrammeFault]:
    """Judge the yellow after each green that ends in red: rule 3."""
    found: dict[ProgrammeFlaw, ProgrammeFault] = {}
    for end in ends:
        if not end.to_red:
            continue
        yellow_s = end.yellow_s
        if yellow_s == 0:
            flaw, severity = ProgrammeFlaw.NO_YELLOW, Severity.ERROR
        elif yellow_s < needed_s - _ROUNDING_S:
            flaw, severity = ProgrammeFlaw.SHORT_YELLOW, Severity.WARNING
        elif yellow_s > needed_s + _YELLOW_SPARE_S + _ROUNDING_S:
            flaw = ProgrammeFlaw.LONG_YELLOW
            severity = Severity.WARNING if yellow_s > YELLOW_S_MAX else Severity.NOTE
        else:
            continue
        worse = flaw not in found or abs(yellow_s - needed_s) > abs(found[flaw].found_s - needed_s)
        if worse:
            found[flaw] = _fault(flaw, 3, severity, (group,), end.phase, yellow_s, needed_s)
    return list(found.values())


def _all_red(cycle: _Cycle, ends: list[_End], pair: _Pair) -> list[ProgrammeFault]:
    """Judge the time from a group's yellow, or its walk, to the green of another: rules 2 and 4."""
    begins = pair.begin_phases
    worst: ProgrammeFault | None = None
    for end in ends:
        # What is shown together is judged as such: nothing is cleared.
        if not begins or cycle.green[end.phase, pair.begins]:
            continue
        after = (end.phase + 1) % cycle.phases
        gap_s = cycle.from_to_s(after, next(_onward(begins, after)))
        found_s = gap_s if pair.walk else gap_s - end.yellow_s
        if found_s >= pair.needed_s - _ROUNDING_S or (worst and worst.found_s <= found_s):
            continue
        early = pair.forbidden and (gap_s == 0 or found_s < -_ROUNDING_S)
        worst = _fault(
            ProgrammeFlaw.EARLY_GREEN if early else ProgrammeFlaw.SHORT_ALL_RED,
            2 if early else 4,
            Severity.ERROR if early else Severity.WARNING,
            (pair.ends, pair.begins),
            end.phase,
            found_s,
            pair.needed_s,
        )
    return [worst] if worst else []


def _fault(
    flaw: ProgrammeFlaw,
    rule: int,
    severity: Severity,
    groups: tuple[int, ...],
    phase: int,
    found_s: float,
    needed_s: float,
) -> ProgrammeFault:
    return ProgrammeFault(
        flaw=flaw,
        rule=rule,
        severity=severity,
        groups=groups,
        phase=phase,
        found_s=found_s,
        needed_s=needed_s,
    )
