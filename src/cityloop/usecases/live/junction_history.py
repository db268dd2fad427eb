"""What has happened at a junction: lamps, queue, splits and arrivals on green, from kept frames."""

from itertools import groupby
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from cityloop.city.errors import InputError
from cityloop.city.network import Turn
from cityloop.city.signals import GroupKind, Lamp
from cityloop.field.sumo_sensors import ADVANCE_M
from cityloop.usecases.live.frames import Frame, TwinFrame
from cityloop.usecases.live.hub import Hub
from cityloop.usecases.opened_city import City
from cityloop.usecases.stream_names import TURNS, StreamNames, plain_name

SECONDS_MAX: Final = 1800
GREEN: Final = frozenset({int(Lamp.GREEN), int(Lamp.GREEN_YIELD)})


class LampRun(msgspec.Struct, frozen=True, array_like=True):
    """A lamp from one second up to another. [s]."""

    from_s: int
    to_s: int
    lamp: int


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """When somebody reached a stop line, or would have without a queue, and whether at green."""

    at_s: int
    green: bool


class GroupHistory(msgspec.Struct, frozen=True):
    """Groups of one approach that showed the same all the while.

    Attributes
    ----------
    groups
        Their numbers in the network.
    name
        Where from, and whereto: `from LINK (left, straight)`, or the walks.
    lamps
        What they showed.
    arrivals
        Who came in its lanes.
    greens
        Number of greens that began and ended in the while.
    green_s, green_s_min, green_s_max
        Their lengths: mean, least, most; None where there was none. [s]
    on_green
        Share of the arrivals at green; None where nobody came.
    """

    groups: list[int]
    name: str
    lamps: list[LampRun]
    arrivals: list[Arrival]
    greens: int
    green_s: float | None
    green_s_min: int | None
    green_s_max: int | None
    on_green: float | None


class Detector(msgspec.Struct, frozen=True):
    """What the camera of an approach lane has told in a while.

    Attributes
    ----------
    lane
        The lane's name.
    crossed, came
        Seconds in which it saw somebody cross the line, or come near.
    silent_s
        For how much of the while it was not believed. [s]
    silent
        Whether it is not believed now.
    """

    lane: str
    crossed: int
    came: int
    silent_s: int
    silent: bool


class JunctionHistory(msgspec.Struct, frozen=True):
    """A junction in a while.

    Attributes
    ----------
    signal, twin, control
        Which, of which twin, and who decides there now.
    seconds_s
        (seconds,) of the scenario, in order. [s]
    queue
        (seconds,) standing vehicles in view.
    groups
        Each group that serves somebody.
    detectors
        Each approach lane's camera.
    judged
        Whether who decides looks at the cameras, and so doubts those that fail.
    """

    signal: str
    twin: str
    control: str
    seconds_s: list[int]
    queue: list[int]
    groups: list[GroupHistory]
    detectors: list[Detector]
    judged: bool


def find_signal(city: City, name: str) -> int:
    """Find a signal by its name.

    Parameters
    ----------
    city
        The city.
    name
        The name.

    Returns
    -------
    Its index.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in city.signals.signal_ids:
        raise InputError(
            file="junction",
            place=name[:100],
            cause="the city has no such signal",
            remedy="choose one from the list of junctions",
        )
    return city.signals.signal_ids.index(name)


def tell_junction(
    hub: Hub, name: str, twin: str, *, seconds: int = 600, until: int | None = None
) -> JunctionHistory:
    """Tell what has happened at a junction.

    Parameters
    ----------
    hub
        The live picture.
    name
        The signal.
    twin
        The twin's name.
    seconds
        How far back, up to `SECONDS_MAX`. [s]
    until
        Number of the last frame; the newest if None.

    Returns
    -------
    The history, within one run of the scenario.

    Raises
    ------
    InputError
        If there is no such signal or twin.
    """
    city = hub.city
    s = find_signal(city, name)
    last = hub.last if until is None else min(until, hub.last)
    frames = [frame for _, frame in hub.read_frames(last, min(seconds, SECONDS_MAX))]
    place = [each.name for each in frames[-1].twins].index(twin) if _has(frames, twin) else -1
    if frames and place < 0:
        raise InputError(
            file="twin",
            place=twin[:100],
            cause="there is no such twin",
            remedy="choose own or ours",
        )
    at_s = [frame.second_s for frame in frames]
    part = city.signals.groups_of(s)
    lamps = np.array(
        [[int(c) for c in frame.twins[place].lamps[part]] for frame in frames], np.uint8
    ).reshape(len(frames), part.stop - part.start)
    came = [frame.twins[place].came for frame in frames]
    names = StreamNames(city.network, city.signals)
    alike: dict[tuple[str, bytes], list[int]] = {}
    for g in range(part.start, part.stop):
        if city.signals.group_kind[g] != GroupKind.NOBODY:
            shown = plain_lamps(lamps[:, g - part.start])
            alike.setdefault((_whence(city, names, g), shown.tobytes()), []).append(g)
    groups = [_group(city, whence, of, at_s, lamps, came) for (whence, _), of in alike.items()]
    return JunctionHistory(
        signal=name,
        twin=twin,
        control=frames[-1].twins[place].control if frames else "",
        seconds_s=at_s,
        queue=[frame.twins[place].queue[s] for frame in frames],
        groups=groups,
        detectors=_detectors(city, s, [frame.twins[place] for frame in frames]),
        judged=bool(frames) and frames[-1].twins[place].control == "adaptive",
    )


def _detectors(city: City, signal: int, frames: list[TwinFrame]) -> list[Detector]:
    found = []
    for lane in np.flatnonzero(city.view.approach_signal == signal).tolist():
        dark = [lane in frame.dark for frame in frames]
        found.append(
            Detector(
                lane=city.network.lane_ids[city.view.approach_lane[lane]],
                crossed=sum(lane in frame.crossed for frame in frames),
                came=sum(lane in frame.came for frame in frames),
                silent_s=sum(dark),
                silent=bool(dark) and dark[-1],
            )
        )
    return found


def _has(frames: list[Frame], twin: str) -> bool:
    return bool(frames) and twin in [each.name for each in frames[-1].twins]


def plain_lamps(lamps: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Count green that yields as green."""
    return np.where(lamps == Lamp.GREEN_YIELD, np.uint8(Lamp.GREEN), lamps)


def _whence(city: City, names: StreamNames, group: int) -> str:
    """Name the links from which a group lets go; a walk has its own name."""
    links = dict.fromkeys(
        city.network.link_ids[city.network.movement_from_link[city.network.connector_movement[c]]]
        for c in _connectors(city, group)
    )
    return ", ".join(map(plain_name, links)) or names.group(group)


def _group(
    city: City,
    whence: str,
    groups: list[int],
    at_s: list[int],
    lamps: npt.NDArray[np.uint8],
    came: list[list[int]],
) -> GroupHistory:
    first = groups[0] - city.signals.groups_of(_owner(city, groups[0])).start
    runs = _runs(at_s, plain_lamps(lamps[:, first]).tolist())
    # Greens whose begin and end were seen.
    lasted = [r.to_s - r.from_s for r in runs[1:-1] if r.lamp in GREEN]
    lanes = sorted({lane for g in groups for lane in _lanes(city, g)})
    arrivals = _arrivals(city, lanes, at_s, lamps, came)
    network = city.network
    turns = dict.fromkeys(
        TURNS[Turn(int(network.movement_turn[network.connector_movement[c]]))]
        for g in groups
        for c in _connectors(city, g)
    )
    return GroupHistory(
        groups=groups,
        name=f"from {whence} ({', '.join(turns)})" if turns else whence,
        lamps=runs,
        arrivals=arrivals,
        greens=len(lasted),
        green_s=round(sum(lasted) / len(lasted), 1) if lasted else None,
        green_s_min=min(lasted, default=None),
        green_s_max=max(lasted, default=None),
        on_green=sum(a.green for a in arrivals) / len(arrivals) if arrivals else None,
    )


def _owner(city: City, group: int) -> int:
    return int(np.searchsorted(city.signals.group_start, group, side="right")) - 1


def _connectors(city: City, group: int) -> list[int]:
    of = city.signals.stream_group[: city.network.connector_count] == group
    return [int(c) for c in np.flatnonzero(of)]


def _runs(at_s: list[int], shown: list[int]) -> list[LampRun]:
    """Put equal lamps of seconds in a row together."""
    runs, i = [], 0
    for lamp, same in groupby(shown):
        count = len(list(same))
        # A frame is the state at the end of its second.
        runs.append(LampRun(at_s[i] - 1, at_s[i + count - 1], lamp))
        i += count
    return runs


def _lanes(city: City, group: int) -> list[int]:
    """List the approach lanes from which a group lets somebody go."""
    lanes = set(city.network.connector_from_lane[_connectors(city, group)].tolist())
    return [a for a, lane in enumerate(city.view.approach_lane.tolist()) if lane in lanes]


def _arrivals(
    city: City,
    lanes: list[int],
    at_s: list[int],
    lamps: npt.NDArray[np.uint8],
    came: list[list[int]],
) -> list[Arrival]:
    """Say when who came near reaches the line, and whether a group of the lane is green then."""
    network, view, signals = city.network, city.view, city.signals
    index = {second: i for i, second in enumerate(at_s)}
    found = []
    for lane in lanes:
        part = signals.groups_of(int(view.approach_signal[lane]))
        road = view.approach_lane[lane]
        of = np.flatnonzero(network.connector_from_lane == road)
        own = np.unique(signals.stream_group[of])
        own = own[own >= 0] - part.start
        way_m = min(ADVANCE_M, float(network.lane_length_m[road]))
        drive_s = round(way_m / float(network.lane_speed_m_s[road]))
        for second, who in zip(at_s, came, strict=True):
            i = index.get(second + drive_s)
            if lane in who and i is not None:
                green = bool(np.isin(lamps[i, own], list(GREEN)).any())
                found.append(Arrival(second + drive_s, green))
    return sorted(found, key=lambda each: each.at_s)
