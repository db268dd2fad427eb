"""What a spectator of the simulation sees in one second: never shown to a controller."""

from types import ModuleType
from typing import Final

import numpy as np

from cityloop.city.network import Floats, Ints, Network
from cityloop.city.records import record
from cityloop.city.signals import Bools
from cityloop.field.sumo_sensors import ADVANCE_M, EXIT_M, SLOW_M_S
from cityloop.field.sumo_truth import STANDING_M_S
from cityloop.traffic.observe.view import View

SPILL_S: Final = 10
"""A way out of a junction that is full for so long spills back. [s]"""

_GONE: Final = -1


@record
class Picture:
    """One second of a simulated city, as it is.

    Attributes
    ----------
    now_s
        The second. [s]
    vehicle_key
        (vehicles,) a number that stays with each vehicle.
    vehicle_x_m, vehicle_y_m, vehicle_heading_deg
        (vehicles,) place, and direction clockwise from north. [m], [deg]
    vehicle_speed_m_s
        (vehicles,) [m/s]
    link_vehicles
        (links,) how many are on it.
    link_pace
        (links,) mean of their speeds as shares of what they may drive, 0-1; 1 where nobody is.
    link_lost
        (links,) vehicles' worth of time that is lost there a second: the sum of 1 - pace.
    queue
        (signals,) standing vehicles in view of each.
    waiting
        Vehicles that find no room to enter.
    delay_s
        Time lost since the first second, that of vehicles which find no room included. [s]
    departed, arrived, stops, teleports
        Since the first second.
    came, crossed
        Approach lanes of vehicles that came to `ADVANCE_M` before a stop line, or crossed it, one
        entry each.
    spilling
        (exits,) whether it has been full for `SPILL_S`.
    """

    now_s: int
    vehicle_key: Ints
    vehicle_x_m: Floats
    vehicle_y_m: Floats
    vehicle_heading_deg: Floats
    vehicle_speed_m_s: Floats
    link_vehicles: Ints
    link_pace: Floats
    link_lost: Floats
    queue: Ints
    waiting: int
    delay_s: float
    departed: int
    arrived: int
    stops: int
    teleports: int
    came: Ints
    crossed: Ints
    spilling: Bools


class SumoPictures:
    """Takes the pictures, one after each second.

    Time is lost as SUMO reckons it: by 1 - speed / allowed speed, each second.

    Parameters
    ----------
    sumo
        The running libsumo.
    network
        The roads.
    view
        What the signals' sensors cover.
    signals
        Number of signals.
    """

    def __init__(self, sumo: ModuleType, network: Network, view: View, signals: int) -> None:
        self._sumo, self._network, self._signals = sumo, network, signals
        self._lane = {name: i for i, name in enumerate(network.lane_ids)}
        self._views: dict[int, list[int]] = {}
        for lane, signal in zip(view.lane.tolist(), view.signal.tolist(), strict=True):
            self._views.setdefault(lane, []).append(signal)
        self._approach = {lane: a for a, lane in enumerate(view.approach_lane.tolist())}
        self._exit = {lane: e for e, lane in enumerate(view.exit_lane.tolist())}
        self._full_s = np.zeros(len(view.exit_lane), np.int32)
        self._key: dict[str, int] = {}
        self._was: dict[str, tuple[int, float, bool]] = {}
        self._delay_s = 0.0
        self._departed = self._arrived = self._stops = self._teleports = 0

    def take(self, now_s: int) -> Picture:
        """Take the picture of the second that has just passed.

        Parameters
        ----------
        now_s
            The second that has been reached. [s]

        Returns
        -------
        The picture.
        """
        vehicle, simulation = self._sumo.vehicle, self._sumo.simulation
        names = vehicle.getIDList()
        count = len(names)
        x_m, y_m = np.zeros(count), np.zeros(count)
        heading, speed = np.zeros(count), np.zeros(count)
        lane_of, way_m, pace = np.full(count, _GONE), np.zeros(count), np.zeros(count)
        keys = np.zeros(count, np.int32)
        for i, name in enumerate(names):
            x_m[i], y_m[i] = vehicle.getPosition(name)
            heading[i], speed[i] = vehicle.getAngle(name), vehicle.getSpeed(name)
            pace[i] = min(speed[i] / max(vehicle.getAllowedSpeed(name), 0.1), 1.0)
            lane_of[i] = self._lane.get(vehicle.getLaneID(name), _GONE)
            way_m[i] = vehicle.getLanePosition(name)
            keys[i] = self._key.setdefault(name, len(self._key))
        came, crossed = self._follow(names, lane_of, way_m, speed)
        on = lane_of >= 0
        link = self._network.lane_link[lane_of[on]]
        links = len(self._network.link_ids)
        vehicles = np.bincount(link, minlength=links)
        paces: Floats = np.bincount(link, pace[on], links).astype(float)
        waiting = len(simulation.getPendingVehicles())
        self._delay_s += float((1.0 - pace).sum()) + waiting
        self._departed += simulation.getDepartedNumber()
        self._arrived += simulation.getArrivedNumber()
        self._teleports += simulation.getStartingTeleportNumber()
        return Picture(
            now_s=now_s,
            vehicle_key=keys,
            vehicle_x_m=x_m,
            vehicle_y_m=y_m,
            vehicle_heading_deg=heading,
            vehicle_speed_m_s=speed,
            link_vehicles=vehicles.astype(np.int32),
            link_pace=np.where(vehicles > 0, paces / np.maximum(vehicles, 1), 1.0),
            link_lost=vehicles - paces,
            queue=self._queue(lane_of, speed),
            waiting=waiting,
            delay_s=self._delay_s,
            departed=self._departed,
            arrived=self._arrived,
            stops=self._stops,
            teleports=self._teleports,
            came=came,
            crossed=crossed,
            spilling=self._spilling(lane_of, way_m, speed),
        )

    def _follow(
        self, names: tuple[str, ...], lane_of: Ints, way_m: Floats, speed: Floats
    ) -> tuple[Ints, Ints]:
        """Compare with the second before: stops, and who came to or crossed a stop line."""
        came: list[int] = []
        crossed: list[int] = []
        now: dict[str, tuple[int, float, bool]] = {}
        length_m, link = self._network.lane_length_m, self._network.lane_link
        for i, name in enumerate(names):
            lane = int(lane_of[i])
            before, left_m, stood = self._was.get(name, (_GONE, np.inf, False))
            stands = bool(speed[i] < STANDING_M_S)
            self._stops += stands and not stood
            here_m = float(length_m[lane] - way_m[i]) if lane >= 0 else np.inf
            if lane in self._approach and here_m <= ADVANCE_M < (
                left_m if before in self._approach else np.inf
            ):
                came.append(self._approach[lane])
            # Inside a junction a vehicle is on no lane; one that changes lanes crosses nothing.
            if before in self._approach and (lane < 0 or link[lane] != link[before]):
                crossed.append(self._approach[before])
            now[name] = (lane, here_m, stands)
        self._was = now
        return np.array(came, np.int32), np.array(crossed, np.int32)

    def _queue(self, lane_of: Ints, speed: Floats) -> Ints:
        queue = np.zeros(self._signals, np.int32)
        for lane in lane_of[(lane_of >= 0) & (speed < STANDING_M_S)].tolist():
            queue[self._views.get(lane, ())] += 1
        return queue

    def _spilling(self, lane_of: Ints, way_m: Floats, speed: Floats) -> Bools:
        """Tell which ways out have had somebody slow within their first metres for long."""
        slow = (lane_of >= 0) & (way_m < EXIT_M) & (speed < SLOW_M_S)
        full = np.zeros(len(self._full_s), bool)
        for lane in lane_of[slow].tolist():
            if lane in self._exit:
                full[self._exit[lane]] = True
        self._full_s = np.where(full, self._full_s + 1, 0)
        return self._full_s >= SPILL_S
