"""Travel times of links and corridors from passages of the same vehicle at two cameras."""

from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

SPREADS: Final = 3.0
"""Who is so many spreads off the middle has stopped, or gone another way."""
NORMAL: Final = 1.4826
"""Standard deviation over median absolute deviation, of a normal distribution."""
LEAST_SPREAD: Final = 0.25
"""Of logarithms: one red more or less makes a vehicle no other kind, so twice the middle counts."""
BEFORE: Final = 3
"""So many windows before are looked at to tell what is usual."""
FORGET_US: Final = 3600 * 10**6
"""Who was not seen for so long has stopped or gone. [us]"""


class Way(NamedTuple):
    """A link, or a corridor of several: cameras that are passed one after the other.

    Attributes
    ----------
    name
        Of the way.
    cameras
        At least two.
    length_m, free_s
        Its length, and the travel time on an empty road; NaN where it is not known. [m], [s]
    """

    name: str
    cameras: tuple[str, ...]
    length_m: float = float("nan")
    free_s: float = float("nan")


class Travel(NamedTuple):
    """The travel times on one way of those who arrived in one window.

    Attributes
    ----------
    way
        Its index.
    begin_us
        When the window begins. [us since 1970]
    vehicles, left_out
        How many count, and how many do not: they stopped, or went another way.
    mean_s, median_s, p95_s
        Of those who count. [s]
    """

    way: int
    begin_us: int
    vehicles: int
    left_out: int
    mean_s: float
    median_s: float
    p95_s: float


class _Trip(NamedTuple):
    at: int
    since_us: int


Trips = MutableMapping[str, tuple[int, dict[int, _Trip]]]


class TravelState(NamedTuple):
    """All that is kept from window to window.

    Attributes
    ----------
    closed_us
        Up to when windows are closed. [us since 1970]
    late
        Passages that came after that.
    held
        Passages of windows that are open.
    trips
        Vehicle to when it was last seen, and where on which ways it is.
    last
        Way to the travel times of the last windows. [s]
    """

    closed_us: int
    late: int
    held: dict[int, list[tuple[int, str, str]]]
    trips: dict[str, tuple[int, dict[int, _Trip]]]
    last: dict[int, list[list[float]]]


class TravelTimes:
    """Follows vehicles from camera to camera.

    Passages of a window are held back until it closes, and taken in order of time then: in whatever
    order they come, the estimates are the same.

    Parameters
    ----------
    ways
        Links and corridors.
    window_us
        Length of a window. [us]
    """

    def __init__(self, ways: Sequence[Way], window_us: int) -> None:
        self._ways, self._window_us = ways, window_us
        self._starts: dict[str, list[int]] = {}
        for number, way in enumerate(ways):
            self._starts.setdefault(way.cameras[0], []).append(number)
        self._held: dict[int, list[tuple[int, str, str]]] = {}
        self._trips: Trips = {}
        self._last: dict[int, list[Doubles]] = {}
        self.closed_us = -1
        self.late = 0

    def add(self, passages: Iterable[tuple[int, str, str]]) -> None:
        """Take in passages, in any order.

        Parameters
        ----------
        passages
            Time [us since 1970], camera and vehicle of each.
        """
        for passage in passages:
            if passage[0] < self.closed_us:
                self.late += 1
            else:
                window = passage[0] // self._window_us
                self._held.setdefault(window, []).append(passage)

    def close(self, until_us: int) -> list[Travel]:
        """Close all windows that end by a moment.

        Parameters
        ----------
        until_us
            The moment. [us since 1970]

        Returns
        -------
        The travel times of ways on which somebody arrived, by window and way.
        """
        end = until_us // self._window_us
        self.closed_us = max(self.closed_us, end * self._window_us)
        out: list[Travel] = []
        for window in sorted(each for each in self._held if each < end):
            out += self._close(window, sorted(self._held.pop(window)))
        return out

    def look(self) -> list[Travel]:
        """Tell the travel times of the windows that are open, as they are now; nothing changes.

        Returns
        -------
        As `close` would give them if nothing else came.
        """
        trips: Trips = ChainMap({}, self._trips)  # what is written goes into the first
        last = dict(self._last)
        found: list[Travel] = []
        for window in sorted(self._held):
            found += self._follow_all(window, sorted(self._held[window]), trips, last)
        return found

    def state(self) -> TravelState:
        """Give all that is kept.

        Returns
        -------
        What `restore` takes.
        """
        last = {way: [each.tolist() for each in its] for way, its in self._last.items()}
        return TravelState(self.closed_us, self.late, self._held, dict(self._trips), last)

    def restore(self, state: TravelState) -> None:
        """Go on from what was kept.

        Parameters
        ----------
        state
            From `state`, of the same ways.
        """
        self.closed_us, self.late = state.closed_us, state.late
        self._held = {window: [*its] for window, its in state.held.items()}
        self._trips = dict(state.trips)
        self._last = {way: [np.array(e) for e in its] for way, its in state.last.items()}

    def _close(self, window: int, passages: list[tuple[int, str, str]]) -> list[Travel]:
        found = self._follow_all(window, passages, self._trips, self._last)
        begin_us = window * self._window_us
        old = [
            vehicle
            for vehicle, (seen, going) in self._trips.items()
            if begin_us - seen > FORGET_US or not going
        ]
        for vehicle in old:
            del self._trips[vehicle]
        return found

    def _follow_all(
        self,
        window: int,
        passages: list[tuple[int, str, str]],
        trips: Trips,
        last: dict[int, list[Doubles]],
    ) -> list[Travel]:
        took_s: dict[int, list[float]] = {}
        for time_us, camera, vehicle in passages:
            for way, since_us in self._follow(time_us, camera, vehicle, trips):
                took_s.setdefault(way, []).append((time_us - since_us) / 1e6)
        begin_us = window * self._window_us
        return [
            _estimate(way, begin_us, np.array(seconds), last)
            for way, seconds in sorted(took_s.items())
        ]

    def _follow(
        self, time_us: int, camera: str, vehicle: str, trips: Trips
    ) -> list[tuple[int, int]]:
        """Go on with a vehicle; give the ways whose end it has reached, and when it began them."""
        seen_us, going = trips.get(vehicle, (0, {}))
        if time_us - seen_us > FORGET_US:
            going = {}
        done, goes = [], {}
        for way, trip in going.items():
            cameras = self._ways[way].cameras
            # Any other camera in between is a detour.
            if cameras[trip.at + 1] != camera:
                continue
            if trip.at + 2 == len(cameras):
                done.append((way, trip.since_us))
            else:
                goes[way] = _Trip(trip.at + 1, trip.since_us)
        for way in self._starts.get(camera, ()):
            goes[way] = _Trip(0, time_us)
        if goes or vehicle in trips:
            trips[vehicle] = (time_us, goes)
        return done


def _estimate(way: int, begin_us: int, took_s: Doubles, last: dict[int, list[Doubles]]) -> Travel:
    before = last.get(way, [])
    keep = usual_ones(took_s, np.concatenate([*before, took_s]))
    kept = took_s[keep]
    last[way] = [*before, took_s][-BEFORE:]
    some = len(kept) > 0
    return Travel(
        way=way,
        begin_us=begin_us,
        vehicles=len(kept),
        left_out=len(took_s) - len(kept),
        mean_s=float(kept.mean()) if some else float("nan"),
        median_s=float(np.median(kept)) if some else float("nan"),
        p95_s=float(np.quantile(kept, 0.95)) if some else float("nan"),
    )


def usual_ones(took_s: Doubles, of_s: Doubles) -> npt.NDArray[np.bool_]:
    """Tell who has neither stopped on the way nor gone another one.

    Parameters
    ----------
    took_s
        (vehicles,) travel times to judge. [s]
    of_s
        (some,) by which they are judged, with them among them. [s]

    Returns
    -------
    (vehicles,) whether each is within `SPREADS` robust standard deviations of the middle, on a
    logarithmic scale; the middle and the spread are of those that are kept, found again and again.
    Hampel, F. R. (1974), The influence curve and its role in robust estimation,
    doi:10.1080/01621459.1974.10482962.
    """
    if not len(of_s):
        return np.zeros(len(took_s), np.bool_)
    scale = np.log(np.maximum(of_s, 1e-3))
    middle, spread = _middle(scale)
    for _ in range(10):
        kept = scale[np.abs(scale - middle) <= SPREADS * spread]
        before, (middle, spread) = (middle, spread), _middle(kept)
        if (middle, spread) == before:
            break
    off = np.abs(np.log(np.maximum(took_s, 1e-3)) - middle)
    return np.asarray(off <= SPREADS * spread)


def _middle(scale: Doubles) -> tuple[float, float]:
    middle = float(np.median(scale))
    return middle, max(NORMAL * float(np.median(np.abs(scale - middle))), LEAST_SPREAD)
