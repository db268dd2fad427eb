"""The demo's city: two arterials and six cross streets, made here, so that nothing is fetched.

Its signals run what a city begins with: one cycle for all, greens by rule, no offsets.
"""

import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.feeds.netconvert import find_netconvert
from cityloop.feeds.sumo_config import read_scenario
from cityloop.store.whole_file import write_whole
from cityloop.usecases.fetch_dataset import cache_dir

LASTS_S: Final = 7200
_VERSION: Final = 3
_SEED: Final = 7
_AT_M: Final = (0, 310, 560, 900, 1150, 1480)
_ROADS: Final = {"zhongshan": (0, 3), "jiefang": (340, 2)}
"""Name: place from south to north, lanes a direction. [m]"""

_EDGE_M: Final = 260
_SPEED_M_S: Final = 13.88
_CROSS_SPEED_M_S: Final = 11.1
_FLOWS_VEH_H: Final = {"zhongshan": (820, 640), "jiefang": (430, 520)}
"""West to east, and back."""

_CROSS_VEH_H: Final = 150
_TURNING_VEH_H: Final = 45
_OPTIONS: Final = (
    "--no-turnarounds", "true", "--tls.cycle.time", "100", "--tls.yellow.time", "3",
    "--tls.allred.time", "1", "--tls.left-green.time", "8", "--precision", "3",
    "--xml-validation", "never", "--no-warnings",
)  # fmt: skip


def make_demo_city() -> Scenario:
    """Make the demo's city, once; then it lies in the cache.

    Returns
    -------
    The scenario, the same on every machine.

    Raises
    ------
    InputError
        If the simulator is not installed, or the cache cannot be written.
    """
    folder = cache_dir() / f"demo-city-{_VERSION}"
    config = folder / "demo-city.sumocfg"
    if config.is_file():
        return read_scenario(config)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "demo.nod.xml", _nodes().encode())
    write_whole(folder / "demo.edg.xml", _edges().encode())
    _convert(folder)
    write_whole(folder / "demo.rou.xml", _demand(np.random.default_rng(_SEED)).encode())
    write_whole(
        config,
        b'<configuration><input><net-file value="demo.net.xml"/><route-files value="demo.rou.xml"/>'
        b'</input><time><begin value="0"/><end value="%d"/></time></configuration>\n' % LASTS_S,
    )
    return read_scenario(config)


def _rows() -> Iterator[tuple[str, int, int]]:
    for road, (y_m, lanes) in _ROADS.items():
        yield road, y_m, lanes


def _nodes() -> str:
    north_m = max(y_m for _, y_m, _ in _rows())
    found = []
    for road, y_m, _ in _rows():
        for i, x_m in enumerate(_AT_M):
            found.append(f'<node id="{road}-{i + 1}" x="{x_m}" y="{y_m}" type="traffic_light"/>')
        for end, x_m in (("west", -_EDGE_M), ("east", _AT_M[-1] + _EDGE_M)):
            found.append(f'<node id="{road}-{end}" x="{x_m}" y="{y_m}"/>')
    for i, x_m in enumerate(_AT_M):
        found.append(f'<node id="north-{i + 1}" x="{x_m}" y="{north_m + _EDGE_M}"/>')
        found.append(f'<node id="south-{i + 1}" x="{x_m}" y="{-_EDGE_M}"/>')
    return f"<nodes>{''.join(found)}</nodes>\n"


def _edges() -> str:
    found = []
    for road, _, lanes in _rows():
        chain = [f"{road}-{each}" for each in ("west", *range(1, len(_AT_M) + 1), "east")]
        for one, other in pairwise(chain):
            found += [(one, other, lanes, _SPEED_M_S), (other, one, lanes, _SPEED_M_S)]
    for i in range(1, len(_AT_M) + 1):
        chain = [f"south-{i}", *(f"{road}-{i}" for road in _ROADS), f"north-{i}"]
        for one, other in pairwise(chain):
            found += [(one, other, 2, _CROSS_SPEED_M_S), (other, one, 2, _CROSS_SPEED_M_S)]
    written = "".join(
        f'<edge id="{a}_{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="{speed}"/>'
        for a, b, lanes, speed in found
    )
    return f"<edges>{written}</edges>\n"


def _convert(folder: Path) -> None:
    program = find_netconvert()
    if program is None:
        raise InputError(
            file="--demo",
            place="",
            cause="the demo needs SUMO, which is not installed",
            remedy="run `make install`, or install cityloop with its extra sim",
        )
    files = ("--node-files", "demo.nod.xml", "--edge-files", "demo.edg.xml", "-o", "demo.net.xml")
    # The words are ours; no shell reads them.
    subprocess.run(  # noqa: S603
        [str(program), *files, *_OPTIONS], cwd=folder, check=True, capture_output=True, timeout=60
    )


def _flows() -> Iterator[tuple[str, str, float]]:
    """Yield from where, to where, and how many. [veh/h]."""
    last = len(_AT_M)
    for road, (east, west) in _FLOWS_VEH_H.items():
        ends = (f"{road}-west_{road}-1", f"{road}-{last}_{road}-east")
        back = (f"{road}-east_{road}-{last}", f"{road}-1_{road}-west")
        yield (*ends, east)
        yield (*back, west)
    lower, upper = tuple(_ROADS)
    for i in range(1, last + 1):
        south_in, north_out = f"south-{i}_{lower}-{i}", f"{upper}-{i}_north-{i}"
        north_in, south_out = f"north-{i}_{upper}-{i}", f"{lower}-{i}_south-{i}"
        yield south_in, north_out, _CROSS_VEH_H
        yield north_in, south_out, _CROSS_VEH_H
        yield south_in, f"{lower}-{last}_{lower}-east", _TURNING_VEH_H
        yield north_in, f"{upper}-1_{upper}-west", _TURNING_VEH_H
        yield f"{lower}-west_{lower}-1", north_out, _TURNING_VEH_H
        yield f"{upper}-east_{upper}-{last}", south_out, _TURNING_VEH_H


def _demand(rng: np.random.Generator) -> str:
    """Draw every trip beforehand, so that all twins meet the very same ones."""
    trips = []
    for begin, end, veh_h in _flows():
        at_s = 0.0
        while True:
            # From a quiet begin to a peak after an hour, and back.
            share = 0.75 + 0.35 * np.sin(np.pi * at_s / LASTS_S)
            at_s += float(rng.exponential(3600 / (veh_h * share)))
            if at_s >= LASTS_S:
                break
            trips.append((at_s, begin, end))
    written = "".join(
        f'<trip id="{i}" depart="{at_s:.1f}" from="{begin}" to="{end}" departLane="best"'
        ' departSpeed="max"/>\n'
        for i, (at_s, begin, end) in enumerate(sorted(trips))
    )
    return f"<routes>\n{written}</routes>\n"
