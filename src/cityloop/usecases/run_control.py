"""One run: a scenario, a controller and a seed, measured as every other run is."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cityloop.feeds.sumo_additional import write_detectors, write_programmes
from cityloop.feeds.sumo_outputs import write_link_request
from cityloop.feeds.sumo_programmes import actuated_programme
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.field.sumo import SumoField
from cityloop.field.sumo_hires import SumoHires
from cityloop.field.sumo_native import SumoNative
from cityloop.field.sumo_process import load_libsumo
from cityloop.field.sumo_sensors import list_loops
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.control.protocol import Controller, TellsEndings
from cityloop.traffic.evaluate.runs import Run
from cityloop.traffic.observe.observation import Sensing
from cityloop.usecases.controls import REFERENCES, check_control
from cityloop.usecases.drive import drive
from cityloop.usecases.keep_learnt import keep_learnt, recall_learnt
from cityloop.usecases.make_controller import make_controller
from cityloop.usecases.measure_run import Outcome, RunOrder, measure_run
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.record_decisions import DecisionRecorder, check_recorded
from cityloop.usecases.record_hires import HiresRecorder


def run_control(order: RunOrder, progress: Callable[[float], None]) -> Run:
    """Run one order in this process. SUMO allows one at a time in a process.

    Parameters
    ----------
    order
        What to run.
    progress
        Told the share that is done, 0-1.

    Returns
    -------
    The run's figures.

    Raises
    ------
    InputError
        If the scenario or the plan cannot be used, or the controller cannot be recorded.
    """
    check_control(order.control)
    if order.record is not None:
        check_recorded(order.control)
    city = open_city(order.scenario)
    begin_s = int(order.scenario.begin_s)
    end_s = begin_s + order.duration_s

    listener: list[HiresRecorder] = []
    controller = None
    if order.control not in REFERENCES:
        controller = make_controller(order.control, city, order.plan, order.settings)

    def every_second(now_s: int) -> None:
        if order.hires is not None:
            if not listener:
                listener.append(_listen(city, controller))
            listener[0].take(now_s)
        if now_s % 20 == 0:
            progress((now_s - begin_s) / order.duration_s)

    with tempfile.TemporaryDirectory(prefix="cityloop-run-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in order.scenario.additional_files)
        order = replace(order, scenario=replace(order.scenario, additional_files=quiet))
        links = write_link_request(folder, begin_s=begin_s, end_s=end_s)
        if controller is None:
            outcome = _run_reference(order, city, end_s, folder, links, every_second)
        else:
            outcome = _run_commanded(order, city, controller, folder, links, every_second)
        if order.hires is not None and listener:
            listener[0].write(order.hires)
        return measure_run(order, city, folder, outcome)


def _run_reference(
    order: RunOrder,
    city: City,
    end_s: int,
    folder: Path,
    links: Path,
    every_second: Callable[[int], None],
) -> Outcome:
    additional: tuple[Path, ...] = (links, *_loops(order, city, folder))
    if order.control == "actuated":
        programmes = folder / "actuated.add.xml"
        write_programmes(programmes, tuple(actuated_programme(text) for text in city.texts))
        additional = (*additional, programmes)
    with SumoNative(
        order.scenario,
        city.network,
        city.signals,
        city.view,
        seed=order.seed,
        end_s=end_s,
        folder=folder,
        additional=additional,
    ) as native:
        while not native.ended:
            native.step()
            every_second(native.now_s)
    return Outcome(native.truth, None, native.stage_changes)


def _run_commanded(
    order: RunOrder,
    city: City,
    controller: Controller,
    folder: Path,
    links: Path,
    every_second: Callable[[int], None],
) -> Outcome:
    additional: tuple[Path, ...] = (links, *_loops(order, city, folder))
    end_s = int(order.scenario.begin_s) + order.duration_s
    recorder = None
    if order.record is not None and isinstance(controller, Adaptive):
        recorder = DecisionRecorder(controller, city)
    if order.state is not None and isinstance(controller, Adaptive):
        recall_learnt(order.state, city, controller)
    with SumoField(
        order.scenario,
        city.network,
        city.signals,
        city.table,
        city.view,
        sensing=order.sensing,
        needs=controller.needs,
        faults=dict(order.faults),
        seed=order.seed,
        end_s=end_s,
        folder=folder,
        additional=additional,
    ) as field:
        after_proof = None if recorder is None else recorder.take
        loop = drive(field, controller, every_second, city.fallbacks, after_proof)
    if order.record is not None and recorder is not None:
        recorder.write(order.record, seed=order.seed, end_s=end_s, fallbacks=loop.fallbacks)
    if order.state is not None and isinstance(controller, Adaptive):
        keep_learnt(order.state, city, controller)
    return Outcome(field.truth, loop, loop.stage_changes)


def _loops(order: RunOrder, city: City, folder: Path) -> tuple[Path, ...]:
    """Lay loops where somebody reads them."""
    read = order.control not in REFERENCES and order.sensing is Sensing.LOOPS
    if not read and order.hires is None:
        return ()
    loops = folder / "loops.add.xml"
    write_detectors(loops, list_loops(city.network, city.view))
    return (loops,)


def _listen(city: City, controller: Controller | None) -> HiresRecorder:
    """Listen to a run, under a controller of ours or under SUMO's own programmes."""
    if controller is None:
        ending = None
    else:
        ending = controller.ending if isinstance(controller, TellsEndings) else _unknown
    hires = SumoHires(load_libsumo(), city.network, city.signals, city.view, ending)
    return HiresRecorder(hires, city.signals)


def _unknown(_signal: int, _time_s: float) -> None:
    """Tell no reason: who weighs all stages against one another has none that the codes know."""
