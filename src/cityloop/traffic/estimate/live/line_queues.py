"""Queues at the stop line and delay, cycle by cycle, from signal controllers' events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.kernels.line_queue import (
    ARRIVAL,
    COVERED,
    GREEN,
    IS_GREEN,
    LOOK,
    MEANINGS,
    QUEUE,
    RED,
    ROW,
    ROW_AREA,
    ROW_ARRIVALS,
    ROW_AT_GREEN,
    ROW_GREEN_US,
    ROW_LEFT,
    ROW_MOST,
    ROW_REACH,
    STATE,
    UNCOVERED,
    UNKNOWN,
    begin_queue,
    follow_queue,
)
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog
from cityloop.traffic.estimate.live.service import service_of_delay
from cityloop.traffic.estimate.measures.arrivals_on_green import ADVANCE, served_phases

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Doubles = npt.NDArray[np.float64]

PRESENCE: Final = "Presence"
PHASE_GREEN, PHASE_YELLOW, SEEN, UNSEEN = 1, 8, 82, 81
"""What the Indiana enumerations call a green and a yellow that begin, a detector on and off."""


@dataclass(frozen=True, kw_only=True)
class QueueRules:
    """What is taken to hold of approaches.

    Attributes
    ----------
    ride_us
        From the advance detectors to the end of the queue. [us]
    headway_s
        Between two vehicles of a queue that leaves, on one lane. [s]
    loss_us
        Lost after green begins. [us]
    yellow_us
        Of yellow, that is driven through. [us]
    gap_us
        If the line is free in green for so long, nobody waits. [us]
    """

    ride_us: int = 5_000_000
    headway_s: float = 2.0
    loss_us: int = 2_000_000
    yellow_us: int = 2_000_000
    gap_us: int = 3_000_000


@record
class QueueRows:
    """Queues of one phase, a row a cycle.

    Attributes
    ----------
    green_us
        (cycles,) when its green begins; it is counted from the end of the green before. [us]
    at_green, most, left
        (cycles,) vehicles that wait when green begins, at most, and when it ends.
    reach
        (cycles,) vehicles that came to stand or crawl: how far back the queue has grown. [veh]
    arrivals
        (cycles,) vehicles that came.
    delay_s
        (cycles,) mean delay of those; NaN where nobody came. [s]
    service
        (cycles,) its level of service.
    """

    green_us: Longs
    at_green: Doubles
    most: Doubles
    left: Doubles
    reach: Doubles
    arrivals: Longs
    delay_s: Doubles
    service: npt.NDArray[np.str_]


class LineQueue:
    """The queue of one phase, kept up with its events.

    Parameters
    ----------
    lanes
        How many lanes it has.
    rules
        What is taken to hold.
    """

    def __init__(self, lanes: int, rules: QueueRules) -> None:
        self._lanes, self._rules = lanes, rules
        self._rate_veh_s = lanes / rules.headway_s
        self.kept = begin_queue()
        self._time_us: Longs = np.zeros(0, np.int64)
        self._what: Bytes = np.zeros(0, np.int8)

    def take(self, time_us: Longs, what: Bytes, until_us: int) -> QueueRows:
        """Take in events, and go on up to a moment.

        Parameters
        ----------
        time_us
            (events,) in any order, as told by the controller. [us since 1970]
        what
            (events,) as `kernels.line_queue` has them.
        until_us
            Nothing older will come. [us since 1970]

        Returns
        -------
        The cycles that have ended.
        """
        rules = self._rules
        # Arrivals are seen before they come; the end of green lets a few through.
        shift = np.zeros(MEANINGS, np.int64)
        shift[ARRIVAL], shift[RED] = rules.ride_us, rules.yellow_us
        times = np.concatenate([self._time_us, time_us + shift[what]])
        kinds = np.concatenate([self._what, what])
        order = np.lexsort((kinds, times))
        times, kinds = times[order], kinds[order]
        ready = int(np.searchsorted(times, until_us))
        self._time_us, self._what = times[ready:], kinds[ready:]
        rows = np.zeros((ready, ROW))
        count = follow_queue(
            times[:ready],
            kinds[:ready],
            self._rate_veh_s,
            float(rules.loss_us),
            float(rules.gap_us),
            self.kept,
            rows,
        )
        return _name(rows[:count])

    @property
    def holds(self) -> bool:
        """Whether events wait for their time to pass."""
        return len(self._time_us) > 0

    def look(self, time_us: Longs, what: Bytes, at_us: int) -> tuple[float, bool]:
        """Tell how the queue would be at a moment if these events were all; nothing changes.

        Parameters
        ----------
        time_us
            (events,) as for `take`. [us since 1970]
        what
            (events,) as for `take`.
        at_us
            The moment. [us since 1970]

        Returns
        -------
        Vehicles that wait, NaN if that is not known; whether there is green.
        """
        copy = LineQueue(self._lanes, self._rules)
        copy.restore({name: each.copy() for name, each in self.state().items()})
        times = np.concatenate([time_us, np.array([at_us], np.int64)])
        kinds = np.concatenate([what, np.array([LOOK], np.int8)])
        copy.take(times, kinds, at_us + 1)
        known = copy.kept[STATE] != UNKNOWN
        return float(copy.kept[QUEUE]) if known else float("nan"), copy.kept[STATE] == IS_GREEN

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Give all that is kept from event to event.

        Returns
        -------
        Name to array; what `restore` takes.
        """
        return {"kept": self.kept, "time_us": self._time_us, "what": self._what}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from what was kept.

        Parameters
        ----------
        state
            From `state`.
        """
        self.kept = state["kept"].copy()
        self._time_us, self._what = state["time_us"], state["what"]


def queues_of_log(
    log: HiresLog, setup: DetectorSetup, rules: QueueRules
) -> list[tuple[int, int, QueueRows]]:
    """Estimate the queues of all phases of a log that have advance detectors.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors there are; each advance detector is taken to be one lane, also one that told
        nothing.
    rules
        What is taken to hold.

    Returns
    -------
    Device, phase and queues of each.
    """
    line = served_phases(log, setup, PRESENCE)
    found = []
    for (device, phase), told in sorted(served_phases(log, setup, ADVANCE).items()):
        own, advance = log.group(device, phase), dict.fromkeys(told)
        if own < 0 or not advance:
            continue
        lanes = {
            int(setup.detector[row])
            for row, function in enumerate(setup.function)
            if function == ADVANCE and (setup.device[row], setup.phase[row]) == (device, phase)
        }
        times, whats = [], []
        asked = [(own, {PHASE_GREEN: GREEN, PHASE_YELLOW: RED})]
        asked += [(group, {SEEN: ARRIVAL}) for group in advance]
        asked += [
            (group, {SEEN: COVERED, UNSEEN: UNCOVERED})
            for group in dict.fromkeys(line.get((device, phase), []))
        ]
        for group, meaning in asked:
            part = slice(log.start[group], log.start[group + 1])
            for code, what in meaning.items():
                its = log.times_us[part][log.codes[part] == code]
                times.append(its)
                whats.append(np.full(len(its), what, np.int8))
        queue = LineQueue(len(lanes), rules)
        rows = queue.take(np.concatenate(times), np.concatenate(whats), 2**62)
        found.append((device, phase, rows))
    return found


def _name(rows: Doubles) -> QueueRows:
    arrivals = rows[:, ROW_ARRIVALS].astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        delay_s = np.where(arrivals > 0, rows[:, ROW_AREA] / arrivals, np.nan)
    return QueueRows(
        green_us=rows[:, ROW_GREEN_US].astype(np.int64),
        at_green=rows[:, ROW_AT_GREEN].copy(),
        most=rows[:, ROW_MOST].copy(),
        left=rows[:, ROW_LEFT].copy(),
        reach=rows[:, ROW_REACH].copy(),
        arrivals=arrivals,
        delay_s=delay_s,
        service=service_of_delay(delay_s),
    )
