"""Which detectors and devices a city knows: events of others are rejected, counted and shown."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from cityloop.feeds.event_batch import Decoded
from cityloop.traffic.observe.events import DETECTOR, HIRES, EventKind, Fault

_COLUMN: Final = {DETECTOR.name: 1, HIRES.name: 1}


class KnownNames:
    """The names that a city knows, by kind of event and source.

    Parameters
    ----------
    detectors
        Source to names; those under the empty name are known whoever sends them.
    devices
        Signal controllers, whoever sends them; None if any is known.
    """

    def __init__(
        self, detectors: Mapping[str, Iterable[str]], devices: Iterable[str] | None = None
    ) -> None:
        shared = set(detectors.get("", ()))
        self._detectors = {
            source: pa.array(sorted({*names, *shared}), pa.string())
            for source, names in detectors.items()
        }
        self._shared = pa.array(sorted(shared), pa.string())
        self._devices = None if devices is None else pa.array(sorted(set(devices)), pa.string())

    def sift(self, kind: EventKind, source: str, decoded: Decoded) -> Decoded:
        """Leave out the events of whom nobody knows.

        Parameters
        ----------
        kind
            Of the events.
        source
            Who sent them.
        decoded
            They, and what was rejected already.

        Returns
        -------
        Those that are left, and what was rejected, with the reason `detector-unknown` or
        `device-unknown`.
        """
        known: Any = None
        if kind.name == DETECTOR.name:
            known = self._detectors.get(source, self._shared)
        elif kind.name == HIRES.name:
            known = self._devices
        if known is None or not decoded.batch.num_rows:
            return decoded
        column = decoded.batch.column(_COLUMN[kind.name])
        mine = pc.is_in(column, value_set=known)
        strange = decoded.batch.num_rows - pc.sum(mine).as_py()
        if not strange:
            return decoded
        name = kind.columns[_COLUMN[kind.name]].name
        reason = f"{name}-{Fault.UNKNOWN}"
        first = column.filter(pc.invert(mine))[0].as_py()
        return Decoded(
            batch=decoded.batch.filter(mine),
            rejected=decoded.rejected | {reason: strange},
            first=decoded.first | {reason: f"{name} {first!r} is not in the city model"},
        )
