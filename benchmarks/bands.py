"""How fast green bands are proven, against the textbook model given to HiGHS as it stands.

The textbook model is that of Little, Kelson and Gartner (1981): two places of a band a signal, two
travel times and a loop integer a link, two binaries a signal for its left turns. Arterials are
drawn, seed by seed; both sides get the same ones, one thread each, and their widths are compared.
"""

import argparse
import platform
from importlib.metadata import version
from time import perf_counter
from typing import NamedTuple

import numba
import numpy as np

from cityloop.traffic.plan.bands_arterial import Aim, Arterial, left_turn_orders
from cityloop.traffic.plan.bands_linear import Programme, write_travel
from cityloop.traffic.plan.bands_search import search_bands

LIMITS_S = {20: 0.3, 50: 2.0}
INFINITE = float("inf")


class Drawn(NamedTuple):
    """An arterial with the reds and left turns that it was drawn from."""

    arterial: Arterial
    red_out: np.ndarray
    red_in: np.ndarray
    left_out: np.ndarray
    left_in: np.ndarray


def draw(seed: int, signals: int, speed_range: float) -> Drawn:
    """Draw an arterial: 150 to 500 m apart, half of the cycle green, 50 km/h more or less."""
    rng = np.random.default_rng(seed)
    length_m = rng.uniform(150, 500, signals - 1)
    red_out, red_in = rng.uniform(0.4, 0.6, (2, signals))
    left_out, left_in = rng.uniform(0.08, 0.13, (2, signals))
    start_out, start_in = left_turn_orders(red_out, red_in, left_out, left_in)
    slow, fast = (np.full(signals - 1, 50 / 3.6 * (1 + d)) for d in (-speed_range, speed_range))
    arterial = Arterial(
        names=tuple(map(str, range(signals))),
        out_m=length_m,
        in_m=length_m,
        out_speed_min_m_s=slow,
        out_speed_max_m_s=fast,
        in_speed_min_m_s=slow,
        in_speed_max_m_s=fast,
        green_out=1 - red_out,
        green_in=1 - red_in,
        start_out=start_out,
        start_in=start_in,
        orders=np.full(signals, 4, np.int32),
        queue_out=np.zeros(signals),
        queue_in=np.zeros(signals),
    )
    return Drawn(arterial, red_out, red_in, left_out, left_in)


def textbook(drawn: Drawn, aim: Aim, limit_s: float) -> tuple[float, float, str]:
    """Solve the textbook model; give both bands' sum, its bound and how HiGHS ended."""
    arterial, red_out, red_in, left_out, left_in = drawn
    n = arterial.count
    p = Programme()
    _, out_time, in_time = write_travel(p, arterial, aim)
    bands = [p.column(0.0, 1.0, cost=1.0) for _ in range(2)]
    place_out, place_in = (p.column(0.0, INFINITE, count=n) for _ in range(2))
    lags_out, lags_in = (p.column(0.0, 1.0, whole=True, count=n) for _ in range(2))
    turns = p.column(-INFINITE, INFINITE, whole=True, count=n - 1)
    for i in range(n):
        p.row(-INFINITE, float(1 - red_out[i]), (place_out + i, 1.0), (bands[0], 1.0))
        p.row(-INFINITE, float(1 - red_in[i]), (place_in + i, 1.0), (bands[1], 1.0))
    for i in range(n - 1):
        j = i + 1
        constant = red_out[j] - red_out[i] + red_in[j] - red_in[i]
        lefts = left_out[i] - left_in[i] - left_out[j] + left_in[j]
        side = float((constant + lefts) / 2)
        p.row(
            side,
            side,
            (place_out + i, 1.0),
            (place_in + i, 1.0),
            (place_out + j, -1.0),
            (place_in + j, -1.0),
            (out_time + i, 1.0),
            (in_time + i, 1.0),
            (lags_out + i, float(left_out[i])),
            (lags_in + i, -float(left_in[i])),
            (lags_out + j, -float(left_out[j])),
            (lags_in + j, float(left_in[j])),
            (turns + i, -1.0),
        )
    solver = p.solver(limit_s=limit_s)
    solver.run()
    status = solver.modelStatusToString(solver.getModelStatus())
    info = solver.getInfo()
    return float(info.objective_function_value), float(info.mip_dual_bound), status


def bench(title: str, signals: int, seeds: range, aim: Aim, speed_range: float, peer: int) -> None:
    """Time one kind of arterial over several seeds, and the textbook model on the first of them."""
    ours_s, peers_s, ratios = [], [], []
    widths: list[str] = []
    for seed in seeds:
        drawn = draw(seed, signals, speed_range)
        began = perf_counter()
        found = search_bands(drawn.arterial, aim)
        ours_s.append(perf_counter() - began)
        total = found.timing.total if found.timing else 0.0
        width = f"{total:.4f} (gap {found.bound - total:.1e})"
        if seed - seeds[0] < peer:
            began = perf_counter()
            theirs, bound, status = textbook(drawn, aim, 60.0)
            peers_s.append(perf_counter() - began)
            ratios.append(peers_s[-1] / ours_s[-1])
            width += f" textbook {theirs:.4f} (bound {bound:.4f}, {status}, {peers_s[-1]:.2f} s)"
        widths.append(f"    seed {seed}: {ours_s[-1]:.4f} s, both bands {width}")
    limit = LIMITS_S.get(signals)
    said = f" (limit {limit} s)" if limit else ""
    print(f"{title}, {signals} signals: median {np.median(ours_s):.4f} s,", end=" ")
    print(f"slowest {max(ours_s):.4f} s{said}; textbook {np.median(peers_s):.2f} s")
    print("\n".join(widths))


def main() -> None:
    """Run all kinds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--peer", type=int, default=2, help="seeds on which the textbook runs")
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, numpy {np.__version__}, numba {numba.__version__},")
    print(f"HiGHS {version('highspy')}, one thread each")
    search_bands(draw(0, 4, 0.1).arterial, Aim(cycle_s_min=60, cycle_s_max=90))
    seeds = range(1, 1 + given.seeds)
    for signals in (10, 20, 50):
        fixed = Aim(cycle_s_min=80, cycle_s_max=80)
        bench("offsets and left turns", signals, seeds, fixed, 0.0, given.peer)
    for signals in (10, 20, 50):
        free = Aim(cycle_s_min=60, cycle_s_max=100)
        bench("cycle, speeds, left turns", signals, seeds, free, 0.1, given.peer)
    for signals in (10, 20, 50):
        limited = Aim(cycle_s_min=60, cycle_s_max=100, slowness_change_s_m=0.006)
        bench("the same, speed changes limited", signals, seeds, limited, 0.1, given.peer)


if __name__ == "__main__":
    main()
