"""Travel times of all sources' links and corridors, kept up with passages as they come."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from cityloop.store.event_log import Entry
from cityloop.traffic.estimate.live.travel_times import Travel, TravelState, TravelTimes, Way
from cityloop.traffic.estimate.windows import Status, WindowRules
from cityloop.traffic.observe.events import HEARTBEAT, PASSAGE
from cityloop.usecases.road_tables import travel_table

RULES: Final = WindowRules(window_us=300 * 10**6)
SHOWN: Final = 12
"""So many of the last windows are told."""


class _SourceState(msgspec.Struct):
    latest_us: int
    travel: TravelState
    recent: list[Travel]


class _State(msgspec.Struct):
    of: bytes
    sources: dict[str, _SourceState]


class _Source:
    def __init__(self, ways: Sequence[Way], rules: WindowRules) -> None:
        self.times = TravelTimes(ways, rules.window_us)
        self.latest_us = -1
        # Windows that have closed, the last of them.
        self.recent: list[Travel] = []
        # As of the last look, until something new comes.
        self.looked: list[Travel] | None = None

    def close(self, watermark_us: int, window_us: int) -> None:
        if watermark_us < 0:
            return
        self.recent += self.times.close(watermark_us)
        since_us = self.times.closed_us - SHOWN * window_us
        self.recent = [each for each in self.recent if each.begin_us >= since_us]
        self.looked = None


class TravelBook:
    """Follows the passages of all sources.

    Parameters
    ----------
    ways
        Links and corridors, of whichever source has their cameras.
    rules
        How windows open and close.
    """

    def __init__(self, ways: Sequence[Way], rules: WindowRules = RULES) -> None:
        self._ways, self._rules = list(ways), rules
        self._sources: dict[str, _Source] = {}

    def take(self, entry: Entry, events: Any) -> None:  # noqa: ANN401  pyarrow has no types
        """Take in a batch that has been kept.

        Parameters
        ----------
        entry
            Who sent it, and when it came.
        events
            Its events; those that are ahead of time are left out.
        """
        if entry.kind not in {PASSAGE.name, HEARTBEAT.name} or not events.num_rows:
            return
        limit_us = entry.received_us + self._rules.ahead_us
        time_us = events.column(0).view(pa.int64()).to_numpy()
        if entry.kind == HEARTBEAT.name:
            if entry.source in self._sources:
                its = self._sources[entry.source]
                its.close(min(int(time_us.max()), limit_us), self._rules.window_us)
            return
        its = self._sources.setdefault(entry.source, _Source(self._ways, self._rules))
        in_time = time_us <= limit_us
        if not in_time.any():
            return
        chosen = events.filter(pa.array(in_time))
        columns = (
            time_us[in_time].tolist(),
            chosen.column("camera").to_pylist(),
            chosen.column("vehicle_token").to_pylist(),
        )
        its.times.add(zip(*columns, strict=True))
        its.latest_us = max(its.latest_us, int(time_us[in_time].max()))
        its.close(its.latest_us - self._rules.delay_us, self._rules.window_us)

    def list_now(self, source: str) -> list[dict[str, object]]:
        """List the travel times of the last hour, and those of the windows that are open.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry a window and way: `time_us` (begin of the window), `status`, and the columns of
        `travel_table`.
        """
        its = self._sources.get(source)
        if its is None:
            return []
        if its.looked is None:
            its.looked = its.times.look()
        told = [(Status.FINAL, each) for each in its.recent]
        told += [(Status.PROVISIONAL, each) for each in its.looked]
        table = travel_table(self._ways, [each for _, each in told])
        begins = table.column("time").cast(pa.int64()).to_pylist()
        rows = table.drop_columns(["time"]).to_pylist()
        return [
            {"time_us": begin_us, "status": str(status), **row}
            for (status, _), begin_us, row in zip(told, begins, rows, strict=True)
        ]

    def encode(self) -> bytes:
        """Write down all that is kept.

        Returns
        -------
        What `recall` takes.
        """
        sources = {
            name: _SourceState(its.latest_us, its.times.state(), its.recent)
            for name, its in self._sources.items()
        }
        return msgspec.msgpack.encode(_State(self._of(), sources))

    def recall(self, data: bytes) -> None:
        """Go on from what was written down; from nothing if ways or windows were others.

        Parameters
        ----------
        data
            From `encode`.

        Raises
        ------
        msgspec.MsgspecError
            If it is not from there.
        """
        state = msgspec.msgpack.decode(data, type=_State)
        if state.of != self._of():
            return
        for name, each in state.sources.items():
            its = self._sources[name] = _Source(self._ways, self._rules)
            its.times.restore(each.travel)
            its.latest_us, its.recent = each.latest_us, each.recent

    def _of(self) -> bytes:
        rules = self._rules
        # A length that is not known is NaN, which equals nothing; its bytes do.
        return msgspec.msgpack.encode((self._ways, rules.window_us, rules.delay_us))
