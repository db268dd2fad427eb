"""A field without a road: lamps follow the commands, sensors see nothing, all is written down."""

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import Bools, Lamps, SafetyTable, Signals
from cityloop.field.cabinet import Cabinets
from cityloop.field.sensing import LATENESS_S
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View
from cityloop.traffic.safety.approval import Approved


class DryRun:
    """Carries out commands on lamps alone, and keeps what was shown.

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
    begin_s
        The first second. [s]
    end_s
        The second in which its time is over. [s]

    Attributes
    ----------
    shown
        (second, lamps of all groups) whenever a lamp changed.
    """

    def __init__(
        self,
        network: Network,
        signals: Signals,
        table: SafetyTable,
        view: View,
        *,
        begin_s: int,
        end_s: int,
    ) -> None:
        self.network, self.signals, self.table, self.view = network, signals, table, view
        self._end_s = end_s
        self._now_s = begin_s
        self._cabinets = Cabinets(signals, table, begin_s)
        nobody = np.zeros(len(signals.signal_ids), bool)
        # As in SUMO, what a second looked at is delivered `LATENESS_S` after its end.
        self._looked_at = [nobody] * (1 + LATENESS_S)
        self.shown: list[tuple[int, tuple[int, ...]]] = []

    @property
    def now_s(self) -> int:
        """The present second. [s]."""
        return self._now_s

    @property
    def ended(self) -> bool:
        """Whether its time is over."""
        return self._now_s >= self._end_s

    def lamps(self) -> Lamps:
        """Tell what all groups show now.

        Returns
        -------
        The lamps.
        """
        return self._cabinets.lamps()

    def observe(self) -> Observation:
        """See an empty road.

        Returns
        -------
        An observation without vehicles, as late as any.
        """
        approaches, exits = len(self.view.approach_lane), len(self.view.exit_lane)
        return Observation(
            seen_s=self._now_s - LATENESS_S,
            looked_at=self._looked_at[0],
            vehicle_view=np.zeros(0, np.int32),
            vehicle_distance_m=np.zeros(0, np.float32),
            vehicle_speed_m_s=np.zeros(0, np.float32),
            vehicle_is_bus=np.zeros(0, bool),
            crossed=np.zeros(approaches, np.int32),
            exit_full=np.zeros(exits, np.int8),
            stop_occupied=np.zeros(approaches, np.int8),
            advance_count=np.zeros(approaches, np.int32),
            advance_occupancy=np.zeros(approaches, np.float32),
        )

    def apply(self, approved: Approved) -> None:
        """Start the switches that the gate has approved.

        Parameters
        ----------
        approved
            From the gate.
        """
        self._cabinets.apply(approved)

    def step(self, look_at: Bools) -> None:
        """Show the lamps and let one second pass.

        Parameters
        ----------
        look_at
            (signals,) whose sensors would be read.
        """
        self._looked_at = [*self._looked_at[1:], look_at.copy()]
        self._cabinets.advance()
        now = tuple(self._cabinets.shown.tolist())
        if not self.shown or self.shown[-1][1] != now:
            self.shown.append((self._now_s, now))
        self._now_s += 1
        self._cabinets.tick()
