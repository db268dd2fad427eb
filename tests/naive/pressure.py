"""Max-pressure's choice at one signal, written for reading."""

import numpy as np


def choose_stage(town, signal, vehicle_view, red_s, target, starved_s):
    """Give the stage of one signal, or None where it has none."""
    held, behind = np.zeros(1 + max(town.approach)), np.zeros(len(town.below_start) - 1)
    for v in vehicle_view:
        for k in range(town.feed_start[v], town.feed_start[v + 1]):
            held[town.feed_approach[k]] += town.feed_weight[k]
    for e in range(len(behind)):
        for k in range(town.below_start[e], town.below_start[e + 1]):
            behind[e] += town.below_weight[k] * list(vehicle_view).count(town.below_view[k])
    groups = range(town.group_start[signal], town.group_start[signal + 1])
    streams = {g: [k for k in range(len(town.group)) if town.group[k] == g] for g in groups}
    pressure = {
        g: sum(town.share[k] * (held[town.approach[k]] - behind[town.exit_of[k]]) for k in ks)
        for g, ks in streams.items()
    }
    asked = [g for g in groups if town.walk[g] or any(held[town.approach[k]] for k in streams[g])]
    starved = max((g for g in asked if red_s[g] >= starved_s), key=lambda g: red_s[g], default=None)
    stages = []
    for k in range(town.stage_start[signal], town.stage_start[signal + 1]):
        begin = town.green_start[k]
        green = dict(zip(groups, town.green[begin : begin + len(groups)], strict=True))
        value = sum(pressure[g] for g in groups if green[g])
        if starved is not None and not green[starved]:
            value = -np.inf
        runs = all(green[g] == target[g] for g in groups)
        stages.append((value, runs, k - town.stage_start[signal]))
    return max(stages)[2] if stages else None
