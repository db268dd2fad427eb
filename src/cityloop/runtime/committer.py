"""One thread that brings to the disk what the doors take in, as much as there is at a time."""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from cityloop.usecases.keep_events import Batch, EventKeeper, Kept

_LOG: Final = logging.getLogger("cityloop.sense")
_GROUP_MAX: Final = 256
_LOOK_S: Final = 1.0
_HISTORY_S: Final = 600.0


class Busy(Exception):  # noqa: N818  no error: it says when to come again
    """More is waiting for the disk than may wait."""


class Committer:
    """Hands batches to the keeper and tells the doors what became of them.

    Parameters
    ----------
    keeper
        Used by this thread alone from now on.
    waiting_bytes_max
        How much may wait for the disk. [bytes]
    """

    def __init__(self, keeper: EventKeeper, waiting_bytes_max: int) -> None:
        self._keeper = keeper
        self._waiting_bytes_max = waiting_bytes_max
        self._waiting_bytes = 0
        self._queue: SimpleQueue[tuple[Batch, int, asyncio.Future[Kept]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="committer")
        self._compacting: Thread | None = None
        self._rolled_s = time.monotonic()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Bring everything to the disk, turn the log into history, and end."""
        self._queue.put(None)
        self._thread.join()

    def submit(self, batch: Batch, size_bytes: int) -> "asyncio.Future[Kept]":
        """Hand in a batch.

        Parameters
        ----------
        batch
            The batch.
        size_bytes
            Its size as it came. [bytes]

        Returns
        -------
        What will have become of it.

        Raises
        ------
        Busy
            If too much is waiting already.
        """
        if self._waiting_bytes and self._waiting_bytes + size_bytes > self._waiting_bytes_max:
            raise Busy
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        self._waiting_bytes += size_bytes
        self._queue.put((batch, size_bytes, future))
        return future

    def _run(self) -> None:
        going = True
        while going:
            group: list[tuple[Batch, int, asyncio.Future[Kept]]] = []
            try:
                each = self._queue.get(timeout=_LOOK_S)
                while each is not None:
                    group.append(each)
                    if len(group) == _GROUP_MAX:
                        break
                    each = self._queue.get_nowait()
                going = each is not None
            except Empty:
                pass
            if group:
                self._commit(group)
            self._look_after_history(at_once=not going)
        if self._compacting is not None:
            self._compacting.join()
            self._look_after_history(at_once=True)
        if self._compacting is not None:
            self._compacting.join()

    def _commit(self, group: list[tuple[Batch, int, "asyncio.Future[Kept]"]]) -> None:
        try:
            became = self._keeper.commit([batch for batch, _, _ in group])
        except Exception:  # noqa: BLE001
            # A bug of ours must not end the intake of everybody else.
            _LOG.exception("a group of %d batches could not be kept", len(group))
            became = [Kept.FAILED] * len(group)
        # All of a group were handed in from one loop.
        group[0][2].get_loop().call_soon_threadsafe(self._tell, group, became)

    def _tell(
        self, group: list[tuple[Batch, int, "asyncio.Future[Kept]"]], became: list[Kept]
    ) -> None:
        for (_, size_bytes, future), kept in zip(group, became, strict=True):
            self._waiting_bytes -= size_bytes
            if not future.done():
                future.set_result(kept)

    def _look_after_history(self, *, at_once: bool) -> None:
        if self._compacting is not None and self._compacting.is_alive():
            return
        now_s = time.monotonic()
        at_once = at_once or now_s - self._rolled_s > _HISTORY_S
        if at_once:
            self._rolled_s = now_s
            for folder in self._keeper.drop_old(datetime.now(UTC)):
                _LOG.info("%s was kept for long enough and is gone", folder)
        compact = self._keeper.roll_if_due(at_once=at_once)
        self._compacting = None
        if compact is not None:
            self._compacting = Thread(target=_compact, args=(compact,), name="history")
            self._compacting.start()


def _compact(compact: Callable[[], None]) -> None:
    try:
        compact()
    except OSError as error:
        _LOG.warning("the log stays a log for now: %s", error)
    except Exception:  # noqa: BLE001  as above
        _LOG.exception("the log could not be turned into history")
