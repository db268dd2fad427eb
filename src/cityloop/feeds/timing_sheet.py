"""A timing sheet: plans as engineers write them down, one row a stage, as CSV."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.signals import Plan
from cityloop.feeds.whole_file import write_whole
from cityloop.traffic.plan.timetable import Timetable

COLUMNS: Final = (
    "from",
    "signal",
    "cycle_s",
    "offset_s",
    "stage",
    "begins_s",
    "green_s",
    "clearance_s",
    "share_of_cycle",
    "groups",
    "links",
)


def write_timing_sheet(
    path: Path, timetable: Timetable, links: Mapping[str, tuple[tuple[str, ...], ...]]
) -> None:
    """Write plans as a timing sheet, signal after signal, each through its day.

    Parameters
    ----------
    path
        Where to.
    timetable
        The plans.
    links
        By signal, the links from which each of its groups comes.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    names = dict.fromkeys(plan.signal_id for plans in timetable.plans for plan in plans)
    for name in names:
        for begin_s, plans in zip(timetable.begin_s, timetable.plans, strict=True):
            clock = f"{begin_s // 3600:02d}:{begin_s // 60 % 60:02d}:{begin_s % 60:02d}"
            for plan in plans:
                if plan.signal_id == name:
                    rows.writerows(_rows(clock, plan, links.get(name, ())))
    write_whole(path, text.getvalue().encode())


def _rows(
    clock: str, plan: Plan, from_links: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[object, ...]]:
    lasts_s = plan.green_s + plan.clearance_s
    begins_s = np.cumsum(lasts_s) - lasts_s
    for k, stage in enumerate(plan.stages):
        groups = np.flatnonzero(stage).tolist()
        named = sorted({link for g in groups if g < len(from_links) for link in from_links[g]})
        yield (
            clock,
            plan.signal_id,
            plan.cycle_s,
            plan.offset_s,
            k,
            int(begins_s[k]),
            int(plan.green_s[k]),
            int(plan.clearance_s[k]),
            f"{lasts_s[k] / plan.cycle_s:.3f}",
            " ".join(map(str, groups)),
            " ".join(named),
        )
