"""For whom reach is worked out: how fast a person goes, and what is in the way."""

from enum import StrEnum
from typing import Final

import numpy as np

from cityloop.city.records import record
from cityloop.city.ways import Bools, Floats, Ints, Open, WayKind, Ways, Wheelchair
from cityloop.kernels.chains import NEVER

STEEP_ON_WHEELS: Final = 0.083
"""The steepest ramp that a wheelchair takes: 1 in 12."""
PUSH_M_S: Final = 1.0
PUSH_STEPS_M_S: Final = 0.4
"""Pushing a bicycle; assumed. [m/s]"""
TOBLER_SLOPE: Final = 3.5
TOBLER_BEST: Final = 0.05


class Wheels(StrEnum):
    """What somebody moves on."""

    NONE = "none"
    WHEELCHAIR = "wheelchair"
    STROLLER = "stroller"
    BICYCLE = "bicycle"


@record
class Person:
    """A person profile.

    Parameters
    ----------
    key
        Its name.
    name_zh, name_en
        What people call it.
    speed_m_s
        On level ground. [m/s]
    steps_m_s
        On steps, along their horizontal length; 0 for not at all. [m/s]
    wheels
        What they move on.
    source
        Where the speed is from; `assumed` if from nowhere.
    """

    key: str
    name_zh: str
    name_en: str
    speed_m_s: float
    steps_m_s: float
    wheels: Wheels
    source: str


def _person(key: str, zh: str, speed_m_s: float, steps_m_s: float, wheels: Wheels) -> Person:
    given = key in {"adult", "elderly", "child"}
    return Person(
        key=key,
        name_zh=zh,
        name_en=key,
        speed_m_s=speed_m_s,
        steps_m_s=steps_m_s,
        wheels=wheels,
        source="planning practice; on steps assumed" if given else "assumed",
    )


PERSONS: Final = {
    person.key: person
    for person in (
        _person("adult", "成年人", 1.25, 0.6, Wheels.NONE),
        _person("elderly", "老年人", 0.8, 0.35, Wheels.NONE),
        _person("child", "儿童", 1.0, 0.5, Wheels.NONE),
        _person("wheelchair", "轮椅使用者", 0.9, 0.0, Wheels.WHEELCHAIR),
        _person("stroller", "推婴儿车者", 1.0, 0.0, Wheels.STROLLER),
        _person("bicycle", "骑行者", 4.2, 0.0, Wheels.BICYCLE),
    )
}
"""Every person profile by its key."""


def edge_times(ways: Ways, person: Person) -> tuple[Ints, Ints]:
    """Give the time along every edge, in whole milliseconds.

    Where a slope is tagged, walkers go as Tobler 1993 found, relative to the level: exp(-3.5 |s +
    0.05|). Wheels do not go where kerbs, steps, steep slopes or tags say so.

    Parameters
    ----------
    ways
        The network.
    person
        Who goes.

    Returns
    -------
    (edges,) from head to tail and back, at least 1, `NEVER` where the person cannot go. [ms]
    """
    steps = ways.kind == WayKind.STEPS
    speed_m_s = np.where(steps, person.steps_m_s, person.speed_m_s)
    shut = speed_m_s <= 0
    if person.wheels is Wheels.WHEELCHAIR:
        steep = np.nan_to_num(np.abs(ways.incline)) > STEEP_ON_WHEELS
        shut = shut | steep | ways.kerb | ways.rough | (ways.wheelchair == Wheelchair.NO)
    times = []
    for sign, foot, ride in (
        (1.0, Open.FOOT_THERE, Open.BICYCLE_THERE),
        (-1.0, Open.FOOT_BACK, Open.BICYCLE_BACK),
    ):
        closed = shut | ((ways.open_to & foot) == 0)
        pace_m_s = speed_m_s
        if person.wheels is Wheels.BICYCLE:
            # Where one may not ride, one pushes.
            ridden = ((ways.open_to & ride) > 0) & ~steps
            pace_m_s = np.where(ridden, speed_m_s, np.where(steps, PUSH_STEPS_M_S, PUSH_M_S))
            closed = ~ridden & ((ways.open_to & foot) == 0)
        slope = np.nan_to_num(sign * ways.incline)
        pace = np.exp(-TOBLER_SLOPE * (np.abs(slope + TOBLER_BEST) - TOBLER_BEST))
        times.append(_whole(ways.length_m, pace_m_s * np.where(slope == 0, 1.0, pace), closed))
    return times[0], times[1]


def _whole(length_m: Floats, speed_m_s: Floats, closed: Bools) -> Ints:
    time_ms = np.maximum(1.0, np.round(1000.0 * length_m / np.where(closed, 1.0, speed_m_s)))
    return np.where(closed, NEVER, np.minimum(time_ms, NEVER)).astype(np.int32)
