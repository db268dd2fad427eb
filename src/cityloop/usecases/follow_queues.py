"""Queues at the stop lines of all sources' signals, kept up with controllers' events."""

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import pyarrow as pa

from cityloop.store.event_log import Entry
from cityloop.traffic.estimate.live.line_queues import QueueRows, QueueRules
from cityloop.traffic.estimate.live.signal_queues import Approach, SignalQueues
from cityloop.traffic.estimate.windows import WindowRules
from cityloop.traffic.observe.events import HEARTBEAT, HIRES
from cityloop.usecases.kept_arrays import KeptArray, bring_back, keep_arrays
from cityloop.usecases.road_tables import queue_table

SHOWN: Final = 12
"""So many of the last cycles of an approach are told."""


class _SourceState(msgspec.Struct):
    arrays: dict[str, KeptArray]
    recent: list[list[dict[str, Any]]]


class _State(msgspec.Struct):
    of: bytes
    sources: dict[str, _SourceState]


class _Source:
    def __init__(
        self, approaches: Sequence[Approach], rules: QueueRules, windows: WindowRules
    ) -> None:
        self.queues = SignalQueues(approaches, rules, windows)
        # By approach: cycles that have ended, the last of them.
        self.recent: list[list[dict[str, Any]]] = [[] for _ in approaches]

    def keep(self, found: list[tuple[int, QueueRows]]) -> None:
        for number, rows in found:
            approach = self.queues.approaches[number]
            table = queue_table([approach.device], [(0, approach.phase, rows)])
            greens = table.column("green").cast(pa.int64()).to_pylist()
            others = table.drop_columns(["green", "device", "phase"]).to_pylist()
            ended = [
                {"green_us": green_us, **row} for green_us, row in zip(greens, others, strict=True)
            ]
            self.recent[number] = [*self.recent[number], *ended][-SHOWN:]


class QueueBook:
    """Follows the signals of all sources.

    Parameters
    ----------
    approaches
        Of whichever source has their controllers.
    rules
        What is taken to hold of them.
    windows
        How far the watermark is behind, and who is ahead of time.
    """

    def __init__(
        self,
        approaches: Sequence[Approach],
        rules: QueueRules | None = None,
        windows: WindowRules | None = None,
    ) -> None:
        self._approaches = list(approaches)
        self._rules, self._windows = rules or QueueRules(), windows or WindowRules()
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
        if entry.kind not in {HIRES.name, HEARTBEAT.name} or not events.num_rows:
            return
        time_us = events.column(0).view(pa.int64()).to_numpy()
        its = self._sources.get(entry.source)
        if entry.kind == HEARTBEAT.name:
            if its is not None:
                limit_us = entry.received_us + self._windows.ahead_us
                its.keep(its.queues.pass_time(min(int(time_us.max()), limit_us)))
            return
        if its is None:
            its = self._sources[entry.source] = self._begin()
        coded = events.column(1).dictionary_encode()
        device = its.queues.number(coded.dictionary.to_pylist())[coded.indices.to_numpy()]
        code, parameter = (events.column(place).to_numpy() for place in (2, 3))
        its.keep(its.queues.add(time_us, device, code, parameter, entry.received_us))

    def list_now(self, source: str) -> list[dict[str, object]]:
        """List the queues as they are now, and the last cycles.

        Parameters
        ----------
        source
            Whose.

        Returns
        -------
        One entry an approach that has told anything: `time_us`, `device`, `phase`, `queue` (None
        where it is not known yet), `green`, `status` (provisional: of what has come by now), and
        `cycles`, the final ones, with `green_us` and the columns of `queue_table`.
        """
        its = self._sources.get(source)
        if its is None:
            return []
        return [
            {
                "time_us": now.time_us,
                "device": approach.device,
                "phase": approach.phase,
                "status": "provisional",
                "queue": None if math.isnan(now.queue) else now.queue,
                "green": bool(now.green),
                "cycles": [dict(each) for each in cycles],
            }
            for approach, now, cycles in zip(
                self._approaches, its.queues.look(), its.recent, strict=True
            )
            if cycles or not math.isnan(now.queue)
        ]

    def encode(self) -> bytes:
        """Write down all that is kept.

        Returns
        -------
        What `recall` takes.
        """
        sources = {
            name: _SourceState(keep_arrays(its.queues.state()), its.recent)
            for name, its in self._sources.items()
        }
        return msgspec.msgpack.encode(_State(self._of(), sources))

    def recall(self, data: bytes) -> None:
        """Go on from what was written down; from nothing if approaches or rules were others.

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
            its = self._sources[name] = self._begin()
            its.queues.restore(bring_back(each.arrays))
            its.recent = each.recent

    def _begin(self) -> _Source:
        return _Source(self._approaches, self._rules, self._windows)

    def _of(self) -> bytes:
        return msgspec.msgpack.encode((self._approaches, self._rules, self._windows))
