"""The field: the only way to see the road and to change a lamp."""

from typing import Protocol

from cityloop.city.network import Network
from cityloop.city.signals import Bools, Lamps, SafetyTable, Signals
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View
from cityloop.traffic.safety.approval import Approved


class Field(Protocol):
    """Signals on a road, and the sensors that watch it.

    Attributes
    ----------
    network, signals, table, view
        The city, its signals, what they must keep, and what the sensors cover.
    """

    network: Network
    signals: Signals
    table: SafetyTable
    view: View

    @property
    def now_s(self) -> int:
        """The present second of the field's own time. [s]."""

    @property
    def ended(self) -> bool:
        """Whether the field's time is over."""

    def lamps(self) -> Lamps:
        """Tell what all groups show now.

        Returns
        -------
        The lamps.
        """

    def observe(self) -> Observation:
        """Tell what the sensors have delivered by now.

        Returns
        -------
        The latest observation; it describes an earlier second.
        """

    def apply(self, approved: Approved) -> None:
        """Start the switches that the gate has approved.

        Parameters
        ----------
        approved
            From the gate. An approval that has expired or was applied before changes nothing.
        """

    def step(self, look_at: Bools) -> None:
        """Let one second pass.

        Parameters
        ----------
        look_at
            (signals,) whose sensors are read at the end of that second.
        """
