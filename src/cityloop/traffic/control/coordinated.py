"""Coordinated: a plan whose greens follow the traffic, while its offset is held.

Each stage has its end in the cycle, as the plan says. A stage in which nobody comes any more
ends sooner, one that nobody asks for is left out, and the time goes to those after it: at last to
the coordinated stage, the first one, which so begins early and never late where somebody comes to
it. While nobody does, it lets others go before its time is over. See Signal Timing Manual, 2nd ed.
(2015), NCHRP Report 812, chapter 7: fixed force-offs, and an actuated coordinated phase.
"""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints, Network
from cityloop.city.signals import (
    Bools,
    Commands,
    GroupKind,
    Lamps,
    Plan,
    Relation,
    SafetyTable,
    Signals,
)
from cityloop.traffic.estimate.standstill import Standstill
from cityloop.traffic.observe.endings import Ending
from cityloop.traffic.observe.observation import Observation, Reading
from cityloop.traffic.observe.view import View
from cityloop.traffic.plan.switch import clearance_s

LIFETIME_S: Final = 3
GAP_S: Final = 3.0
"""Who is farther from the stop line does not prolong a green. [s]"""

ARRIVE_S: Final = 8.0
"""Who is so near asks for green. [s]"""

SLOW_M_S: Final = 2.0
STANDING_M: Final = 40.0
LEAST_SPEED_M_S: Final = 4.0
TOLD_S: Final = 30
"""For so long after a switch has begun its reason holds for greens that end. [s]"""

STUCK_S: Final = 12
"""Where for so long nobody moves and somebody stands at a green, turns block one another. [s]"""
PAUSE_S: Final = 10
"""For how long nothing enters then. [s]"""
STALLED_S: Final = 6
"""Who stands at a green to which nobody gives way, and where for so long nobody moves, has no room
beyond the signal, and holds no green. [s]"""
REMEMBERED_S: Final = 3
"""A camera misses vehicles: who was seen is taken to be there for so long. [s]"""


class _Signal(NamedTuple):
    """One signal's plan, laid out."""

    signal: int
    plan: Plan
    ends_s: Ints
    least_s: Ints
    clear_s: Ints
    start_s: int
    asked: Bools
    lanes: Ints
    green_lanes: Bools
    full_lanes: Bools
    losing: Bools


class Coordinated:
    """Runs one plan a signal, its greens between the least and what the plan lets them have.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What they must keep.
    view
        What the cameras cover.
    plans
        At most one a signal. A signal without a plan keeps what it shows.

    Attributes
    ----------
    shown_s
        (plans,) of each, (stages,) for how long each stage has been shown. [s]
    """

    name = "coordinated"
    needs = Reading.VEHICLES | Reading.CROSSINGS

    def __init__(
        self,
        network: Network,
        signals: Signals,
        table: SafetyTable,
        view: View,
        plans: tuple[Plan, ...],
    ) -> None:
        self._signals, self._table, self._view = signals, table, view
        self._sequence = 0
        self._plans = [_lay_out(network, signals, table, view, plan) for plan in plans]
        self.shown_s = tuple(np.zeros(len(plan.stages), np.int32) for plan in plans)
        self._looked = np.zeros(len(signals.signal_ids), bool)
        self._looked[[each.signal for each in self._plans]] = True
        lanes, count = len(view.approach_lane), len(signals.signal_ids)
        self._speed_m_s = network.lane_speed_m_s[view.approach_lane]
        self._feeds = np.diff(view.feed_start)
        self._near_s = np.full(lanes, -REMEMBERED_S - 1)
        self._coming_s = np.full(lanes, -REMEMBERED_S - 1)
        self._standing_s = np.full(lanes, -REMEMBERED_S - 1)
        self._moved_s = np.full(lanes, -1_000_000)
        self._stage = np.full(count, -1)
        self._since_s = np.zeros(count, np.int64)
        self._due_s = np.zeros(count, np.int64)
        self._pause_until_s = np.full(count, -1_000_000)
        self._standstill = Standstill(view.approach_signal, count, STUCK_S)
        self._endings: dict[int, tuple[int, Ending]] = {}

    def look_at(self, _lamps: Lamps) -> Bools:
        """Look at every signal that has a plan.

        Parameters
        ----------
        _lamps
            Not needed.

        Returns
        -------
        (signals,) those.
        """
        return self._looked

    def ending(self, signal: int, time_s: float) -> Ending | None:
        """Tell why a signal's green ends.

        Parameters
        ----------
        signal
            Its index.
        time_s
            When it ends. [s]

        Returns
        -------
        A force-off at its end in the cycle, a gap-out before that; None if this controller has not
        ended it.
        """
        since_s, reason = self._endings.get(signal, (-1, None))
        return reason if 0 <= time_s - since_s <= TOLD_S else None

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Go on with a stage, or to the next that is asked for.

        Parameters
        ----------
        observation
            What the cameras have delivered.
        lamps
            What is shown now; a switch that is still running is waited for.

        Returns
        -------
        One command a signal that has a plan.
        """
        self._see(observation, lamps.now_s)
        self._moved_s[observation.crossed > 0] = lamps.now_s
        near = lamps.now_s - self._near_s <= REMEMBERED_S
        coming = lamps.now_s - self._coming_s <= REMEMBERED_S
        standing = lamps.now_s - self._standing_s <= REMEMBERED_S
        blocked = self._standstill.update(
            self._stands_at_green(standing, lamps), observation.crossed
        )
        green = lamps.target.copy()
        addressed = np.zeros(len(self._signals.signal_ids), bool)
        for each, shown_s in zip(self._plans, self.shown_s, strict=True):
            addressed[each.signal] = True
            if lamps.switching[each.signal]:
                continue
            part = self._signals.groups_of(each.signal)
            if blocked[each.signal] and not self._young(each.signal, lamps).any():
                self._standstill.forget(each.signal)
                self._pause_until_s[each.signal] = lamps.now_s + PAUSE_S
            if lamps.now_s < self._pause_until_s[each.signal]:
                green[part], self._stage[each.signal] = False, -1
                continue
            lanes = each.lanes
            still_s = lamps.now_s - np.maximum(self._moved_s[lanes], self._since_s[each.signal])
            stalled = standing[lanes] & (still_s >= STALLED_S)
            here = int(self._stage[each.signal])
            held = near[lanes] & ~(stalled & each.full_lanes[here]) if here >= 0 else near[lanes]
            stage = self._next(each, lamps, held, coming[lanes], standing[lanes])
            if stage >= 0:
                green[part] = each.plan.stages[stage]
                shown_s[stage] += 1
        self._sequence += 1
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=LIFETIME_S,
            sequence=self._sequence,
            addressed=addressed,
            green=green,
            table_version=self._table.version,
        )

    def _see(self, observation: Observation, now_s: int) -> None:
        """Note on which lanes somebody is near the stop line, comes soon, or stands."""
        view = self._view
        of = observation.vehicle_view
        counts = self._feeds[of]
        vehicle = np.repeat(np.arange(len(of)), counts)
        place = np.arange(len(vehicle)) - np.repeat(np.cumsum(counts) - counts, counts)
        lane = view.feed_approach[np.repeat(view.feed_start[of], counts) + place]
        way_m = observation.vehicle_distance_m[vehicle]
        speed_m_s = observation.vehicle_speed_m_s[vehicle]
        slow = speed_m_s < SLOW_M_S
        pace_m_s = np.maximum(LEAST_SPEED_M_S, 0.5 * (speed_m_s + self._speed_m_s[lane]))
        eta_s = way_m / pace_m_s - (now_s - observation.seen_s)
        self._near_s[lane[(eta_s < GAP_S) | (slow & (way_m < STANDING_M))]] = now_s
        self._coming_s[lane[(eta_s < ARRIVE_S) | slow]] = now_s
        self._standing_s[lane[slow & (way_m < STANDING_M)]] = now_s

    def _stands_at_green(self, standing: Bools, lamps: Lamps) -> Bools:
        """Tell on which approach lanes somebody stands whose stage runs."""
        wants = np.zeros(len(standing), bool)
        for each in self._plans:
            stage = self._stage[each.signal]
            if stage >= 0 and not lamps.switching[each.signal]:
                wants[each.lanes] = standing[each.lanes] & each.green_lanes[stage]
        return wants

    def _young(self, signal: int, lamps: Lamps) -> Bools:
        """Tell which of a signal's groups have not had their least green."""
        part = self._signals.groups_of(signal)
        shown_s = lamps.now_s - lamps.since_s[part]
        return np.asarray(lamps.target[part] & (shown_s < self._table.min_green_s[part]))

    def _next(
        self,
        each: _Signal,
        lamps: Lamps,
        near: Bools,
        coming: Bools,
        standing: Bools,
    ) -> int:
        """Choose the stage that a signal shall show, and note since when and until when.

        Nothing, -1, where it has just begun and a green that is too young would end.
        """
        s, plan, now_s = each.signal, each.plan, lamps.now_s
        target, young = lamps.target[self._signals.groups_of(s)], self._young(s, lamps)
        here = int(self._stage[s])
        if here < 0 or not np.array_equal(plan.stages[here], target):
            # It has just begun, or somebody else has switched: where the clock is, or the next.
            at_s = (now_s - plan.offset_s) % plan.cycle_s
            clock = int(np.searchsorted(each.ends_s, at_s, side="right")) % len(each.ends_s)
            late = (each.ends_s[clock] - at_s) % plan.cycle_s < 2 * each.least_s[clock]
            stage = (clock + late) % len(each.ends_s)
            if (young & ~plan.stages[stage]).any():
                return -1
            return self._begin(each, stage, now_s, each.start_s)
        if now_s - self._since_s[s] < each.least_s[here]:
            return here
        waits = np.where(each.green_lanes[here], standing & ~each.full_lanes[here], coming)
        at_s = (now_s - plan.offset_s) % plan.cycle_s
        onward = _choose(each, here, at_s, waits, near)
        over = at_s >= each.ends_s[0] if here == 0 else now_s >= self._due_s[s]
        if here == 0 and over and onward == 0:
            # It has begun early: what follows it in the coming cycle may have its turn before.
            over, onward = False, _choose(each, 0, at_s - plan.cycle_s, waits, near)
        if here != 0 and onward == 0:
            # Its time is up only for somebody who wants another: on foot unseen, without green, or
            # with a part of it.
            wants = waits | (coming & each.losing[0, here])
            over &= bool(each.asked.any() or wants.any())
        ends = over or not (near & each.losing[here, onward]).any()
        # A green may begin later than was reckoned, where a walk has to be cleared first.
        if onward == here or not ends or (young & ~plan.stages[onward]).any():
            return here
        self._endings[s] = now_s, Ending.FORCE_OFF if over else Ending.GAP_OUT
        return self._begin(each, onward, now_s, int(each.clear_s[here, onward]))

    def _begin(self, each: _Signal, stage: int, now_s: int, clear_s: int) -> int:
        """Note that a stage begins, and when it has to end."""
        s, plan = each.signal, each.plan
        begin_s = now_s + clear_s
        left_s = (int(each.ends_s[stage]) - (begin_s - plan.offset_s)) % plan.cycle_s
        self._stage[s], self._since_s[s], self._due_s[s] = stage, begin_s, begin_s + left_s
        return stage


def _choose(each: _Signal, here: int, at_s: int, waits: Bools, near: Bools) -> int:
    """Find the next stage in order that is asked for and ends before the coordinated one begins.

    Where there is none it is the coordinated stage, which may begin at any time.
    """
    for onward in range(here + 1, len(each.ends_s)):
        # Who has green and would lose it to the coordinated stage asks for the one that keeps it.
        keeps = near & each.losing[here, 0] & ~each.losing[here, onward]
        asked = each.asked[onward] or bool((each.green_lanes[onward] & waits | keeps).any())
        begin_s = at_s + int(each.clear_s[here, onward])
        if asked and begin_s + each.least_s[onward] <= each.ends_s[onward]:
            return onward
    return 0


def _lay_out(
    network: Network, signals: Signals, table: SafetyTable, view: View, plan: Plan
) -> _Signal:
    """Work out what a plan's stages serve, and the times between any two of them."""
    s = signals.signal_ids.index(plan.signal_id)
    part = signals.groups_of(s)
    stages = plan.stages
    lanes = np.flatnonzero(view.approach_signal == s)
    group = signals.stream_group[: network.connector_count]
    own: list[Ints] = []
    for lane in view.approach_lane[lanes]:
        of_lane = group[(network.connector_from_lane == lane) & (group >= 0)]
        own.append((np.unique(of_lane) - part.start).astype(np.int32))
    shape = (len(stages), len(lanes))
    any_green = np.array([[stage[g].any() for g in own] for stage in stages], bool).reshape(shape)
    # Who gives way to others that are green may never find a gap: the lane is not fully served.
    square = signals.square(signals.relation, s)
    others = signals.group_kind[part] != GroupKind.WALK
    yields = np.array(
        [stage & ((square == Relation.YIELDS) & (stage & others)).any(axis=1) for stage in stages],
        bool,
    ).reshape(stages.shape)
    all_green = np.array(
        [
            [(stage & ~waits)[g].all() for g in own]
            for stage, waits in zip(stages, yields, strict=True)
        ],
        bool,
    ).reshape(shape)
    walk = signals.group_kind[part] == GroupKind.WALK
    before = np.concatenate([[0], np.cumsum(plan.green_s + plan.clearance_s)[:-1]])
    return _Signal(
        signal=s,
        plan=plan,
        ends_s=(before + plan.green_s).astype(np.int32),
        least_s=_least_s(table.min_green_s[part], stages),
        clear_s=np.array(
            [[clearance_s(signals, table, s, a, b) for b in stages] for a in stages], np.int32
        ),
        # From all red: greens begin after the all-red that nothing else has used up.
        start_s=int(signals.square(table.all_red_s, s).max(initial=0)),
        # Nobody sees who walks: such a stage comes in every cycle.
        asked=np.asarray(stages[:, walk].any(axis=1), bool),
        lanes=lanes.astype(np.int32),
        green_lanes=any_green,
        full_lanes=all_green,
        losing=np.array(
            [[[(a & ~b)[g].any() for g in own] for b in stages] for a in stages], bool
        ).reshape(len(stages), len(stages), len(lanes)),
    )


def _least_s(min_green_s: Floats | Ints, stages: Bools) -> Ints:
    """Give the longest minimum green of each stage's groups. [s]."""
    return np.array([int(min_green_s[stage].max(initial=1)) for stage in stages], np.int32)
