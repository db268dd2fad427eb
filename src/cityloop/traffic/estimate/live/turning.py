"""Turning flows of junctions: from what was counted on arms and movements to every turn."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.traffic.estimate.balance import Balance
from cityloop.traffic.estimate.live.sites import Movement

Doubles = npt.NDArray[np.float64]

COUNT_SD: Final = 0.03
"""How far a count is from the truth, as a share: loops and cameras miss a few in a hundred."""
PRIOR_SD: Final = 1.0
"""How far a turn is from what one expects of it before it is balanced, as a share."""
U_TURN_SHARE: Final = 0.02
"""Part of an arm's vehicles that turn back, before anything is known."""
LEAST_VEH: Final = 1.0
_ROUNDS: Final = 20
_NEAR_ZERO_VEH: Final = 1e-9


class Turn(NamedTuple):
    """From one arm of a junction into another.

    Attributes
    ----------
    junction, arm, to
        Where.
    counted
        Whether its own vehicles were counted, not only those of its arms.
    vehicles
        The estimate. [veh]
    sd
        Its standard deviation. [veh]
    """

    junction: str
    arm: str
    to: str
    counted: bool
    vehicles: float
    sd: float


def list_turns(movements: Sequence[Movement], junction: str) -> list[tuple[str, str]]:
    """List the turns of a junction: from every arm that is counted in into every one counted out.

    Parameters
    ----------
    movements
        What is counted.
    junction
        Which junction.

    Returns
    -------
    Pairs of arms: those that are counted, and any of an arm counted in and an arm counted out.
    """
    its = [each for each in movements if each.junction == junction]
    arms_in = dict.fromkeys(each.arm for each in its if each.arm)
    arms_out = dict.fromkeys(each.to for each in its if each.to)
    counted = {(each.arm, each.to) for each in its if each.arm and each.to}
    whole_out = {each.to for each in its if not each.arm}
    whole_in = {each.arm for each in its if not each.to}
    return [
        (arm, to)
        for arm in arms_in
        for to in arms_out
        if (arm, to) in counted or (arm in whole_in and to in whole_out)
    ]


def balance_turns(movements: Sequence[Movement], vehicles: Doubles, junction: str) -> list[Turn]:
    """Estimate every turn of a junction by balancing what was counted.

    Least squares: the turns from an arm sum to what was counted on it, those into an arm to what
    was counted leaving by it, a turn that was counted is near its count, and each is, roughly, what
    the exits' counts make one expect. No turn is negative.

    Parameters
    ----------
    movements
        What is counted.
    vehicles
        (movements,) counts, NaN where nothing is known. [veh]
    junction
        Which junction.

    Returns
    -------
    The turns; none where too little is counted to tell them.
    """
    turns = list_turns(movements, junction)
    its = [
        (each, float(count))
        for each, count in zip(movements, vehicles, strict=True)
        if each.junction == junction and math.isfinite(count)
    ]
    if not turns or not its:
        return []
    index = {turn: number for number, turn in enumerate(turns)}
    fixed: set[int] = set()
    counted = {index[each.arm, each.to] for each, _ in its if (each.arm, each.to) in index}
    found, variance = np.zeros(len(turns)), np.zeros(len(turns))
    for _ in range(_ROUNDS):
        balance = Balance(len(turns))
        _expect(balance, turns, its, fixed)
        for each, count in its:
            parts = _parts(each, turns)
            if parts:
                balance.add(parts, count, COUNT_SD * count + LEAST_VEH)
        found, variance = balance.solve()
        negative = set(np.flatnonzero(found < -_NEAR_ZERO_VEH).tolist()) - fixed
        if not negative:
            break
        fixed |= negative
    found = np.maximum(found, 0.0)
    return [
        Turn(
            junction, arm, to, number in counted, float(found[number]), math.sqrt(variance[number])
        )
        for number, (arm, to) in enumerate(turns)
    ]


def _parts(movement: Movement, turns: list[tuple[str, str]]) -> list[int]:
    return [
        number
        for number, (arm, to) in enumerate(turns)
        if movement.arm in {"", arm} and movement.to in {"", to}
    ]


def _expect(
    balance: Balance,
    turns: list[tuple[str, str]],
    its: list[tuple[Movement, float]],
    fixed: set[int],
) -> None:
    """Say what one expects of each turn before its junction's counts are balanced."""
    arms = {each.arm: count for each, count in its if each.arm and not each.to}
    exits = {each.to: count for each, count in its if each.to and not each.arm}
    total = max(sum(exits.values()), LEAST_VEH)
    for number, (arm, to) in enumerate(turns):
        if number in fixed:
            balance.add([number], 0.0, 1e-3)
            continue
        others = [each_to for each_arm, each_to in turns if each_arm == arm]
        # By what leaves through each exit, as gravity models do; turning back is rare.
        pulls = [exits.get(each, total / len(others)) * _ease(arm, each) for each in others]
        share = exits.get(to, total / len(others)) * _ease(arm, to) / max(sum(pulls), 1e-9)
        expected = arms.get(arm, 0.0) * share
        balance.add([number], expected, PRIOR_SD * expected + LEAST_VEH * 5)


def _ease(arm: str, to: str) -> float:
    return U_TURN_SHARE if arm == to else 1.0
