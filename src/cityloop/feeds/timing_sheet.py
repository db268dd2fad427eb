"""A timing sheet: plans as engineers write them down, one row a stage, as CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.signals import Plan
from cityloop.feeds.whole_file import write_whole

COLUMNS: Final = (
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
    path: Path, plans: Iterable[Plan], links: Mapping[str, tuple[tuple[str, ...], ...]]
) -> None:
    """Write plans as a timing sheet.

    Parameters
    ----------
    path
        Where to.
    plans
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
    for plan in plans:
        lasts_s = plan.green_s + plan.clearance_s
        begins_s = np.cumsum(lasts_s) - lasts_s
        from_links = links.get(plan.signal_id, ())
        for k, stage in enumerate(plan.stages):
            groups = np.flatnonzero(stage).tolist()
            named = sorted({link for g in groups if g < len(from_links) for link in from_links[g]})
            rows.writerow(
                (
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
            )
    write_whole(path, text.getvalue().encode())
