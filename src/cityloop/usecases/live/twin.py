"""A twin: a simulated city under one controller, a second at a time, in a process of its own."""

import signal as interrupts
import tempfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_picture import SumoPictures
from cityloop.field.sumo_process import load_libsumo
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.control.protocol import Controller
from cityloop.traffic.observe.observation import Reading, Sensing
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.drive import Loop
from cityloop.usecases.live.frames import TwinFrame, list_alerts, picture_parts
from cityloop.usecases.live.twin_orders import RunPlans, Stop, TwinOrder
from cityloop.usecases.make_controller import make_controller, own_timetable, run_timetable
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City

ALERT_KEPT_S: Final = 30
"""A refusal is shown for so long. [s]"""


def run_twin(order: TwinOrder, pipe: Connection) -> None:
    """Run a twin for as long as its pipe is open, run after run. The body of a process.

    Parameters
    ----------
    order
        What it is.
    pipe
        Brings `Step`, `RunPlans` or `Stop`; answers each step with the second and a `TwinFrame`, or
        with what went wrong.
    """
    interrupts.signal(interrupts.SIGINT, interrupts.SIG_IGN)
    with suppress(EOFError, BrokenPipeError):
        try:
            city = open_city(order.scenario)
            runs = _Runs(order, city)
            while True:
                asked = pipe.recv()
                if isinstance(asked, Stop):
                    break
                if isinstance(asked, RunPlans):
                    runs.change(asked)
                else:
                    pipe.send(runs.second())
            runs.close()
        except InputError as error:
            pipe.send(error)


class _Runs:
    """Runs of one twin, one after the other."""

    def __init__(self, order: TwinOrder, city: City) -> None:
        self._order, self._city = order, city
        self._seed = order.seed
        self._applied = RunPlans(0, ())
        self._controller = make_controller(order.control, city, order.plans)
        self._seconds = self._run()

    def second(self) -> tuple[int, TwinFrame]:
        """Let a second pass."""
        try:
            return next(self._seconds)
        except StopIteration:
            self._seed += 1
            self._controller = self._anew()
            self._seconds = self._run()
            return next(self._seconds)

    def change(self, asked: RunPlans) -> None:
        """Run other plans, each proven once more where it is carried out."""
        self._applied = asked
        self._controller = self._anew()

    def close(self) -> None:
        """End the run."""
        self._seconds.close()

    def _anew(self) -> Controller:
        """Make what decides next; what has been learnt is taken along."""
        city, asked = self._city, self._applied
        if asked.number:
            new = {plan.signal_id: plan for plan in asked.plans}
            for plan in asked.plans:
                said = prove_plan(city.network, city.signals, city.table, None, plan)
                if isinstance(said, Refusal):
                    raise InputError(
                        file="plan",
                        place=f"signal {plan.signal_id}",
                        cause=f"the gate refuses it: {said}",
                        remedy="make the plan anew",
                    )
            own = own_timetable(city, self._order.plans)
            periods = tuple(
                tuple({**{plan.signal_id: plan for plan in plans}, **new}.values())
                for plans in own.plans
            )
            return run_timetable("fixed-time", city, replace(own, plans=periods))
        made = make_controller(self._order.control, city, self._order.plans)
        if isinstance(made, Adaptive) and isinstance(self._controller, Adaptive):
            made.learnt = self._controller.learnt
        return made

    def _run(self) -> Generator[tuple[int, TwinFrame]]:
        """Run once, from begin to end."""
        order, city = self._order, self._city
        begin_s = int(order.scenario.begin_s)
        with tempfile.TemporaryDirectory(prefix="cityloop-twin-") as name:
            folder = Path(name)
            quiet = tuple(quiet_additional(p, folder) for p in order.scenario.additional_files)
            with SumoField(
                replace(order.scenario, additional_files=quiet),
                city.network,
                city.signals,
                city.table,
                city.view,
                sensing=Sensing.CAMERA,
                needs=Reading.ALL,
                faults=dict(order.faults),
                seed=self._seed,
                end_s=begin_s + order.lasts_s,
                folder=folder,
            ) as field:
                yield from self._seconds_of(field)

    def _seconds_of(self, field: SumoField) -> Iterator[tuple[int, TwinFrame]]:
        city, order = self._city, self._order
        loop = Loop(field, self._controller, city.fallbacks)
        signals = len(city.signals.signal_ids)
        pictures = SumoPictures(load_libsumo(), city.network, city.view, signals)
        refused: list[tuple[int, Refusal]] = []
        controller = self._controller
        while not field.ended:
            if self._controller is not controller:
                controller = self._controller
                loop.change_controller(controller)
            verdict = loop.second()
            now_s = field.now_s
            refused += [(now_s, each) for each in verdict.refusals]
            refused = [each for each in refused if now_s - each[0] < ALERT_KEPT_S]
            picture = pictures.take(now_s)
            decides = loop.controller
            dark = np.zeros(len(city.view.approach_lane), bool)
            if isinstance(decides, Adaptive):
                dark = decides.dark
            last = {each.signal_id: each for _, each in refused}
            told = (dark, tuple(last.values()), loop.taken)
            lamps = loop.lamps
            yield (
                now_s,
                TwinFrame(
                    name=order.name,
                    control=decides.name,
                    plan=self._applied.number,
                    lamps="".join(map(str, lamps.lamp.tolist())),
                    since_s=(now_s - lamps.since_s).tolist(),
                    dark=np.flatnonzero(dark).tolist(),
                    alerts=list_alerts(city.network, city.signals, city.view, picture, told),
                    **picture_parts(picture),
                ),
            )
