"""A SUMO run as a source of events."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cityloop.city.scenario import Scenario
from cityloop.city.signals import Signals
from cityloop.feeds.event_batch import arrow_schema
from cityloop.feeds.sumo_additional import write_detectors
from cityloop.feeds.sumo_quiet import quiet_additional
from cityloop.field.sumo_live import Second, SumoLive
from cityloop.field.sumo_native import SumoNative
from cityloop.field.sumo_process import load_libsumo
from cityloop.field.sumo_sensors import list_loops
from cityloop.traffic.observe.events import DETECTOR, HIRES, PASSAGE, EventKind
from cityloop.usecases.open_scenario import open_city

_TOKEN_BYTES: Final = 8


def simulate_events(
    scenario: Scenario, *, seed: int, duration_s: int, begin_us: int
) -> Iterator[tuple[int, Sequence[tuple[str, int, bytes]]]]:
    """Run a scenario under its own programmes, and tell what its road reports.

    Parameters
    ----------
    scenario
        The files.
    seed
        SUMO's seed.
    duration_s
        For how long, from the scenario's begin. [s]
    begin_us
        When that is taken to be. [us since 1970]

    Yields
    ------
    How many seconds have passed; and what was reported in the last of them: kind, number of events
    and an Arrow IPC stream of each.

    Raises
    ------
    InputError
        If the scenario cannot be run.
    """
    city = open_city(scenario)
    first_s = int(scenario.begin_s)
    with tempfile.TemporaryDirectory(prefix="cityloop-live-") as name:
        folder = Path(name)
        quiet = tuple(quiet_additional(path, folder) for path in scenario.additional_files)
        scenario = replace(scenario, additional_files=quiet)
        loops = folder / "loops.add.xml"
        write_detectors(loops, list_loops(city.network, city.view))
        with SumoNative(
            scenario, city.network, city.signals, city.view,
            seed=seed, end_s=first_s + duration_s, folder=folder, additional=(loops,),
        ) as native:  # fmt: skip
            live = SumoLive(load_libsumo(), city.network, city.signals, city.view)
            while not native.ended:
                native.step()
                second = live.after_step(native.now_s)
                shift_us = begin_us - first_s * 10**6
                yield native.now_s - first_s, _encode(second, city.signals, shift_us)


def _encode(second: Second, signals: Signals, shift_us: int) -> list[tuple[str, int, bytes]]:
    def time_us(time_s: float) -> int:
        return shift_us + round(time_s * 1e6)

    hires = [
        (time_us(each.time_s), signals.signal_ids[each.signal], each.code, each.parameter)
        for each in second.hires
    ]
    loops = [(time_us(each.time_s), *each[1:]) for each in second.loops]
    passages = [
        (time_us(each.time_s), each.camera, None, each.vehicle_class, _token(each.vehicle))
        for each in second.passages
    ]
    kinds: tuple[tuple[EventKind, list[Any]], ...] = (
        (HIRES, hires),
        (DETECTOR, loops),
        (PASSAGE, passages),
    )
    return [(kind.name, len(rows), _stream(kind, rows)) for kind, rows in kinds if rows]


def _token(vehicle: str) -> str:
    """Give a vehicle a pseudonym, as a camera would: a name may look like a plate."""
    return hashlib.blake2b(vehicle.encode(), digest_size=_TOKEN_BYTES).hexdigest() + "-sim"


def _stream(kind: EventKind, rows: list[Any]) -> bytes:
    schema = arrow_schema(kind)
    columns = [
        pa.array(values, field.type)
        for values, field in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    batch = pa.record_batch(columns, schema=schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
