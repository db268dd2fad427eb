"""Reads from a running SUMO what the sensors of the signals that are looked at would meet."""

from collections.abc import Sequence
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt

from cityloop.city.detectors import Detector, LanePoint, PointDetector
from cityloop.city.network import Network
from cityloop.city.signals import Bools
from cityloop.field.sensing import Truth
from cityloop.traffic.observe.observation import Reading, Sensing
from cityloop.traffic.observe.view import VIEW_M, View

EXIT_M: Final = 30.0
SLOW_M_S: Final = 2.0
ROOM_M: Final = 7.5
ADVANCE_M: Final = 60.0
STOP_LINE_M: Final = 2.0
"""Where the loop at the stop line lies: SUMO's vehicles stand 1 m before the lane's end. [m]"""

LINE_PERIOD_S: Final = 60.0
"""SUMO looks through all that a detector has met in its period: a short one is quicker. [s]"""

_Entry = tuple[str, float, float, float, str]
"""A vehicle at a detector as libsumo tells it: name, length, when it came and left, type."""


class SumoSensors:
    """All sensors of a network.

    Parameters
    ----------
    sumo
        The libsumo module, or one like it.
    network
        The roads.
    view
        What the signals' sensors cover.
    sensing
        Which sensors there are.
    needs
        What of the cameras' picture is read.
    """

    def __init__(
        self,
        sumo: ModuleType,
        network: Network,
        view: View,
        sensing: Sensing,
        needs: Reading = Reading.ALL,
    ) -> None:
        # A plain set: flags are slow to ask.
        self._pictures = frozenset(needs) if sensing is Sensing.CAMERA else frozenset()
        self._sumo = sumo
        self._sensing = sensing
        self._view = view
        signals = int(view.approach_signal.max(initial=-1)) + 1
        self._views_of: list[list[tuple[int, str, float]]] = [[] for _ in range(signals)]
        for v, (lane, signal) in enumerate(zip(view.lane, view.signal, strict=True)):
            start_m = float(view.offset_m[v] + network.lane_length_m[lane])
            self._views_of[signal].append((v, network.lane_ids[lane], start_m))
        self._approaches_of: list[list[tuple[int, str]]] = [[] for _ in range(signals)]
        for a, (lane, signal) in enumerate(
            zip(view.approach_lane, view.approach_signal, strict=True)
        ):
            link = network.link_ids[network.lane_link[lane]]
            self._approaches_of[signal].append((a, link))
        self._exits_of: list[list[tuple[int, str, float]]] = [[] for _ in range(signals)]
        for e, (lane, signal) in enumerate(zip(view.exit_lane, view.exit_signal, strict=True)):
            reach_m = min(EXIT_M, float(network.lane_length_m[lane]))
            self._exits_of[signal].append((e, network.lane_ids[lane], reach_m))
        self._bus: dict[str, bool] = {}
        self._room_m: dict[str, float] = {}
        self._loops = frozenset(sumo.inductionloop.getIDList())
        self._nothing = self._read([], np.zeros(0, bool), 0)

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
        chosen = np.flatnonzero(look_at[: len(self._views_of)]).tolist()
        if not chosen:
            return self._nothing._replace(now_s=now_s, looked_at=look_at.copy())
        return self._read(chosen, look_at, now_s)

    def _read(self, chosen: list[int], look_at: Bools, now_s: int) -> Truth:
        view: list[int] = []
        distance_m: list[float] = []
        speed_m_s: list[float] = []
        is_bus: list[bool] = []
        crossed = np.full(len(self._view.approach_lane), -1, np.int32)
        exit_full = np.full(len(self._view.exit_lane), -1, np.int8)
        for s in chosen:
            if Reading.VEHICLES in self._pictures:
                self._read_vehicles(s, view, distance_m, speed_m_s, is_bus)
            if Reading.CROSSINGS in self._pictures:
                self._count_crossings(s, crossed)
            for e, lane, reach_m in self._exits_of[s] if Reading.EXITS in self._pictures else ():
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
        self, chosen: list[int], crossed: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        count = len(self._view.approach_lane)
        occupied = np.full(count, -1, np.int8)
        advance_count = np.full(count, -1, np.int32)
        advance_occupancy = np.full(count, -1.0)
        if self._sensing is not Sensing.LOOPS:
            return occupied, advance_count, advance_occupancy
        loop = self._sumo.inductionloop
        now_s = self._sumo.simulation.getTime()
        for s in chosen:
            for a, _ in self._approaches_of[s]:
                stop, advance = stop_loop_id(a), advance_loop_id(a)
                crossed[a] = len(_gone(loop.getVehicleData(stop), now_s))
                occupied[a] = loop.getLastStepOccupancy(stop) > 0
                if advance in self._loops:
                    advance_count[a] = len(_gone(loop.getVehicleData(advance), now_s))
                    advance_occupancy[a] = loop.getLastStepOccupancy(advance) / 100.0
        return occupied, advance_count, advance_occupancy

    def _count_crossings(self, signal: int, crossed: npt.NDArray[np.int32]) -> None:
        """Count whose front has come to the lane's end in this second and is beyond it now."""
        passed = self._sumo.inductionloop.getVehicleData
        now_s = self._sumo.simulation.getTime()
        for a, link in self._approaches_of[signal]:
            entries = passed(line_id(a))
            crossed[a] = sum(
                self._is_beyond(name, link)
                for name, _, came_s, _, _ in entries
                if 0 <= now_s - came_s < 1
            )

    def _is_beyond(self, name: str, link: str) -> bool:
        """Whether a vehicle has left a link for the next; those whose way ends here have not."""
        try:
            road = self._sumo.vehicle.getRoadID(name)
        except self._sumo.TraCIException:
            return False
        return bool(road) and road != link


def _gone(entries: Sequence[_Entry], now_s: float) -> list[str]:
    """Name the vehicles whose back left a loop in the last second."""
    return [name for name, _, _, left_s, _ in entries if left_s >= 0 and 0 <= now_s - left_s < 1]


def line_id(approach: int) -> str:
    """Name the line at the end of an approach lane at which cameras count.

    Parameters
    ----------
    approach
        Index of the approach lane.

    Returns
    -------
    The detector's name.
    """
    return f"cityloop.line.{approach}"


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
    network
        The roads.
    view
        What the signals' sensors cover.

    Returns
    -------
    For each approach lane one loop at its stop line, `STOP_LINE_M` before the lane's end or in the
    middle of a shorter one; and one `ADVANCE_M` upstream, on the lane from which most of its
    vehicles come, where the view reaches as far.
    """
    loops: list[Detector] = []
    lead = np.repeat(np.arange(len(view.lane)), np.diff(view.feed_start))
    begins_m = view.offset_m + network.lane_length_m[view.lane]
    covers = (view.offset_m < ADVANCE_M) & (begins_m > ADVANCE_M)
    for a, lane in enumerate(view.approach_lane.tolist()):
        length_m = float(network.lane_length_m[lane])
        at_m = -STOP_LINE_M if length_m > STOP_LINE_M else length_m / 2
        loops.append(_loop(stop_loop_id(a), network.lane_ids[lane], at_m))
        row = np.flatnonzero((view.feed_approach == a) & covers[lead])
        if row.size:
            v = int(lead[row[np.argmax(view.feed_weight[row])]])
            upstream = network.lane_ids[view.lane[v]]
            loops.append(_loop(advance_loop_id(a), upstream, float(begins_m[v]) - ADVANCE_M))
    return tuple(loops)


def list_lines(network: Network, view: View) -> tuple[Detector, ...]:
    """Place the lines at which `Sensing.CAMERA` counts: the ends of the approach lanes.

    Parameters
    ----------
    network
        The roads.
    view
        What the signals' sensors cover.

    Returns
    -------
    One line an approach lane.
    """
    return tuple(
        PointDetector(
            detector_id=line_id(a),
            point=LanePoint(
                network.lane_ids[lane], float(network.lane_length_m[lane]), friendly=True
            ),
            period_s=LINE_PERIOD_S,
        )
        for a, lane in enumerate(view.approach_lane.tolist())
    )


def _loop(name: str, lane_id: str, at_m: float) -> PointDetector:
    return PointDetector(detector_id=name, point=LanePoint(lane_id, at_m))
