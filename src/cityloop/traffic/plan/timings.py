"""Where a search for a network's timing begins: stages, greens by their flows, offsets of 0."""

from typing import Final

import numpy as np

from cityloop.city.network import Floats, Ints
from cityloop.city.signals import Bools
from cityloop.kernels.plan_moves import fit_greens
from cityloop.kernels.streets import Streets, Timings
from cityloop.traffic.plan.stock import Pool

MOST_STAGES: Final = 6
LINKS_DEEP: Final = 30


def blank_timings(signals: int, most: int) -> Timings:
    """Make timings without stages.

    Parameters
    ----------
    signals
        How many signals.
    most
        Most stages of a signal.

    Returns
    -------
    The timings.
    """
    return Timings(
        length=np.zeros(signals, np.int32),
        order=np.zeros((signals, most), np.int32),
        green_s=np.zeros((signals, most), np.int32),
        offset_s=np.zeros(signals, np.int32),
        repeat=np.ones(signals, np.int32),
    )


def copy_timings(timings: Timings) -> Timings:
    """Copy timings.

    Parameters
    ----------
    timings
        What is copied.

    Returns
    -------
    The copy.
    """
    return Timings(*(each.copy() for each in timings))


def start_timings(
    streets: Streets, pool: Pool, master_s: int, *, shipped: bool
) -> tuple[Timings, Bools]:
    """Begin with the shipped stages, or with as few as serve everybody; greens by flow ratios.

    Parameters
    ----------
    streets
        Queues and flows.
    pool
        The stages.
    master_s
        The master cycle. [s]
    shipped
        Whether to begin with the shipped stages.

    Returns
    -------
    The timings with offsets of 0, and for which signals they fit into the cycle.
    """
    signals = len(pool.stages)
    longest = max((len(stages) for stages in pool.stages), default=1)
    timings = blank_timings(signals, max(MOST_STAGES, longest))
    volume = mean_volume(streets)[0]
    owner = np.repeat(np.arange(len(volume)), np.diff(streets.part_start))
    ratio = volume[owner] * streets.part_share / streets.part_sat
    fits = [
        _fits(
            timings,
            pool,
            streets,
            ratio,
            s,
            list(range(int(pool.shipped[s]))) if shipped else _cover(pool, s),
            master_s,
        )
        for s in range(signals)
    ]
    return timings, np.array(fits, bool)


def mean_volume(streets: Streets) -> Floats:
    """Give what comes to each queue on average, from other signals and from elsewhere.

    Parameters
    ----------
    streets
        Queues and flows.

    Returns
    -------
    (periods, queues) arrivals. [veh/s]
    """
    queues = len(streets.part_start) - 1
    owner = np.repeat(np.arange(queues), np.diff(streets.part_start))
    to = np.repeat(np.arange(queues), np.diff(streets.feed_start))
    weight = streets.part_share[streets.feed_part] * streets.feed_share
    rows = []
    for flat in streets.flat:
        volume = flat.astype(float)
        # Signals feed each other in rings: a few rounds, and what still changes is little.
        for _ in range(LINKS_DEEP):
            sent = volume[owner[streets.feed_part]] * weight
            volume = flat + np.bincount(to, sent, queues)
        rows.append(volume)
    return np.array(rows, np.float64).reshape(len(streets.flat), queues)


def one_period(streets: Streets) -> Streets:
    """Put all periods into one, the busy ones with more weight.

    Parameters
    ----------
    streets
        Queues and flows.

    Returns
    -------
    The same with one period of root mean square flows.
    """
    flat = np.sqrt(np.square(streets.flat.astype(float)).mean(axis=0, keepdims=True))
    return streets._replace(flat=flat.astype(np.float64))


def _fits(
    timings: Timings,
    pool: Pool,
    streets: Streets,
    ratio: Floats,
    s: int,
    order: list[int],
    master_s: int,
) -> bool:
    """Write one signal's stages and greens, if they fit; a signal that serves nobody has none."""
    if not order:
        return not len(pool.stages[s])
    stock = pool.stock
    first = int(streets.part_start[streets.queue_start[s]])
    last = int(streets.part_start[streets.queue_start[s + 1]])
    rows = []
    for stage in order:
        at = int(stock.green_start[stock.stage_start[s] + stage])
        rows.append(stock.green[at : at + last - first])
    green = np.array(rows, float).reshape(len(order), -1)
    often = np.maximum(green.sum(axis=0), 1.0)
    wanted = (green * ratio[first:last] / often).max(axis=1, initial=0.0)
    timings.length[s] = len(order)
    timings.order[s, : len(order)] = order
    timings.green_s[s, : len(order)] = np.round(1000.0 * wanted)
    return bool(fit_greens(s, master_s, stock, timings))


def _cover(pool: Pool, s: int) -> list[int]:
    """Choose few stages that serve everybody, greedily."""
    stages = pool.stages[s]
    stock = pool.stock
    left = np.array(
        [
            stock.served[stock.served_start[i] : stock.served_start[i + 1]]
            for i in range(int(stock.stage_start[s]), int(stock.stage_start[s + 1]))
        ],
        bool,
    ).reshape(len(stages), -1)
    order: list[int] = []
    while left.any():
        order.append(int(left.sum(axis=1).argmax()))
        left = left & ~left[order[-1]]
    return order


def least_cycles_s(pool: Pool) -> Ints:
    """Give the shortest cycle of each signal that serves everybody, with stages chosen greedily.

    Parameters
    ----------
    pool
        The stages.

    Returns
    -------
    (signals,) sum of least greens and clearances. [s]
    """
    stock = pool.stock
    found = []
    for s, stages in enumerate(pool.stages):
        order = np.array(_cover(pool, s), int)
        at = int(stock.clear_start[s])
        clear_s = stock.clear_s[at : at + len(stages) ** 2].reshape(len(stages), -1)
        least_s = stock.least_s[int(stock.stage_start[s]) + order].sum()
        found.append(int(least_s + clear_s[order, np.roll(order, -1)].sum()) if len(order) else 0)
    return np.array(found, np.int32)
