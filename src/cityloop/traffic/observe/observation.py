"""What a controller is told about the road in one second, and nothing else."""

from enum import IntFlag, StrEnum

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Ints
from cityloop.city.records import record
from cityloop.city.signals import Bools

Singles = npt.NDArray[np.float32]


class Sensing(StrEnum):
    """Which sensors a city has."""

    CAMERA = "camera"
    LOOPS = "loops"


class Reading(IntFlag):
    """What of a camera's picture is wanted."""

    NOTHING = 0
    VEHICLES = 1
    CROSSINGS = 2
    EXITS = 4
    ALL = 7


@record
class Observation:
    """One second of all sensors.

    What was not looked at, or does not belong to the kind of sensing, is empty or -1. There is no
    identity, no route and no position but these.

    Attributes
    ----------
    seen_s
        The second that it describes. [s]
    looked_at
        (signals,) whose sensors were read in that second.
    vehicle_view
        (vehicles,) view lane in which a camera saw a vehicle.
    vehicle_distance_m
        (vehicles,) front of the vehicle to the stop line, with the camera's error. [m]
    vehicle_speed_m_s
        (vehicles,) with the camera's error, never below 0. [m/s]
    vehicle_is_bus
        (vehicles,) whether it is a bus.
    crossed
        (approaches,) vehicles that crossed the stop line in that second.
    exit_full
        (exits,) 1 where the first 30 m are full of vehicles slower than 2 m/s, 0 where not.
    stop_occupied
        (approaches,) loops: 1 where a vehicle stands on the detector at the stop line.
    advance_count, advance_occupancy
        (approaches,) loops: vehicles over the detector 60 m upstream, and the share of the second
        for which it was occupied, 0-1.
    """

    seen_s: int
    looked_at: Bools
    vehicle_view: Ints
    vehicle_distance_m: Singles
    vehicle_speed_m_s: Singles
    vehicle_is_bus: Bools
    crossed: Ints
    exit_full: npt.NDArray[np.int8]
    stop_occupied: npt.NDArray[np.int8]
    advance_count: Ints
    advance_occupancy: Singles
