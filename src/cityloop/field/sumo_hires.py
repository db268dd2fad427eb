"""What signal controllers and their detectors would tell of a SUMO run, tenth by tenth of a second.

The events are those of the Indiana enumerations (Sturdevant et al. 2012, doi:10.4231/K4RN35SH), so
that a simulated and a real junction are measured by one code.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Final, NamedTuple

from cityloop.city.network import Network
from cityloop.city.signals import Signals
from cityloop.field.sumo_endings import SumoEndings
from cityloop.field.sumo_native import GREEN_LETTERS
from cityloop.field.sumo_sensors import advance_loop_id, stop_loop_id
from cityloop.traffic.observe.endings import Ending
from cityloop.traffic.observe.phases import number_phases
from cityloop.traffic.observe.view import View

PHASE_ON, GREEN, GREEN_ENDS, YELLOW, YELLOW_ENDS, RED, PHASE_OFF = 0, 1, 7, 8, 9, 10, 12
WALK, DO_NOT_WALK = 21, 23
OFF, ON = 81, 82
_YELLOW_LETTERS: Final = frozenset("yY")
_SHOWN: Final = {
    "green": (PHASE_ON, GREEN),
    "yellow": (GREEN_ENDS, YELLOW),
    "red": (YELLOW_ENDS, RED, PHASE_OFF),
}


class HiresEvent(NamedTuple):
    """One event of a signal controller.

    Attributes
    ----------
    time_s
        In the simulation's time. [s]
    signal
        Index of the signal.
    code, parameter
        As the enumerations have them.
    """

    time_s: float
    signal: int
    code: int
    parameter: int


class DetectorRole(NamedTuple):
    """Which phase a detector serves, and for what, as configurations of agencies say it."""

    signal: int
    phase: int
    detector: int
    function: str


class SumoHires:
    """Listens to a run, a second at a time.

    The loops of `list_loops` must be in it.

    Parameters
    ----------
    sumo
        The running libsumo.
    network
        The roads.
    signals
        Their signals.
    view
        What the sensors cover.
    ending
        Tells why what a signal has shown ends, by its index and the time [s]; None where signals
        run SUMO's own programmes, from which it is read.

    Attributes
    ----------
    phases
        The phases, as they are numbered.
    roles
        Which detectors serve which phases.
    """

    def __init__(
        self,
        sumo: ModuleType,
        network: Network,
        signals: Signals,
        view: View,
        ending: Callable[[int, float], Ending | None] | None = None,
    ) -> None:
        self._sumo, self._signals = sumo, signals
        self._ending = SumoEndings(sumo, signals).ending if ending is None else ending
        self.phases = number_phases(network, signals, view)
        self._first = signals.group_start.tolist()
        self._shown = [""] * len(self.phases)
        self._letters = [""] * len(signals.signal_ids)
        self._phases_of: list[list[int]] = [[] for _ in signals.signal_ids]
        for number, phase in enumerate(self.phases):
            self._phases_of[phase.signal].append(number)
        there = frozenset(sumo.inductionloop.getIDList())
        self._loops: list[tuple[str, int, int]] = []
        self.roles: list[DetectorRole] = []
        lanes = [0] * len(signals.signal_ids)
        for signal in view.approach_signal.tolist():
            lanes[signal] += 1
        place = [0] * len(signals.signal_ids)
        phase_of = {a: phase for phase in self.phases for a in phase.approaches}
        for approach, signal in enumerate(view.approach_signal.tolist()):
            place[signal] += 1
            number = phase_of[approach].number
            ids = (
                (advance_loop_id(approach), place[signal], ("Advance",)),
                (stop_loop_id(approach), place[signal] + lanes[signal], ("Presence", "Yellow_Red")),
            )
            for name, detector, functions in ids:
                if name in there:
                    self._loops.append((name, signal, detector))
                    self.roles += [DetectorRole(signal, number, detector, f) for f in functions]
        self._on: list[set[str]] = [set() for _ in self._loops]

    def after_step(self, now_s: int) -> list[HiresEvent]:
        """Give what happened in the second that has passed.

        Parameters
        ----------
        now_s
            The second that has been reached. [s]

        Returns
        -------
        The events, by time.
        """
        events: list[HiresEvent] = []
        state = self._sumo.trafficlight.getRedYellowGreenState
        for s, name in enumerate(self._signals.signal_ids):
            letters = state(name)
            if letters != self._letters[s]:
                self._letters[s] = letters
                # What is shown now has been shown since the step began.
                self._show(s, letters, float(now_s - 1), events)
        passed = self._sumo.inductionloop.getVehicleData
        for number, (loop, signal, detector) in enumerate(self._loops):
            entries = passed(loop)
            if entries or self._on[number]:
                self._pass(number, signal, detector, entries, now_s, events)
        return sorted(events)

    def _show(self, signal: int, letters: str, time_s: float, events: list[HiresEvent]) -> None:
        ending = self._ending(signal, time_s)
        for p in self._phases_of[signal]:
            phase = self.phases[p]
            its = {letters[group - self._first[signal]] for group in phase.groups}
            shown = "green" if its & GREEN_LETTERS else "yellow" if its & _YELLOW_LETTERS else "red"
            before, self._shown[p] = self._shown[p], shown
            if shown == before:
                continue
            if phase.walk:
                codes: tuple[int, ...] = (WALK,) if shown == "green" else (DO_NOT_WALK,)
            elif shown == "red" and before == "green":
                codes = (GREEN_ENDS, RED, PHASE_OFF)
            else:
                codes = _SHOWN[shown]
            if ending is not None and before == "green" and not phase.walk:
                codes = (int(ending), *codes)
            events += [HiresEvent(time_s, signal, code, phase.number) for code in codes]

    def _pass(
        self,
        number: int,
        signal: int,
        detector: int,
        entries: list[tuple[str, float, float, float, str]],
        now_s: int,
        events: list[HiresEvent],
    ) -> None:
        on = self._on[number]
        moves: list[tuple[float, bool, str]] = []
        for name, _, came_s, left_s, _ in entries:
            gone = left_s >= 0
            if gone and now_s - left_s >= 1:
                continue
            if name not in on:
                moves.append((max(came_s, now_s - 1.0), True, name))
            if gone:
                moves.append((left_s, False, name))
        # Who vanished from a loop, in a collision or by teleport, has left it.
        vanished = on - {entry[0] for entry in entries}
        moves += [(now_s - 1.0, False, name) for name in vanished]
        for time_s, comes, name in sorted(moves):
            if comes:
                if not on:
                    events.append(HiresEvent(time_s, signal, ON, detector))
                on.add(name)
            else:
                on.discard(name)
                if not on:
                    events.append(HiresEvent(time_s, signal, OFF, detector))
