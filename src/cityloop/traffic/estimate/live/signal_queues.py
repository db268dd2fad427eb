"""The queues of one source's signals, kept up with their controllers' events as they come."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.kernels.line_queue import ARRIVAL, COVERED, GREEN, RED, UNCOVERED
from cityloop.traffic.estimate.live.line_queues import (
    PHASE_GREEN,
    PHASE_YELLOW,
    PRESENCE,
    SEEN,
    UNSEEN,
    LineQueue,
    QueueRows,
    QueueRules,
)
from cityloop.traffic.estimate.measures.arrivals_on_green import ADVANCE
from cityloop.traffic.estimate.windows import WindowRules

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]

_CODE_MAX: Final = 2**15 - 1
_NOTHING: Final = (np.zeros(0, np.int64), np.zeros(0, np.int8))


class Approach(NamedTuple):
    """What serves one phase.

    Attributes
    ----------
    device
        Name of the controller.
    phase
        Its number there.
    advance
        Detectors before the queue; each is taken to be one lane.
    line
        Detectors at the stop line.
    """

    device: str
    phase: int
    advance: tuple[int, ...]
    line: tuple[int, ...]


class QueueNow(NamedTuple):
    """A queue as of now, which what is still under way may change.

    Attributes
    ----------
    time_us
        As of when: the latest event of the source. [us since 1970]
    queue
        Vehicles that wait; NaN before the phase has shown a red and a green.
    green
        Whether it has green.
    """

    time_us: int
    queue: float
    green: bool


class SignalQueues:
    """Follows all approaches of a source.

    Events are held back until the watermark has passed them, and taken in in order of time then,
    each once: in whatever order they come, the cycles are those of `queues_of_log`.

    Parameters
    ----------
    approaches
        They.
    rules
        What is taken to hold of them.
    windows
        How far the watermark is behind, and who is ahead of time.
    """

    def __init__(
        self, approaches: Sequence[Approach], rules: QueueRules, windows: WindowRules
    ) -> None:
        self.approaches, self._windows = tuple(approaches), windows
        self._index = {
            name: k for k, name in enumerate(dict.fromkeys(a.device for a in approaches))
        }
        self._queues = [LineQueue(len(each.advance), rules) for each in approaches]
        keys, whose, whats = _meanings(self.approaches, self._index)
        order = np.argsort(keys, kind="stable")
        self._keys, self._whose, self._whats = keys[order], whose[order], whats[order]
        self._time_us: Longs = np.zeros(0, np.int64)
        self._key: Longs = np.zeros(0, np.int64)
        self.watermark_us = -1
        self.latest_us = -1
        self.late = 0

    def number(self, names: Sequence[str]) -> Ints:
        """Give controllers their numbers.

        Parameters
        ----------
        names
            Of controllers.

        Returns
        -------
        (names,) -1 for one that has no approach.
        """
        return np.array([self._index.get(name, -1) for name in names], np.int32)

    def add(
        self, time_us: Longs, device: Ints, code: Ints, parameter: Ints, arrived_us: int
    ) -> list[tuple[int, QueueRows]]:
        """Take in events, in any order.

        Parameters
        ----------
        time_us
            (events,) [us since 1970]
        device
            (events,) from `number`.
        code
            (events,) as the Indiana enumerations number them.
        parameter
            (events,) phase or detector.
        arrived_us
            When they came. Those that are further ahead than may be are left out, for good.
            [us since 1970]

        Returns
        -------
        The cycles that have ended, by approach.
        """
        in_time = time_us <= arrived_us + self._windows.ahead_us
        usable = in_time & (device >= 0) & (code >= 0) & (code <= _CODE_MAX)
        key = _key(device, code, parameter)
        usable &= np.isin(key, self._keys)
        late = usable & (time_us < self.watermark_us)
        self.late += int(late.sum())
        keep = usable & ~late
        self._time_us = np.concatenate([self._time_us, time_us[keep]])
        self._key = np.concatenate([self._key, key[keep]])
        if not in_time.any():
            return []
        self.latest_us = max(self.latest_us, int(time_us[in_time].max()))
        return self.pass_time(self.latest_us - self._windows.delay_us)

    def pass_time(self, watermark_us: int) -> list[tuple[int, QueueRows]]:
        """Move the watermark, if it is later than before.

        Parameters
        ----------
        watermark_us
            Nothing older is expected. [us since 1970]

        Returns
        -------
        The cycles that have ended, by approach.
        """
        if watermark_us <= self.watermark_us:
            return []
        self.watermark_us = watermark_us
        ready = self._time_us < watermark_us
        events = self._meant(self._time_us[ready], self._key[ready])
        self._time_us, self._key = self._time_us[~ready], self._key[~ready]
        found = []
        for number, queue in enumerate(self._queues):
            time_us, what = events.get(number, _NOTHING)
            if len(time_us) or queue.holds:
                rows = queue.take(time_us, what, watermark_us)
                if len(rows.green_us):
                    found.append((number, rows))
        return found

    def look(self) -> list[QueueNow]:
        """Tell all queues as they are now, with what the watermark has not passed yet.

        Returns
        -------
        One entry an approach.
        """
        events = self._meant(self._time_us, self._key)
        now_us = max(self.latest_us, self.watermark_us)
        return [
            QueueNow(now_us, *queue.look(*events.get(number, _NOTHING), now_us))
            for number, queue in enumerate(self._queues)
        ]

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that is kept from event to event.

        Returns
        -------
        Name to array; what `restore` takes.
        """
        kept: dict[str, npt.NDArray[Any]] = {
            "moments": np.array([self.watermark_us, self.latest_us, self.late], np.int64),
            "time_us": self._time_us,
            "key": self._key,
        }
        for number, queue in enumerate(self._queues):
            kept |= {f"{number}.{name}": each for name, each in queue.state().items()}
        return kept

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what was kept.

        Parameters
        ----------
        state
            From `state`, of the same approaches.
        """
        self.watermark_us, self.latest_us, self.late = state["moments"].tolist()
        self._time_us, self._key = state["time_us"].copy(), state["key"].copy()
        for number, queue in enumerate(self._queues):
            names = ("kept", "time_us", "what")
            queue.restore({name: state[f"{number}.{name}"] for name in names})

    def _meant(self, time_us: Longs, key: Longs) -> dict[int, tuple[Longs, Bytes]]:
        """Say what events mean to which approaches; what is told twice happened once."""
        order = np.lexsort((key, time_us))
        time_us, key = time_us[order], key[order]
        new = np.ones(len(key), np.bool_)
        new[1:] = (time_us[1:] != time_us[:-1]) | (key[1:] != key[:-1])
        time_us, key = time_us[new], key[new]
        first = np.searchsorted(self._keys, key, side="left")
        count = np.searchsorted(self._keys, key, side="right") - first
        event = np.repeat(np.arange(len(key)), count)
        place = np.arange(len(event)) - np.repeat(np.cumsum(count) - count, count) + first[event]
        whose = self._whose[place]
        by = np.argsort(whose, kind="stable")
        numbers, begins = np.unique(whose[by], return_index=True)
        parts = [by[a:b] for a, b in pairwise([*begins.tolist(), len(by)])]
        return {
            int(number): (time_us[event[part]], self._whats[place[part]])
            for number, part in zip(numbers, parts, strict=True)
        }


def list_approaches(rows: Sequence[tuple[str, int, int, str]]) -> list[Approach]:
    """List the approaches that have advance detectors.

    Parameters
    ----------
    rows
        Device, phase, detector and function of each detector.

    Returns
    -------
    They, by device and phase.
    """
    found: dict[tuple[str, int], dict[str, list[int]]] = {}
    for device, phase, detector, function in rows:
        if function in (ADVANCE, PRESENCE):
            its = found.setdefault((device, phase), {ADVANCE: [], PRESENCE: []})[function]
            if detector not in its:
                its.append(detector)
    return [
        Approach(device, phase, tuple(its[ADVANCE]), tuple(its[PRESENCE]))
        for (device, phase), its in sorted(found.items())
        if its[ADVANCE]
    ]


def _meanings(
    approaches: Sequence[Approach], index: Mapping[str, int]
) -> tuple[Longs, Longs, Bytes]:
    """List which event means what to which approach."""
    rows = []
    for number, each in enumerate(approaches):
        said = [(PHASE_GREEN, each.phase, GREEN), (PHASE_YELLOW, each.phase, RED)]
        said += [(SEEN, detector, ARRIVAL) for detector in each.advance]
        said += [(SEEN, detector, COVERED) for detector in each.line]
        said += [(UNSEEN, detector, UNCOVERED) for detector in each.line]
        rows += [(index[each.device], code, about, number, what) for code, about, what in said]
    table = np.array(rows, np.int64).reshape(-1, 5)
    return _key(*table.T[:3]), table[:, 3].copy(), table[:, 4].astype(np.int8)


def _key(device: Any, code: Any, parameter: Any) -> Longs:  # noqa: ANN401  of any whole numbers
    """Make one number of what is told: of a controller, an event and what it is about."""
    low = parameter.astype(np.int64) & 0xFFFF_FFFF
    return np.asarray(device.astype(np.int64) << 48 | code.astype(np.int64) << 32 | low)
