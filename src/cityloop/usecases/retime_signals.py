"""Finding better offsets from a log of what happened."""

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.feeds.hires_files import read_detector_setup, read_hires_log
from cityloop.store.whole_file import write_whole
from cityloop.traffic.estimate.hires_log import HiresLog
from cityloop.traffic.estimate.retiming import (
    Link,
    find_cycle_s,
    join_shifts,
    measure_approaches,
    predict,
    signed_s,
)

_SEED: Final = 1
_COLUMNS: Final = ("from", "to", "phase")


def retime_signals(
    events: Path,
    detectors: Path,
    out: Path,
    *,
    links: Path | None = None,
    phases: Sequence[int] = (),
    latency_us: int = 0,
) -> dict[str, Any]:
    """Find the shifts of offsets with which most arrivals would meet green, and write them down.

    Parameters
    ----------
    events
        The log; see `read_hires_log`.
    detectors
        Which detectors serve which phases; see `read_detector_setup`.
    out
        The JSON file.
    links
        CSV of from, to, phase: who lets the vehicles go that arrive at a phase of another.
    phases
        The phases that count; all if there are none.
    latency_us
        By so much advance detectors tell later than they see. [us]

    Returns
    -------
    What was written.

    Raises
    ------
    InputError
        If an input cannot be used, no phase has arrivals, or linked controllers differ in cycle.
    """
    log, _ = read_hires_log(events)
    setup = read_detector_setup(detectors, log)
    cycle_s = [find_cycle_s(log, device) for device in range(len(log.device_ids))]
    linked = _read_links(links, log) if links is not None else []
    for link in linked:
        if cycle_s[link.from_device] != cycle_s[link.to_device]:
            ids = [log.device_ids[each] for each in (link.from_device, link.to_device)]
            raise InputError(
                file=links or "",
                place=f"{ids[0]} to {ids[1]}",
                cause=f"cycles differ: {cycle_s[link.from_device]} and {cycle_s[link.to_device]} s",
                remedy="leave the link out, or give a log of hours with one cycle",
            )
    approaches = [
        each
        for each in measure_approaches(log, setup, cycle_s, linked, latency_us=latency_us)
        if not phases or each.phase in phases
    ]
    if not approaches:
        raise InputError(
            file=detectors,
            place="",
            cause="no phase with advance detectors has arrivals in the log",
            remedy="give detectors of function Advance for the devices of the log",
        )
    rng = np.random.default_rng(_SEED)
    shifts = join_shifts(approaches, rng)
    result: dict[str, Any] = {
        "format": "cityloop-retiming",
        "version": 1,
        "devices": [
            {
                "device": log.device_ids[device],
                "cycle_s": cycle_s[device],
                "shift_s": signed_s(shift_s, cycle_s[device]),
            }
            for device, shift_s in sorted(shifts.items())
        ],
        "approaches": [
            {
                "device": log.device_ids[each.device],
                "phase": each.phase,
                "from": log.device_ids[each.upstream] if each.upstream >= 0 else None,
                "arrivals": int(each.total.sum()),
                **asdict(predict(each, shifts, rng)),
            }
            for each in approaches
        ],
    }
    write_whole(out, (json.dumps(result, indent=2, ensure_ascii=False) + "\n").encode())
    return result


def _read_links(path: Path, log: HiresLog) -> list[Link]:
    known = {name: index for index, name in enumerate(log.device_ids)}
    found = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                given = [(row.get(name) or "").strip() for name in _COLUMNS]
                if given[0] not in known or given[1] not in known or not given[2].isdecimal():
                    raise InputError(
                        file=path,
                        place=f"line {number}",
                        cause=f"found {', '.join(given)}, expected two devices and a phase",
                        remedy="write from,to,phase in the first line and in this order below",
                    )
                found.append(Link(known[given[0]], known[given[1]], int(given[2])))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            file=path, place="", cause=f"it cannot be read ({error})", remedy="give a CSV file"
        ) from None
    return found
