"""Many runs side by side, each in a process of its own: SUMO allows one at a time in a process."""

import contextlib
import multiprocessing as mp
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, NamedTuple

from cityloop.city.errors import InputError
from cityloop.traffic.evaluate.runs import Run
from cityloop.usecases.check_scenario import check_runnable
from cityloop.usecases.measure_run import RunOrder
from cityloop.usecases.run_control import run_control
from cityloop.usecases.warm_kernels import warm_kernels

Watch = Callable[[int, float], None]
"""Told the index of an order and the share of it that is done, 0-1."""


TICK_S: Final = 1.0


class _Worker(NamedTuple):
    order: int
    process: BaseProcess
    pipe: Connection


def run_orders(
    orders: Sequence[RunOrder],
    watch: Watch,
    *,
    workers: int | None = None,
    tick: Callable[[], None] | None = None,
) -> list[Run]:
    """Run orders side by side.

    Parameters
    ----------
    orders
        What to run.
    watch
        Told the progress of each.
    workers
        How many at a time; as many as there are processors if None.
    tick
        Called every second; what it raises ends all runs, as an interrupt does.

    Returns
    -------
    One run an order, in the same order, whichever ended first.

    Raises
    ------
    InputError
        If one of them cannot be run; the others are stopped first. So they are when a person
        interrupts: nothing is left behind.
    """
    for scenario in {order.scenario.origin: order.scenario for order in orders}.values():
        check_runnable(scenario)
    warm_kernels(lambda _line: None)
    context = mp.get_context("spawn")
    at_once = workers or len(os.sched_getaffinity(0))
    done: dict[int, Run] = {}
    waiting = list(enumerate(orders))[::-1]
    running: dict[Connection, _Worker] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, order = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(order, theirs), daemon=True)
                with _interrupts_held():
                    process.start()
                theirs.close()
                running[ours] = _Worker(index, process, ours)
            news_of = wait(list(running), None if tick is None else TICK_S)
            if tick is not None:
                tick()
            for pipe in news_of:
                assert isinstance(pipe, Connection)  # noqa: S101  wait gives back what it was given
                worker = running[pipe]
                news = _receive(worker, orders[worker.order])
                if isinstance(news, Run):
                    done[worker.order] = news
                    del running[pipe]
                    pipe.close()
                    worker.process.join()
                    watch(worker.order, 1.0)
                else:
                    watch(worker.order, news)
    finally:
        for worker in running.values():
            worker.process.terminate()
        for worker in running.values():
            worker.process.join()
            worker.pipe.close()
    return [done[index] for index in range(len(orders))]


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold back interrupts: a process that is started meanwhile never sees one, we do afterwards.

    An interpreter that is still starting would print a traceback.
    """
    # It starts with the first process, and lets interrupts through again when it does.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(worker: _Worker, order: RunOrder) -> Run | float:
    try:
        news = worker.pipe.recv()
    except EOFError:
        worker.process.join()
        raise InputError(
            file=order.scenario.origin,
            place=f"{order.control}, seed {order.seed}",
            cause=f"the simulator ended without a word (exit code {worker.process.exitcode})",
            remedy="run `cityloop traffic inspect` on it; a broken network can crash SUMO",
        ) from None
    if isinstance(news, Exception):
        raise news
    assert isinstance(news, Run | float)  # noqa: S101  all that a worker sends
    return news


def _work(order: RunOrder, pipe: Connection) -> None:
    """Run one order and send back how far it is, and at last what came out or went wrong."""
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(BrokenPipeError):
        try:
            pipe.send(run_control(order, pipe.send))
        except InputError as error:
            pipe.send(error)
    # Nothing is left to tidy up: an exception now would only print, as the interpreter ends.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(_number: int, _frame: object) -> None:
    """End as an exception does, so that temporary folders are removed on the way."""
    raise SystemExit(1)
