"""Max-pressure: the stage with the most vehicles before it and the least behind it.

Varaiya, P. (2013). Max pressure control of a network of signalized intersections. Transportation
Research Part C, 36, 177-195. doi:10.1016/j.trc.2013.08.014. Counted are vehicles in the cameras'
view; a decision falls after every 10 s of green; whoever has waited for 90 s goes first.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Network, Turn
from cityloop.city.signals import Bools, Commands, GroupKind, Lamp, Lamps, SafetyTable, Signals
from cityloop.traffic.observe.observation import Observation, Reading
from cityloop.traffic.observe.view import View
from cityloop.traffic.plan.stages import Stages

# Plain figures: an enumeration is slow to ask.
RED, GREEN, GREEN_YIELD = int(Lamp.RED), int(Lamp.GREEN), int(Lamp.GREEN_YIELD)
GREEN_S: Final = 10
STARVED_S: Final = 90
LIFETIME_S: Final = 3
DELIVERY_S: Final = 2
"""From asking for a look to having what it saw: the second that runs, and the lateness. [s]"""


class MaxPressure:
    """The reference controller of the field, on the shipped stages.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What the signals must keep.
    view
        What their sensors cover.
    stages
        What may be chosen.
    """

    name = "max-pressure"
    needs = Reading.VEHICLES

    def __init__(
        self, network: Network, signals: Signals, table: SafetyTable, view: View, stages: Stages
    ) -> None:
        self._signals, self._table, self._view, self._stages = signals, table, view, stages
        self._owner = (
            np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
        )
        self._walk = signals.group_kind == GroupKind.WALK
        self._sequence = 0
        self._decided_on: Lamps | None = None
        self._green_for_s_now = np.zeros(0, np.int64)
        self._changed_s = np.full(len(signals.signal_ids), -GREEN_S)
        self._below_of = np.repeat(np.arange(len(view.exit_lane)), np.diff(view.below_start))
        self._feed_of = np.repeat(np.arange(len(view.lane)), np.diff(view.feed_start))
        self._streams(network)
        self._neighbours()

    def _streams(self, network: Network) -> None:
        """Lay out every signalled stream: approach, exit, group, share of its lane."""
        view = self._view
        group = self._signals.stream_group[: network.connector_count]
        turn = network.movement_turn[network.connector_movement]
        chosen = np.flatnonzero(group >= 0)
        approach_of = np.full(len(network.lane_ids), -1)
        approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
        exit_of = np.full(len(network.lane_ids), -1)
        exit_of[view.exit_lane] = np.arange(len(view.exit_lane))
        self._approach = approach_of[network.connector_from_lane[chosen]]
        self._exit = exit_of[network.connector_to_lane[chosen]]
        self._group = group[chosen]
        # Nothing tells how many turn back, and few do: a U-turn counts where it is the only way.
        weight = np.where(turn[chosen] == Turn.U_TURN, 1e-3, 1.0)
        total = np.bincount(self._approach, weight, len(view.approach_lane))
        self._share = weight / total[self._approach]

    def _neighbours(self) -> None:
        """Note which signals' cameras each signal needs: its own and those next downstream."""
        count = len(self._signals.signal_ids)
        needs = np.eye(count, dtype=bool)
        view = self._view
        needs[view.exit_signal[self._below_of], view.signal[view.below_view]] = True
        self._needs = needs

    def look_at(self, lamps: Lamps) -> Bools:
        """Look where a decision may fall two seconds from now.

        Parameters
        ----------
        lamps
            What is shown now.

        Returns
        -------
        (signals,) those signals and the next ones downstream.
        """
        known = self._green_for_s_now if lamps is self._decided_on else self._green_for_s(lamps)
        green_for_s = known + DELIVERY_S
        due = ~lamps.switching & (green_for_s >= GREEN_S) & (green_for_s % GREEN_S == 0)
        return np.asarray(self._needs[due].any(axis=0))

    def _green_for_s(self, lamps: Lamps) -> npt.NDArray[np.int64]:
        """For how long each signal has shown the full greens of its stage. [s]."""
        green = (lamps.lamp == GREEN) | (lamps.lamp == GREEN_YIELD)
        begun_s = np.append(np.where(green, lamps.since_s, -GREEN_S), -GREEN_S)
        latest_s = np.maximum.reduceat(begun_s, self._signals.group_start[:-1])
        return np.asarray(lamps.now_s - np.maximum(latest_s, self._changed_s))

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Choose the stage of most pressure wherever 10 s of green have passed.

        Parameters
        ----------
        observation
            What the sensors have delivered.
        lamps
            What is shown now.

        Returns
        -------
        One command a signal; where nothing is due, to go on.
        """
        target = lamps.target.copy()
        green_for_s = self._green_for_s(lamps)
        due = ~lamps.switching & (green_for_s >= GREEN_S) & (green_for_s % GREEN_S == 0)
        due &= observation.looked_at
        dark = np.ones(len(due), bool)
        dark[self._owner[lamps.target]] = False
        due |= dark & ~lamps.switching
        if due.any():
            for s, wanted in self._choose(observation, lamps, due):
                part = self._signals.groups_of(s)
                if (wanted != target[part]).any():
                    target[part] = wanted
                    self._changed_s[s] = lamps.now_s
                    green_for_s[s] = 0
        # Asked where to look in the same second, it need not count again.
        self._decided_on, self._green_for_s_now = lamps, green_for_s
        self._sequence += 1
        return Commands(
            issued_s=lamps.now_s,
            lifetime_s=LIFETIME_S,
            sequence=self._sequence,
            addressed=np.ones(len(due), bool),
            green=target,
            table_version=self._table.version,
        )

    def _choose(
        self, observation: Observation, lamps: Lamps, due: Bools
    ) -> list[tuple[int, Bools]]:
        view = self._view
        seen = np.bincount(observation.vehicle_view, minlength=len(view.lane)).astype(float)
        before = np.bincount(
            view.feed_approach, view.feed_weight * seen[self._feed_of], len(view.approach_lane)
        )
        behind = np.bincount(
            self._below_of, view.below_weight * seen[view.below_view], len(view.exit_lane)
        )
        pressure = self._share * (before[self._approach] - behind[self._exit])
        group_pressure = np.bincount(self._group, pressure, self._signals.group_count)
        present = np.bincount(
            self._group, self._share * before[self._approach], self._signals.group_count
        )
        red_s = np.where(lamps.lamp == RED, lamps.now_s - lamps.since_s, 0)
        # Nobody sees who walks: a walk counts as always asked for.
        asked = (present > 0) | (self._walk)
        starved_s = np.where(asked & (red_s >= STARVED_S), red_s, 0)
        chosen = []
        for s in np.flatnonzero(due):
            green = self._stages.of(int(s))
            if not len(green):
                continue
            part = self._signals.groups_of(int(s))
            value = green @ group_pressure[part]
            if starved_s[part].any():
                helps = green[:, int(np.argmax(starved_s[part]))]
                value = np.where(helps, value, -np.inf)
            running = (green == lamps.target[part]).all(axis=1)
            best = int(np.lexsort((running, value))[-1])
            chosen.append((int(s), green[best]))
        return chosen
