"""Writing down what signal controllers would tell of a run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cityloop.city.signals import Signals
from cityloop.field.sumo_hires import DetectorRole, HiresEvent, SumoHires
from cityloop.store.whole_file import write_whole

MIDNIGHT_US: Final = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()) * 10**6
"""Second 0 of a simulation is taken to be the beginning of this Monday. [us since 1970]"""
LOG: Final = "log.parquet"
DETECTORS: Final = "detectors.parquet"
_TENTH_US: Final = 100_000


class HiresRecorder:
    """Keeps the events of a run until it ends.

    Parameters
    ----------
    hires
        What is listened to.
    signals
        The signals.
    """

    def __init__(self, hires: SumoHires, signals: Signals) -> None:
        self._hires, self._signals = hires, signals
        self._events: list[HiresEvent] = []

    def take(self, now_s: int) -> None:
        """Take in the second that has passed.

        Parameters
        ----------
        now_s
            The second that has been reached. [s]
        """
        self._events += self._hires.after_step(now_s)

    def write(self, folder: Path) -> None:
        """Write the log and which detectors serve which phases.

        Parameters
        ----------
        folder
            Where to; it is there.

        Raises
        ------
        InputError
            If a file cannot be written.
        """
        _write(folder / LOG, log_table(self._events, self._signals))
        _write(folder / DETECTORS, detector_table(self._hires.roles, self._signals))


def log_table(events: Sequence[HiresEvent], signals: Signals) -> pa.Table:
    """Bring events into the form in which agencies keep them.

    Parameters
    ----------
    events
        They.
    signals
        The signals.

    Returns
    -------
    TimeStamp (to the tenth of a second, as controllers have it), DeviceId, EventId, Parameter.
    """
    times_s = np.array([each.time_s for each in events], np.float64)
    tenths = np.floor(times_s * 10 + 1e-6).astype(np.int64)
    device = pa.array([each.signal for each in events], pa.int32())
    ids = pa.DictionaryArray.from_arrays(device, pa.array(list(signals.signal_ids)))
    return pa.table(
        {
            "TimeStamp": pa.array(MIDNIGHT_US + tenths * _TENTH_US, pa.timestamp("us")),
            "DeviceId": ids.cast(pa.string()),
            "EventId": pa.array([each.code for each in events], pa.int16()),
            "Parameter": pa.array([each.parameter for each in events], pa.int16()),
        }
    )


def detector_table(roles: Sequence[DetectorRole], signals: Signals) -> pa.Table:
    """Bring detectors' roles into the form in which agencies keep them.

    Parameters
    ----------
    roles
        They.
    signals
        The signals.

    Returns
    -------
    DeviceId, Phase, Parameter, Function.
    """
    return pa.table(
        {
            "DeviceId": pa.array([signals.signal_ids[each.signal] for each in roles], pa.string()),
            "Phase": pa.array([each.phase for each in roles], pa.int16()),
            "Parameter": pa.array([each.detector for each in roles], pa.int16()),
            "Function": pa.array([each.function for each in roles], pa.string()),
        }
    )


def _write(path: Path, table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_whole(path, bytes(sink.getvalue()))
