"""Where the live picture comes together: the city, the newest frame, what is kept, and orders."""

from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Final

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.store.frame_log import FrameLog
from cityloop.traffic.plan.timetable import Timetable
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.usecases.live.frames import Frame
from cityloop.usecases.live.scene import encode_scene
from cityloop.usecases.live.twin_orders import RunPlans
from cityloop.usecases.opened_city import City

OWN: Final = "own"
OURS: Final = "ours"
"""The twins: the city's signals as they are timed, and ours beside them."""

_decoder: Final = msgspec.json.Decoder(Frame)
_HUBS: Final[list["Hub"]] = []


class Hub:
    """The live picture of one city, for every page and stream of this process.

    Parameters
    ----------
    city
        The city.
    log
        Where frames are kept.
    plans
        The plans that its own signals run; None for the shipped programmes, repaired.

    Attributes
    ----------
    city
        The city.
    scene
        What stands still, JSON.
    trouble
        Why no picture comes; empty if one does.
    runs
        Number of the newest run that is kept, 0 for none.
    """

    def __init__(self, city: City, log: FrameLog, plans: Timetable | None = None) -> None:
        self.city, self._log, self._given = city, log, plans
        self.scene = encode_scene(city)
        self._applied: dict[str, Plan] = {}
        self._orders: deque[RunPlans] = deque()
        self._listeners: list[Callable[[], None]] = []
        self._newest: tuple[int, bytes, Frame] | None = None
        self.trouble = ""
        kept = log.read(log.last)
        self.runs = 0 if kept is None else _decoder.decode(kept).run

    @cached_property
    def timetable(self) -> Timetable:
        """The plans of the city's own signals by time of day."""
        if self._given is not None:
            return self._given
        # Only then: it draws in the gate, which who only watches can do without.
        from cityloop.usecases.make_controller import own_timetable  # noqa: PLC0415

        return own_timetable(self.city, None)

    @property
    def first(self) -> int:
        """Number of the oldest frame that is kept."""
        return self._log.first

    @property
    def last(self) -> int:
        """Number of the newest frame; 0 if there was none yet."""
        return self._log.last

    @property
    def newest(self) -> tuple[int, bytes, Frame] | None:
        """Number, JSON and fields of the newest frame since the process began."""
        return self._newest

    def publish(self, frame: Frame) -> None:
        """Keep a frame and tell who listens.

        Parameters
        ----------
        frame
            The newest second.
        """
        body = msgspec.json.encode(frame)
        self._newest = (self._log.append(body), body, frame)
        self.runs = frame.run
        self.trouble = ""
        self.wake()

    def fail(self, said: str) -> None:
        """Note that no picture comes for now.

        Parameters
        ----------
        said
            Why.
        """
        self.trouble = said
        self.wake()

    def wake(self) -> None:
        """Tell who listens that there may be something new."""
        for each in tuple(self._listeners):
            each()

    def read(self, number: int) -> bytes | None:
        """Give a frame as JSON; None if it is not kept.

        Parameters
        ----------
        number
            Its number.

        Returns
        -------
        The frame.
        """
        newest = self._newest
        return newest[1] if newest and newest[0] == number else self._log.read(number)

    def read_frames(self, until: int, count: int) -> list[tuple[int, Frame]]:
        """Give frames that end with one.

        Parameters
        ----------
        until
            Number of the last one.
        count
            How many at most, >= 1.

        Returns
        -------
        Numbers and frames, those of the last one's run alone, oldest first.
        """
        found = []
        for number in range(max(self.first, until - count + 1), until + 1):
            body = self._log.read(number)
            if body is not None:
                found.append((number, _decoder.decode(body)))
        return [each for each in found if each[1].run == found[-1][1].run]

    def listen(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have somebody told when a frame comes.

        Parameters
        ----------
        told
            Called from the loop's thread.

        Returns
        -------
        What ends it.
        """
        self._listeners.append(told)
        return lambda: self._listeners.remove(told)

    @property
    def running(self) -> dict[str, Plan]:
        """The plan that each of the city's own signals runs now."""
        own = self.timetable.plans[self.timetable.period_at(self.now_s)]
        return {**{plan.signal_id: plan for plan in own}, **self._applied}

    @property
    def now_s(self) -> int:
        """Second of the city: that of the newest frame, or the scenario's first. [s]."""
        newest = self._newest
        return newest[2].second_s if newest else int(self.city.scenario.begin_s)

    @property
    def applied(self) -> frozenset[str]:
        """Names of the signals that run a plan which was applied here."""
        return frozenset(self._applied)

    def apply(self, number: int, proofs: tuple[ApprovedPlan, ...]) -> None:
        """Run plans at the city's own signals, in place of any that were applied before.

        Parameters
        ----------
        number
            Under which the console knows them; 0 gives all signals their own plans back.
        proofs
            What the gate has approved; a signal without one runs its own plan.

        Raises
        ------
        InputError
            If a proof is for another safety table than that of the city.
        """
        table = self.city.table
        for each in proofs:
            s = self.city.signals.signal_ids.index(each.plan.signal_id)
            if each.table_version != table.version[s]:
                raise InputError(
                    file="plan",
                    place=f"signal {each.plan.signal_id}",
                    cause="it was proven for another safety table",
                    remedy="have it proven anew",
                )
        plans = tuple(each.plan for each in proofs)
        self._applied = {plan.signal_id: plan for plan in plans}
        self._orders.append(RunPlans(number, plans))

    def take_order(self) -> RunPlans | None:
        """Take the oldest order that nobody has carried out yet."""
        return self._orders.popleft() if self._orders else None

    def worst_signals(self) -> list[tuple[str, int]]:
        """List the city's own signals by their queues, the longest first."""
        if self._newest is None:
            return []
        queue = np.array(self._newest[2].twins[0].queue)
        ids = self.city.signals.signal_ids
        return [(ids[s], int(queue[s])) for s in np.argsort(-queue, kind="stable").tolist()]


def set_hub(hub: Hub | None) -> None:
    """Make a hub that of this process.

    Parameters
    ----------
    hub
        The hub; None to have none.
    """
    _HUBS[:] = [] if hub is None else [hub]


def find_hub() -> Hub | None:
    """Find the hub of this process; None where no live picture is shown."""
    return _HUBS[0] if _HUBS else None
