"""Max-pressure: the stage with the most vehicles before it and the least behind it.

Varaiya, P. (2013). Max pressure control of a network of signalized intersections. Transportation
Research Part C, 36, 177-195. doi:10.1016/j.trc.2013.08.014. Counted are vehicles in the cameras'
view; a decision falls after every 10 s of green; whoever has waited for 90 s goes first.
"""

from typing import Final

import numpy as np

from cityloop.city.network import Ints, Network, Turn
from cityloop.city.signals import Bools, Commands, GroupKind, Lamp, Lamps, SafetyTable, Signals
from cityloop.kernels.pressure import Pressures, choose_stages, green_for
from cityloop.traffic.observe.observation import Observation, Reading
from cityloop.traffic.observe.view import View
from cityloop.traffic.plan.stages import Stages

# A plain figure: an enumeration is slow to ask.
RED = int(Lamp.RED)
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
        self._sequence = 0
        self._decided_on: Lamps | None = None
        self._green_for_s_now: Ints = np.zeros(0, np.int32)
        self._changed_s = np.full(len(signals.signal_ids), -GREEN_S, np.int32)
        self._town = self._lay_out(network)
        self._neighbours()

    def _lay_out(self, network: Network) -> Pressures:
        """Lay out every signalled stream with its lanes, its group and its share, and the rest."""
        view = self._view
        group = self._signals.stream_group[: network.connector_count]
        turn = network.movement_turn[network.connector_movement]
        chosen = np.flatnonzero(group >= 0)
        approach_of = np.full(len(network.lane_ids), -1)
        approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
        exit_of = np.full(len(network.lane_ids), -1)
        exit_of[view.exit_lane] = np.arange(len(view.exit_lane))
        approach = approach_of[network.connector_from_lane[chosen]]
        # Nothing tells how many turn back, and few do: a U-turn counts where it is the only way.
        weight = np.where(turn[chosen] == Turn.U_TURN, 1e-3, 1.0)
        total = np.bincount(approach, weight, len(view.approach_lane))
        town = Pressures(
            group_start=self._signals.group_start,
            walk=self._signals.group_kind == GroupKind.WALK,
            feed_start=view.feed_start,
            feed_approach=view.feed_approach,
            feed_weight=view.feed_weight,
            below_start=view.below_start,
            below_view=view.below_view,
            below_weight=view.below_weight,
            approach=approach.astype(np.int32),
            exit_of=exit_of[network.connector_to_lane[chosen]].astype(np.int32),
            group=group[chosen].astype(np.int32),
            share=weight / total[approach],
            stage_start=self._stages.start,
            green_start=self._stages.green_start,
            green=self._stages.green,
        )
        # Copies: the compiler tells frozen arrays from others, and would compile for every mixture.
        return town._replace(**{name: np.array(of) for name, of in town._asdict().items()})

    def _neighbours(self) -> None:
        """Note which signals' cameras each signal needs: its own and those next downstream."""
        count = len(self._signals.signal_ids)
        needs = np.eye(count, dtype=bool)
        view = self._view
        below_of = np.repeat(np.arange(len(view.exit_lane)), np.diff(view.below_start))
        needs[view.exit_signal[below_of], view.signal[view.below_view]] = True
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

    def _green_for_s(self, lamps: Lamps) -> Ints:
        """For how long each signal has shown the full greens of its stage. [s]."""
        return green_for(
            lamps.now_s,
            lamps.lamp,
            lamps.since_s,
            self._changed_s,
            self._town.group_start,
            -GREEN_S,
        )

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
        target = lamps.target
        green_for_s = self._green_for_s(lamps)
        due = ~lamps.switching & (green_for_s >= GREEN_S) & (green_for_s % GREEN_S == 0)
        due &= observation.looked_at
        dark = np.ones(len(due), bool)
        dark[self._owner[target]] = False
        due |= dark & ~lamps.switching
        if due.any():
            red_s = np.where(lamps.lamp == RED, lamps.now_s - lamps.since_s, 0).astype(np.int32)
            _, target = choose_stages(
                self._town, due, observation.vehicle_view, red_s, lamps.target, STARVED_S
            )
            changed = np.unique(self._owner[target != lamps.target])
            self._changed_s[changed] = lamps.now_s
            green_for_s[changed] = 0
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
