"""Working out all signal performance measures of a log."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.errors import InputError
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.store.whole_file import make_folder, write_whole
from cityloop.traffic.estimate.hires_log import DetectorSetup, HiresLog, Table, without_actuations
from cityloop.traffic.estimate.measures.actuations import actuations
from cityloop.traffic.estimate.measures.arrivals_on_green import arrivals_on_green, platoon_ratio
from cityloop.traffic.estimate.measures.coordination import coordination
from cityloop.traffic.estimate.measures.coordination_state import coordination_state
from cityloop.traffic.estimate.measures.has_data import has_data
from cityloop.traffic.estimate.measures.pedestrians import (
    full_pedestrians,
    pedestrians,
    unique_presses,
)
from cityloop.traffic.estimate.measures.split_failures import split_failures
from cityloop.traffic.estimate.measures.splits import splits
from cityloop.traffic.estimate.measures.terminations import terminations
from cityloop.traffic.estimate.measures.timeline import KINDS, NO_VALUE, timeline
from cityloop.traffic.estimate.measures.waits import pedestrian_delay, phase_wait
from cityloop.traffic.estimate.measures.yellow_red import yellow_red

_MINUTE_US: Final = 60 * 10**6
_PART_MIN: Final = 5
_WORKERS: Final = 2
# Columns of few different values.
_REPEATED: Final = ("device", "kind", "phase", "value")


@dataclass(frozen=True, kw_only=True)
class MeasureRules:
    """What the measures may be told.

    Attributes
    ----------
    bin_min
        Length of a bin, a multiple of 5 that divides a day. [min]
    cycle_run
        Whether the controllers tell the cycle that they ran (code 316, as those of the maker Q-Free
        do); else the one that was set counts.
    latency_us
        By so much advance detectors tell later than they see. [us]
    line_latency_us
        By so much detectors at the stop line tell later than they see. [us]
    """

    bin_min: int = 15
    cycle_run: bool = False
    latency_us: int = 0
    line_latency_us: int = 1_500_000


def measure_signals(
    events: Path,
    detectors: Path,
    out: Path,
    rules: MeasureRules,
    say: Callable[[str, int], None],
) -> None:
    """Work out every measure and write each as a Parquet file.

    Parameters
    ----------
    events
        The log; see `read_hires_log`.
    detectors
        Which detectors serve which phases; see `read_detector_setup`.
    out
        The folder for the measures; made if it is not there.
    rules
        What the measures may be told.
    say
        Told the name of each measure and its number of rows.

    Raises
    ------
    InputError
        If the log, the detectors or the rules cannot be used, or the folder cannot be written.
    """
    if rules.bin_min < _PART_MIN or rules.bin_min % _PART_MIN or 24 * 60 % rules.bin_min:
        raise InputError(
            file="--bin",
            place="",
            cause=f"{rules.bin_min} min is not possible",
            remedy="give a multiple of 5 that divides a day, such as 15",
        )
    log, names = read_hires_log(events)
    setup = read_detector_setup(detectors, log)
    make_folder(out)
    for name, (table, written) in work_out(log, setup, rules, lambda made: _written(made, names)):
        write_whole(out / f"{name}.parquet", written)
        say(name, len(table["device"]))


def work_out(
    log: HiresLog, setup: DetectorSetup, rules: MeasureRules, then: Callable[[Table], bytes]
) -> Iterator[tuple[str, tuple[Table, bytes]]]:
    """Work out one measure after the other.

    Parameters
    ----------
    log
        The log.
    setup
        Which detectors serve which phases.
    rules
        What the measures may be told.
    then
        What to make of each table, beside the work on the next one.

    Yields
    ------
    The name of each; its table and what was made of it.
    """
    bin_us = rules.bin_min * _MINUTE_US
    late_us, line_us = rules.latency_us, rules.line_latency_us
    # Kernels, NumPy and Arrow leave the interpreter free, so two go on at a time.
    with ThreadPoolExecutor(_WORKERS) as pool:
        begin = partial(_begin, pool, then)
        known = begin(has_data, log, bin_us)
        arrivals = begin(arrivals_on_green, log, setup, bin_us, latency_us=late_us)
        lamps = without_actuations(log)
        events = begin(timeline, lamps, known, bin_us)
        jobs = {
            "has_data": known,
            "actuations": begin(actuations, log, bin_us),
            "arrivals_on_green": arrivals,
            "platoon_ratio": begin(platoon_ratio, lamps, arrivals, bin_us),
            "yellow_red": begin(yellow_red, log, setup, bin_us, latency_us=line_us),
            "split_failures": begin(split_failures, log, setup, bin_us),
            "terminations": begin(terminations, lamps, bin_us),
            "splits": begin(splits, lamps, bin_us),
            "coordination": begin(coordination, lamps, bin_us),
            "pedestrians": (counted := begin(pedestrians, lamps, bin_us)),
            "unique_pedestrians": (people := begin(unique_presses, lamps, bin_us)),
            "full_pedestrians": begin(full_pedestrians, lamps, counted, people, bin_us),
            "timeline": events,
            "coordination_state": begin(coordination_state, lamps, known, bin_us),
            "pedestrian_delay": begin(pedestrian_delay, events, bin_us),
            "phase_wait": begin(phase_wait, lamps, events, bin_us, cycle_run=rules.cycle_run),
        }
        for name, job in jobs.items():
            yield name, (job.table.result(), job.made.result())


class _Job(NamedTuple):
    """A measure that is being worked out."""

    table: Future[Table]
    made: Future[bytes]  # of the table


def _begin(
    pool: ThreadPoolExecutor,
    then: Callable[[Table], bytes],
    measure: Callable[..., Table],
    *given: object,
    **more: object,
) -> _Job:
    """Begin to work out a measure; those that it needs are given, and have begun before."""
    table: Future[Table] = Future()

    def work() -> bytes:
        try:
            needed = (each.table.result() if isinstance(each, _Job) else each for each in given)
            table.set_result(measure(*needed, **more))
        except BaseException as error:
            table.set_exception(error)
            raise
        return then(table.result())

    return _Job(table, pool.submit(work))


def _written(table: Table, names: Any) -> bytes:  # noqa: ANN401  pyarrow has no types
    """Give a table as a Parquet file."""
    columns, told = {}, [each for each in table if each in _REPEATED]
    times = [each.removesuffix("_us") for each in table if each.endswith("_us")]
    for name, values in table.items():
        if name == "device":
            columns[name] = names.take(pa.array(values.astype(np.int64)))
        elif name.endswith("_us"):
            columns[name.removesuffix("_us")] = pa.array(values, pa.timestamp("us"))
        elif name == "kind":
            columns[name] = pa.DictionaryArray.from_arrays(pa.array(values), pa.array(KINDS))
        elif name == "value":
            columns[name] = pa.array(values, mask=values == NO_VALUE)
        elif name == "share":
            columns[name] = pa.array(values, from_pandas=True)
        else:
            columns[name] = pa.array(values)
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table(columns),
        sink,
        compression="zstd",
        compression_level=1,
        use_dictionary=told,
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
        store_schema=False,  # or readers would be told that kinds are numbers
    )
    return bytes(sink.getvalue())
