"""Every way through a short horizon, tried one by one: the twin of kernels.horizon.best_step."""

import numpy as np

HOLD = -1


def waited(problem, weights, queue, rate, begin_s, end_s, lost_s):
    """Cost of one stretch of time, and the queues at its end."""
    cost = 0.0
    after: list[float] = []
    left: list[float] = []
    feeds = problem.feeds
    for i, before in enumerate(queue):
        new = problem.came[i, end_s] - problem.came[i, begin_s]
        if i >= feeds.outer:
            k = i - feeds.outer
            for f in range(feeds.start[k], feeds.start[k + 1]):
                new += feeds.share[f] * left[feeds.source[f]]
        goes = rate[i] * max(end_s - begin_s - lost_s[i], 0.0) if rate[i] > 0 else 0.0
        stays = max(before + new - goes, 0.0)
        stopped = new if rate[i] <= 0 else new * min(before, 1.0)
        mean = (before + stays) / 2
        crowd = 1 + weights.storage * mean / problem.room[i]
        cost += problem.weight[i] * (mean * crowd * (end_s - begin_s) + weights.stop_s * stopped)
        after.append(stays)
        left.append(before + new - stays)
    return cost, np.array(after)


def ended(problem, weights, queue, stage):
    """Value of what is left at the end."""
    cost = 0.0
    for i, left in enumerate(queue):
        rate = problem.rates[stage, i]
        served = rate if rate > 0 else problem.full[i]
        clear = weights.end_square_s / max(served, 0.05) + 5 * weights.storage / problem.room[i]
        red = weights.end_red_s * left if rate <= 0 else 0.0
        cost += problem.weight[i] * (left * left * clear + red)
    return cost


def moves(problem, before, after):
    """Tell which lanes' signals take part in a switch."""
    side, part = problem.feeds.side, problem.feeds.part
    return np.array([side[before, each] != side[after, each] for each in part], bool)


def list_ways(problem, weights, now_stage, queue):
    """All ways as (cost, first step)."""
    grid_s = problem.grid_s
    last = len(grid_s) - 1
    moving = np.zeros(len(problem.room))
    found = []

    def go(t, stage, waiting, cost, first):
        if t == last:
            found.append((cost + ended(problem, weights, waiting, stage), first))
            return
        more, after = waited(
            problem, weights, waiting, problem.rates[stage], grid_s[t], grid_s[t + 1], moving
        )
        go(t + 1, stage, after, cost + more, HOLD if first is None else first)
        for other in range(len(problem.rates)):
            unmoved = stage == now_stage and first in {None, HOLD}
            if other == stage or (unmoved and grid_s[t] < problem.earliest_s[other]):
                continue
            clear_s = grid_s[t] + problem.clearance_s[stage, other]
            lands = np.flatnonzero(grid_s >= clear_s + problem.least_s[other])
            lands = lands[lands > t]
            if not lands.size:
                continue
            kept = np.minimum(problem.rates[stage], problem.rates[other])
            one, between = waited(problem, weights, waiting, kept, grid_s[t], clear_s, moving)
            part = moves(problem, stage, other)
            two, after = waited(
                problem, weights, between, problem.rates[other], clear_s, grid_s[lands[0]],
                np.where(part, problem.startup_s, 0.0),
            )  # fmt: skip
            price = weights.switch_s * np.count_nonzero(part)
            go(
                lands[0],
                other,
                after,
                cost + price + one + two,
                other if first is None else first,
            )

    go(0, now_stage, np.asarray(queue, float), 0.0, None)
    return found
