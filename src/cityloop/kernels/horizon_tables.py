"""What the rolling-horizon programme takes and what it works in."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Weights(NamedTuple):
    """What a plan of the horizon costs.

    Attributes
    ----------
    stop_s
        Delay that one stop is worth. [s]
    storage
        How much more a queue costs when it fills its lane: 1 + storage * queue / room.
    end_red_s, end_square_s
        At the end of the horizon: for each vehicle on a red lane, and for the square of a queue.
    switch_s
        Delay that a change of stage is worth, over the time that it takes, for each lane of the
        signal. [s]
    """

    stop_s: float
    storage: float
    end_red_s: float
    end_square_s: float
    switch_s: float


class Feeds(NamedTuple):
    """Which lanes of a problem are filled by others of it, where two signals are planned as one.

    Attributes
    ----------
    outer
        Lanes from this one on are filled by others.
    start
        (filled lanes + 1,) where those of each begin.
    source, share
        (feeds,) a lane below `outer`, and what of its discharge comes to the filled lane, 0-1.
    part, side
        (lanes,) which signal a lane is of; (stages, signals) the stage of each in a stage of all.
    """

    outer: int
    start: Ints
    source: Ints
    share: Floats
    part: Ints
    side: Ints


class Problem(NamedTuple):
    """What one signal faces.

    Attributes
    ----------
    grid_s
        (times,) ascending from 0. [s]
    earliest_s
        (stages,) when the running stage may be left for each; beyond the horizon for never. [s]
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    rates
        (stages, lanes) what each stage lets go. [veh/s]
    clearance_s
        (stages, stages) [s]
    least_s
        (stages,) minimum green. [s]
    room
        (lanes,) vehicles that the lane holds.
    weight
        (lanes,) what one vehicle counts.
    startup_s
        (lanes,) green that passes before vehicles move. [s]
    full
        (lanes,) the most that any stage of the signal lets go. [veh/s]
    feeds
        Which lanes others fill.
    """

    grid_s: Ints
    earliest_s: Ints
    came: Floats
    rates: Floats
    clearance_s: Ints
    least_s: Ints
    room: Floats
    weight: Floats
    startup_s: Floats
    full: Floats
    feeds: Feeds


class Space(NamedTuple):
    """Room to plan in, made once and used for signal after signal.

    A signal's own data are copied into it, so that the loops touch nothing that threads share.
    Labels are numbered by (time, stage, place among the cheapest).

    Attributes
    ----------
    cost
        (labels,) so far, `inf` for none. [s]
    first
        (labels,) the first step: a stage, `HOLD`, or `UNDECIDED` at the start.
    queue
        (labels, lanes) vehicles that wait.
    came
        (seconds + 1, lanes) vehicles that will have come to the line since now.
    rates
        (stages, lanes) what each stage lets go. [veh/s]
    kept
        (pairs of stages, lanes) what goes on between them: what both let go. [veh/s]
    lost
        (1 + pairs of stages, lanes) green that passes before a queue moves: at first nothing, then
        after each switch, nothing for a signal that does not take part in it. [s]
    moved
        (pairs of stages,) lanes of the signals that take part in it.
    room, weight, full
        (lanes,) vehicles that fit, what one counts, and the most that any stage lets go. [veh/s]
    after
        (2, lanes) queues after the two parts of a switch.
    term, left
        (lanes,) what each lane adds to a cost [s]; vehicles that have left it.
    """

    cost: Floats
    first: Ints
    queue: Floats
    came: Floats
    rates: Floats
    kept: Floats
    lost: Floats
    moved: Ints
    room: Floats
    weight: Floats
    full: Floats
    after: Floats
    term: Floats
    left: Floats


class Network(NamedTuple):
    """The tables of all signals, laid end to end.

    Attributes
    ----------
    stage_start, lane_start
        (signals + 1,) first stage, and first lane, of each signal.
    rate_start, clearance_start
        (signals + 1,) where each signal's tables begin in `rate` and `clearance_s`.
    rate
        Tables of (stages, lanes). [veh/s]
    clearance_s
        Tables of (stages, stages). [s]
    least_s
        (stages,) minimum green. [s]
    room, weight, startup_s
        (lanes,) vehicles that the lane holds; what one vehicle counts; green that passes before
        vehicles move. [s]
    """

    stage_start: Ints
    lane_start: Ints
    rate_start: Ints
    clearance_start: Ints
    rate: Floats
    clearance_s: Ints
    least_s: Ints
    room: Floats
    weight: Floats
    startup_s: Floats
