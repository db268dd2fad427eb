"""The proof of a whole plan: its cycle with the wrap, and every switch to it.

Rules are numbered as in docs/safety.md. Nothing is raised: a plan that cannot be judged is refused.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import (
    Bools,
    GroupKind,
    Lamp,
    Plan,
    Relation,
    SafetyTable,
    Signals,
)
from cityloop.kernels.path_gate import Kept, check_path
from cityloop.kernels.plan_path import Cycle, Timing
from cityloop.kernels.switch_gate import check_switches
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.transition import MODE_NUMBER, plan_timing, signal_rules
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal, seal_plan
from cityloop.traffic.safety.table_proof import find_table_faults

CYCLE_S_MIN: Final = 30
CYCLE_S_MAX: Final = 240
VEHICLE_M: Final = 6.0
ALL_RED_START_S: Final = 86_400
"""For how long a plan for a signal that is all red may be started. [s]"""

_KINDS: Final = ("bii", "biu", "bui", "buu")
"""What NumPy calls greens that are true or false, and whole numbers."""

_WORDS: Final = {
    1: ("conflicting greens together in the cycle", "no such second"),
    2: ("all-red of {found} s before a conflicting green", "{needed} s"),
    3: ("yellow of {found} s", "{needed} s"),
    5: ("a green of {found} s", "{needed} s"),
    6: ("a walk or its clearance of {found} s", "{needed} s"),
    -5: ("a red of {found} s", "at most {needed} s"),
    8: ("not in step after {found} s", "a switch that comes to an end"),
}


def prove_plan(  # noqa: PLR0913
    network: Network,
    signals: Signals,
    table: SafetyTable,
    running: Plan | None,
    plan: Plan,
    *,
    mode: Mode = Mode.DWELL,
    now_s: int = 0,
    fixed_stages: Sequence[Bools] = (),
) -> ApprovedPlan | Refusal:
    """Prove a plan safe with the switch to it, or refuse it.

    Parameters
    ----------
    network
        The roads; the lengths of paths are taken from them.
    signals
        Their signals.
    table
        What they must keep.
    running
        The plan that runs, itself proven; None for a signal that is all red.
    plan
        The plan to be proven.
    mode
        How the signal will get into step.
    now_s
        The first second in which the switch may begin. [s]
    fixed_stages
        The only stages that the signal may show; any if empty.

    Returns
    -------
    The approval, or the first breach of the lowest rule that was looked at.
    """
    fault = _shape_fault(signals, table, plan, now_s) or _figures_fault(plan, now_s, fixed_stages)
    if fault is None and running is not None:
        fault = _shape_fault(signals, table, running, now_s) or _figures_fault(running, now_s, ())
        if fault is None and running.signal_id != plan.signal_id:
            fault = _refusal(8, plan, (), now_s, "a switch from another signal's plan", "its own")
    if fault is not None:
        return fault
    signal = signals.signal_ids.index(plan.signal_id)
    timing = plan_timing(signals, table, plan)
    fault = (
        _table_fault(signals, table, signal, now_s)
        or _stage_fault(signals, table, signal, plan)
        or _cycle_fault(signals, table, signal, plan, timing.steady)
        or _switch_fault(signals, table, running, plan, timing, mode, now_s)
    )
    if fault is not None:
        return fault
    starts = ALL_RED_START_S if running is None else running.cycle_s
    return seal_plan(
        plan,
        proven=(
            *(f"rules 1 to 6: {plan.cycle_s} seconds, the wrap included",),
            "rule 7: cycle and service",
            f"rule 8: {mode} from every second of what runs",
            f"rule 9: table version {plan.table_version}",
        ),
        yields=_yields(signals, signal, timing.steady),
        warnings=_warnings(network, signals, table, signal),
        valid_until_s=now_s + starts,
    )


def _refusal(
    rule: int, plan: Plan, groups: tuple[int, ...], second_s: int, found: str, needed: str
) -> Refusal:
    return Refusal(
        rule=rule,
        signal_id=plan.signal_id,
        groups=groups,
        second_s=second_s,
        found=found,
        needed=needed,
    )


def _shape_fault(signals: Signals, table: SafetyTable, plan: Plan, now_s: int) -> Refusal | None:
    """Refuse what is for no signal, for another table, or of another shape: rule 9."""
    if plan.signal_id not in signals.signal_ids:
        return _refusal(9, plan, (), now_s, "a plan for a signal that is not there", "a signal")
    signal = signals.signal_ids.index(plan.signal_id)
    version = table.version[signal]
    if plan.table_version != version:
        found = f"a plan for table version {plan.table_version}"
        return _refusal(9, plan, (), now_s, found, f"version {version}")
    part = signals.groups_of(signal)
    stages = np.asarray(plan.stages)
    count = len(stages)
    shapes = (stages.shape, np.shape(plan.green_s), np.shape(plan.clearance_s))
    if not count or shapes != ((count, part.stop - part.start), (count,), (count,)):
        found = f"arrays of shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        return _refusal(9, plan, (), now_s, found, "one row a stage, one column a group")
    kinds = "".join(
        np.asarray(each).dtype.kind for each in (stages, plan.green_s, plan.clearance_s)
    )
    whole = all(isinstance(each, int | np.integer) for each in (plan.cycle_s, plan.offset_s))
    if kinds not in _KINDS or not whole:
        return _refusal(9, plan, (), now_s, "times that are no whole seconds", "whole seconds")
    return None


def _figures_fault(plan: Plan, now_s: int, fixed_stages: Sequence[Bools]) -> Refusal | None:
    """Refuse a cycle, an offset or times that are out of bounds: rule 7."""
    cycle_s = plan.cycle_s
    if not CYCLE_S_MIN <= cycle_s <= CYCLE_S_MAX:
        needed = f"{CYCLE_S_MIN} to {CYCLE_S_MAX} s"
        return _refusal(7, plan, (), now_s, f"a cycle of {cycle_s} s", needed)
    if int(np.min(plan.green_s)) < 1 or int(np.min(plan.clearance_s)) < 0:
        return _refusal(7, plan, (), now_s, "a stage without green", "1 s at least")
    total_s = int(np.sum(plan.green_s, dtype=np.int64) + np.sum(plan.clearance_s, dtype=np.int64))
    if total_s != cycle_s:
        found = f"greens and clearances of {total_s} s"
        return _refusal(7, plan, (), now_s, found, f"the cycle's {cycle_s} s")
    if not 0 <= plan.offset_s < cycle_s:
        found = f"an offset of {plan.offset_s} s"
        return _refusal(7, plan, (), now_s, found, f"at least 0 s, below {cycle_s} s")
    allowed = {np.asarray(stage, bool).tobytes() for stage in fixed_stages}
    for i, stage in enumerate(plan.stages):
        if allowed and np.asarray(stage, bool).tobytes() not in allowed:
            return _refusal(7, plan, (), now_s, f"stage {i} is none of its own", "a fixed stage")
    return None


def _table_fault(signals: Signals, table: SafetyTable, signal: int, now_s: int) -> Refusal | None:
    """Judge the signal's own table: the ranges of rules 3 to 6."""
    judged = np.arange(len(signals.signal_ids)) == signal
    return next(iter(find_table_faults(signals, table, judged, now_s)), None)


def _stage_fault(signals: Signals, table: SafetyTable, signal: int, plan: Plan) -> Refusal | None:
    """Judge the stages as they are written, which no cabinet would show if wrong: 1, 2, 6 and 7."""
    relation = signals.square(signals.relation, signal)
    kind = signals.group_kind[signals.groups_of(signal)]
    stages = np.array(plan.stages, bool)
    lasts_s = plan.green_s + plan.clearance_s
    at_s = np.cumsum(lasts_s) - lasts_s
    forbidden = (relation == Relation.FORBIDDEN) & _together(stages)
    if forbidden.any():
        a, b = (int(each) for each in np.argwhere(forbidden)[0])
        i = int(np.argmax(stages[:, a] & stages[:, b]))
        return _refusal(1, plan, (a, b), int(at_s[i]), _WORDS[1][0], _WORDS[1][1])
    for group in np.flatnonzero((kind != GroupKind.NOBODY) & ~stages.any(axis=0)):
        return _refusal(7, plan, (int(group),), 0, "no green in the cycle", "one in each cycle")
    late = _late_start(signals, table, signal, plan, stages)
    if late is None:
        return None
    i, other, g, found_s, needed_s = late
    rule = 6 if kind[other] == GroupKind.WALK else 2
    found = f"{found_s} s from the end of its green to stage {i}"
    needed = f"{needed_s} s, yellow and all-red"
    return _refusal(rule, plan, (other, g), int(at_s[i]), found, needed)


def _late_start(
    signals: Signals, table: SafetyTable, signal: int, plan: Plan, stages: Bools
) -> tuple[int, int, int, int, int] | None:
    """Find a stage whose greens begin before a group that meets them is cleared.

    Gives the stage, who ended, who begins, the time between, and what is needed, or None.
    """
    part = signals.groups_of(signal)
    meets = signals.square(signals.relation, signal) != Relation.FREE
    needed_s = table.yellow_s[part][:, None] + signals.square(table.all_red_s, signal)
    # How long each group has been without green; twice round, since the cycle has no beginning.
    dark_s = np.full(len(meets), plan.cycle_s)
    count = len(stages)
    for k in range(2 * count):
        i, before = k % count, (k - 1) % count
        dark_s = np.where(stages[before], 0, dark_s + plan.green_s[before])
        dark_s += plan.clearance_s[before]
        begins = np.flatnonzero(stages[i] & ~stages[before]) if k >= count else ()
        for g in begins:
            early = meets[:, g] & ~stages[i] & (dark_s < needed_s[:, g])
            if early.any():
                other = int(np.argmax(early))
                return i, other, int(g), int(dark_s[other]), int(needed_s[other, g])
    return None


def _together(green: Bools) -> Bools:
    """Tell of (rows, groups) greens which two groups are green together in some row."""
    lit = green.astype(np.float32)
    return lit.T @ lit > 0


def _cycle_fault(
    signals: Signals, table: SafetyTable, signal: int, plan: Plan, steady: Cycle
) -> Refusal | None:
    """Judge the whole cycle, wrap included: rules 1 to 7."""
    lamps, shown_s, _, _, _, alike = steady
    green = (lamps == Lamp.GREEN) | (lamps == Lamp.GREEN_YIELD)
    times = np.arange(-1, plan.cycle_s, dtype=np.int32)
    rule, second_s, g, other, found_s, needed_s = check_path(
        times, np.concatenate([lamps[-1:], lamps]), -1 - shown_s[-1], _kept(signals, table, signal)
    )
    if rule:
        return _breach(plan, rule, second_s, (g, other), found_s, needed_s)
    lasts_s = plan.green_s + plan.clearance_s
    at_s = np.cumsum(lasts_s) - lasts_s
    late = np.argwhere(green[at_s] != plan.stages)
    if len(late) or not alike:
        i, g = (int(each) for each in late[0]) if len(late) else (0, -1)
        found = f"stage {i} is not shown as it is written"
        named = (g,) if g >= 0 else ()
        return _refusal(2, plan, named, int(at_s[i]), found, "its full green after its clearance")
    return None


def _breach(
    plan: Plan, rule: int, second_s: int, groups: tuple[int, int], found_s: int, needed_s: int
) -> Refusal:
    too_long = rule == 5 and found_s > needed_s  # noqa: PLR2004
    found, needed = _WORDS[-rule if too_long else rule]
    values = {"found": found_s, "needed": needed_s}
    named = tuple(int(g) for g in groups if g >= 0)
    return _refusal(
        rule, plan, named, int(second_s), found.format(**values), needed.format(**values)
    )


def _kept(signals: Signals, table: SafetyTable, signal: int) -> Kept:
    kind = signals.group_kind[signals.groups_of(signal)]
    walk, required = kind == GroupKind.WALK, kind != GroupKind.NOBODY
    return Kept(**signal_rules(signals, table, signal)._asdict(), walk=walk, required=required)


def _switch_fault(
    signals: Signals,
    table: SafetyTable,
    running: Plan | None,
    plan: Plan,
    timing: Timing,
    mode: Mode,
    now_s: int,
) -> Refusal | None:
    """Judge the switch that begins in any second of what runs: rule 8."""
    signal = signals.signal_ids.index(plan.signal_id)
    lamps, shown_s, over_s, targets, switches, _ = timing.steady
    nothing = (lamps[:0], shown_s[:0], over_s[:0], targets[:0], switches[:0], True)
    old = timing._replace(steady=nothing)
    if running is not None:
        old = plan_timing(signals, table, running)
    starts = plan.cycle_s if running is None else running.cycle_s
    start_s, rule, second_s, g, other, found_s, needed_s = check_switches(
        now_s, starts, MODE_NUMBER[mode], old, timing, signal_rules(signals, table, signal),
        _kept(signals, table, signal),
    )  # fmt: skip
    if not rule:
        return None
    breach = _breach(plan, rule, second_s, (g, other), found_s, needed_s)
    said = f"on a switch by {mode} that begins in second {start_s}: {breach.found}"
    said += f" (rule {rule})" if rule != 8 else ""  # noqa: PLR2004
    return _refusal(8, plan, breach.groups, breach.second_s, said, breach.needed)


def _yields(signals: Signals, signal: int, steady: Cycle) -> tuple[tuple[int, int], ...]:
    """List the pairs that are green together because the first yields."""
    green = (steady[0] == Lamp.GREEN) | (steady[0] == Lamp.GREEN_YIELD)
    relation = signals.square(signals.relation, signal)
    pairs = np.argwhere(_together(green) & (relation == Relation.YIELDS))
    return tuple((int(a), int(b)) for a, b in pairs)


def _warnings(
    network: Network, signals: Signals, table: SafetyTable, signal: int
) -> tuple[str, ...]:
    """Warn where a vehicle needs longer than the all-red to clear its path: rule 4."""
    part = signals.groups_of(signal)
    group = signals.stream_group[: network.connector_count]
    all_red_s = signals.square(table.all_red_s, signal)
    forbidden = signals.square(signals.relation, signal) == Relation.FORBIDDEN
    lines = []
    for g in range(part.stop - part.start):
        own = np.flatnonzero(group == part.start + g)
        against = all_red_s[g][forbidden[g]]
        if not len(own) or not len(against):
            continue
        needed_s = float(
            ((network.connector_length_m[own] + VEHICLE_M) / network.connector_speed_m_s[own]).max()
        )
        if needed_s > int(against.min()):
            lines.append(
                f"rule 4: signal {signals.signal_ids[signal]}, group {g}: all-red of"
                f" {int(against.min())} s, a vehicle needs {needed_s:.1f} s to clear its path"
            )
    return tuple(lines)
