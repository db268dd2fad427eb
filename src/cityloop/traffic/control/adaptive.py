"""`adaptive`: every signal plans its next minute each second, from what its cameras see."""

from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints, Network
from cityloop.city.signals import (
    Bools,
    Commands,
    GroupKind,
    Lamp,
    Lamps,
    Plan,
    SafetyTable,
    Signals,
)
from cityloop.kernels.horizon import HOLD
from cityloop.kernels.joint import plan_pairs
from cityloop.traffic.control.half_way import HalfWay
from cityloop.traffic.control.horizon import Faced, Settings, horizon_tables, plan_stages
from cityloop.traffic.control.pairs import find_pairs
from cityloop.traffic.control.recall import Unseen, planned_flow
from cityloop.traffic.control.stage_table import StageTable, build_stage_table
from cityloop.traffic.control.weighed import Weighed
from cityloop.traffic.estimate.arrivals import Arrivals
from cityloop.traffic.estimate.discharge import Discharge
from cityloop.traffic.estimate.learnt import Learnt
from cityloop.traffic.estimate.standstill import Standstill
from cityloop.traffic.estimate.startup import StartUp
from cityloop.traffic.estimate.waiting import RedWaits
from cityloop.traffic.observe.observation import Observation, Reading
from cityloop.traffic.observe.view import View
from cityloop.traffic.plan.inner import find_inner_links
from cityloop.traffic.plan.stages import Stages

LIFETIME_S: Final = 3
NEVER_S: Final = 10_000
PAUSE_S: Final = 10
"""For how long nobody enters a blocked junction. [s]"""


class Adaptive:
    """Plans all signals by a rolling horizon.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What they must keep.
    view
        What the sensors cover.
    stages
        What may be chosen.
    settings
        Parameters, the same for every city.
    own_plans
        The city's own, as the gate lets them run: they tell of traffic that nobody sees.

    Attributes
    ----------
    weighed
        What the last decision was made from.
    overdue_s
        (groups,) after which wait only stages that end it may begin. [s]
    """

    name = "adaptive"
    needs = Reading.VEHICLES | Reading.CROSSINGS

    def __init__(
        self,
        network: Network,
        signals: Signals,
        table: SafetyTable,
        view: View,
        stages: Stages,
        settings: Settings | None = None,
        own_plans: tuple[Plan, ...] = (),
    ) -> None:
        chosen = settings or Settings()
        self._settings = chosen
        self._signals, self._table, self._stages = signals, table, stages
        self._half_way = HalfWay(signals, table, find_inner_links(network, signals))
        self._stage_table: StageTable = build_stage_table(network, signals, table, view, stages)
        self._arrivals = Arrivals(
            network,
            signals,
            view,
            self._stage_table.lane_of,
            chosen.horizon_s,
            bus_weight=chosen.bus_weight,
            looks_upstream=chosen.looks_upstream,
        )
        t = self._stage_table
        self._arrivals.planned_veh_s = planned_flow(network, signals, view, t, own_plans)
        self._unseen = Unseen(t)
        self._discharge = Discharge(t.lane_start, t.rate_start, t.rate, t.service)
        self._startup = StartUp(len(t.lane_of))
        self._seen_stage = np.full(len(signals.signal_ids), -1, np.int32)
        self._seen_green_s = np.zeros(len(signals.signal_ids), np.int64)
        self._waits = RedWaits(network, signals, view)
        self.overdue_s = np.where(
            signals.group_kind == GroupKind.WALK, chosen.overdue_walk_s, chosen.overdue_s
        )
        self._owner = (
            np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
        )
        self._pairs = find_pairs(t, view, self._arrivals.upstream.paths)
        self._all = np.ones(len(signals.signal_ids), bool)
        self._sequence = 0
        self._asked: Bools = np.zeros(signals.group_count, bool)
        self._stage = np.full(len(signals.signal_ids), -1, np.int32)
        self._stage_before = self._stage.copy()
        self._pause_until_s = np.full(len(signals.signal_ids), -1_000_000)
        self._lane_signal = np.repeat(np.arange(len(self._all)), np.diff(t.lane_start))
        self._standstill = Standstill(self._lane_signal, len(self._all), chosen.stuck_s)
        self.first_cost = np.zeros(len(self._stage_table.min_green_s) + len(self._all))
        self.weighed: Weighed | None = None

    @property
    def stages(self) -> Stages:
        """What may be chosen."""
        return self._stages

    @property
    def stage_table(self) -> StageTable:
        """Lanes, discharge and clearances of what may be chosen."""
        return self._stage_table

    @property
    def settings(self) -> Settings:
        """The parameters."""
        return self._settings

    @property
    def dark(self) -> Bools:
        """(approaches,) whose cameras tell nothing, or what cannot be."""
        return self._arrivals.health.dark.copy()

    @property
    def learnt(self) -> Learnt:
        """What is known beyond what is seen; set it to go on after a restart."""
        upstream, usual = self._arrivals.upstream, self._arrivals.health.usual
        return Learnt(
            discharge=self._discharge.factor.copy(),
            startup_s=self._startup.loss_s.copy(),
            share=upstream.shares.copy(),
            went=upstream.went.copy(),
            taken=upstream.taken.copy(),
            rate_veh_s=self._arrivals.rate.copy(),
            pace_veh_s=usual.pace_veh_s,
            counts=usual.counts.copy(),
            used=usual.used.copy(),
        )

    @learnt.setter
    def learnt(self, known: Learnt) -> None:
        upstream, usual = self._arrivals.upstream, self._arrivals.health.usual
        self._discharge.factor = known.discharge.copy()
        self._startup.loss_s = known.startup_s.copy()
        upstream.shares, upstream.went = known.share.copy(), known.went.copy()
        upstream.taken, self._arrivals.rate = known.taken.copy(), known.rate_veh_s.copy()
        usual.pace_veh_s, usual.counts = known.pace_veh_s, known.counts.copy()
        usual.used = known.used.copy()

    def look_at(self, _lamps: Lamps) -> Bools:
        """Look everywhere, always.

        Parameters
        ----------
        _lamps
            Not needed.

        Returns
        -------
        (signals,) all True.
        """
        return self._all

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Plan every signal that is not switching and take the first step of its plan.

        Parameters
        ----------
        observation
            What the sensors have delivered.
        lamps
            What is shown now.

        Returns
        -------
        One command a signal.
        """
        self._take_back(lamps)
        rate = self._learn(observation, lamps)
        waited_s = self._waits.update(
            observation, lamps, self._arrivals.dark[self._stage_table.lane_of]
        )
        left_s = self._green_left_s(lamps)
        earliest_s, overdue = self._earliest_s(lamps, left_s, waited_s)
        due = self._settled(lamps) & (self._stage >= 0)
        faced = Faced(
            rate, due, self._stage, earliest_s, self._arrivals.queue, self._arrivals.came,
            self._arrivals.weight, self._startup.loss_s,
        )  # fmt: skip
        step = plan_stages(self._stage_table, self._settings, faced, self.first_cost)
        joint = self._join(faced, step)
        for s in overdue:
            if due[s] and step[s] == HOLD:
                step[s] = self._next_allowed(s, earliest_s)
        # Nothing enters for a few seconds then, so that who stands inside can leave.
        stuck = self._standstill.update(self._discharge.wants, self._arrivals.crossed(observation))
        blocked = stuck & due & (np.bincount(self._owner, left_s > 0) == 0)
        self._stage_before = self._stage.copy()
        self._asked = self._new_target(lamps, step, blocked, earliest_s)
        self.weighed = Weighed(
            lamps.now_s, due, self._stage_before, self._stage.copy(), step, overdue, blocked,
            earliest_s, waited_s, self.first_cost, self._arrivals.queue, self._arrivals.came, rate,
            self._arrivals.weight, self._startup.loss_s, joint,
        )  # fmt: skip
        self._sequence += 1
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=LIFETIME_S,
            sequence=self._sequence,
            # Where nothing can be believed any more, silence: the signal's own plan takes over.
            addressed=self._all
            & (np.bincount(self._lane_signal, ~self._arrivals.dark, len(self._all)) > 0),
            green=self._asked,
            table_version=self._table.version,
        )

    def _join(self, faced: Faced, step: Ints) -> Bools:
        """Plan close signals together, in the place of what each would do alone; say which."""
        pairs, upstream = self._pairs, self._arrivals.upstream
        if not (self._settings.joins and len(pairs.lanes.first)):
            return np.zeros(len(step), bool)
        share = upstream.shares[pairs.path] * upstream.lane_part[pairs.into]
        tables, weights, grid_s = horizon_tables(self._stage_table, self._settings, faced)
        return np.asarray(
            plan_pairs(
                tables, weights, grid_s, pairs.lanes, share, faced.due, faced.stage,
                faced.earliest_s, faced.queue, faced.came, self._arrivals.seen, self.first_cost,
                step,
            )
        )  # fmt: skip

    def _take_back(self, lamps: Lamps) -> None:
        """Go back to the stage that runs where the last command was not carried out."""
        wrong = np.bincount(self._owner, lamps.target != self._asked, len(self._all)) > 0
        self._stage[wrong] = self._stage_before[wrong]
        self._half_way.until_s[wrong] = 0

    def _settled(self, lamps: Lamps) -> Bools:
        """Say which signals have come to what they were last told."""
        return ~lamps.switching & ~self._half_way.busy

    def _learn(self, observation: Observation, lamps: Lamps) -> Floats:
        """Take in what was seen; give what each stage lets go now. [veh/s]."""
        self._arrivals.update(
            observation, lamps.now_s, self._lane_rate(self._stage, self._settled(lamps))
        )
        if self._settings.learns:
            crossed, near = self._arrivals.crossed(observation), self._arrivals.near
            self._discharge.update(self._seen_stage, self._seen_green_s, near, crossed)
            self._startup.update(
                self._seen_green_s[self._lane_signal],
                self._lane_rate(self._seen_stage, self._seen_green_s > 0),
                near,
                crossed,
            )
        self._seen_stage = self._stage.copy()
        self._seen_green_s = self._green_for_s(lamps)
        return self._unseen.expect(self._surely(), self._arrivals.hidden.there)

    def _surely(self) -> Floats:
        """Give what each stage lets go, as far as it is seen or sure. [veh/s]."""
        return self._unseen.limit(self._discharge.rate, self._arrivals.blind)

    def _lane_rate(self, stage: Ints, runs: Bools) -> Floats:
        """Give what a stage of each signal lets go on each lane; 0 where none runs. [veh/s]."""
        t, signal = self._stage_table, self._lane_signal
        lanes = np.diff(t.lane_start)
        at = np.arange(len(signal)) - t.lane_start[signal]
        entry = t.rate_start[signal] + np.maximum(stage, 0)[signal] * lanes[signal] + at
        runs = runs & (stage >= 0)
        return np.where(runs[signal], self._surely()[entry], 0.0)

    def _new_target(self, lamps: Lamps, step: Ints, blocked: Bools, earliest_s: Ints) -> Bools:
        """Turn steps into greens, and take note of the stages that will run."""
        target = lamps.target.copy()
        for come in self._half_way.end(lamps):
            target[self._signals.groups_of(come)] = self._stages.of(come)[self._stage[come]]
        dark = (self._stage < 0) & (lamps.now_s >= self._pause_until_s)
        for s in np.flatnonzero((step != HOLD) | dark | blocked):
            part = self._signals.groups_of(int(s))
            greens = self._stages.of(int(s))
            if blocked[s]:
                target[part] = False
                self._stage[s] = -1
                self._pause_until_s[s] = lamps.now_s + PAUSE_S
                self._standstill.forget(int(s))
                continue
            if not len(greens):
                continue
            k = int(step[s]) if step[s] != HOLD else self._fullest(int(s))
            if dark[s] or earliest_s[self._stage_table.stage_start[s] + k] <= 0:
                target[part] = self._half_way.begin(int(s), lamps.now_s, target[part], greens[k])
                self._stage[s] = k
        return target

    def _green_for_s(self, lamps: Lamps) -> npt.NDArray[np.int64]:
        """For how long each signal has shown its stage in full; 0 during a switch. [s]."""
        green = (lamps.lamp == Lamp.GREEN) | (lamps.lamp == Lamp.GREEN_YIELD)
        since_s = np.zeros(len(self._all), np.int64)
        np.maximum.at(since_s, self._owner[green], lamps.since_s[green])
        return np.where(self._settled(lamps), lamps.now_s - since_s, 0)

    def _fullest(self, signal: int) -> int:
        """Choose the first stage of a dark signal: the one that lets most go."""
        table = self._stage_table
        part = slice(int(table.rate_start[signal]), int(table.rate_start[signal + 1]))
        count = int(table.stage_start[signal + 1] - table.stage_start[signal])
        return int(np.argmax(table.rate[part].reshape(count, -1).sum(axis=1)))

    def _next_allowed(self, signal: int, earliest_s: Ints) -> int:
        """Choose the cheapest stage that may begin now, where holding keeps somebody too long."""
        first, last = self._stage_table.stage_start[signal : signal + 2]
        allowed = np.flatnonzero(earliest_s[first:last] <= 0)
        allowed = allowed[allowed != self._stage[signal]]
        if not allowed.size:
            return HOLD
        return int(allowed[np.argmin(self.first_cost[first + signal + allowed])])

    def _green_left_s(self, lamps: Lamps) -> Ints:
        """For how long each group must go on showing green. [s]."""
        green = (lamps.lamp == Lamp.GREEN) | (lamps.lamp == Lamp.GREEN_YIELD)
        left_s = self._table.min_green_s - (lamps.now_s - lamps.since_s)
        return np.where(green, np.maximum(left_s, 0), 0)

    def _earliest_s(self, lamps: Lamps, left_s: Ints, waited_s: Ints) -> tuple[Ints, list[int]]:
        """Say when each stage may begin, and which signals must go on.

        A stage may begin after the minimum greens that it ends. Where somebody has waited too long,
        only stages that serve who has waited longest beyond that may begin at all.
        """
        must: list[int] = []
        signals, stages = self._signals, self._stages
        earliest_s = np.zeros(len(self._stage_table.min_green_s), np.int32)
        over_s = waited_s - self.overdue_s
        overdue = over_s >= 0
        busy = np.zeros(len(signals.signal_ids), bool)
        busy[self._owner[(left_s > 0) | overdue]] = True
        for s in np.flatnonzero(busy):
            part = signals.groups_of(int(s))
            greens = stages.of(int(s))
            first = int(stages.start[s])
            ends = lamps.target[part] & ~greens
            earliest_s[first : first + len(greens)] = np.where(ends, left_s[part], 0).max(
                axis=1, initial=0
            )
            if overdue[part].any():
                longest = int(
                    np.argmax(np.where(overdue[part] & greens.any(axis=0), over_s[part], -1))
                )
                helps = greens[:, longest]
                if helps.any():
                    must.append(int(s))
                    earliest_s[first : first + len(greens)][~helps] = NEVER_S
        return earliest_s, must
