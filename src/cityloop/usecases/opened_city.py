"""A city in memory: what is fixed while traffic runs."""

from typing import TYPE_CHECKING, NamedTuple

from cityloop.city.network import Network
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Programme, SafetyTable, Signals
from cityloop.feeds.sumo_additional import ProgrammeText
from cityloop.traffic.observe.view import View

if TYPE_CHECKING:
    from cityloop.traffic.safety.fallback import Fallback


class City(NamedTuple):
    """A scenario's city: what is fixed while traffic runs.

    Attributes
    ----------
    scenario
        The files.
    network, signals, table, view
        The roads, the signals, what they must keep and what their sensors cover.
    programmes
        The shipped programmes, the one that runs last of each signal's.
    texts
        The same as they are written.
    """

    scenario: Scenario
    network: Network
    signals: Signals
    table: SafetyTable
    view: View
    programmes: tuple[Programme, ...]
    texts: tuple[ProgrammeText, ...]

    @property
    def fallbacks(self) -> "tuple[Fallback, ...]":
        """What each signal runs when its controller fails, proven, and kept in the cache."""
        # Only here: proving them draws in the gate, which who only looks at a city can do without.
        from cityloop.usecases.keep_fallbacks import keep_fallbacks  # noqa: PLC0415

        return keep_fallbacks(self.network, self.signals, self.table, self.programmes)
