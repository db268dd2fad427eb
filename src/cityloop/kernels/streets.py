"""What the kernels of the traffic model take and give: streets, stages, timings, profiles.

A *queue* is a set of lanes side by side with the same ways onward; a *part* is what of a queue goes
to one link. Queues are ordered by signal, parts by queue.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Streets(NamedTuple):
    """What does not change while signals are retimed. Queues are ordered by signal.

    Attributes
    ----------
    queue_start
        (signals + 1,) first queue of each signal.
    part_start
        (queues + 1,) first part of each queue.
    part_share
        (parts,) share of its queue's vehicles; sums to 1 over a queue.
    part_sat
        (parts,) discharge of the whole queue if all vehicles were of this part. [veh/s]
    foe_start, foe_part
        (parts + 1,) and flat: parts of the same signal that a part gives way to.
    patient
        (queues,) 1 where some part gives way to another.
    feed_start, feed_part, feed_share, feed_delay_s, feed_smooth
        (queues + 1,) and flat: parts that lead to a queue, the share of theirs that comes, the way
        to the stop line, and the smoothing factor of the platoon, 0 to 1.
    below_start, below_queue
        (signals + 1,) and flat: queues of other signals that a signal's parts lead to.
    flat
        (periods, queues) arrivals that come from no signal. [veh/s]
    lanes
        (queues,) lanes side by side.
    storage
        (queues,) vehicles that find room. [veh]
    start_loss_s, end_gain_s, gap_s, follow_s
        (parts,) lost after green begins and won after it ends; critical gap and follow-up time. [s]
    period_s
        Length of a period. [s]
    stop_s
        What a stop is worth. [s]
    spill
        What a vehicle that finds no room is worth, in vehicles that wait.
    """

    queue_start: Ints
    part_start: Ints
    part_share: Floats
    part_sat: Floats
    foe_start: Ints
    foe_part: Ints
    patient: Ints
    feed_start: Ints
    feed_part: Ints
    feed_share: Floats
    feed_delay_s: Ints
    feed_smooth: Floats
    below_start: Ints
    below_queue: Ints
    flat: Floats
    lanes: Floats
    storage: Floats
    start_loss_s: Floats
    end_gain_s: Floats
    gap_s: Floats
    follow_s: Floats
    period_s: float
    stop_s: float
    spill: float


class Stock(NamedTuple):
    """The stages that signals may show. A stage's parts are its own signal's, in order.

    Attributes
    ----------
    stage_start
        (signals + 1,) first stage of each signal.
    green_start
        (stages,) where the entries of a stage begin in `green`.
    green
        Flat: 1 where a part has green in a stage.
    served_start, served
        (stages,) and flat: 1 where a group that must be served has green in a stage.
    least_s
        (stages,) shortest green. [s]
    clear_start, clear_s
        (signals,) and flat: from the end of a stage to the full green of the next. [s]
    late_start, late_s
        (signals,) and flat, (stage, next stage, part): from the end of a stage until a part that
        had no green in it has it. [s]
    """

    stage_start: Ints
    green_start: Ints
    green: npt.NDArray[np.uint8]
    served_start: Ints
    served: npt.NDArray[np.uint8]
    least_s: Ints
    clear_start: Ints
    clear_s: Ints
    late_start: Ints
    late_s: Ints


class Timings(NamedTuple):
    """How all signals are timed; written by a search.

    Attributes
    ----------
    length
        (signals,) number of stages in the cycle.
    order
        (signals, most) stages in their order, counted from the signal's first.
    green_s
        (signals, most) green of each. [s]
    offset_s
        (signals,) start of the first stage's green after the master zero. [s]
    repeat
        (signals,) cycles in a master cycle: 1 or 2.
    """

    length: Ints
    order: Ints
    green_s: Ints
    offset_s: Ints
    repeat: Ints


class Profiles(NamedTuple):
    """What follows from the timings, second by second of the master cycle.

    Attributes
    ----------
    open
        (parts, master) share of the second in which a part is served.
    sneak
        (parts,) rate at which a part that gives way goes at least: some go as green ends. [veh/s]
    come
        (periods, queues, master) arrivals at the stop line. [veh/s]
    go
        (periods, parts, master) departures. [veh/s]
    cost
        (queues,) delay with what stops and lack of room are worth, in vehicle seconds. [veh s]
    delay
        (queues,) delay alone. [veh s]
    saturation
        (queues,) flow over capacity in the worst period.
    """

    open: Floats
    sneak: Floats
    come: Floats
    go: Floats
    cost: npt.NDArray[np.float64]
    delay: npt.NDArray[np.float64]
    saturation: npt.NDArray[np.float64]
