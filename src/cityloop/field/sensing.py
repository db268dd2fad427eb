"""From what is true to what sensors deliver: errors, misses and lateness."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Ints
from cityloop.city.signals import Bools
from cityloop.field.sensor_faults import Fault
from cityloop.traffic.observe.observation import Observation, Sensing
from cityloop.traffic.observe.view import VIEW_M

LATENESS_S: Final = 1
DISTANCE_SD_M: Final = 2.5
SPEED_SD_M_S: Final = 0.5
MISSED_SHARE: Final = 0.05
COUNT_MISSED_SHARE: Final = 0.02

Floats = npt.NDArray[np.float64]


class Truth(NamedTuple):
    """What is really on the road at the end of one second, where sensors look.

    Attributes
    ----------
    now_s
        The second. [s]
    looked_at
        (signals,) whose sensors are read.
    view, distance_m, speed_m_s, is_bus
        (vehicles,) view lane, way to the stop line up to `VIEW_M`, speed, kind. [-], [m], [m/s]
    crossed
        (approaches,) vehicles that crossed the stop line in this second; -1 where not looked at.
    exit_full
        (exits,) 1 or 0; -1 where not looked at.
    stop_occupied, advance_count, advance_occupancy
        (approaches,) loops; -1 where there is none.
    """

    now_s: int
    looked_at: Bools
    view: Ints
    distance_m: Floats
    speed_m_s: Floats
    is_bus: Bools
    crossed: Ints
    exit_full: npt.NDArray[np.int8]
    stop_occupied: npt.NDArray[np.int8]
    advance_count: Ints
    advance_occupancy: Floats


def describe_sensing(
    sensing: Sensing, faults: Sequence[tuple[Fault, float]] = ()
) -> dict[str, float | str]:
    """Say which sensors are simulated and with which errors, for a run's record.

    Parameters
    ----------
    sensing
        The kind.
    faults
        How great a part of the sensors fails in each way, 0-1.

    Returns
    -------
    Kind and parameters, with units in the names.
    """
    failing = {f"{fault.value}_share": share for fault, share in faults}
    if sensing is Sensing.LOOPS:
        return {"kind": sensing.value, "lateness_s": LATENESS_S, "advance_m": 60.0, **failing}
    return {
        "kind": sensing.value,
        "lateness_s": LATENESS_S,
        "view_m": VIEW_M,
        "distance_sd_m": DISTANCE_SD_M,
        "speed_sd_m_s": SPEED_SD_M_S,
        "missed_share": MISSED_SHARE,
        "count_missed_share": COUNT_MISSED_SHARE,
        **failing,
    }


def sense(truth: Truth, sensing: Sensing, rng: np.random.Generator) -> Observation:
    """Turn the truth of one second into what the city's sensors report of it.

    Parameters
    ----------
    truth
        What is there.
    sensing
        Which sensors there are. Cameras miss vehicles, anew each second, and err in distance and
        speed; loops see nothing but what stands on them.
    rng
        Where the errors come from.

    Returns
    -------
    The observation. It says in `seen_s` which second it describes.
    """
    if not truth.looked_at.any():
        return _blank(truth)
    camera = sensing is Sensing.CAMERA
    count = len(truth.view) if camera else 0
    seen = rng.random(count) >= MISSED_SHARE
    distance_m = truth.distance_m[:count] + rng.normal(0.0, DISTANCE_SD_M, count)
    speed_m_s = truth.speed_m_s[:count] + rng.normal(0.0, SPEED_SD_M_S, count)
    crossed = truth.crossed
    known = crossed >= 0
    if camera and known.any():
        kept = rng.binomial(np.maximum(crossed, 0), 1.0 - COUNT_MISSED_SHARE)
        crossed = np.where(known, kept, -1).astype(np.int32)
    return Observation(
        seen_s=truth.now_s,
        looked_at=truth.looked_at,
        vehicle_view=truth.view[:count][seen],
        vehicle_distance_m=np.maximum(distance_m[seen], 0.0).astype(np.float32),
        vehicle_speed_m_s=np.maximum(speed_m_s[seen], 0.0).astype(np.float32),
        vehicle_is_bus=truth.is_bus[:count][seen],
        crossed=crossed,
        exit_full=truth.exit_full if camera else np.full_like(truth.exit_full, -1),
        stop_occupied=truth.stop_occupied,
        advance_count=truth.advance_count,
        advance_occupancy=truth.advance_occupancy.astype(np.float32),
    )


def _blank(truth: Truth) -> Observation:
    """Report a second in which nobody looked: what was read of it is empty or -1 already."""
    return Observation(
        seen_s=truth.now_s,
        looked_at=truth.looked_at,
        vehicle_view=truth.view,
        vehicle_distance_m=truth.distance_m.astype(np.float32),
        vehicle_speed_m_s=truth.speed_m_s.astype(np.float32),
        vehicle_is_bus=truth.is_bus,
        crossed=truth.crossed,
        exit_full=truth.exit_full,
        stop_occupied=truth.stop_occupied,
        advance_count=truth.advance_count,
        advance_occupancy=truth.advance_occupancy.astype(np.float32),
    )
