"""The way from the plan that runs to another one."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Bytes, Ints
from cityloop.city.signals import Bools, Lamp, Lamps, Plan, SafetyTable, Signals
from cityloop.kernels.plan_path import (
    DWELL,
    MAX_STEP,
    SHORT_WAY,
    Rules,
    State,
    Timing,
    expand_cycle,
    find_ways,
    follow_switch,
    until_green,
)
from cityloop.traffic.plan.mode import Mode

MODE_NUMBER: Final = {Mode.DWELL: DWELL, Mode.SHORT_WAY: SHORT_WAY, Mode.MAX_STEP: MAX_STEP}


class Transition(NamedTuple):
    """What a signal shows on its way to a plan.

    Attributes
    ----------
    time_s
        (rows,) seconds in which a lamp changed; the first is the one before the switch. [s]
    lamp
        (rows, groups of the signal) a `Lamp` each from then on.
    in_step_s
        From this second on all is as in the plan. [s]
    complete
        Whether it ever gets there.
    """

    time_s: Ints
    lamp: Bytes
    in_step_s: int
    complete: bool


def signal_rules(signals: Signals, table: SafetyTable, signal: int) -> Rules:
    """Take one signal's part of the table.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    signal
        Index of the signal.

    Returns
    -------
    The part, as kernels take it.
    """
    part = signals.groups_of(signal)
    return Rules(
        relation=signals.square(signals.relation, signal),
        yellow_s=table.yellow_s[part],
        all_red_s=signals.square(table.all_red_s, signal),
        min_green_s=table.min_green_s[part],
        max_red_s=table.max_red_s[part],
    )


def plan_timing(signals: Signals, table: SafetyTable, plan: Plan) -> Timing:
    """Work out the whole state of a signal in each second of a plan's cycle.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    plan
        A plan with a stage at least, none of its times negative.

    Returns
    -------
    The plan, as kernels take it.
    """
    signal = signals.signal_ids.index(plan.signal_id)
    arrays = (
        np.array(plan.stages, bool),
        np.array(plan.green_s, np.int32),
        np.array(plan.clearance_s, np.int32),
    )
    rules = signal_rules(signals, table, signal)
    steady = expand_cycle(*arrays, rules)
    lasts_s = arrays[1] + arrays[2]
    starts_s = (np.cumsum(lasts_s) - lasts_s).astype(np.int32)
    until_s = until_green(steady[0], starts_s)
    ways = find_ways(arrays[0], rules)
    return Timing(*arrays, plan.offset_s, steady, starts_s, until_s, ways)


def transition(
    signals: Signals,
    table: SafetyTable,
    running: Plan | None,
    plan: Plan,
    start_s: int,
    mode: Mode = Mode.DWELL,
) -> Transition:
    """Find the way from the running plan to another that begins in one second.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    running
        What runs; None for a signal that is all red.
    plan
        The new plan, of the same signal.
    start_s
        The first second in which the new plan counts. [s]
    mode
        How to get into step.

    Returns
    -------
    The way. Whether it is safe is for the gate to say.
    """
    signal = signals.signal_ids.index(plan.signal_id)
    part = signals.groups_of(signal)
    n = part.stop - part.start
    state = State(
        np.zeros(n, bool),
        np.zeros(n, np.uint8),
        np.full(n, start_s, np.int32),
        np.full(n, start_s, np.int32),
    )
    if running is not None:
        lamp, shown_s, over_s, target, _, _ = plan_timing(signals, table, running).steady
        at = (start_s - 1 - running.offset_s) % running.cycle_s
        state = State(
            target[at].copy(),
            lamp[at].copy(),
            np.array(start_s - 1 - shown_s[at], np.int32),
            np.array(start_s - 1 - over_s[at], np.int32),
        )
    timing = plan_timing(signals, table, plan)
    rules = signal_rules(signals, table, signal)
    return Transition(*follow_switch(start_s, MODE_NUMBER[mode], state, timing, rules))


def transition_from(
    signals: Signals, table: SafetyTable, lamps: Lamps, plan: Plan, mode: Mode = Mode.DWELL
) -> Transition:
    """Find the way from what a signal shows now to a plan that counts from this second on.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    lamps
        What is shown now.
    plan
        The new plan.
    mode
        How to get into step.

    Returns
    -------
    The way.
    """
    signal = signals.signal_ids.index(plan.signal_id)
    part = signals.groups_of(signal)
    since_s = lamps.since_s[part].astype(np.int32)
    # A red began as its yellow ended.
    state = State(
        np.array(lamps.target[part], bool),
        np.array(lamps.lamp[part], np.uint8),
        since_s,
        since_s.copy(),
    )
    timing = plan_timing(signals, table, plan)
    rules = signal_rules(signals, table, signal)
    return Transition(*follow_switch(lamps.now_s, MODE_NUMBER[mode], state, timing, rules))


def find_targets(way: Transition, stages: Bools, target: Bools) -> tuple[Ints, Bools] | None:
    """Find when on a way to a plan its signal is told to change, and to what.

    Parameters
    ----------
    way
        What is shown.
    stages
        (stages, groups of the signal) the plan's, which the way goes through in order.
    target
        (groups of the signal) which groups have or will have green as it begins.

    Returns
    -------
    (changes,) the seconds and (changes, groups of the signal) the greens that are told; None where
    the lamps fit no order of the stages.
    """
    green = way.lamp >= Lamp.GREEN
    for first in range(len(stages)):
        found = _follow(way.time_s, green, stages, target, first)
        if found is not None:
            return found
    return None


def _follow(
    time_s: Ints, green: Bools, stages: Bools, target: Bools, first: int
) -> tuple[Ints, Bools] | None:
    """Do so if the way begins with one of the stages."""
    now, onward = target, first
    if np.array_equal(stages[first], target):
        onward += 1
    times: list[int] = []
    told: list[Bools] = []
    for k in range(1, len(time_s)):
        ended = green[k - 1] & ~green[k]
        if not ended.any() and not (green[k] & ~now).any():
            continue
        now = stages[onward % len(stages)]
        onward += 1
        if (green[k] & ~now).any() or not np.array_equal(green[k - 1] & ~now, ended):
            return None
        times.append(int(time_s[k]))
        told.append(now)
    if not np.array_equal(green[-1], now):
        return None
    return np.array(times, np.int32), np.array(told, bool).reshape(-1, len(target))
