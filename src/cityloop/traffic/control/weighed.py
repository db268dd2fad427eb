"""What `adaptive` weighed in one second, and for which reason each signal does what it does."""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Bytes, Floats, Ints
from cityloop.city.signals import Bools
from cityloop.kernels.horizon import HOLD

TIE: Final = 1e-9
"""Costs that differ by no more are equal: holding wins then. [s]"""


class Reason(IntEnum):
    """Why a signal does what it does in a second."""

    SWITCHING = 0
    """A switch is running; nothing is weighed until it has ended."""
    NO_STAGE = 1
    """It has no stage to choose from."""
    PAUSE = 2
    """Nobody enters for some seconds, so that who blocks others inside can leave."""
    DARK = 3
    """Nothing was green; the stage that lets most go begins."""
    BLOCKED = 4
    """Green, and nobody has moved for a while: the pause begins."""
    ONE_STAGE = 5
    """It has one stage; there is nothing to weigh."""
    OVERDUE = 6
    """Somebody has waited too long: only stages that serve who has waited longest may begin."""
    MINIMUM_GREEN = 7
    """No other stage may begin yet."""
    TIE = 8
    """Another stage would cost the same; a switch must earn its clearance."""
    CHEAPEST = 9
    """What was chosen costs least."""
    JOINT = 10
    """It was planned together with a neighbour: between the two there is no room for a queue."""


class Weighed(NamedTuple):
    """What a decision for the whole network was made from. Holds until the next decision.

    Attributes
    ----------
    now_s
        The second. [s]
    due
        (signals,) which were planned.
    ran, runs
        (signals,) the stage before and after, counted from the signal's first; -1 for none.
    step
        (signals,) the first step of the plan: a stage, or `HOLD`.
    overdue
        Signals at which somebody has waited too long.
    blocked
        (signals,) which begin a pause.
    earliest_s
        (stages,) when each may begin. [s]
    waited_s
        (groups,) for how long somebody has waited. [s]
    cost
        (stages + signals,) least cost of each first step, signal by signal, hold last. [s]
    queue
        (lanes,) vehicles that wait.
    came
        (lanes, seconds + 1) vehicles that will have come to the line since now.
    rate
        (entries,) what each stage lets go on each lane, as learnt. [veh/s]
    weight
        (lanes,) what one vehicle counts.
    startup_s
        (lanes,) green that passes before a queue moves. [s]
    joint
        (signals,) whose step was planned together with a close neighbour's.
    """

    now_s: int
    due: Bools
    ran: Ints
    runs: Ints
    step: Ints
    overdue: list[int]
    blocked: Bools
    earliest_s: Ints
    waited_s: Ints
    cost: Floats
    queue: Floats
    came: Floats
    rate: Floats
    weight: Floats
    startup_s: Floats
    joint: Bools


def find_reasons(weighed: Weighed, stage_start: Ints) -> Bytes:
    """Say why each signal does what it does.

    Parameters
    ----------
    weighed
        What the decision was made from.
    stage_start
        (signals + 1,) first stage of each signal.

    Returns
    -------
    (signals,) a `Reason` each.
    """
    count = len(weighed.due)
    stages = np.diff(stage_start)
    owner = np.repeat(np.arange(count), stages)
    stage = np.arange(len(owner))
    other = stage - stage_start[owner] != weighed.ran[owner]
    may_begin = np.zeros(count, bool)
    may_begin[owner[other & (weighed.earliest_s <= 0)]] = True
    least = np.full(count, np.inf)
    np.minimum.at(least, owner, weighed.cost[stage + owner])
    hold = weighed.cost[stage_start[1:] + np.arange(count)]
    holds, was_dark = weighed.step == HOLD, weighed.ran < 0
    overdue = np.zeros(count, bool)
    overdue[weighed.overdue] = True
    # The first that fits counts.
    cases = (
        (stages == 0, Reason.NO_STAGE),
        (weighed.blocked, Reason.BLOCKED),
        (was_dark & (weighed.runs < 0), Reason.PAUSE),
        (was_dark, Reason.DARK),
        (~weighed.due, Reason.SWITCHING),
        (stages == 1, Reason.ONE_STAGE),
        (holds & ~may_begin, Reason.MINIMUM_GREEN),
        (overdue, Reason.OVERDUE),
        (weighed.joint, Reason.JOINT),
        (holds & (least <= hold + TIE), Reason.TIE),
    )
    found = np.select([case for case, _ in cases], [int(r) for _, r in cases], Reason.CHEAPEST)
    return found.astype(np.uint8)
