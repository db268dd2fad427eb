"""Max-pressure's decision for all signals in one second."""

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

RED, GREEN, GREEN_YIELD = 0, 3, 4
ROUNDING = 1e-9
"""Pressures closer than this are equal: the order of a sum must not choose a stage. [veh]"""


class Pressures(NamedTuple):
    """What of a city stays the same from second to second.

    Attributes
    ----------
    group_start
        (signals + 1,) as in `Signals`.
    walk
        (groups,) whether a group is a walk, which is always asked for.
    feed_start, feed_approach, feed_weight, below_start, below_view, below_weight
        As in `View`.
    approach, exit_of, group, share
        (streams,) approach and exit lane, group, and the stream's share of its approach lane.
    stage_start, green_start, green
        As in `Stages`.
    """

    group_start: Ints
    walk: Bools
    feed_start: Ints
    feed_approach: Ints
    feed_weight: Floats
    below_start: Ints
    below_view: Ints
    below_weight: Floats
    approach: Ints
    exit_of: Ints
    group: Ints
    share: Floats
    stage_start: Ints
    green_start: Ints
    green: Bools


@numba.njit(cache=True, nogil=True)
def green_for(
    now_s: int, lamp: Bytes, since_s: Ints, changed_s: Ints, group_start: Ints, never_s: int
) -> Ints:
    """Tell for how long each signal has shown the full greens of its stage.

    Parameters
    ----------
    now_s
        The second. [s]
    lamp
        (groups,) what is shown.
    since_s
        (groups,) since when. [s]
    changed_s
        (signals,) when its stage was last changed. [s]
    group_start
        (signals + 1,) as in `Signals`.
    never_s
        Since when a signal without a green counts as green, if it never changed. [s]

    Returns
    -------
    (signals,) the time since its latest green began. [s]
    """
    green_s = np.empty(len(changed_s), np.int32)
    for s in range(len(changed_s)):
        latest_s = max(changed_s[s], never_s)
        for g in range(group_start[s], group_start[s + 1]):
            if lamp[g] == GREEN or lamp[g] == GREEN_YIELD:
                latest_s = max(latest_s, since_s[g])
        green_s[s] = now_s - latest_s
    return green_s


@numba.njit(cache=True, nogil=True)
def choose_stages(
    town: Pressures,
    due: Bools,
    vehicle_view: Ints,
    red_s: Ints,
    target: Bools,
    starved_s: int,
) -> tuple[Ints, Bools]:
    """Choose the stage of most pressure at every signal that is due.

    Of equals the running stage goes on. Where somebody is starved, only stages that serve the one
    who has waited longest are weighed.

    Parameters
    ----------
    town
        What stays the same.
    due
        (signals,) where a decision falls.
    vehicle_view
        (vehicles,) the view lane of each vehicle that is seen.
    red_s
        (groups,) for how long each has been red, 0 where it is not. [s]
    target
        (groups,) greens that are under way or shown.
    starved_s
        Who is asked for and red for so long goes first. [s]

    Returns
    -------
    (signals,) the stage chosen, counted within the signal, -1 where none is; and (groups,) the
    greens of it, elsewhere those of `target`.
    """
    before, behind = _count(town, vehicle_view)
    pressure = np.zeros(len(target))
    present = np.zeros(len(target))
    for k in range(len(town.group)):
        held = before[town.approach[k]]
        pressure[town.group[k]] += town.share[k] * (held - behind[town.exit_of[k]])
        present[town.group[k]] += town.share[k] * held
    chosen = np.full(len(due), -1, np.int32)
    wanted = target.copy()
    for s in range(len(due)):
        count = town.stage_start[s + 1] - town.stage_start[s]
        if not due[s] or count == 0:
            continue
        first, last = town.group_start[s], town.group_start[s + 1]
        starved, longest_s = -1, starved_s - 1
        for g in range(first, last):
            if (present[g] > 0 or town.walk[g]) and red_s[g] > longest_s:
                starved, longest_s = g - first, red_s[g]
        best, most, best_runs = -1, -np.inf, False
        for k in range(count):
            begin = town.green_start[town.stage_start[s] + k]
            green = town.green[begin : begin + last - first]
            value = 0.0
            runs = True
            for g in range(last - first):
                if green[g]:
                    value += pressure[first + g]
                runs = runs and green[g] == target[first + g]
            if starved >= 0 and not green[starved]:
                value = -np.inf
            equal = value == most or abs(value - most) < ROUNDING
            if best < 0 or (runs >= best_runs if equal else value > most):
                best, most, best_runs = k, value, runs
        chosen[s] = best
        begin = town.green_start[town.stage_start[s] + best]
        wanted[first:last] = town.green[begin : begin + last - first]
    return chosen, wanted


@numba.njit(cache=True, nogil=True)
def _count(town: Pressures, vehicle_view: Ints) -> tuple[Floats, Floats]:
    """Count the vehicles before each approach lane's line and behind each exit."""
    seen = np.zeros(len(town.feed_start) - 1)
    for v in vehicle_view:
        seen[v] += 1.0
    before = np.zeros(town.approach.max() + 1 if len(town.approach) else 0)
    for v in range(len(seen)):
        for k in range(town.feed_start[v], town.feed_start[v + 1]):
            if town.feed_approach[k] < len(before):
                before[town.feed_approach[k]] += town.feed_weight[k] * seen[v]
    behind = np.zeros(len(town.below_start) - 1)
    for e in range(len(behind)):
        for k in range(town.below_start[e], town.below_start[e + 1]):
            behind[e] += town.below_weight[k] * seen[town.below_view[k]]
    return before, behind
