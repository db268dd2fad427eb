"""Health and gap filling of detectors, worked out for each window from all that came before."""

from math import log, nan, sqrt

import numpy as np

from cityloop.traffic.estimate.live.road import RoadRules, time_of_day
from cityloop.traffic.estimate.live.sites import Sites

Figures = list[list[float]]


def vehicles_figures(row: list[int], window_s: float) -> list[float]:
    """Flow, occupancy and speed of one detector and window; NaN where nothing was told."""
    if not row[0]:
        return [nan] * 3
    return [
        row[1] * 3600 / window_s,
        row[3] / row[2] / 1e6 if row[2] else nan,
        row[5] / row[4] / 1e3 if row[4] else nan,
    ]


def judge(
    sites: Sites, window_s: float, windows: list[list[list[int]]]
) -> tuple[list[list[int]], list[list[bool]]]:
    """Give each detector's ailment in each window, and whether it tells something of it."""
    tells = [[row[0] > 0 for row in window] for window in windows]
    found = [[0] * len(sites.detectors) for _ in windows]
    for d, lanes in enumerate(sites.lanes.tolist()):
        for w in range(len(windows)):
            past = [window[d] for window in windows[: w + 1]]
            told = [k for k, row in enumerate(past) if row[0]]
            empty = w - told[-1] if told else w + 1
            usual = share = 0.0
            for before, k in zip([None, *told], told, strict=False):
                if before is None:
                    usual, share = past[k][0], 1.0
                else:
                    usual *= (1 - 1 / 15) ** (k - before - 1)
                    usual += (past[k][0] - usual) / 15
                    share *= (1 - 1 / 60) ** (k - before - 1)
                    share += (1 - share) / 60
            row = past[-1]
            missed = bool(told) and (empty * usual >= 20 or share >= 0.98)
            if (not told and empty >= 15) or (empty >= 5 and missed):
                found[w][d] = 1
                continue
            if not row[0]:
                tells[w][d] = bool(told) and share < 0.98
                continue
            rows = [past[k] for k in told]
            same = 0
            while same + 2 <= len(rows) and rows[-same - 1] == rows[-same - 2]:
                same += 1
            same *= bool(row[3] or row[5] or row[1] >= 5)
            full = 0
            while full < len(rows) and is_covered(rows[-full - 1]):
                full += 1
            flow, occupancy, speed = vehicles_figures(row, window_s)
            length = occupancy * speed / (flow / 3600 / lanes) if row[1] else nan
            odd = occupancy > 0 and speed > 0 and not 1 <= length <= 60
            if same >= 15 or full >= 10:
                found[w][d] = 2
            elif flow / lanes > 3600 or (row[1] >= 5 and (occupancy == 0 or odd)):
                found[w][d] = 3
    return found, tells


def is_covered(row: list[int]) -> bool:
    """Whether a detector was covered all the time, and counted nobody."""
    return row[2] > 0 and row[1] == 0 and row[3] >= 0.98e6 * row[2]


def judge_drift(
    sites: Sites,
    windows: list[list[list[int]]],
    found: list[list[int]],
    tells: list[list[bool]],
) -> None:
    """Mark those that count another share of their neighbours' traffic than they used to."""
    own_found = [list(each) for each in found]
    for d in range(len(sites.detectors)):
        near = [n for n in sites.neighbours[d].tolist() if n >= 0]
        fast, slow = [0.0, 0.0], [0.0, 0.0]
        for w, window in enumerate(windows):
            sound = [tells[w][n] and own_found[w][n] == 0 for n in (d, *near)]
            usable = bool(near) and all(sound)
            counted = [window[d][1], sum(window[n][1] for n in near)]
            if usable:
                fast = [f + c - f / 60 for f, c in zip(fast, counted, strict=True)]
            off = False
            if min(fast) >= 30 and slow[0] > fast[0] and slow[1] > fast[1]:
                change = log(fast[0] / fast[1]) - log(slow[0] / slow[1])
                off = abs(change) > log(1.5) + 3 * sqrt(1 / fast[0] + 1 / fast[1])
            if usable and not off:
                slow = [s + c - s / 1440 for s, c in zip(slow, counted, strict=True)]
            if off and own_found[w][d] == 0:
                found[w][d] = 4


def fill(
    sites: Sites, rules: RoadRules, begins: list[int], windows: list[list[list[int]]]
) -> tuple[list[list[int]], list[Figures], list[list[list[int]]]]:
    """Give ailments, values and methods: by window, then by figure and detector."""
    window_s = rules.window_us / 1e6
    ailments, tells = judge(sites, window_s, windows)
    judge_drift(sites, windows, ailments, tells)
    told = [[vehicles_figures(row, window_s) for row in window] for window in windows]
    for w, window in enumerate(told):
        for d, figures in enumerate(window):
            figures[0] = 0.0 if np.isnan(figures[0]) and tells[w][d] else figures[0]
    days = [time_of_day(begin + rules.utc_offset_us) for begin in begins]
    values: list[Figures] = []
    methods: list[list[list[int]]] = []

    def good(w: int, d: int, k: int) -> bool:
        return tells[w][d] and ailments[w][d] == 0 and not np.isnan(told[w][d][k])

    for w in range(len(windows)):
        value = [[nan] * len(sites.detectors) for _ in range(3)]
        method = [[4] * len(sites.detectors) for _ in range(3)]
        for d in range(len(sites.detectors)):
            for k in range(3):
                if good(w, d, k):
                    value[k][d], method[k][d] = told[w][d][k], 0
                    continue
                near = []
                for n in sites.neighbours[d].tolist():
                    both = [v for v in range(w) if n >= 0 and good(v, d, k) and good(v, n, k)]
                    ages = [(1 - 1 / 1440) ** (len(both) - 1 - i) for i in range(len(both))]
                    own = sum(a * told[v][d][k] for a, v in zip(ages, both, strict=True))
                    other = sum(a * told[v][n][k] for a, v in zip(ages, both, strict=True))
                    if sum(ages) >= 15 and other > 0 and good(w, n, k):
                        near.append(own / other * told[w][n][k])
                alike = [told[v][d][k] for v in range(w) if days[v] == days[w] and good(v, d, k)]
                last = [told[v][d][k] for v in range(max(0, w - 15), w) if good(v, d, k)]
                for how, choices in ((1, near), (2, alike), (3, last[-1:])):
                    if choices:
                        value[k][d], method[k][d] = sum(choices) / len(choices), how
                        break
        values.append(value)
        methods.append(method)
    return ailments, values, methods
