"""How fast the gate proves: commands in bulk, a plan of 16 stages, a thousand junctions' plans."""

from collections.abc import Callable
from dataclasses import fields
from time import perf_counter
from typing import Any

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import (
    Commands,
    GroupKind,
    Lamp,
    Lamps,
    Plan,
    Relation,
    SafetyTable,
    Signals,
)
from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.safety.approval import ApprovedPlan
from cityloop.traffic.safety.gate import prove_commands
from cityloop.traffic.safety.plan_proof import prove_plan


def make_network() -> Network:
    """Make an empty network: all that a plan's proof reads of it is paths and crossings."""
    values: dict[str, Any] = {
        each.name: () if each.name.endswith(("_ids", "crossing_links")) else np.zeros(0)
        for each in fields(Network)
    }
    return Network(**(values | {"name": "nowhere"}))


def make_signals(count: int, groups: int) -> tuple[Signals, SafetyTable]:
    """Make signals of which every group is in conflict with every other one."""
    relation = np.full((groups, groups), Relation.FORBIDDEN, np.uint8)
    np.fill_diagonal(relation, Relation.FREE)
    total = count * groups
    signals = Signals(
        signal_ids=tuple(map(str, range(count))),
        signal_x_m=np.zeros(count),
        signal_y_m=np.zeros(count),
        group_start=np.arange(0, total + 1, groups, dtype=np.int32),
        pair_start=np.arange(0, count * groups**2 + 1, groups**2, dtype=np.int32),
        group_kind=np.full(total, GroupKind.THROUGH, np.uint8),
        group_speed_m_s=np.full(total, 13.9),
        group_crossing_m=np.zeros(total),
        relation=np.tile(relation.ravel(), count),
        stream_group=np.zeros(0, np.int32),
    )
    table = SafetyTable(
        version=("1",) * count,
        yellow_s=np.full(total, 3, np.int32),
        min_green_s=np.full(total, 5, np.int32),
        max_red_s=np.full(total, 240, np.int32),
        all_red_s=(signals.relation == Relation.FORBIDDEN).astype(np.int32),
        walk_speed_m_s=np.ones(count),
        source=(),
    )
    return signals, table


def make_plan(name: str, stages: int, green_s: int, offset_s: int) -> Plan:
    """Make a plan that gives each group a stage of its own."""
    return Plan(
        signal_id=name,
        table_version="1",
        cycle_s=stages * (green_s + 4),
        offset_s=offset_s,
        stages=np.eye(stages, dtype=bool),
        green_s=np.full(stages, green_s, np.int32),
        clearance_s=np.full(stages, 4, np.int32),
    )


def best_s(work: Callable[[], object], rounds: int) -> float:
    """Time something several times, and give the best."""
    took = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        took.append(perf_counter() - began)
    return min(took)


def bench_commands() -> None:
    """Prove one batch of commands for 1,000 junctions of 16 groups."""
    signals, table = make_signals(1000, 16)
    green = np.tile(np.arange(16) == 0, 1000)
    lamps = Lamps(
        now_s=100,
        lamp=np.where(green, Lamp.GREEN, Lamp.RED).astype(np.uint8),
        since_s=np.zeros(16_000, np.int32),
        target=green,
        switching=np.zeros(1000, bool),
    )
    commands = Commands(
        issued_s=100,
        lifetime_s=3,
        sequence=1,
        addressed=np.ones(1000, bool),
        green=np.roll(green, 1),
        table_version=table.version,
    )
    waited_s = np.zeros(16_000, np.int32)
    took_s = best_s(lambda: prove_commands(signals, table, lamps, commands, waited_s), 20)
    print(f"a command proven, in bulk: {took_s / 1000 * 1e6:.2f} us a junction (limit 20)")


def bench_plans() -> None:
    """Prove one plan of 16 stages, and the plans of 1,000 junctions of 8 groups."""
    network = make_network()
    signals, table = make_signals(1, 16)
    plan = make_plan("0", 16, 8, 0)
    said = prove_plan(network, signals, table, None, plan)
    if not isinstance(said, ApprovedPlan):
        raise TypeError(str(said))
    took_s = best_s(lambda: prove_plan(network, signals, table, None, plan), 10)
    print(f"a plan of 16 stages, first start: {took_s * 1e3:.2f} ms (limit 5)")
    for mode in Mode:
        other = make_plan("0", 16, 9, 50)
        took_s = best_s(lambda: prove_plan(network, signals, table, plan, other, mode=mode), 5)  # noqa: B023
        print(f"a plan of 16 stages, switch by {mode}: {took_s * 1e3:.2f} ms")
    signals, table = make_signals(1000, 4)
    plans = [make_plan(name, 4, 18, i % 88) for i, name in enumerate(signals.signal_ids)]
    took_s = best_s(lambda: [prove_plan(network, signals, table, None, each) for each in plans], 2)
    print(f"1,000 junctions' plans of 4 stages: {took_s:.2f} s (limit 2)")


if __name__ == "__main__":
    bench_commands()
    bench_plans()
