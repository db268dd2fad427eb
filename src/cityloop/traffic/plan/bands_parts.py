"""A long arterial in parts: where two bands would become too narrow, each part gets its own.

Every run of signals has its widest bands, found by the same passes as for the whole. Of all ways to
cut the arterial into runs whose bands are wide enough, that with the fewest cuts is taken, and of
those the one with the largest sum, over all links, of length times width of the bands on them; a
link between two parts counts nothing. It is not cut where that sum is no larger than in one piece.
It is a shortest path: Bellman, R. (1958), On a routing
problem, Quarterly of Applied Mathematics 16(1), 87-90, doi:10.1090/qam/102435.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.records import record
from cityloop.kernels.bands import widest_parts
from cityloop.traffic.plan.bands import find_bands, share_bands
from cityloop.traffic.plan.bands_arterial import Aim, Arterial, Bands, Way, check_arterial
from cityloop.traffic.plan.bands_linear import saved, shifts

WITHIN: Final = 1e-4
"""How exactly runs are compared, share of the cycle; the bands of those taken are exact."""

FAIR: Final = 0.13
"""Bands below this share of the cycle, on average over both directions, make an arterial be cut.

In a cycle of 80 s these are 10 s: five cars a lane.
"""


class Part(NamedTuple):
    """One part of an arterial.

    Attributes
    ----------
    first, last
        Its signals, both included.
    bands
        Its bands; None for a single signal, which has nothing to be coordinated with.
    """

    first: int
    last: int
    bands: Bands | None


@record
class Parts:
    """An arterial in parts, one if it is not cut.

    Attributes
    ----------
    parts
        From the first signal to the last.
    cycle_s
        The common cycle. [s]
    reasons
        One sentence a cut: where and why.
    """

    parts: tuple[Part, ...]
    cycle_s: float
    reasons: tuple[str, ...]


def find_parts(arterial: Arterial, aim: Aim, fair: float = FAIR) -> Parts:
    """Find the bands of an arterial, cut into parts where that is worth it.

    Parameters
    ----------
    arterial
        The signals, at least two.
    aim
        What is wanted; a range of cycles is tried by whole seconds where there is any in it.
    fair
        How wide bands must be, share of the cycle, weighted mean of the directions that are asked
        for; where no run is so wide, a signal is left by itself. 0: never cut.

    Returns
    -------
    The parts with their bands. Where nothing is cut, what `find_bands` gives.

    Raises
    ------
    InputError
        As `find_bands`.
    """
    check_arterial(arterial, aim)
    last = arterial.count - 1
    if fair <= 0.0 or last == 1:
        return _whole(arterial, aim)
    tried = [(_best_runs(arterial, aim, cycle_s, fair), cycle_s) for cycle_s in _cycles_s(aim)]
    (_, score, runs, width), cycle_s = min(tried, key=lambda each: each[0][:2])
    length_m = float((arterial.out_m + arterial.in_m).sum()) / 2
    in_one_piece = max(float(each[3][0, last]) for each, _ in tried) * length_m
    if len(runs) == 1 or -score <= in_one_piece:
        return _whole(arterial, aim)
    fixed = replace(aim, cycle_s_min=cycle_s, cycle_s_max=cycle_s)
    parts = [Part(i, j, find_bands(arterial.part(i, j), fixed) if j > i else None) for i, j in runs]
    reasons = tuple(_reason(arterial, fixed, one, other, width) for one, other in pairwise(parts))
    return Parts(parts=tuple(_joined(arterial, parts)), cycle_s=cycle_s, reasons=reasons)


def _whole(arterial: Arterial, aim: Aim) -> Parts:
    bands = find_bands(arterial, aim)
    return Parts(parts=(Part(0, arterial.count - 1, bands),), cycle_s=bands.cycle_s, reasons=())


def _cycles_s(aim: Aim) -> list[float]:
    whole = np.arange(np.ceil(aim.cycle_s_min), np.floor(aim.cycle_s_max) + 1).tolist()
    return whole or [aim.cycle_s_max]


def _best_runs(
    arterial: Arterial, aim: Aim, cycle_s: float, fair: float
) -> tuple[int, float, list[tuple[int, int]], Floats]:
    """Choose the runs for one cycle.

    Give their number, their score (less is better), them, and the mean width of every run.
    """
    width = _widths(arterial, aim, cycle_s)
    at_m = np.concatenate([[0.0], np.cumsum((arterial.out_m + arterial.in_m) / 2)])
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for j in range(arterial.count):
        options = [
            (best[i][0] + 1, best[i][1] - float(width[i, j] * (at_m[j] - at_m[i])), i)
            for i in range(j + 1)
            if i == j or width[i, j] >= fair
        ]
        best.append(min(options))
    runs = []
    end = arterial.count
    while end:
        runs.append((best[end][2], end - 1))
        end = best[end][2]
    return best[-1][0], best[-1][1], runs[::-1], width


def _widths(arterial: Arterial, aim: Aim, cycle_s: float) -> Floats:
    """Give the mean width of the bands of every run, 0 on and below the diagonal."""
    least_s = arterial.out_m / arterial.out_speed_max_m_s
    least_s = least_s + arterial.in_m / arterial.in_speed_max_m_s
    most_s = arterial.out_m / arterial.out_speed_min_m_s
    most_s = most_s + arterial.in_m / arterial.in_speed_min_m_s
    low, high = least_s / cycle_s - saved(arterial), most_s / cycle_s - saved(arterial)
    room = arterial.green_out + arterial.green_in
    sums = widest_parts(shifts(arterial), arterial.orders, room, low, high, WITHIN)
    width = np.zeros_like(sums)
    for i in range(arterial.count):
        for j in range(i + 1, arterial.count):
            width[i, j] = _width(arterial.part(i, j), aim, cycle_s, float(sums[i, j]))
    return width


def _width(part: Arterial, aim: Aim, cycle_s: float, total: float) -> float:
    """Weigh the bands of one run; where both ways are asked for, one way alone counts nothing."""
    alone = (float(part.green_out.min()), float(part.green_in.min()))
    if aim.way is Way.OUT:
        return alone[0]
    if aim.way is Way.IN:
        return alone[1]
    out, into = share_bands(part, aim, min(total, sum(alone)))
    weighed = out + aim.weight_in * into if min(out, into) * cycle_s >= aim.least_band_s else 0.0
    if aim.way is Way.WIDEST:
        weighed = max(weighed, alone[0], aim.weight_in * alone[1])
    return weighed / (1 + aim.weight_in)


def _reason(arterial: Arterial, aim: Aim, one: Part, other: Part, width: Floats) -> str:
    """Say where a cut is, and what the two parts would have together."""
    names = arterial.names
    length_m = float(arterial.out_m[one.last])
    where = f"cut between {names[one.last]} and {names[other.first]} ({length_m:.0f} m apart)"
    said = [_said(each) for each in (one, other)]
    if width[one.first, other.last] > 0.0:
        joined = find_bands(arterial.part(one.first, other.last), aim)
        together = _said(Part(one.first, other.last, joined))
    else:
        together = "no band of the least width both ways"
    return f"{where}: {said[0]} before it and {said[1]} after it, in one piece {together}"


def _said(part: Part) -> str:
    if part.bands is None:
        return "a signal by itself"
    return f"{part.bands.out_s[0]:.1f} s out and {part.bands.in_s[0]:.1f} s in"


def _joined(arterial: Arterial, parts: list[Part]) -> list[Part]:
    """Shift each part in time so that a band runs on over the cut before it.

    The outbound middle line goes on where both parts have one, else the inbound one.
    """
    done = [parts[0]]
    for part in parts[1:]:
        before = done[-1]
        if part.bands is None or before.bands is None:
            done.append(part)
            continue
        one, other, link = before.bands, part.bands, before.last
        moved_s = 0.0
        if one.out_s[-1] > 0 and other.out_s[0] > 0:
            drive_s = float(arterial.out_m[link] / arterial.out_speed_max_m_s[link])
            arrives_s = float(
                one.out_leaves_s[-1] + arterial.out_m[link - 1] / one.out_speed_m_s[-1]
            )
            moved_s = arrives_s + drive_s - float(other.out_leaves_s[0])
        elif one.in_s[-1] > 0 and other.in_s[0] > 0:
            arrives_s = float(
                other.in_leaves_s[0] + arterial.in_m[part.first] / other.in_speed_m_s[0]
            )
            drive_in_s = float(arterial.in_m[link] / arterial.in_speed_max_m_s[link])
            moved_s = float(one.in_leaves_s[-1]) - drive_in_s - arrives_s
        done.append(Part(part.first, part.last, shift_bands(other, moved_s)))
    return done


def shift_bands(bands: Bands, moved_s: float) -> Bands:
    """Let everything happen later.

    Parameters
    ----------
    bands
        Any bands.
    moved_s
        By how much; may be negative. [s]

    Returns
    -------
    The same bands at another time.
    """
    return replace(
        bands,
        offset_s=(bands.offset_s + moved_s) % bands.cycle_s,
        out_leaves_s=bands.out_leaves_s + moved_s,
        in_leaves_s=bands.in_leaves_s + moved_s,
    )
