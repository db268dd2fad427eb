"""A SUMO run under its own programmes as what a city's road would report, second by second."""

from types import ModuleType
from typing import Final, NamedTuple

from cityloop.city.network import Network
from cityloop.city.signals import Signals
from cityloop.field.sumo_hires import HiresEvent, SumoHires
from cityloop.field.sumo_sensors import advance_loop_id, stop_loop_id
from cityloop.traffic.observe.view import View

REPORT_S: Final = 10
"""How often a loop reports. [s]"""


class LoopReport(NamedTuple):
    """What a loop tells of the last `REPORT_S` seconds.

    Attributes
    ----------
    time_s
        When it reports, in the simulation's time. [s]
    detector
        Its name.
    vehicles
        That have left it.
    occupancy
        Share of the time for which it was covered, 0-1.
    speed_m_s
        Their mean speed, or None. [m/s]
    """

    time_s: float
    detector: str
    vehicles: int
    occupancy: float
    speed_m_s: float | None


class Passage(NamedTuple):
    """A vehicle that has crossed a stop line.

    Attributes
    ----------
    time_s
        When its back left the loop there, in the simulation's time. [s]
    camera
        The lane.
    vehicle_class, vehicle
        Its type and name.
    """

    time_s: float
    camera: str
    vehicle_class: str
    vehicle: str


class Second(NamedTuple):
    """What was reported in one second."""

    hires: list[HiresEvent]
    loops: list[LoopReport]
    passages: list[Passage]


class SumoLive:
    """Listens to a run; the loops of `list_loops` must be in it.

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
    """

    def __init__(self, sumo: ModuleType, network: Network, signals: Signals, view: View) -> None:
        self._sumo = sumo
        self.hires = SumoHires(sumo, network, signals, view)
        there = frozenset(sumo.inductionloop.getIDList())
        # Name in the run, what it is called outside, and the lane if it is at a stop line.
        self._loops: list[tuple[str, str, str]] = []
        for approach, lane in enumerate(view.approach_lane.tolist()):
            name = network.lane_ids[lane]
            for loop, said, camera in (
                (stop_loop_id(approach), f"{name}/stop", name),
                (advance_loop_id(approach), f"{name}/advance", ""),
            ):
                if loop in there:
                    self._loops.append((loop, said, camera))
        self._count = [0] * len(self._loops)
        self._covered_s = [0.0] * len(self._loops)
        self._speeds: list[list[float]] = [[] for _ in self._loops]

    def after_step(self, now_s: int) -> Second:
        """Give what is reported of the second that has passed.

        Parameters
        ----------
        now_s
            The second that has been reached. [s]

        Returns
        -------
        Events of controllers, reports of loops when they are due, passages.
        """
        passages: list[Passage] = []
        loop = self._sumo.inductionloop
        for number, (name, _, camera) in enumerate(self._loops):
            for vehicle, length_m, came_s, left_s, kind in loop.getVehicleData(name):
                gone = 0 <= left_s <= now_s and now_s - left_s < 1
                until_s = left_s if left_s >= 0 else float(now_s)
                self._covered_s[number] += max(until_s - max(came_s, now_s - 1.0), 0.0)
                if not gone:
                    continue
                self._count[number] += 1
                if left_s > came_s:
                    self._speeds[number].append(length_m / (left_s - came_s))
                if camera:
                    passages.append(Passage(left_s, camera, kind, vehicle))
        reports = self._report(now_s) if now_s % REPORT_S == 0 else []
        return Second(self.hires.after_step(now_s), reports, sorted(passages))

    def _report(self, now_s: int) -> list[LoopReport]:
        reports = []
        for number, (_, name, _) in enumerate(self._loops):
            speeds = self._speeds[number]
            speed_m_s = sum(speeds) / len(speeds) if speeds else None
            share = min(self._covered_s[number] / REPORT_S, 1.0)
            reports.append(LoopReport(now_s, name, self._count[number], share, speed_m_s))
            self._count[number], self._covered_s[number], self._speeds[number] = 0, 0.0, []
        return reports
