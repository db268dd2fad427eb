"""Arterials for tests: one from the literature, and ones that are drawn."""

import numpy as np

from cityloop.traffic.plan.bands_arterial import Arterial, left_turn_orders

# Seven signals of Almere, as published with a program for bandwidth; shares of the cycle.
_LENGTH_M = np.array([374.0, 265, 277, 305, 260, 270])
_RED_OUT = np.array([0.586, 0.585, 0.621, 0.566, 0.647, 0.495, 0.497])
_RED_IN = np.array([0.619, 0.589, 0.680, 0.576, 0.482, 0.520, 0.557])
_LEFT_OUT = np.array([0.103, 0.101, 0.113, 0.095, 0.0, 0.091, 0.084])
_LEFT_IN = np.array([0.104, 0.104, 0.106, 0.099, 0.429, 0.099, 0.097])
_QUEUE_OUT = np.array([0.0, 0.030, 0.023, 0.044, 0.038, 0.069, 0.035])
_QUEUE_IN = np.array([0.024, 0.038, 0.019, 0.044, 0.020, 0.025, 0.0])


def make_arterial(
    length_m, green_out, green_in, start_out, start_in, *, speed_m_s=(12.5, 12.5), queues=None
):
    """Make an arterial with the same length and speeds both ways."""
    length_m, green_out = np.asarray(length_m, float), np.asarray(green_out, float)
    slow, fast = (np.full(len(length_m), float(speed)) for speed in speed_m_s)
    start_out, start_in = np.atleast_2d(start_out), np.atleast_2d(start_in)
    if start_out.shape[0] != len(green_out):
        start_out, start_in = start_out.T, start_in.T
    queue_out, queue_in = queues or (np.zeros(len(green_out)),) * 2
    return Arterial(
        names=tuple(f"J{i + 1}" for i in range(len(green_out))),
        out_m=length_m,
        in_m=length_m,
        out_speed_min_m_s=slow,
        out_speed_max_m_s=fast,
        in_speed_min_m_s=slow,
        in_speed_max_m_s=fast,
        green_out=green_out,
        green_in=np.asarray(green_in, float),
        start_out=np.asarray(start_out, float),
        start_in=np.asarray(start_in, float),
        orders=np.full(len(green_out), start_out.shape[1], np.int32),
        queue_out=np.asarray(queue_out, float),
        queue_in=np.asarray(queue_in, float),
    )


def make_almere(*, speed_km_h=(30.0, 50.0), queues=True, orders=4):
    """Make the seven signals of Almere; with one order both left turns lead."""
    start_out, start_in = left_turn_orders(_RED_OUT, _RED_IN, _LEFT_OUT, _LEFT_IN)
    return make_arterial(
        _LENGTH_M,
        1 - _RED_OUT,
        1 - _RED_IN,
        start_out[:, :orders],
        start_in[:, :orders],
        speed_m_s=(speed_km_h[0] / 3.6, speed_km_h[1] / 3.6),
        queues=(_QUEUE_OUT, _QUEUE_IN) if queues else None,
    )


def draw_arterial(
    seed, count, *, orders=2, speed_range=0.0, queue=0.0, green: tuple[float, float] = (0.35, 0.6)
):
    """Draw an arterial whose two directions differ in everything."""
    rng = np.random.default_rng(seed)
    slow, fast = 12.5 * (1 - speed_range), 12.5 * (1 + speed_range)
    return make_arterial(
        rng.uniform(120, 450, count - 1),
        rng.uniform(*green, count),
        rng.uniform(*green, count),
        rng.random((count, orders)),
        rng.random((count, orders)),
        speed_m_s=(slow, fast),
        queues=(rng.uniform(0, queue, count), rng.uniform(0, queue, count)) if queue else None,
    )
