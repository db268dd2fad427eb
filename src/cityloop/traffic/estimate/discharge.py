"""What each stage really lets go on each lane, learnt from what crosses the line."""

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints

STALLED_S = 5
FALL = 0.85
LEARN = 0.05
FORGET_S = 300.0
LEAST, MOST = 0.05, 1.25
START_S = 3
QUEUED = 2.0


class Discharge:
    """Keeps a factor for every service of a lane: what goes, over what would be expected to go.

    The factor falls quickly where a lane is green, has vehicles at the line and lets none go, as a
    blocked turn or a full exit does; it follows what is counted while there are vehicles to count,
    and goes back to 1 where nothing is seen.

    Parameters
    ----------
    lane_start
        (signals + 1,) first lane of each signal.
    rate_start
        (signals + 1,) where the table of (stages, lanes) of each signal begins.
    rate
        The tables: expected discharge. [veh/s]
    service
        (entries of `rate`,) number of the service; entries of one service share their factor.

    Attributes
    ----------
    rate
        The tables, learnt. [veh/s]
    factor
        (services,) what goes, over what would be expected to go.
    wants
        (lanes,) whether the lane had green and somebody at its line in the second that was seen.
    """

    def __init__(self, lane_start: Ints, rate_start: Ints, rate: Floats, service: Ints) -> None:
        self._expected = rate
        self._service = service
        self.factor = np.ones(int(service.max(initial=-1)) + 1)
        lanes = np.diff(lane_start)
        self._signal = np.repeat(np.arange(len(lanes)), lanes)
        self._lanes = lanes
        self._at = np.arange(lane_start[-1]) - lane_start[self._signal]
        self._rate_start = rate_start
        stages = np.diff(rate_start) // np.maximum(lanes, 1)
        rows = zip(lane_start[:-1], lane_start[1:], stages, strict=True)
        lane = [np.tile(np.arange(first, last), count) for first, last, count in rows]
        self._lane = np.zeros(len(self.factor), np.int64)
        self._lane[service] = np.concatenate([np.zeros(0, np.int64), *lane])
        self._still_s = np.zeros(len(self._signal))
        self.rate: Floats = rate.copy()
        self.wants = np.zeros(len(self._signal), bool)

    def update(
        self,
        stage: Ints,
        green_s: npt.NDArray[np.int64],
        present: Floats,
        crossed: Floats,
    ) -> None:
        """Take in one second.

        Parameters
        ----------
        stage
            (signals,) the stage that was shown in the second that was seen, -1 for none.
        green_s
            (signals,) for how long it had been shown in full; 0 or less in a switch. [s]
        present
            (lanes,) vehicles near the line.
        crossed
            (lanes,) vehicles that crossed the line, -1 where not known.
        """
        running = (stage >= 0) & (green_s > 0)
        entry = (
            self._rate_start[self._signal]
            + np.maximum(stage, 0)[self._signal] * self._lanes[self._signal]
            + self._at
        )
        expected = self._expected[entry]
        green = running[self._signal] & (expected > 0) & (crossed >= 0)
        wants = green & (present >= 1.0) & (green_s[self._signal] > START_S)
        self.wants = wants
        self._still_s = np.where(wants & (crossed == 0), self._still_s + 1, 0.0)
        factor = self.factor
        # What is known of a lane that nobody sees stays as it is.
        factor += (1.0 - factor) * (crossed >= 0)[self._lane] / FORGET_S
        held = self._service[entry[wants & (self._still_s >= STALLED_S)]]
        factor[held] *= FALL
        full = wants & (present >= QUEUED)
        seen = self._service[entry[full]]
        factor[seen] += LEARN * (crossed[full] / expected[full] - factor[seen])
        np.clip(factor, LEAST, MOST, out=factor)
        self.rate = self._expected * factor[self._service]
