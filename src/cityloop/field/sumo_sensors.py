"""Reads from a running SUMO what the sensors of the signals that are looked at would meet."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cityloop.city.detectors import Detector
from cityloop.city.network import Network
from cityloop.city.signals import Bools
from cityloop.field.sensing import Truth
from cityloop.traffic.observe.observation import Sensing
from cityloop.traffic.observe.view import VIEW_M, View

EXIT_M: Final = 30.0
SLOW_M_S: Final = 2.0
ROOM_M: Final = 7.5
ADVANCE_M: Final = 60.0
STOP_LINE_M: Final = 2.0
"""Where the loop at the stop line lies: SUMO's vehicles stand 1 m before the lane's end. [m]"""


class SumoSensors:
    """All sensors of a network.

    Parameters
    ----------
    sumo
        The libsumo module, or one like it.
    network, view
        The city and what its sensors cover.
    sensing
        Which sensors there are.
    """

    def __init__(self, sumo: Any, network: Network, view: View, sensing: Sensing) -> None:
        self._sumo = sumo
        self._sensing = sensing
        self._view = view
        signals = int(view.approach_signal.max(initial=-1)) + 1
        self._views_of: list[list[tuple[int, str, float]]] = [[] for _ in range(signals)]
        for v, (lane, signal) in enumerate(zip(view.lane, view.signal, strict=True)):
            start_m = float(view.offset_m[v] + network.lane_length_m[lane])
            self._views_of[signal].append((v, network.lane_ids[lane], start_m))
        self._approaches_of: list[list[tuple[int, str, str]]] = [[] for _ in range(signals)]
        for a, (lane, signal) in enumerate(
            zip(view.approach_lane, view.approach_signal, strict=True)
        ):
            link = network.link_ids[network.lane_link[lane]]
            self._approaches_of[signal].append((a, network.lane_ids[lane], link))
        self._exits_of: list[list[tuple[int, str, float]]] = [[] for _ in range(signals)]
        for e, (lane, signal) in enumerate(zip(view.exit_lane, view.exit_signal, strict=True)):
            reach_m = min(EXIT_M, float(network.lane_length_m[lane]))
            self._exits_of[signal].append((e, network.lane_ids[lane], reach_m))
        self._bus: dict[str, bool] = {}
        self._room_m: dict[str, float] = {}
        self._last: list[tuple[str, ...] | None] = [None] * len(view.approach_lane)
        self._last_read_s = np.full(signals, -10)

    def read(self, look_at: Bools, now_s: int) -> Truth:
        """Read the present state where it is looked at.

        Parameters
        ----------
        look_at
            (signals,) whose sensors are read.
        now_s
            The present second. [s]

        Returns
        -------
        The truth, for the errors to be added.
        """
        chosen = np.flatnonzero(look_at[: len(self._views_of)])
        camera = self._sensing is Sensing.CAMERA
        view: list[int] = []
        distance_m: list[float] = []
        speed_m_s: list[float] = []
        is_bus: list[bool] = []
        crossed = np.full(len(self._view.approach_lane), -1, np.int32)
        exit_full = np.full(len(self._view.exit_lane), -1, np.int8)
        if camera:
            for s in chosen:
                self._read_vehicles(s, view, distance_m, speed_m_s, is_bus)
                self._count_crossings(s, now_s, crossed)
                for e, lane, reach_m in self._exits_of[s]:
                    exit_full[e] = self._is_full(lane, reach_m)
        occupied, advance_count, advance_occupancy = self._read_loops(chosen, crossed)
        return Truth(
            now_s=now_s,
            looked_at=look_at.copy(),
            view=np.array(view, np.int32),
            distance_m=np.array(distance_m, float),
            speed_m_s=np.array(speed_m_s, float),
            is_bus=np.array(is_bus, bool),
            crossed=crossed,
            exit_full=exit_full,
            stop_occupied=occupied,
            advance_count=advance_count,
            advance_occupancy=advance_occupancy,
        )

    def _read_vehicles(
        self,
        signal: int,
        view: list[int],
        distance_m: list[float],
        speed_m_s: list[float],
        is_bus: list[bool],
    ) -> None:
        on_lane = self._sumo.lane.getLastStepVehicleIDs
        position = self._sumo.vehicle.getLanePosition
        speed = self._sumo.vehicle.getSpeed
        bus = self._bus
        for v, lane, start_m in self._views_of[signal]:
            # The last vehicle of the list is the first on the lane.
            for name in reversed(on_lane(lane)):
                way_m = start_m - position(name)
                if way_m > VIEW_M:
                    break
                view.append(v)
                distance_m.append(way_m)
                speed_m_s.append(speed(name))
                kind = bus.get(name)
                if kind is None:
                    kind = bus[name] = self._sumo.vehicle.getVehicleClass(name) == "bus"
                is_bus.append(kind)

    def _count_crossings(self, signal: int, now_s: int, crossed: npt.NDArray[np.int32]) -> None:
        """Count who was on the lane a second ago and is beyond its link now."""
        fresh = self._last_read_s[signal] == now_s - 1
        self._last_read_s[signal] = now_s
        for a, lane, link in self._approaches_of[signal]:
            names = self._sumo.lane.getLastStepVehicleIDs(lane)
            before = self._last[a]
            self._last[a] = names
            if not fresh or before is None:
                continue
            gone = set(before).difference(names) if before != names else ()
            crossed[a] = sum(self._is_beyond(name, link) for name in gone)

    def _is_beyond(self, name: str, link: str) -> bool:
        try:
            road = self._sumo.vehicle.getRoadID(name)
        except self._sumo.TraCIException:
            return False
        return bool(road) and road != link

    def _is_full(self, lane: str, reach_m: float) -> bool:
        """Whether slow vehicles leave no room for one more in the lane's first metres."""
        if not self._sumo.lane.getLastStepVehicleNumber(lane):
            return False
        free_m = reach_m
        for name in self._sumo.lane.getLastStepVehicleIDs(lane):
            length_m = self._room_m.get(name)
            if length_m is None:
                length_m = self._sumo.vehicle.getLength(name)
                self._room_m[name] = length_m
            back_m = self._sumo.vehicle.getLanePosition(name) - length_m
            if back_m >= reach_m:
                break
            if self._sumo.vehicle.getSpeed(name) < SLOW_M_S:
                taken_m = min(back_m + length_m + ROOM_M - 5.0, reach_m) - max(back_m, 0.0)
                free_m -= max(taken_m, 0.0)
        return free_m < min(ROOM_M, reach_m)

    def _read_loops(
        self, chosen: npt.NDArray[np.intp], crossed: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        count = len(self._view.approach_lane)
        occupied = np.full(count, -1, np.int8)
        advance_count = np.full(count, -1, np.int32)
        advance_occupancy = np.full(count, -1.0)
        if self._sensing is not Sensing.LOOPS:
            return occupied, advance_count, advance_occupancy
        loop = self._sumo.inductionloop
        known = set(loop.getIDList())
        now_s = self._sumo.simulation.getTime()
        for s in chosen:
            for a, _, _ in self._approaches_of[s]:
                stop, advance = stop_loop_id(a), advance_loop_id(a)
                crossed[a] = _left(loop.getVehicleData(stop), now_s)
                occupied[a] = loop.getLastStepOccupancy(stop) > 0
                if advance in known:
                    advance_count[a] = _left(loop.getVehicleData(advance), now_s)
                    advance_occupancy[a] = loop.getLastStepOccupancy(advance) / 100.0
        return occupied, advance_count, advance_occupancy


def _left(entries: tuple[tuple[Any, ...], ...], now_s: float) -> int:
    """Count the vehicles whose back left a loop in the last second."""
    return sum(1 for entry in entries if 0 <= now_s - entry[3] <= 1.0 and entry[3] >= 0)


def stop_loop_id(approach: int) -> str:
    """Name the loop at the stop line of an approach lane.

    Parameters
    ----------
    approach
        Index of the approach lane.

    Returns
    -------
    The detector's name.
    """
    return f"cityloop.stop.{approach}"


def advance_loop_id(approach: int) -> str:
    """Name the loop upstream of an approach lane's stop line.

    Parameters
    ----------
    approach
        Index of the approach lane.

    Returns
    -------
    The detector's name.
    """
    return f"cityloop.advance.{approach}"


def list_loops(network: Network, view: View) -> tuple[Detector, ...]:
    """Place the loops that `Sensing.LOOPS` reads.

    Parameters
    ----------
    network, view
        The city and what its sensors cover.

    Returns
    -------
    One loop at each stop line, and one `ADVANCE_M` upstream where the road is long enough before
    it meets another signal or forks.
    """
    raise NotImplementedError
