"""Where vehicles drove along a corridor: lines for a time-space diagram, from kept frames."""

import numpy as np

from cityloop.city.network import Floats
from cityloop.traffic.plan.bands_corridor import Corridor
from cityloop.usecases.live.hub import OWN, Hub

ASIDE_M = 20.0
BEYOND_M = 150.0


def list_trajectories(
    hub: Hub, corridor: Corridor, at_m: Floats, seconds: int
) -> list[list[tuple[int, float]]]:
    """Follow the vehicles of the city's own twin along a corridor.

    Parameters
    ----------
    hub
        The live picture.
    corridor
        Where.
    at_m
        (signals,) place of each signal along it. [m]
    seconds
        How far back. [s]

    Returns
    -------
    One list a vehicle: second of the scenario, and place along the corridor. [s], [m]
    """
    s = list(corridor.signals)
    xy = np.stack([hub.city.signals.signal_x_m[s], hub.city.signals.signal_y_m[s]], axis=1)
    lines: dict[int, list[tuple[int, float]]] = {}
    for _, frame in hub.read_frames(hub.last, seconds):
        for twin in frame.twins:
            if twin.name != OWN or not twin.vehicles:
                continue
            rows = np.array(twin.vehicles, float).reshape(-1, 4)
            place_m = _along(rows[:, 1:3] / 10, xy, at_m)
            for key, where in zip(rows[:, 0].astype(int).tolist(), place_m.tolist(), strict=True):
                if np.isfinite(where):
                    lines.setdefault(key, []).append((frame.second_s, round(where, 1)))
    return [line for line in lines.values() if abs(line[-1][1] - line[0][1]) > ASIDE_M]


def _along(points: Floats, xy: Floats, at_m: Floats) -> Floats:
    """Place points along a line of signals; NaN who is not on it."""
    best = np.full(len(points), np.nan)
    nearest = np.full(len(points), ASIDE_M)
    for i in range(len(xy) - 1):
        way = xy[i + 1] - xy[i]
        share = ((points - xy[i]) @ way) / max(float(way @ way), 1e-9)
        beyond = BEYOND_M / max(float(np.linalg.norm(way)), 1e-9)
        low = -beyond if i == 0 else 0.0
        high = 1 + beyond if i == len(xy) - 2 else 1.0
        aside_m = np.linalg.norm(points - (xy[i] + share[:, None] * way), axis=1)
        here = (share >= low) & (share <= high) & (aside_m < nearest)
        best[here] = at_m[i] + share[here] * (at_m[i + 1] - at_m[i])
        nearest[here] = aside_m[here]
    return best
