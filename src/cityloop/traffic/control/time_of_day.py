"""Plans by time of day: one controller a period, and safe switches between their plans."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.signals import Bools, Commands, Lamp, Lamps, SafetyTable, Signals
from cityloop.traffic.control.protocol import RunsPlans
from cityloop.traffic.observe.endings import Ending
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.plan.timetable import Timetable
from cityloop.traffic.plan.transition import find_targets, transition_from

LIFETIME_S = 3


class _Way(NamedTuple):
    """What a signal is told on its way to a plan: seconds, greens, and when it is in step."""

    time_s: Ints
    green: Bools
    before: Bools
    in_step_s: int


class TimeOfDay:
    """Runs the controller of the period; between two periods every signal goes to its new plan.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    timetable
        The plans.
    controllers
        (periods,) which run them, all of one kind.
    """

    def __init__(
        self,
        signals: Signals,
        table: SafetyTable,
        timetable: Timetable,
        controllers: Sequence[RunsPlans],
    ) -> None:
        self.name = controllers[0].name
        self.needs = controllers[0].needs
        self._signals, self._table = signals, table
        self._timetable, self._controllers = timetable, controllers
        self._period = -1
        self._sequence = 0
        self._ways: dict[int, _Way] = {}

    def look_at(self, lamps: Lamps) -> Bools:
        """Look at what the period's controller looks at.

        Parameters
        ----------
        lamps
            What is shown now.

        Returns
        -------
        (signals,) whose sensors it needs.
        """
        return self._controllers[self._timetable.period_at(lamps.now_s)].look_at(lamps)

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
        What the period's controller says; on the way to another plan it is a force-off.
        """
        if signal in self._ways:
            return Ending.FORCE_OFF
        return self._controllers[max(self._period, 0)].ending(signal, time_s)

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Let the period's controller decide, but for signals that are on their way to a plan.

        Parameters
        ----------
        observation
            What the cameras have delivered.
        lamps
            What is shown now.

        Returns
        -------
        One command a signal that has a plan.
        """
        now_s, period = lamps.now_s, self._timetable.period_at(lamps.now_s)
        if self._period not in (-1, period):
            self._ways = self._find_ways(lamps, self._period, period)
        self._period = period
        said = self._controllers[period].decide(observation, lamps)
        green, addressed = said.green.copy(), said.addressed.copy()
        self._ways = {s: way for s, way in self._ways.items() if now_s < way.in_step_s}
        for s, way in self._ways.items():
            at = int(np.searchsorted(way.time_s, now_s, "right")) - 1
            green[self._signals.groups_of(s)] = way.green[at] if at >= 0 else way.before
            addressed[s] = True
        self._sequence += 1
        return Commands(
            issued_s=now_s,
            lifetime_s=LIFETIME_S,
            sequence=self._sequence,
            addressed=addressed,
            green=green,
            table_version=self._table.version,
        )

    def _find_ways(self, lamps: Lamps, before: int, period: int) -> dict[int, _Way]:
        """Find the way of every signal whose plan changes; who flashes has none."""
        running = {plan.signal_id: plan for plan in self._timetable.plans[before]}
        found: dict[int, _Way] = {}
        for plan in self._timetable.plans[period]:
            s = self._signals.signal_ids.index(plan.signal_id)
            part = self._signals.groups_of(s)
            if running.get(plan.signal_id) == plan or (lamps.lamp[part] > Lamp.GREEN_YIELD).any():
                continue
            way = transition_from(self._signals, self._table, lamps, plan, self._timetable.mode)
            told = find_targets(way, plan.stages, lamps.target[part])
            if told is not None and way.complete:
                found[s] = _Way(*told, lamps.target[part].copy(), way.in_step_s)
        return found
