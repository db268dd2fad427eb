"""The model of one queue, step by step as one would say it: the twin of kernels.profiles."""

import math


def opened(  # noqa: PLR0913
    stages,
    order,
    greens_s,
    clears_s,
    lates_s,
    offset_s,
    cycle_s,
    start_loss_s,
    end_gain_s,
):
    """Share of each second of the cycle in which a part is served, from its stages' greens."""
    n = len(order)
    if all(stages[k] for k in order):
        return [1.0] * cycle_s
    row = [0.0] * cycle_s
    at_s = offset_s
    for k in range(n):
        before = order[k - 1]
        if stages[order[k]] and (n == 1 or not stages[before]):
            begin_s = at_s + start_loss_s
            if n > 1:
                begin_s += lates_s[before][order[k]] - clears_s[before][order[k]]
            end_s, j = at_s + greens_s[k], k
            while stages[order[(j + 1) % n]]:
                end_s += clears_s[order[j % n]][order[(j + 1) % n]] + greens_s[(j + 1) % n]
                j += 1
            end_s += end_gain_s
            for t in range(math.floor(begin_s), math.ceil(end_s)):
                row[t % cycle_s] += max(0.0, min(end_s, t + 1) - max(begin_s, t))
        at_s += greens_s[k] + clears_s[order[k]][order[(k + 1) % n]]
    return [min(1.0, share) for share in row]


def disperse(sent, delay_s, smooth, cycles=400):
    """Robertson's recursion, run until it repeats itself."""
    n, level = len(sent), 0.0
    row: list[float] = []
    for _ in range(cycles):
        row = []
        for t in range(n):
            level = smooth * sent[(t - delay_s) % n] + (1 - smooth) * level
            row.append(level)
    return row


def gap_rate(foes, gap_s, follow_s, sat):
    """Vehicles a second through the gaps of a stream of others."""
    if foes <= 1e-6:
        return sat
    return min(sat, foes * math.exp(-foes * gap_s) / (1 - math.exp(-foes * follow_s)))


def served(come, rates, shares, lanes=1):
    """Departures, mean queue and share stopped, where part `p` can go at `rates[p][t]`.

    While a part cannot go, others do until one of its vehicles comes first, which is after as many
    as come on average before it. When another part can go, who was held up goes if he is of it, and
    the count begins anew. Cycles follow each other until they repeat.
    """
    n = len(come)
    go, queue, left = [0.0] * n, 0.0, None
    before: list[int] = []
    area, stopped = 0.0, 0.0
    for _ in range(50):
        area, stopped = 0.0, 0.0
        for t in range(n):
            can = [s for s, r in zip(shares, rates, strict=True) if r[t] > 0]
            free = sum(can)
            time = sum(s / r[t] for s, r in zip(shares, rates, strict=True) if r[t] > 0)
            here = queue + come[t]
            which = [p for p, r in enumerate(rates) if r[t] > 0]
            fresh = sum(shares[p] for p in which if p not in before)
            could = sum(shares[p] for p in before)
            before = which or before
            if free <= 0:
                gone = 0.0
            elif free >= 1 - 1e-4:
                gone, left = min(here, free / time), None
            else:
                if left is None or fresh > 0:
                    held = left is not None and left <= 1e-6
                    left = lanes * free / (1 - free)
                    left += lanes * min(1.0, fresh / max(1 - could, 1e-6)) if held else 0.0
                gone = min(here, free / time, left)
                left -= gone
            after = here - gone
            area += (queue + after) / 2
            stopped += come[t] if after > 1e-6 else 0.0
            go[t], queue = gone, after
    return go, area, stopped


def overflow(demand, capacity, carried, period_s):
    """Highway Capacity Manual, delay at random and over capacity, plus that of a first queue."""
    x = demand / capacity
    each_s = 900 * (period_s / 3600) * (
        (x - 1)
        + math.sqrt((x - 1) ** 2 + 8 * 0.5 * x / (capacity * 3600 * (period_s / 3600)))
    )  # fmt: skip
    # Over capacity the formula counts what waits after the period, too; we count that later.
    area = each_s * min(demand, capacity) * period_s
    left, step_s = carried, 0.01
    for _ in range(round(period_s / step_s)):
        # What was there at the beginning, served by what the new ones leave.
        area += left * step_s
        left = max(0.0, left - max(capacity - demand, 0.0) * step_s)
    return area, max(0.0, carried + (demand - capacity) * period_s)
