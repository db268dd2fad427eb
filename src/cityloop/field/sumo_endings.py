"""Why greens end under SUMO's own programmes."""

from types import ModuleType
from typing import Final, NamedTuple

from cityloop.city.signals import Signals
from cityloop.traffic.observe.endings import Ending

_STATIC: Final = 0
_ACTUATED: Final = frozenset({3, 5})
"""Actuated by gaps or by delay; what NEMA controllers of SUMO do is not known here."""


class _Stage(NamedTuple):
    programme: str
    number: int
    since_s: float


class SumoEndings:
    """Tells why greens end, from the programmes that run.

    Parameters
    ----------
    sumo
        The running libsumo.
    signals
        The signals.
    """

    def __init__(self, sumo: ModuleType, signals: Signals) -> None:
        self._lights, self._names = sumo.trafficlight, signals.signal_ids
        self._stages: list[_Stage | None] = [None] * len(signals.signal_ids)
        # By signal and programme: its type, and the longest each stage may last.
        self._known: dict[tuple[int, str], tuple[int, list[float]]] = {}

    def ending(self, signal: int, time_s: float) -> Ending | None:
        """Tell why what a signal has shown ends; to be asked whenever it shows something else.

        Parameters
        ----------
        signal
            Its index.
        time_s
            When. [s]

        Returns
        -------
        The reason; None where it cannot be told.
        """
        name = self._names[signal]
        before = self._stages[signal]
        programme = self._lights.getProgram(name)
        self._stages[signal] = _Stage(programme, self._lights.getPhase(name), time_s)
        if before is None:
            return None
        kind, longest_s = self._programme(signal, before.programme)
        if kind == _STATIC or before.programme != programme:
            return Ending.FORCE_OFF
        if kind not in _ACTUATED or before.number >= len(longest_s):
            return None
        lasted_s = time_s - before.since_s
        return Ending.MAX_OUT if lasted_s >= longest_s[before.number] else Ending.GAP_OUT

    def _programme(self, signal: int, programme: str) -> tuple[int, list[float]]:
        key = (signal, programme)
        if key not in self._known:
            logics = self._lights.getAllProgramLogics(self._names[signal])
            self._known |= {
                (signal, each.programID): (each.type, [phase.maxDur for phase in each.phases])
                for each in logics
            }
        return self._known.get(key, (-1, []))
