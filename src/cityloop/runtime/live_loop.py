"""Keeps the twins of a live picture going, in step, each in a process of its own."""

import multiprocessing as mp
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from cityloop.city.errors import InputError
from cityloop.usecases.live.frames import Frame, TwinFrame
from cityloop.usecases.live.hub import OWN, Hub
from cityloop.usecases.live.twin_orders import Step, Stop, TwinOrder

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

WAIT_S: Final = 120.0
"""A twin that is silent for so long is ended; opening a large city takes a while. [s]"""

AGAIN_S: Final = 5.0
"""After a failure the twins are started anew, after so long. [s]"""


class LiveLoop:
    """Steps all twins together and publishes what they show.

    Parameters
    ----------
    hub
        Where the frames go and the orders come from.
    orders
        The twins; the first is the city's own.
    pace
        Seconds of the city in a second.
    say
        Told a line when something goes wrong.
    """

    def __init__(
        self, hub: Hub, orders: Sequence[TwinOrder], pace: float, say: Callable[[str], None]
    ) -> None:
        self._hub, self._orders, self._pace, self._say = hub, orders, pace, say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-loop", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and the twins with it."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with _Twins(self._orders) as twins:
                    self._follow(twins)
            except (InputError, EOFError, OSError, TimeoutError) as error:
                self._hub.fail(str(error) or "a twin has ended")
                self._say(f"The live picture: {str(error) or 'a twin has ended'}")
                self._ended.wait(AGAIN_S)

    def _follow(self, twins: "_Twins") -> None:
        due_s = time.monotonic()
        run, before_s = self._hub.runs + 1, -1
        while not self._ended.is_set():
            while (order := self._hub.take_order()) is not None:
                twins.send(OWN, order)
            second_s, frames = twins.step()
            run += second_s <= before_s
            before_s = second_s
            begin_s = int(self._orders[0].scenario.begin_s)
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._hub.publish(Frame(run, second_s, begin_s, at, frames))
            # Who was late does not hurry to catch up.
            due_s = max(due_s + 1 / self._pace, time.monotonic())
            self._ended.wait(due_s - time.monotonic())


def _run_twin(order: TwinOrder, pipe: "Connection") -> None:
    # Only in its process: what simulates and decides, this one can do without.
    from cityloop.usecases.live.twin import run_twin  # noqa: PLC0415

    run_twin(order, pipe)


class _Twins:
    """The twins' processes."""

    def __init__(self, orders: Sequence[TwinOrder]) -> None:
        self._orders = orders
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Self:
        context = mp.get_context("spawn")
        for order in self._orders:
            ours, theirs = context.Pipe()
            process = context.Process(target=_run_twin, args=(order, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            try:
                pipe.send(Stop())
            except OSError:
                continue
        for process in self._processes:
            process.join(AGAIN_S)
            if process.is_alive():
                process.terminate()
                process.join()
        for pipe in self._pipes:
            pipe.close()

    def send(self, name: str, order: object) -> None:
        """Send an order to one twin."""
        for each, pipe in zip(self._orders, self._pipes, strict=True):
            if each.name == name:
                pipe.send(order)

    def step(self) -> tuple[int, list[TwinFrame]]:
        """Let every twin go on by a second; give the second and what each shows."""
        for pipe in self._pipes:
            pipe.send(Step())
        frames: list[TwinFrame] = []
        second_s = 0
        for order, pipe in zip(self._orders, self._pipes, strict=True):
            if not pipe.poll(WAIT_S):
                raise TimeoutError(f"twin {order.name} is silent")
            said = pipe.recv()
            if isinstance(said, InputError):
                raise said
            second_s, frame = said
            frames.append(frame)
        return second_s, frames
