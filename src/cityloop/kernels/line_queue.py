"""The queue at a stop line: who came, and what green has let go, from event to event."""

import numba
import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Doubles = npt.NDArray[np.float64]

GREEN, RED, ARRIVAL, COVERED, UNCOVERED, LOOK = range(6)
MEANINGS = 6
# What is kept from one call to the next. Times are in us since 1970, so below 2^53.
NOW_US, STATE, GREEN_US, QUEUE, AREA, ARRIVALS, AT_GREEN, MOST, REACH, CLEARED, ON, OFF_US = range(
    12
)
KEPT = 12
# What is told of a cycle.
ROW_GREEN_US, ROW_AT_GREEN, ROW_MOST, ROW_LEFT, ROW_REACH, ROW_ARRIVALS, ROW_AREA = range(7)
ROW = 7

UNKNOWN, IS_RED, IS_GREEN = -1.0, 0.0, 1.0
_S = 1e6


@numba.njit(cache=True, nogil=True)
def follow_queue(
    time_us: Longs,
    what: Bytes,
    rate_veh_s: float,
    loss_us: float,
    gap_us: float,
    kept: Doubles,
    rows: Doubles,
) -> int:
    """Go on with a queue from event to event.

    It grows by one with each arrival, and shrinks in green at the saturation flow once the start
    has been lost. Nobody waits any longer when nobody has stood at the line for a while in green:
    errors of counting end there.

    Parameters
    ----------
    time_us
        (events,) not falling, and not before those of the last call. [us since 1970]
    what
        (events,) `GREEN` or `RED` begins, an `ARRIVAL` at the end of the queue, a detector at the
        line is `COVERED` or `UNCOVERED`; at a `LOOK` only time has passed.
    rate_veh_s
        Saturation flow of all lanes. [veh/s]
    loss_us
        Lost after green begins. [us]
    gap_us
        If the line is free in green for so long, nobody waits. [us]
    kept
        (KEPT,) written; at the beginning as `begin_queue` gives it.
    rows
        (events, ROW) written: cycles that have ended, each with its green.

    Returns
    -------
    How many cycles have ended.
    """
    count = 0
    for i in range(len(time_us)):
        t_us = float(time_us[i])
        _pass(t_us, rate_veh_s, loss_us, gap_us, kept)
        event = what[i]
        if event == ARRIVAL:
            kept[ARRIVALS] += 1.0
            moving = kept[STATE] == IS_GREEN and t_us >= kept[GREEN_US] + loss_us
            if not moving or kept[QUEUE] > 0.0:
                kept[QUEUE] += 1.0
                if kept[CLEARED] == 0.0:
                    kept[REACH] += 1.0
            kept[MOST] = max(kept[MOST], kept[QUEUE])
        elif event == COVERED:
            kept[ON] = max(kept[ON], 0.0) + 1.0
        elif event == UNCOVERED:
            kept[ON] = max(kept[ON] - 1.0, 0.0)
            kept[OFF_US] = t_us
        elif event == GREEN and kept[STATE] != IS_GREEN:
            if kept[ON] > 0.0 and kept[QUEUE] < 1.0:
                # Somebody stands at the line whom nobody has seen coming.
                kept[REACH] += 1.0 - kept[QUEUE]
                kept[QUEUE] = 1.0
                kept[MOST] = max(kept[MOST], 1.0)
            kept[STATE] = IS_GREEN if kept[STATE] == IS_RED else UNKNOWN
            kept[GREEN_US] = t_us
            kept[AT_GREEN] = kept[QUEUE]
            kept[CLEARED] = 1.0 if kept[QUEUE] == 0.0 else 0.0
        elif event == RED and kept[STATE] != IS_RED:
            if kept[STATE] == IS_GREEN:
                rows[count, ROW_GREEN_US] = kept[GREEN_US]
                rows[count, ROW_AT_GREEN] = kept[AT_GREEN]
                rows[count, ROW_MOST] = kept[MOST]
                rows[count, ROW_LEFT] = kept[QUEUE]
                rows[count, ROW_REACH] = kept[REACH]
                rows[count, ROW_ARRIVALS] = kept[ARRIVALS]
                rows[count, ROW_AREA] = kept[AREA]
                count += 1
            kept[STATE] = IS_RED
            kept[AREA] = 0.0
            kept[ARRIVALS] = 0.0
            kept[CLEARED] = 0.0
            kept[MOST] = kept[REACH] = kept[QUEUE]
    return count


@numba.njit(cache=True, nogil=True)
def _pass(t_us: float, rate_veh_s: float, loss_us: float, gap_us: float, kept: Doubles) -> None:
    """Let time pass."""
    if kept[STATE] == IS_GREEN and kept[ON] == 0.0 and kept[QUEUE] > 0.0:
        free_us = max(kept[OFF_US], kept[GREEN_US] + loss_us) + gap_us
        if kept[NOW_US] < free_us <= t_us:
            _flow(free_us, rate_veh_s, loss_us, kept)
            kept[QUEUE] = 0.0
            kept[CLEARED] = 1.0
    _flow(t_us, rate_veh_s, loss_us, kept)


@numba.njit(cache=True, nogil=True)
def _flow(t_us: float, rate_veh_s: float, loss_us: float, kept: Doubles) -> None:
    begin_us = kept[NOW_US]
    kept[NOW_US] = t_us
    if kept[STATE] == UNKNOWN or begin_us < 0.0:
        kept[QUEUE] = 0.0
        return
    moves_us = t_us
    if kept[STATE] == IS_GREEN:
        moves_us = min(max(kept[GREEN_US] + loss_us, begin_us), t_us)
    kept[AREA] += kept[QUEUE] * (moves_us - begin_us) / _S
    flows_s = (t_us - moves_us) / _S
    if flows_s <= 0.0 or kept[QUEUE] <= 0.0:
        return
    gone = rate_veh_s * flows_s
    if gone < kept[QUEUE]:
        kept[AREA] += (kept[QUEUE] - gone / 2.0) * flows_s
        kept[QUEUE] -= gone
    else:
        kept[AREA] += kept[QUEUE] * kept[QUEUE] / rate_veh_s / 2.0
        kept[QUEUE] = 0.0
        kept[CLEARED] = 1.0


def begin_queue() -> Doubles:
    """Give what is kept before anything is known.

    Returns
    -------
    (KEPT,)
    """
    kept = np.zeros(KEPT)
    kept[NOW_US] = kept[STATE] = kept[ON] = -1.0
    return kept
