"""What a whole decision of `adaptive` costs, from observation to commands, in a large city.

    python benchmarks/decide_city.py [SCENARIO] [--signals 1000,4000,10000] [--seconds 40]

The city is a real one, copied until it has so many signals. Nobody drives: vehicles are drawn anew
each second, as many as cameras would see in dense traffic. Lamps follow the commands, through gate
and cabinets, so that minimum greens and switches are what they would be. Everything runs on one
thread; the planning alone, on two, is what `decide.py` measures.
"""

import argparse
import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from time import perf_counter, process_time
from typing import Any

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import Programme, Signals
from cityloop.field.cabinet import Cabinets
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.observe.observation import Observation
from cityloop.traffic.observe.view import View, build_view
from cityloop.traffic.plan.compatible import compatible_stages
from cityloop.traffic.safety.gate import prove_commands
from cityloop.traffic.safety.tables import default_table
from cityloop.usecases.find_scenario import find_scenario
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City

SEED = 7
WARM_S = 15
VEHICLES_A_LANE = 2.5
CROSSING_SHARE = 0.15
"""In a second a vehicle crosses the stop line of so many of the lanes."""

INDEX_OF = {
    "link_from_node": "node_ids", "link_to_node": "node_ids", "lane_link": "link_ids",
    "connector_from_lane": "lane_ids", "connector_to_lane": "lane_ids",
    "connector_movement": "movement_node", "movement_from_link": "link_ids",
    "movement_to_link": "link_ids", "movement_node": "node_ids", "crossing_node": "node_ids",
    "group_start": "group_kind", "pair_start": "relation",
    "link_shape_start": "shape_x_m", "connector_shape_start": "path_x_m",
}  # fmt: skip
"""What an index counts, by the name of a column with an entry for each."""


def copied(record: Any, copies: int) -> dict[str, Any]:  # noqa: ANN401  any record over arrays
    """Lay copies of a record's columns end to end; each copy's indices lead into its own part."""
    columns: dict[str, Any] = {}
    for name, column in vars(record).items():
        starts = name.endswith("_start")
        if isinstance(column, tuple):
            columns[name] = tuple(
                f"{each}-{n}" if isinstance(each, str) else each
                for n in range(copies)
                for each in column
            )
        elif not isinstance(column, np.ndarray):
            columns[name] = column
        else:
            inner = column[:-1] if starts else column
            many = np.tile(inner, copies)
            if name in INDEX_OF:
                size = len(getattr(record, INDEX_OF[name]))
                many = many + np.repeat(np.arange(copies), len(inner)) * size
                many = np.append(many, copies * size) if starts else many
            columns[name] = many.astype(column.dtype)
    return columns


def copy_city(city: City, copies: int) -> tuple[Network, Signals, list[Programme]]:
    """Make a city of copies. Crossings and conflicts are left out: planning asks for neither."""
    none = np.zeros(0, np.int32)
    flags = np.zeros(0, bool)
    plain = replace(
        city.network, crossing_ids=(), crossing_node=none, crossing_length_m=np.zeros(0),
        crossing_links=(), conflict_first=none, conflict_second=none,
        conflict_kind=np.zeros(0, np.uint8), conflict_opposing=flags,
        conflict_first_yields=flags, conflict_second_yields=flags,
    )  # fmt: skip
    network = Network(**copied(plain, copies))
    group = city.signals.stream_group[: plain.connector_count]
    columns = copied(replace(city.signals, stream_group=group), copies)
    shift = np.repeat(np.arange(copies), len(group)) * city.signals.group_count
    columns["stream_group"] = np.where(
        np.tile(group, copies) < 0, -1, np.tile(group, copies) + shift
    ).astype(np.int32)
    programmes = [
        replace(each, signal_id=f"{each.signal_id}-{n}")
        for n in range(copies)
        for each in city.programmes
    ]
    return network, Signals(**columns), programmes


def watcher(view: View, signals: int, rng: np.random.Generator) -> Callable[[int], Observation]:
    """Give a function that draws what the cameras see in a second."""
    count = int(VEHICLES_A_LANE * len(view.approach_lane))

    def look(now_s: int) -> Observation:
        approaches, exits = len(view.approach_lane), len(view.exit_lane)
        return Observation(
            seen_s=now_s - 1,
            looked_at=np.ones(signals, bool),
            vehicle_view=rng.integers(0, len(view.lane), count).astype(np.int32),
            vehicle_distance_m=rng.uniform(0, 150, count).astype(np.float32),
            vehicle_speed_m_s=(rng.uniform(0, 14, count) * (rng.random(count) < 0.5)).astype(  # noqa: PLR2004
                np.float32
            ),
            vehicle_is_bus=np.zeros(count, bool),
            crossed=(rng.random(approaches) < CROSSING_SHARE).astype(np.int32),
            exit_full=np.zeros(exits, np.int8),
            stop_occupied=np.full(approaches, -1, np.int8),
            advance_count=np.full(approaches, -1, np.int32),
            advance_occupancy=np.full(approaches, -1, np.float32),
        )

    return look


def bench(city: City, wanted: int, seconds: int) -> float:
    """Let the controller decide for a while; give a core's time for each signal. [s]."""
    copies = max(1, round(wanted / len(city.signals.signal_ids)))
    network, signals, programmes = copy_city(city, copies)
    table, view = default_table(signals), build_view(network, signals)
    controller = Adaptive(
        network, signals, table, view, compatible_stages(network, signals, programmes)
    )
    cabinets = Cabinets(signals, table, 0)
    count = len(signals.signal_ids)
    look = watcher(view, count, np.random.default_rng(SEED))
    nobody_s = np.zeros(signals.group_count, np.int32)
    took_s, worked_s, due = [], [], []
    for now_s in range(WARM_S + seconds):
        lamps, observation = cabinets.lamps(), look(now_s)
        began_s, before_s = perf_counter(), process_time()
        commands = controller.decide(observation, lamps)
        took_s.append(perf_counter() - began_s)
        worked_s.append(process_time() - before_s)
        due.append(count - int(lamps.switching.sum()))
        verdict = prove_commands(signals, table, lamps, commands, nobody_s)
        cabinets.apply(verdict.approved)
        cabinets.advance()
        cabinets.tick()
    took = np.array(took_s[WARM_S:]) * 1e3
    core_s = float(np.median(worked_s[WARM_S:]))
    print(
        f"{count:6d} signals, {np.mean(due[WARM_S:]):.0f} of them planned in a second:"
        f" p50 {np.median(took):.0f} ms, p99 {np.percentile(took, 99):.0f} ms a decision;"
        f" {core_s * 1e3:.0f} ms of one core's time"
    )
    return core_s / count


def main() -> None:
    """Print what was measured, with versions and seed."""
    parser = argparse.ArgumentParser(description="What whole decisions of a large city cost.")
    parser.add_argument("scenario", nargs="?", default="bologna-acosta")
    parser.add_argument("--signals", default="1000,2000,4000,10000")
    parser.add_argument("--seconds", type=int, default=40)
    given = parser.parse_args()
    packages = ", ".join(f"{name} {version(name)}" for name in ("cityloop", "numba", "numpy"))
    print(
        f"copies of {given.scenario}; python {platform.python_version()}, {packages}; seed {SEED}"
    )
    city = open_city(find_scenario(given.scenario, say=print))
    sizes = [int(size) for size in given.signals.split(",")]
    bench(city, 1, 2)
    per_signal_s = [bench(city, size, given.seconds) for size in sizes]
    print(
        f"a signal's share at {sizes[-1]} over that at {sizes[0]}:"
        f" {per_signal_s[-1] / per_signal_s[0]:.2f} (linear: 1)"
    )


if __name__ == "__main__":
    main()
