"""Which signals stand so close together that they are planned as one."""

from typing import Final

import numpy as np

from cityloop.city.network import Ints
from cityloop.city.records import record
from cityloop.kernels.joint import PairLanes
from cityloop.traffic.control.stage_table import StageTable
from cityloop.traffic.estimate.upstream import Paths
from cityloop.traffic.observe.view import View

CLOSE_M: Final = 75.0
"""A lane that is shorter than this holds ten vehicles: 20 s of green at the signal before it fill
it. [m]"""


@record
class Pairs:
    """Pairs of close signals, as a plan takes them.

    Attributes
    ----------
    lanes
        Their lanes, and who fills those between.
    path
        (feeds,) the way by which each lane is fed, as in `Paths`.
    into
        (feeds,) approach lane that is fed.
    """

    lanes: PairLanes
    path: Ints
    into: Ints


def find_pairs(table: StageTable, view: View, paths: Paths) -> Pairs:
    """Find pairs of signals that hold no queue between them; the closest first, each signal once.

    Parameters
    ----------
    table
        Lanes by signal.
    view
        What the sensors cover.
    paths
        Ways from stop lines upstream to the approaches of signals.

    Returns
    -------
    The pairs. Of three close signals in a row two are a pair.
    """
    links = int(paths.link_of.max(initial=-1)) + 1
    signal_of_link = np.zeros(links, np.int64)
    signal_of_link[paths.link_of] = view.approach_signal
    before, after = view.approach_signal[paths.source], signal_of_link[paths.link]
    close = (paths.way_m < CLOSE_M) & (before != after)
    chosen: dict[int, int] = {}
    ranked = sorted(
        {
            (float(paths.way_m[p]), int(min(ends)), int(max(ends)))
            for p in np.flatnonzero(close)
            for ends in [(before[p], after[p])]
        }
    )
    pairs = []
    for _, a, b in ranked:
        if a not in chosen and b not in chosen:
            chosen[a], chosen[b] = b, a
            pairs.append((a, b))
    return _lay_out(pairs, table, paths, before, after, close)


def _lay_out(
    pairs: list[tuple[int, int]],
    table: StageTable,
    paths: Paths,
    before: np.ndarray,
    after: np.ndarray,
    close: np.ndarray,
) -> Pairs:
    """Lay the lanes of all pairs end to end."""
    lane, start, outer = [], [0], []
    fill_start, source, path, into = [0], [], [], []
    for a, b in pairs:
        within = close & np.isin(before, (a, b)) & np.isin(after, (a, b))
        inner = np.unique(table.lane_of[np.isin(paths.link_of, paths.link[within])])
        own = np.concatenate(
            [np.arange(table.lane_start[s], table.lane_start[s + 1]) for s in (a, b)]
        )
        first = own[~np.isin(own, inner)]
        place = {int(each): k for k, each in enumerate(first)}
        lane += [*first.tolist(), *inner.tolist()]
        start.append(len(lane))
        outer.append(len(first))
        for each in inner.tolist():
            approach = int(table.approach[each])
            for p in np.flatnonzero(within & (paths.link == paths.link_of[approach])).tolist():
                # What comes from a lane between, and turns back, is not followed.
                if (at := place.get(int(table.lane_of[paths.source[p]]))) is not None:
                    source.append(at)
                    path.append(p)
                    into.append(approach)
            fill_start.append(len(source))
    return Pairs(
        lanes=PairLanes(
            first=np.array([a for a, _ in pairs], np.int32),
            second=np.array([b for _, b in pairs], np.int32),
            start=np.array(start, np.int32),
            outer=np.array(outer, np.int32),
            lane=np.array(lane, np.int32),
            fill_start=np.array(fill_start, np.int32),
            source=np.array(source, np.int32),
        ),
        path=np.array(path, np.int32),
        into=np.array(into, np.int32),
    )
