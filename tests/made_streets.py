"""Queues, stages and timings by hand, for tests of the traffic model that need no road."""

from typing import Any

import numpy as np

from cityloop.kernels.streets import Stock, Streets, Timings

SINGLE = np.float64


def make_streets(
    queues_of: list[int], parts_of: list[list[float]] | None = None, **changes: Any
) -> Streets:
    """Make streets: the number of queues of each signal, and the shares of each queue's parts.

    Without changes nothing comes from other signals, nobody gives way, 360 veh/h come to each
    queue, 1,800 veh/h can go, and nothing is lost when green begins or ends.
    """
    count = sum(queues_of)
    shares = parts_of or [[1.0]] * count
    parts = sum(map(len, shares))
    columns: dict[str, Any] = {
        "queue_start": np.cumsum([0, *queues_of]).astype(np.int32),
        "part_start": np.cumsum([0, *map(len, shares)]).astype(np.int32),
        "part_share": np.array([s for row in shares for s in row], SINGLE),
        "part_sat": np.full(parts, 0.5, SINGLE),
        "foe_start": np.zeros(parts + 1, np.int32),
        "foe_part": np.zeros(0, np.int32),
        "patient": np.zeros(count, np.int32),
        "feed_start": np.zeros(count + 1, np.int32),
        "feed_part": np.zeros(0, np.int32),
        "feed_share": np.zeros(0, SINGLE),
        "feed_delay_s": np.zeros(0, np.int32),
        "feed_smooth": np.zeros(0, SINGLE),
        "below_start": np.zeros(len(queues_of) + 1, np.int32),
        "below_queue": np.zeros(0, np.int32),
        "flat": np.full((1, count), 0.1, SINGLE),
        "lanes": np.ones(count, SINGLE),
        "storage": np.full(count, 1e6, SINGLE),
        "start_loss_s": np.zeros(parts, SINGLE),
        "end_gain_s": np.zeros(parts, SINGLE),
        "gap_s": np.full(parts, 6.2, SINGLE),
        "follow_s": np.full(parts, 2.6, SINGLE),
        "period_s": 900.0,
        "stop_s": 0.0,
        "spill": 0.0,
    }
    return Streets(**(columns | changes))


def make_row(signals: int, *, way_s: int = 20, share: float = 0.8, volume: float = 0.1) -> Streets:
    """Make signals in a row, each with a queue along the row and one across it.

    Part 0 of a signal leads on to the queue along the row of the next.
    """
    feeds = np.array([0, 0] + [1, 0] * (signals - 1))
    flat = np.tile([volume, volume / 2], signals)
    flat[2::2] = volume * (1 - share)
    return make_streets(
        [2] * signals,
        feed_start=np.cumsum([0, *feeds]).astype(np.int32),
        feed_part=np.arange(0, 2 * (signals - 1), 2, dtype=np.int32),
        feed_share=np.full(signals - 1, share, SINGLE),
        feed_delay_s=np.full(signals - 1, way_s, np.int32),
        feed_smooth=np.full(signals - 1, 0.2, SINGLE),
        below_start=np.minimum(np.arange(signals + 1), signals - 1).astype(np.int32),
        below_queue=np.arange(2, 2 * signals, 2, dtype=np.int32),
        flat=flat[None, :].astype(SINGLE),
        start_loss_s=np.full(2 * signals, 2.0, SINGLE),
        end_gain_s=np.full(2 * signals, 1.0, SINGLE),
        stop_s=3.0,
    )


def make_stock(stages_of: list[list[str]], *, least_s: int = 5, clear_s: int = 4) -> Stock:
    """Make stages from letters: `"x."` gives the first of a signal's two parts green."""
    rows = [[letter == "x" for letter in stage] for stages in stages_of for stage in stages]
    green = np.array([entry for row in rows for entry in row], np.uint8)
    start = np.cumsum([0, *map(len, rows)])
    counts = [len(stages) for stages in stages_of]
    clear = [np.where(np.eye(n, dtype=bool), 0, clear_s) for n in counts]
    late = [
        np.repeat(table.ravel(), len(stages[0]))
        for table, stages in zip(clear, stages_of, strict=True)
    ]
    return Stock(
        stage_start=np.cumsum([0, *counts]).astype(np.int32),
        green_start=start[:-1].astype(np.int32),
        green=green,
        served_start=start.astype(np.int32),
        served=green,
        least_s=np.full(len(rows), least_s, np.int32),
        clear_start=np.cumsum([0, *(t.size for t in clear)])[:-1].astype(np.int32),
        clear_s=np.concatenate([t.ravel() for t in clear]).astype(np.int32),
        late_start=np.cumsum([0, *map(len, late)])[:-1].astype(np.int32),
        late_s=np.concatenate(late).astype(np.int32),
    )


def make_timings(
    greens_s: list[list[int]], offsets_s: list[int] | None = None, most: int = 4
) -> Timings:
    """Make timings of stages in their own order."""
    signals = len(greens_s)
    order = np.zeros((signals, most), np.int32)
    green_s = np.zeros((signals, most), np.int32)
    for s, greens in enumerate(greens_s):
        order[s, : len(greens)] = np.arange(len(greens))
        green_s[s, : len(greens)] = greens
    return Timings(
        length=np.array([len(greens) for greens in greens_s], np.int32),
        order=order,
        green_s=green_s,
        offset_s=np.array(offsets_s or [0] * signals, np.int32),
        repeat=np.ones(signals, np.int32),
    )
