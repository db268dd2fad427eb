"""Sums by window and detector, as anyone would write them down."""

from collections import defaultdict

from cityloop.traffic.estimate.windows import Events

Cell = tuple[int, int]


def sum_windows(events: Events, window_us: int) -> dict[Cell, list[int]]:
    """Give (begin of window, detector) to its six sums."""
    found: dict[Cell, list[int]] = defaultdict(lambda: [0] * 6)
    for i in range(len(events.time_us)):
        begin_us = int(events.time_us[i]) // window_us * window_us
        cell = found[begin_us, int(events.detector[i])]
        count = int(events.count[i])
        occupancy, speed = float(events.occupancy[i]), float(events.speed_m_s[i])
        cell[0] += 1
        cell[1] += count
        if occupancy >= 0:
            cell[2] += 1
            cell[3] += int(occupancy * 1e6 + 0.5)
        if speed >= 0:
            cell[4] += count
            cell[5] += count * int(speed * 1e3 + 0.5)
    return dict(found)
