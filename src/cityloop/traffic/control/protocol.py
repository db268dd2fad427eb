"""What every controller is: observations and lamps in, commands for the whole network out."""

from typing import Protocol, runtime_checkable

from cityloop.city.signals import Bools, Commands, Lamps
from cityloop.traffic.observe.endings import Ending
from cityloop.traffic.observe.observation import Observation, Reading


class Controller(Protocol):
    """Decides, once a second, which groups shall have green at every signal.

    Attributes
    ----------
    name
        As people choose it.
    needs
        What it reads of the cameras' picture; the rest need not be worked out.
    """

    name: str
    needs: Reading

    def look_at(self, lamps: Lamps) -> Bools:
        """Say whose sensors it needs two seconds from now: they deliver a second late.

        Parameters
        ----------
        lamps
            What is shown now.

        Returns
        -------
        (signals,) whose sensors shall be read at the end of this second.
        """

    def decide(self, observation: Observation, lamps: Lamps) -> Commands:
        """Choose the greens.

        Parameters
        ----------
        observation
            What the sensors have delivered.
        lamps
            What is shown now, with the second.

        Returns
        -------
        One command a signal.
        """


@runtime_checkable
class TellsEndings(Protocol):
    """A controller that can tell why a green ends, as signal controllers at the roadside do."""

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
        The reason; None where it has none of these.
        """
        ...


class RunsPlans(Controller, TellsEndings, Protocol):
    """A controller that runs plans."""
