"""What a cabinet shows under a cyclic plan, and on the way from one plan to another."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from cityloop.kernels.lamps import advance_signal

Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Cycle = tuple[Bytes, Ints, Ints, Bools, Bools, bool]
Path = tuple[Ints, Bytes, int, bool]

RED, YELLOW, GREEN, GREEN_YIELD = 0, 2, 3, 4
DWELL, SHORT_WAY, MAX_STEP = 0, 1, 2
LONG_AGO_S = 10_000
PASSES = 4
SWITCH_S_MAX = 300
CYCLES_MAX = 40
LENGTHEN_SHARE = 5
STEP_SHARE = 10


class Rules(NamedTuple):
    """One signal's part of the safety table and its relations, as (n, n) and (n,) arrays."""

    relation: Bytes
    yellow_s: Ints
    all_red_s: Ints
    min_green_s: Ints
    max_red_s: Ints


class Ways(NamedTuple):
    """The way to each stage from the one before it, where every red is older than its all-red.

    (stages,) rows and seconds that it takes, -1 if it is not known; (stages, rows) seconds after
    its begin and (stages, rows, n) lamps from then on; (stages, n) seconds after the begin at which
    the last lamp was lit and the yellow ended, -1 if that was before; (n,) the oldest all-red.
    """

    rows: Ints
    lasts_s: Ints
    at_s: Ints
    lamps: Bytes
    since_s: Ints
    ended_s: Ints
    oldest_s: Ints


class Timing(NamedTuple):
    """A plan: (stages, n) greens, (stages,) times, the offset, and what `expand_cycle` gives.

    Then (stages,) when in the cycle each is fully green, (stages, n) how long from then on each
    group waits for its next green, `LONG_AGO_S` if for ever, and what `find_ways` gives.
    """

    stages: Bools
    green_s: Ints
    clearance_s: Ints
    offset_s: int
    steady: Cycle
    starts_s: Ints
    until_s: Ints
    ways: Ways


class State(NamedTuple):
    """What a cabinet keeps of one signal: (n,) arrays."""

    target: Bools
    lamp: Bytes
    since_s: Ints
    ended_s: Ints


@numba.njit(cache=True, nogil=True)
def expand_cycle(stages: Bools, green_s: Ints, clearance_s: Ints, rules: Rules) -> Cycle:
    """Show a plan second by second until its cycles are alike.

    Parameters
    ----------
    stages
        (stages, n) greens of each, at least one stage.
    green_s
        (stages,) >= 0. [s]
    clearance_s
        (stages,) >= 0. [s]
    rules
        What the cabinet keeps.

    Returns
    -------
    Of each second of the cycle, from the first stage's full green on: (cycle, n) lamps, for how
    many seconds before it they were shown, for how many the last yellow has been over, the targets,
    (cycle,) whether a switch runs, and whether two cycles were alike.
    """
    n = stages.shape[1]
    cycle_s = int(np.sum(green_s) + np.sum(clearance_s))
    stage_at = _stage_of_each_second(green_s, clearance_s, cycle_s)
    lamps = np.zeros((cycle_s, n), np.uint8)
    shown_s = np.zeros((cycle_s, n), np.int32)
    red_s = np.zeros((cycle_s, n), np.int32)
    targets = np.zeros((cycle_s, n), np.bool_)
    switches = np.zeros(cycle_s, np.bool_)
    lamp = np.zeros(n, np.uint8)
    since_s = np.full(n, -LONG_AGO_S, np.int32)
    ended_s = np.full(n, -LONG_AGO_S, np.int32)
    target = np.zeros(n, np.bool_)
    switching = False
    state = State(target, lamp, since_s, ended_s)
    alike = False
    for round_ in range(PASSES):
        alike = round_ > 0
        for at in range(cycle_s):
            now_s = round_ * cycle_s + at
            wanted = stages[stage_at[at]]
            if not switching and not np.array_equal(wanted, target):
                target[:] = wanted
                switching = True
            if switching:
                switching = _advance(now_s, state, rules)
            for g in range(n):
                age_s, over_s = now_s - since_s[g], now_s - ended_s[g]
                alike = alike and lamps[at, g] == lamp[g] and targets[at, g] == target[g]
                # Of a group that the plan never switches the age grows for ever.
                alike = alike and (shown_s[at, g] == age_s or age_s >= cycle_s)
                lamps[at, g], targets[at, g] = lamp[g], target[g]
                shown_s[at, g], red_s[at, g] = age_s, over_s
            switches[at] = switching
        if alike:
            break
    return lamps, shown_s, red_s, targets, switches, alike


@numba.njit(cache=True, nogil=True)
def _stage_of_each_second(green_s: Ints, clearance_s: Ints, cycle_s: int) -> Ints:
    """Tell which stage is asked for in each second of the cycle."""
    stage_at = np.zeros(cycle_s, np.int32)
    at = 0
    for i in range(len(green_s)):
        stage_at[at : at + green_s[i]] = i
        at += green_s[i]
        stage_at[at : at + clearance_s[i]] = (i + 1) % len(green_s)
        at += clearance_s[i]
    return stage_at


@numba.njit(cache=True, nogil=True)
def _advance(now_s: int, state: State, rules: Rules) -> bool:
    """Let one second of one signal pass as its cabinet does; tell whether a switch still runs."""
    return advance_signal(
        now_s, state.target, state.lamp, state.since_s, state.ended_s, rules.relation,
        rules.yellow_s, rules.all_red_s,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def find_ways(stages: Bools, rules: Rules) -> Ways:
    """Find the way from every stage to the next, so that a switch need not be shown anew each time.

    Parameters
    ----------
    stages
        (stages, n) greens of each.
    rules
        What the cabinet keeps.

    Returns
    -------
    The ways.
    """
    count, n = stages.shape
    oldest_s = np.zeros(n, np.int32)
    most_s = 2
    for g in range(n):
        for other in range(n):
            oldest_s[g] = max(oldest_s[g], rules.all_red_s[g, other])
        most_s = max(most_s, 2 + rules.yellow_s[g] + oldest_s[g])
    ways = Ways(
        rows=np.zeros(count, np.int32),
        lasts_s=np.full(count, -1, np.int32),
        at_s=np.zeros((count, most_s), np.int32),
        lamps=np.zeros((count, most_s, n), np.uint8),
        since_s=np.full((count, n), -LONG_AGO_S, np.int32),
        ended_s=np.full((count, n), -LONG_AGO_S, np.int32),
        oldest_s=oldest_s,
    )
    for i in range(count):
        lamp = np.zeros(n, np.uint8)
        for g in range(n):
            lamp[g] = GREEN if stages[i - 1, g] else RED
        state = State(stages[i].copy(), lamp, ways.since_s[i], ways.ended_s[i])
        for second in range(most_s):
            before = lamp.copy()
            switching = _advance(second, state, rules)
            if second == 0 or not np.array_equal(before, lamp):
                ways.lamps[i, ways.rows[i]] = lamp
                ways.at_s[i, ways.rows[i]] = second
                ways.rows[i] += 1
            if not switching:
                ways.lasts_s[i] = second
                break
        for g in range(n):
            state.since_s[g] = max(state.since_s[g], -1)
            state.ended_s[g] = max(state.ended_s[g], -1)
    return ways


@numba.njit(cache=True, nogil=True)
def _known_way(now_s: int, stage: int, state: State, ways: Ways) -> bool:
    """Tell whether the way to a stage from a full green of the one before it is known."""
    if ways.lasts_s[stage] < 0:
        return False
    for g in range(len(state.lamp)):
        if state.lamp[g] == RED and now_s - state.ended_s[g] < ways.oldest_s[g]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def follow_switch(begin_s: int, mode: int, state: State, plan: Timing, rules: Rules) -> Path:
    """Go from any state of a signal to a plan, until its lamps are the plan's and stay so.

    A running switch ends first, and no green ends before its minimum. The way begins with the stage
    that is most like the present one. No stage is made so long that a red passes its maximum.

    Parameters
    ----------
    begin_s
        The first second in which the new plan counts. [s]
    mode
        `DWELL`, `SHORT_WAY` or `MAX_STEP`.
    state
        What the second before left; written.
    plan
        Where to.
    rules
        What must be kept.

    Returns
    -------
    (rows,) the seconds in which a lamp changed, (rows, n) the lamps from then on; the second in
    which the signal was in step for good; and whether it ever was.
    """
    target, lamp, since_s = state.target, state.lamp, state.since_s
    count, n = plan.stages.shape
    cycle_s = len(plan.steady[0])
    starts_s, until_s = plan.starts_s, plan.until_s
    spare_s = _spare_s(plan.stages, plan.green_s, rules.min_green_s)
    switching = False
    for g in range(n):
        switching |= lamp[g] == YELLOW or (lamp[g] == RED and target[g])
    times, rows = np.zeros(64, np.int32), np.zeros((64, n), np.uint8)
    rows[0], times[0] = lamp, begin_s - 1
    used, now_s, stage, way, left_s, entered = 1, begin_s, -1, 0, 0, False
    shown_s = begin_s - 1
    while now_s - begin_s < CYCLES_MAX * cycle_s + SWITCH_S_MAX:
        if not switching:
            if stage < 0:
                stage = _most_like(plan.stages, state, now_s, until_s, rules.max_red_s)
            else:
                behind_s = (starts_s[stage] - (now_s - plan.offset_s)) % cycle_s
                if behind_s == 0 and _alike(
                    now_s, starts_s[stage], plan.steady, state, rules, until_s[stage]
                ):
                    return times[:used], rows[:used], now_s, True
                left_s = max(1, cycle_s // STEP_SHARE) if stage == 0 else left_s
                if way == 0:
                    way = 1 if 2 * behind_s <= cycle_s or spare_s.sum() == 0 else -1
                change_s = _change_s(
                    mode, way, stage, behind_s, cycle_s, plan.green_s[stage], spare_s[stage], left_s
                )
                room_s = _room_s(now_s, lamp, since_s, until_s[stage], rules.max_red_s)
                change_s = min(change_s, max(0, room_s))
                left_s -= abs(change_s)
                now_s += plan.green_s[stage] + change_s
                stage = (stage + 1) % count
            # Where a switch that was running has ended in this very second, it is shown first.
            now_s = max(now_s, shown_s + 1)
            while not _ripe(now_s, target, plan.stages[stage], since_s, rules.min_green_s):
                now_s += 1
            target[:] = plan.stages[stage]
            if entered and _known_way(now_s, stage, state, plan.ways):
                used, times, rows = _go(now_s, stage, state, plan.ways, used, times, rows)
                now_s += plan.ways.lasts_s[stage]
                shown_s = now_s
                continue
            entered = True
        switching = _advance(now_s, state, rules)
        shown_s = now_s
        if not np.array_equal(lamp, rows[used - 1]):
            times, rows = _with_room(used + 1, times, rows)
            rows[used], times[used] = lamp, now_s
            used += 1
        now_s += int(switching)
    return times[:used], rows[:used], now_s, False


@numba.njit(cache=True, nogil=True)
def _go(
    now_s: int, stage: int, state: State, ways: Ways, used: int, times: Ints, rows: Bytes
) -> tuple[int, Ints, Bytes]:
    """Go a known way to a stage; give how many rows there are then, and the rows."""
    times, rows = _with_room(used + ways.rows[stage], times, rows)
    for k in range(ways.rows[stage]):
        # The first row may be like the last one there is.
        if k or not np.array_equal(ways.lamps[stage, k], rows[used - 1]):
            times[used], rows[used] = now_s + ways.at_s[stage, k], ways.lamps[stage, k]
            used += 1
    state.lamp[:] = rows[used - 1]
    for g in range(len(state.lamp)):
        if ways.since_s[stage, g] >= 0:
            state.since_s[g] = now_s + ways.since_s[stage, g]
        if ways.ended_s[stage, g] >= 0:
            state.ended_s[g] = now_s + ways.ended_s[stage, g]
    return used, times, rows


@numba.njit(cache=True, nogil=True)
def _with_room(needed: int, times: Ints, rows: Bytes) -> tuple[Ints, Bytes]:
    """Double the rows until there are enough of them."""
    while needed > len(times):
        times = np.concatenate((times, np.zeros_like(times)))
        rows = np.concatenate((rows, np.zeros_like(rows)))
    return times, rows


@numba.njit(cache=True, nogil=True)
def _room_s(now_s: int, lamp: Bytes, since_s: Ints, until_s: Ints, max_red_s: Ints) -> int:
    """Tell by how much the present stage may be longer before a red passes its maximum."""
    room_s = LONG_AGO_S
    for g in range(len(lamp)):
        if lamp[g] == RED and until_s[g] < LONG_AGO_S:
            room_s = min(room_s, max_red_s[g] - (now_s - since_s[g]) - until_s[g])
    return room_s


@numba.njit(cache=True, nogil=True)
def until_green(lamps: Bytes, starts_s: Ints) -> Ints:
    """Give for each stage's full green how long each group waits for its next green."""
    cycle_s, n = lamps.shape
    until_s = np.full((len(starts_s), n), LONG_AGO_S, np.int32)
    for i in range(len(starts_s)):
        for g in range(n):
            for k in range(cycle_s):
                if lamps[(starts_s[i] + k) % cycle_s, g] >= GREEN:
                    until_s[i, g] = k
                    break
    return until_s


@numba.njit(cache=True, nogil=True)
def _ripe(now_s: int, target: Bools, wanted: Bools, since_s: Ints, min_green_s: Ints) -> bool:
    """Tell whether each green that would end has had its minimum."""
    for g in range(len(target)):
        if target[g] and not wanted[g] and now_s - since_s[g] < min_green_s[g]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _most_like(stages: Bools, state: State, now_s: int, until_s: Ints, max_red_s: Ints) -> int:
    """Choose the stage to begin with: no red too long, then most like what is green."""
    target, lamp, since_s = state.target, state.lamp, state.since_s
    best, least = 0, 1 << 30
    for i in range(len(stages)):
        over_s = 0
        for g in range(len(target)):
            if lamp[g] == RED and until_s[i, g] < LONG_AGO_S:
                # The first clearance is not in the plan: some 10 s are kept for it.
                red_s = now_s - since_s[g] + until_s[i, g] + 10
                over_s = max(over_s, red_s - max_red_s[g])
        cost = 1000 * over_s
        for g in range(len(target)):
            cost += int(stages[i, g] != target[g])
        if cost < least:
            best, least = i, cost
    return best


@numba.njit(cache=True, nogil=True)
def _spare_s(stages: Bools, green_s: Ints, min_green_s: Ints) -> Ints:
    """Give by how much each stage may be shorter."""
    count, n = stages.shape
    spare_s = np.zeros(count, np.int32)
    for i in range(count):
        least_s = 1
        for g in range(n):
            alone = not (stages[i - 1, g] and stages[(i + 1) % count, g])
            if stages[i, g] and alone:
                least_s = max(least_s, min_green_s[g])
        spare_s[i] = max(0, green_s[i] - least_s)
    return spare_s


@numba.njit(cache=True, nogil=True)
def _change_s(  # noqa: PLR0913
    mode: int,
    way: int,
    stage: int,
    behind_s: int,
    cycle_s: int,
    green_s: int,
    spare_s: int,
    left_s: int,
) -> int:
    """Tell by how much a stage is longer, or shorter, on the way into step."""
    if behind_s == 0:
        return 0
    if mode == DWELL:
        return behind_s if stage == 0 else 0
    change_s = min(behind_s, -(-green_s // LENGTHEN_SHARE))
    if way < 0:
        change_s = min(cycle_s - behind_s, spare_s)
    if mode == MAX_STEP:
        change_s = max(0, min(change_s, left_s))
    return way * change_s


@numba.njit(cache=True, nogil=True)
def _alike(now_s: int, at: int, steady: Cycle, state: State, rules: Rules, until_s: Ints) -> bool:
    """Tell whether from here on all is as in the plan's own cycle.

    It is when lamps and targets are equal and no age differs that could still matter.
    """
    target, lamp, since_s, ended_s = state
    all_red_s, min_green_s, max_red_s = rules.all_red_s, rules.min_green_s, rules.max_red_s
    longest_s = int(all_red_s.max()) if all_red_s.size else 0
    for g in range(len(lamp)):
        if lamp[g] != steady[0][at, g] or target[g] != steady[3][at, g]:
            return False
        age_s, over_s = now_s - since_s[g], now_s - ended_s[g]
        if lamp[g] == RED:
            if min(over_s, longest_s) != min(steady[2][at, g], longest_s):
                return False
            if until_s[g] < LONG_AGO_S and age_s + until_s[g] > max_red_s[g]:
                return False
        elif min(age_s, min_green_s[g]) != min(steady[1][at, g], min_green_s[g]):
            return False
    return True
