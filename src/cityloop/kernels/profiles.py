"""Cyclic flow profiles: what comes to every queue, what is served, what goes on to the next.

One bin is one second; all profiles have the length of the master cycle. A *queue* is a set of lanes
side by side with the same ways onward; a *part* is what of a queue goes to one link. Sources:

- Robertson, D. I. (1969), TRANSYT: a traffic network study tool, RRL LR 253: cyclic profiles and
  platoon dispersion.
- Highway Capacity Manual 6th ed. (2016), eq. 19-26 ff.: delay in time of a queue at random, and of
  one that was there at the beginning of a period.
- Siegloch, W. (1973), Strassenbau und Strassenverkehrstechnik 154: gap acceptance.
"""

import numba
import numpy as np

from cityloop.kernels.streets import Floats, Ints, Profiles, Stock, Streets, Timings

SNEAKERS = 1.0
"""Vehicles of a part that gives way which go as its green ends, when nobody comes any more."""


TINY = 1e-6
ALL = 1.0 - 1e-4
LEAST_SHARE = 0.005
BLOCKED_SHARE = 0.25
"""A part that goes at less than this share of its saturation flow holds up those behind it."""


@numba.njit(cache=True, nogil=True)
def open_parts(
    s: int,
    master_s: int,
    streets: Streets,
    stock: Stock,
    timings: Timings,
    opened: Floats,
    sneak: Floats,
) -> None:
    """Work out when each part of a signal is served.

    Parameters
    ----------
    s
        The signal.
    master_s
        The master cycle. [s]
    streets
        What is fixed.
    stock
        The stages.
    timings
        How signals are timed.
    opened
        (parts, master) written for the signal's parts.
    sneak
        (parts,) written for the signal's parts.
    """
    first = streets.part_start[streets.queue_start[s]]
    last = streets.part_start[streets.queue_start[s + 1]]
    opened[first:last] = 0.0
    n, start = timings.length[s], stock.stage_start[s]
    parts, stages = last - first, stock.stage_start[s + 1] - start
    order, greens_s = timings.order[s], timings.green_s[s]
    for p in range(parts):
        at_s = float(timings.offset_s[s])
        for k in range(n):
            here, before = order[k], order[(k + n - 1) % n]
            if _is_open(stock, start + here, p) and not (
                n > 1 and _is_open(stock, start + before, p)
            ):
                pair = before * stages + here
                begin_s = at_s + streets.start_loss_s[first + p]
                if n > 1:
                    begin_s -= stock.clear_s[stock.clear_start[s] + pair]
                    begin_s += stock.late_s[stock.late_start[s] + pair * parts + p]
                end_s = at_s + greens_s[k] + streets.end_gain_s[first + p]
                for j in range(k + 1, k + n):
                    now, then = order[(j - 1) % n], order[j % n]
                    if not _is_open(stock, start + then, p):
                        break
                    end_s += greens_s[j % n]
                    end_s += stock.clear_s[stock.clear_start[s] + now * stages + then]
                cycle_s = master_s // timings.repeat[s]
                _fill(opened[first + p], begin_s, end_s, cycle_s, timings.repeat[s])
            pair = here * stages + order[(k + 1) % n]
            at_s += greens_s[k] + stock.clear_s[stock.clear_start[s] + pair]
        if _always(stock, start, order, n, p):
            opened[first + p] = 1.0
        shown_s = opened[first + p].sum() / timings.repeat[s]
        sneak[first + p] = SNEAKERS / max(shown_s, 1.0)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _is_open(stock: Stock, stage: int, part: int) -> bool:
    return bool(stock.green[stock.green_start[stage] + part] == 1)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _always(stock: Stock, start: int, order: Ints, n: int, part: int) -> bool:
    """Whether a part has green in every stage."""
    opened = 0
    for k in range(n):
        opened += _is_open(stock, start + order[k], part)
    return opened == n


@numba.njit(cache=True, nogil=True, forceinline=True)
def _fill(row: Floats, begin_s: float, end_s: float, cycle_s: int, repeat: int) -> None:
    """Open a row from one time to another, in parts of seconds, in every cycle of the master."""
    if end_s <= begin_s:
        return
    master_s = len(row)
    t = int(np.floor(begin_s))
    while t < end_s:
        share = min(end_s, t + 1.0) - max(begin_s, float(t))
        for r in range(repeat):
            at = (t + r * cycle_s) % master_s
            row[at] = min(1.0, row[at] + share)
        t += 1


@numba.njit(cache=True, nogil=True)
def bring(q: int, streets: Streets, go: Floats, come: Floats) -> None:
    """Work out what comes to a queue: dispersed platoons, and what comes from no signal.

    Parameters
    ----------
    q
        The queue.
    streets
        What is fixed.
    go
        (periods, parts, master) departures upstream. [veh/s]
    come
        (periods, queues, master) written for the queue. [veh/s]
    """
    periods, master_s = go.shape[0], go.shape[2]
    level = np.empty(master_s)
    for w in range(periods):
        row = come[w, q]
        row[:] = streets.flat[w, q]
        for f in range(streets.feed_start[q], streets.feed_start[q + 1]):
            _smooth(
                go[w, streets.feed_part[f]],
                streets.feed_delay_s[f] % master_s,
                streets.feed_smooth[f],
                level,
            )
            share = streets.feed_share[f]
            for t in range(master_s):
                row[t] += share * level[t]


@numba.njit(cache=True, nogil=True)
def bring_from(
    signal: int, q: int, streets: Streets, sender: Ints, go: Floats, come: Floats
) -> None:
    """Work out what of a queue's arrivals comes from one signal.

    Parameters
    ----------
    signal
        The signal.
    q
        The queue.
    streets
        What is fixed.
    sender
        (feeds,) the signal that each of `streets.feed_part` is of.
    go
        (periods, parts, master) departures upstream. [veh/s]
    come
        (periods, master) written. [veh/s]
    """
    master_s = go.shape[2]
    level = np.empty(master_s)
    for w in range(go.shape[0]):
        come[w] = 0.0
        for f in range(streets.feed_start[q], streets.feed_start[q + 1]):
            if sender[f] == signal:
                delay_s = streets.feed_delay_s[f] % master_s
                _smooth(go[w, streets.feed_part[f]], delay_s, streets.feed_smooth[f], level)
                for t in range(master_s):
                    come[w, t] += streets.feed_share[f] * level[t]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _smooth(sent: Floats, shift: int, smooth: float, level: Floats) -> None:
    """Shift a profile and smooth it by Robertson's recursion, as after infinitely many cycles.

    The recursion is linear: run from 0, it lacks what was there at the beginning, which fades.
    """
    master_s, keep = len(sent), 1.0 - smooth
    now = 0.0
    for t in range(shift):
        now = keep * now + smooth * sent[t + master_s - shift]
        level[t] = now
    for t in range(shift, master_s):
        now = keep * now + smooth * sent[t - shift]
        level[t] = now
    fades = keep**master_s
    begin = now / (1.0 - fades) if fades < 1.0 else 0.0
    for t in range(master_s):
        begin *= keep
        level[t] += begin


@numba.njit(cache=True, nogil=True, forceinline=True)
def _rates(q: int, w: int, streets: Streets, profiles: Profiles, rates: Floats) -> int:
    """Work out what a queue could let go in every second, and whether it is ever held up.

    Row 0: vehicles of all parts, one after the other. Row 1: those that go before one comes that
    cannot. Row 2: the share of those. Row 3: the chance that who was held up may go now, 0 where
    no part may go that could not before.
    """
    master_s = profiles.come.shape[2]
    first, last = streets.part_start[q], streets.part_start[q + 1]
    if last == first + 1:
        _part_rates(first, w, streets, profiles, rates[0])
        return 0
    held_up = 0
    for t in range(master_s):
        time_s, free, free_time_s, shut, bits = 0.0, 0.0, 0.0, False, 0
        for p in range(first, last):
            share = streets.part_share[p]
            if share <= LEAST_SHARE:
                continue
            rate = _part_rate(p, w, t, streets, profiles)
            if rate <= 0.0:
                shut = True
            else:
                time_s += share / rate
            if rate > BLOCKED_SHARE * streets.part_sat[p]:
                free += share
                free_time_s += share / rate
                bits |= 1 << (p - first)
        rates[0, t] = 1.0 / time_s if time_s > 0.0 and not shut else 0.0
        rates[1, t] = free / free_time_s if free > 0.0 else 0.0
        rates[2, t] = free
        rates[3, t] = bits
        if free > 0.0 and free < ALL:
            held_up = 1
    if held_up == 1:
        _release(streets.part_share[first:last], rates[3])
    return held_up


@numba.njit(cache=True, nogil=True)
def _release(share: Floats, row: Floats) -> None:
    """Turn which parts may go in every second, one bit each, into row 3 of `_rates`."""
    before = 0
    for bits in row:
        before = int(bits) if bits > 0.0 else before
    for t in range(len(row)):
        now = int(row[t])
        fresh, could = 0.0, 0.0
        for p in range(len(share)):
            could += share[p] * (before >> p & 1)
            fresh += share[p] * (now >> p & 1) * (1 - (before >> p & 1))
        row[t] = min(1.0, fresh / max(1.0 - could, TINY)) if fresh > 0.0 else 0.0
        before = now if now > 0 else before


@numba.njit(cache=True, nogil=True, forceinline=True)
def _part_rates(p: int, w: int, streets: Streets, profiles: Profiles, row: Floats) -> None:
    """Work out what a queue of one part would let go in every second. [veh/s]."""
    sat, opened = streets.part_sat[p], profiles.open[p]
    first, last = streets.foe_start[p], streets.foe_start[p + 1]
    if first == last:
        for t in range(len(row)):
            row[t] = opened[t] * sat
        return
    for t in range(len(row)):
        row[t] = 0.0
    for f in range(first, last):
        foe = streets.foe_part[f]
        for t in range(len(row)):
            row[t] += profiles.go[w, foe, t] if profiles.open[foe, t] > 0.0 else 0.0
    before, rate = 0.0, sat
    for t in range(len(row)):
        # Streams often keep their flow for many seconds: gaps are worked out when it changes.
        if opened[t] > 0.0 and row[t] != before:
            before = row[t]
            rate = _gap_rate(p, before, streets, profiles)
        row[t] = opened[t] * rate


@numba.njit(cache=True, nogil=True, forceinline=True)
def _gap_rate(p: int, foes: float, streets: Streets, profiles: Profiles) -> float:
    """Give what goes through the gaps of the streams that a part gives way to. [veh/s]."""
    if foes <= TINY:
        return float(streets.part_sat[p])
    gaps = foes * np.exp(-foes * streets.gap_s[p]) / (1.0 - np.exp(-foes * streets.follow_s[p]))
    return float(min(streets.part_sat[p], max(gaps, profiles.sneak[p])))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _part_rate(p: int, w: int, t: int, streets: Streets, profiles: Profiles) -> float:
    """Give what a queue of one part would let go in a second. [veh/s]."""
    opened = profiles.open[p, t]
    if opened <= 0.0:
        return 0.0
    foes = 0.0
    for f in range(streets.foe_start[p], streets.foe_start[p + 1]):
        if profiles.open[streets.foe_part[f], t] > 0.0:
            foes += profiles.go[w, streets.foe_part[f], t]
    return float(opened * _gap_rate(p, foes, streets, profiles))


@numba.njit(cache=True, nogil=True, forceinline=True)
def _can_go(t: int, rates: Floats, lanes: float, left: float) -> tuple[float, float]:
    """Give what can go in a second, and how many free vehicles are left before one that is not.

    Vehicles stand in the order in which they came: while some part has no green, as many go as
    come on average before the first of that part, and then none. When another part may go, who was
    held up goes with it, and the count begins anew.
    """
    together, free = rates[0, t], rates[2, t]
    if free <= 0.0:
        return together, left
    if free >= ALL:
        return together, -1.0
    if left < 0.0 or rates[3, t] > 0.0:
        held = lanes * rates[3, t] if 0.0 <= left <= TINY else 0.0
        left = lanes * free / (1.0 - free) + held
    apart = min(rates[1, t], left)
    if together >= apart:
        return together, left
    return apart, left - apart


@numba.njit(cache=True, nogil=True, forceinline=True)
def _capacity(rates: Floats, lanes: float, held_up: int) -> float:
    """Sum what can go in a master cycle if there are always vehicles. [veh]."""
    total, left = 0.0, -1.0
    for _ in range(1 + held_up):
        total = 0.0
        for t in range(rates.shape[1]):
            if held_up == 1:
                rate, left = _can_go(t, rates, lanes, left)
                total += rate
            else:
                total += rates[0, t]
    return total


@numba.njit(cache=True, nogil=True)
def serve(q: int, streets: Streets, profiles: Profiles, rates: Floats) -> None:
    """Work out what goes from a queue, and what waiting there costs.

    Parameters
    ----------
    q
        The queue.
    streets
        What is fixed.
    profiles
        Read: `open`, `come`, `go` of the parts that are given way to. Written: `go` of the queue's
        parts, `cost`, `delay`, `saturation`.
    rates
        (4, master) work space.
    """
    periods, master_s = profiles.come.shape[0], profiles.come.shape[2]
    cost, delay, carried, capacity, worst = 0.0, 0.0, 0.0, 0.0, 0.0
    held_up = 0
    times = streets.period_s / master_s
    for w in range(periods):
        if w == 0 or streets.patient[q] == 1:
            held_up = _rates(q, w, streets, profiles, rates)
            capacity = _capacity(rates, streets.lanes[q], held_up)
        demand = 0.0
        for t in range(master_s):
            demand += profiles.come[w, q, t]
        scale = min(1.0, 0.999 * capacity / demand) if demand > 0.0 else 0.0
        worst = max(worst, demand / max(capacity, TINY))
        area, stopped, most = _pass(q, w, scale, held_up, streets, profiles, rates)
        extra, carried = overflow(demand / master_s, capacity / master_s, carried, streets.period_s)
        mean_extra = extra / streets.period_s
        over = max(0.0, most + mean_extra - streets.storage[q])
        delay += area * times + extra
        # Who is left over from a cycle stops once more in the next.
        cost += streets.stop_s * times * (stopped + min(mean_extra, capacity))
        cost += streets.spill * over * streets.period_s
    profiles.cost[q] = cost + delay
    profiles.saturation[q] = worst
    profiles.delay[q] = delay


@numba.njit(cache=True, nogil=True, forceinline=True)
def _pass(
    q: int,
    w: int,
    scale: float,
    held_up: int,
    streets: Streets,
    profiles: Profiles,
    rates: Floats,
) -> tuple[float, float, float]:
    """Let a cycle's arrivals pass, after one to get into step.

    Give the area of the queue, the vehicles that stopped, and the longest queue of the cycle.
    """
    if held_up == 0:
        return _pass_together(q, w, scale, streets, profiles, rates[0])
    come = profiles.come[w, q]
    first, last = streets.part_start[q], streets.part_start[q + 1]
    waiting, left = 0.0, -1.0
    area, stopped, most = 0.0, 0.0, 0.0
    for lap in range(2):
        for t in range(len(come)):
            here = waiting + come[t] * scale
            rate, after = _can_go(t, rates, streets.lanes[q], left)
            # Only who is there can be let by.
            left = after + max(rate - here, 0.0) if after >= 0.0 else after
            gone = min(here, rate)
            held = here - gone
            if lap == 1:
                area += 0.5 * (waiting + held)
                if held > TINY:
                    stopped += come[t] * scale
                most = max(most, held)
                for p in range(first, last):
                    profiles.go[w, p, t] = gone * streets.part_share[p]
            waiting = held
    return area, stopped, most


@numba.njit(cache=True, nogil=True, forceinline=True)
def _pass_together(
    q: int, w: int, scale: float, streets: Streets, profiles: Profiles, rate: Floats
) -> tuple[float, float, float]:
    """Do as `_pass` where all parts of a queue go at once, in one lap.

    Less comes than can go, so the queue is empty where the sum of arrivals less capacity is lowest.
    """
    come = profiles.come[w, q]
    first, last = streets.part_start[q], streets.part_start[q + 1]
    master_s = len(come)
    level, lowest, begin = 0.0, 0.0, 0
    for t in range(master_s):
        level += come[t] * scale - rate[t]
        if level < lowest:
            lowest, begin = level, t + 1
    waiting, area, stopped, most = 0.0, 0.0, 0.0, 0.0
    go = profiles.go[w, first]
    for lap in range(2):
        for t in range(begin, master_s) if lap == 0 else range(begin):
            arrived = come[t] * scale
            here = waiting + arrived
            gone = min(here, rate[t])
            held = here - gone
            area += 0.5 * (waiting + held)
            if held > TINY:
                stopped += arrived
            most = max(most, held)
            go[t] = gone
            waiting = held
    for p in range(last - 1, first - 1, -1):
        share = streets.part_share[p]
        for t in range(master_s):
            profiles.go[w, p, t] = share * go[t]
    return area, stopped, most


@numba.njit(cache=True, nogil=True)
def overflow(
    demand: float, capacity: float, carried: float, period_s: float
) -> tuple[float, float]:
    """Give what waits because of chance, too little capacity or an earlier period.

    Parameters
    ----------
    demand
        Arrivals. [veh/s]
    capacity
        What can be served. [veh/s]
    carried
        Queue at the beginning. [veh]
    period_s
        Length of the period. [s]

    Returns
    -------
    Area of the queue over the period, and the queue at its end. [veh s], [veh]
    """
    if capacity <= TINY:
        return (carried + 0.5 * demand * period_s) * period_s, carried + demand * period_s
    x = demand / capacity
    mean_s = 0.25 * period_s * (x - 1.0 + np.sqrt((x - 1.0) ** 2 + 4.0 * x / (capacity * period_s)))
    # What waits beyond the period's end is counted in the next one, as carried.
    area = min(demand, capacity) * mean_s * period_s
    if carried > 0.0:
        if x < 1.0:
            clear_s = min(period_s, carried / (capacity - demand))
            area += carried * clear_s - 0.5 * (capacity - demand) * clear_s * clear_s
        else:
            area += carried * period_s
    return area, max(0.0, carried + (demand - capacity) * period_s)
