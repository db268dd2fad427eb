"""What one second of a twin looks like on its way to a browser: plain data, small."""

import base64
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from cityloop.city.network import Network
from cityloop.city.signals import Signals
from cityloop.field.sumo_picture import Picture
from cityloop.field.sumo_truth import STANDING_M_S
from cityloop.traffic.evaluate.runs import FallbackTaken
from cityloop.traffic.observe.view import View
from cityloop.traffic.safety.approval import Refusal

VEHICLES_MAX: Final = 3000
NOBODY: Final = 255
"""A link's byte where nobody drives."""

_LOST_STEPS: Final = 10


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that an operator must know.

    Attributes
    ----------
    kind
        `spillback`, `silent`, `refused` or `fallback`.
    where
        The link, lane or signal.
    signal
        The signal that it concerns.
    said
        More, such as the rule; English, as the gate says it.
    """

    kind: str
    where: str
    signal: str = ""
    said: str = ""


class TwinFrame(msgspec.Struct, frozen=True):
    """One second of one twin.

    Attributes
    ----------
    name
        Which twin.
    control
        Who decides.
    plan
        Number of the plan that was applied; 0 for none of ours.
    vehicles
        Flat: key, x and y in decimetres, heading in degrees, one vehicle after the other.
    pace, lost
        Base64 of a byte a link: mean pace in percent (255: nobody), vehicles' worth of time lost in
        tenths.
    queue
        (signals,) standing vehicles.
    lamps
        A digit a group: its `Lamp`.
    since_s
        (groups,) for how long each has shown it. [s]
    delay_s, stops, departed, arrived, teleports
        Since the begin of the run. [s]
    waiting, standing
        Vehicles that find no room to enter; that stand.
    dark
        Approach lanes whose camera is silent.
    came, crossed
        Approach lanes in which somebody came near, or crossed the line.
    alerts
        What is wrong now.
    """

    name: str
    control: str
    plan: int
    vehicles: list[int]
    pace: str
    lost: str
    queue: list[int]
    lamps: str
    since_s: list[int]
    delay_s: float
    stops: int
    departed: int
    arrived: int
    teleports: int
    waiting: int
    standing: int
    dark: list[int]
    came: list[int]
    crossed: list[int]
    alerts: list[Alert]


class Frame(msgspec.Struct, frozen=True):
    """One second of all twins.

    Attributes
    ----------
    run
        Grows by one when the scenario begins anew.
    second_s
        The scenario's second. [s]
    begin_s
        Its first. [s]
    at
        The wall clock's time, ISO 8601.
    twins
        Each twin.
    """

    run: int
    second_s: int
    begin_s: int
    at: str
    twins: list[TwinFrame]


def picture_parts(picture: Picture) -> dict[str, Any]:
    """Pack what a picture holds.

    Parameters
    ----------
    picture
        The picture.

    Returns
    -------
    Fields of `TwinFrame`.
    """
    count = min(len(picture.vehicle_key), VEHICLES_MAX)
    rows = np.stack(
        [
            picture.vehicle_key[:count],
            np.round(picture.vehicle_x_m[:count] * 10),
            np.round(picture.vehicle_y_m[:count] * 10),
            np.round(picture.vehicle_heading_deg[:count]),
        ],
        axis=1,
    )
    pace = np.where(picture.link_vehicles > 0, np.round(picture.link_pace * 100), NOBODY)
    lost = np.clip(np.round(picture.link_lost * _LOST_STEPS), 0, 255)
    return {
        "vehicles": rows.astype(int).ravel().tolist(),
        "pace": pack_bytes(pace),
        "lost": pack_bytes(lost),
        "queue": picture.queue.tolist(),
        "delay_s": round(picture.delay_s, 1),
        "stops": picture.stops,
        "departed": picture.departed,
        "arrived": picture.arrived,
        "teleports": picture.teleports,
        "waiting": picture.waiting,
        "standing": int((picture.vehicle_speed_m_s < STANDING_M_S).sum()),
        "came": picture.came.tolist(),
        "crossed": picture.crossed.tolist(),
    }


def list_alerts(
    network: Network,
    signals: Signals,
    view: View,
    picture: Picture,
    told: tuple[npt.NDArray[np.bool_], tuple[Refusal, ...], tuple[FallbackTaken, ...]],
) -> list[Alert]:
    """List what is wrong in a second.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        What their sensors cover.
    picture
        The second.
    told
        (approaches,) whose camera is silent; what the gate has refused; who has fallen back.

    Returns
    -------
    The alerts, the gravest kinds first.
    """
    dark, refusals, taken = told
    ids = signals.signal_ids
    alerts = [
        Alert("fallback", each.signal_id, each.signal_id, f"{each.reason}; {each.runs}")
        for each in taken
    ]
    alerts += [Alert("refused", each.signal_id, each.signal_id, str(each)) for each in refusals]
    for lane in np.flatnonzero(dark).tolist():
        name = network.lane_ids[view.approach_lane[lane]]
        alerts.append(Alert("silent", name, ids[view.approach_signal[lane]]))
    links: dict[str, str] = {}
    for way in np.flatnonzero(picture.spilling).tolist():
        link = network.link_ids[network.lane_link[view.exit_lane[way]]]
        links.setdefault(link, ids[view.exit_signal[way]])
    return alerts + [Alert("spillback", link, signal) for link, signal in links.items()]


def pack_bytes(values: npt.NDArray[Any]) -> str:
    """Pack values from 0 to 255, one byte each, in base64."""
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode("ascii")
