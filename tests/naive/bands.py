"""Slow ways to the same bands: places tried one by one, offsets tried one by one, the textbook."""

from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp


def widest_sum(shift, orders, room):
    """Try every begin of a window as the place."""
    places = [-shift[i, k] for i in range(len(room)) for k in range(orders[i])]
    return max(least_room(place, shift, orders, room) for place in places)


def least_room(place, shift, orders, room):
    """Give the sum of bands that all signals let pass at one place."""
    sums = []
    for i in range(len(room)):
        depths = [(place + shift[i, k]) % 1.0 for k in range(orders[i])]
        depths = [0.0 if depth > 1 - 1e-9 else depth for depth in depths]
        sums.append(room[i] - min(depths))
    return min(sums)


def widest_reach(shift, orders, room, low, high, steps):
    """Let every link take one of a few times, evenly spaced, and try all of them."""
    choices = [np.linspace(a, b, steps) for a, b in zip(low, high, strict=True)]
    best = -2.0
    for times in product(*choices):
        moved = np.concatenate([[0.0], np.cumsum(times)])
        best = max(best, widest_sum(shift + moved[:, None], orders, room))
    return best


def widest_by_ticks(cycle, greens_out, greens_in, starts_out, starts_in, times):
    """Try all offsets in whole ticks of the cycle; all figures are whole ticks."""
    count = len(greens_out)
    ticks = np.arange(cycle)
    best = 0
    chosen = [range(len(each)) for each in starts_out]
    for offsets in product(range(cycle), repeat=count - 1):
        for order in product(*chosen):
            out = into = np.ones(cycle, bool)
            for i, offset in enumerate((0, *offsets)):
                before = sum(times[:i])
                begin = offset + starts_out[i][order[i]] - before
                out = out & ((ticks - begin) % cycle < greens_out[i])
                begin = offset + starts_in[i][order[i]] + before
                into = into & ((ticks - begin) % cycle < greens_in[i])
            if out.any() and into.any():
                best = max(best, longest_run(out) + longest_run(into))
    return best


def longest_run(shown):
    """Give the longest run of ticks, round the cycle."""
    if shown.all():
        return len(shown)
    run = best = 0
    for each in np.concatenate([shown, shown]):
        run = run + 1 if each else 0
        best = max(best, run)
    return best


def textbook(arterial, aim):
    """Solve MAXBAND with a place a band and a signal, over every stage order, by scipy.

    Gives the largest sum of both bands, or None where the two cannot pass together.
    """
    best = None
    for order in product(*(range(k) for k in arterial.orders)):
        found = _textbook(arterial, aim, order)
        if found is not None and (best is None or found > best):
            best = found
    return best


def _textbook(arterial, aim, order):
    n = arterial.count
    # Columns: inverse cycle, both bands, times out and in, places out and in, turns.
    width = 3 + 2 * (n - 1) + 2 * n + (n - 1)
    times = (3, 3 + n - 1)
    places = (3 + 2 * (n - 1), 3 + 2 * (n - 1) + n)
    turns = 3 + 2 * (n - 1) + 2 * n
    rows, low, high = [], [], []

    def add(least, most):
        rows.append(np.zeros(width))
        low.append(least)
        high.append(most)
        return rows[-1]

    for way, first, place, band in (
        ("out", times[0], places[0], 1),
        ("in", times[1], places[1], 2),
    ):
        length_m = getattr(arterial, f"{way}_m")
        fast = getattr(arterial, f"{way}_speed_max_m_s")
        slow = getattr(arterial, f"{way}_speed_min_m_s")
        for i in range(n - 1):
            row = add(0, np.inf)
            row[first + i], row[0] = 1, -length_m[i] / fast[i]
            row = add(-np.inf, 0)
            row[first + i], row[0] = 1, -length_m[i] / slow[i]
        for i in range(n - 2 if np.isfinite(aim.slowness_change_s_m) else 0):
            for sign in (1, -1):
                row = add(-np.inf, 0)
                row[first + i + 1], row[first + i] = sign / length_m[i + 1], -sign / length_m[i]
                row[0] = -aim.slowness_change_s_m
        for i in range(n):
            row = add(-np.inf, getattr(arterial, f"green_{way}")[i])
            row[place + i], row[band] = 1, 1
    for i in range(n - 1):
        # Both trains, once round the loop: out over the link, then back.
        j = i + 1
        start = [arterial.start_out[s, order[s]] - arterial.start_in[s, order[s]] for s in (i, j)]
        side = start[1] - start[0] + arterial.queue_out[j] + arterial.queue_in[i]
        row = add(side, side)
        row[times[0] + i] = row[times[1] + i] = 1
        row[places[0] + i], row[places[0] + j] = 1, -1
        row[places[1] + i], row[places[1] + j] = -1, 1
        row[turns + i] = -1
    lower, upper = np.zeros(width), np.full(width, np.inf)
    lower[0], upper[0] = 1 / aim.cycle_s_max, 1 / aim.cycle_s_min
    lower[turns:], upper[turns:] = -50, 50
    whole = np.zeros(width)
    whole[turns:] = 1
    said = milp(
        -np.eye(width)[1] - np.eye(width)[2],
        constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(lower, upper),
        integrality=whole,
        options={"mip_rel_gap": 0.0},
    )
    return None if said.x is None else -float(said.fun)
