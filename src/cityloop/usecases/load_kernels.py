"""Calling every kernel once, which compiles it, or loads what was compiled before."""

import numpy as np

from cityloop.city.network import Floats
from cityloop.city.signals import Commands, GroupKind, Plan, Relation, SafetyTable, Signals
from cityloop.field.cabinet import Cabinets
from cityloop.kernels.bands import widest_parts, widest_reach, widest_sum
from cityloop.kernels.chains import fold
from cityloop.kernels.joint import PairLanes, plan_pairs
from cityloop.kernels.path_gate import Kept, check_path
from cityloop.kernels.pressure import Pressures, choose_stages, green_for
from cityloop.kernels.reach import Places, nearest_one, pairs, place_points, reach
from cityloop.kernels.siting import Savings, bound, greedy, swap
from cityloop.kernels.switch_gate import check_switches
from cityloop.traffic.control.horizon import Faced, Settings, horizon_tables, plan_stages
from cityloop.traffic.control.priced import price_options
from cityloop.traffic.control.stage_table import StageTable
from cityloop.traffic.control.weighed import Weighed
from cityloop.traffic.estimate.hires_log import DetectorSetup, make_log
from cityloop.traffic.estimate.live.line_queues import QueueRules, queues_of_log
from cityloop.traffic.estimate.windows import Events, SourceWindows, WindowRules
from cityloop.traffic.model.corridor import Approach, corridor_delay
from cityloop.traffic.plan.transition import plan_timing, signal_rules
from cityloop.traffic.safety.gate import prove_commands, watch_lamps
from cityloop.usecases.measure_signals import MeasureRules, work_out
from cityloop.usecases.warm_search import search_once


def load_kernels() -> None:
    """Load every compiled kernel into this process, so that no second of a run has to.

    One signal of two conflicting groups goes through a switch.
    """
    signals = Signals(
        signal_ids=("warm",),
        signal_x_m=np.zeros(1),
        signal_y_m=np.zeros(1),
        group_start=np.array([0, 2], np.int32),
        pair_start=np.array([0, 4], np.int32),
        group_kind=np.full(2, GroupKind.THROUGH, np.uint8),
        group_speed_m_s=np.full(2, 13.9),
        group_crossing_m=np.zeros(2),
        relation=np.array([0, 1, 1, 0], np.uint8) * np.uint8(Relation.FORBIDDEN),
        stream_group=np.arange(2, dtype=np.int32),
    )
    table = SafetyTable(
        version=("warm",),
        yellow_s=np.full(2, 3, np.int32),
        min_green_s=np.full(2, 5, np.int32),
        max_red_s=np.full(2, 180, np.int32),
        all_red_s=np.array([0, 1, 1, 0], np.int32),
        walk_speed_m_s=np.ones(1),
        source=(),
    )
    cabinets = Cabinets(signals, table, 0)
    before = cabinets.lamps()
    commands = Commands(
        issued_s=0,
        lifetime_s=3,
        sequence=1,
        addressed=np.ones(1, bool),
        green=np.array([True, False]),
        table_version=table.version,
    )
    verdict = prove_commands(signals, table, before, commands, np.zeros(2, np.int32))
    cabinets.apply(verdict.approved)
    cabinets.advance()
    cabinets.tick()
    watch_lamps(signals, table, before, cabinets.lamps())
    plan = Plan(
        signal_id="warm",
        table_version="warm",
        cycle_s=48,
        offset_s=0,
        stages=np.eye(2, dtype=bool),
        green_s=np.full(2, 20, np.int32),
        clearance_s=np.full(2, 4, np.int32),
    )
    corridor_delay([Approach(np.ones(1), np.ones((1, 2)), i - 1, 1.0) for i in range(2)])
    timing = plan_timing(signals, table, plan)
    rules = signal_rules(signals, table, 0)
    everyone = np.ones(2, bool)
    kept = Kept(**rules._asdict(), walk=~everyone, required=everyone)
    check_path(np.zeros(1, np.int32), timing.steady[0][:1], np.zeros(2, np.int32), kept)
    check_switches(0, 1, 0, timing, timing, rules, kept)
    _weigh_once()
    _plan_once()
    search_once()
    _sum_once()
    _measure_once()
    _walk_once()
    _band_once()


def _band_once() -> None:
    """Let two bands pass two signals."""
    shift, orders, room = np.zeros((2, 1)), np.ones(2, np.int32), np.ones(2)
    time = np.full(1, 0.5)
    widest_sum(shift, orders, room)
    widest_reach(shift, orders, room, time, time, (0.0, 1.0))
    widest_parts(shift, orders, room, time, time, 0.1)


def _weigh_once() -> None:
    """Let max-pressure choose at one signal of one lane and one stage."""
    one = np.zeros(1, np.int32)
    town = Pressures(
        group_start=np.array([0, 1], np.int32),
        walk=np.zeros(1, bool),
        feed_start=np.array([0, 1], np.int32),
        feed_approach=one,
        feed_weight=np.ones(1),
        below_start=np.array([0, 0], np.int32),
        below_view=one[:0],
        below_weight=np.zeros(0),
        approach=one,
        exit_of=one,
        group=one,
        share=np.ones(1),
        stage_start=np.array([0, 1], np.int32),
        green_start=one,
        green=np.ones(1, bool),
    )
    nobody, shown = np.zeros(1, bool), np.zeros(1, np.uint8)
    view, since_s = one.copy(), one.copy()
    for values in (nobody, shown, view, since_s):
        # As they come from frozen records: the compiler tells them from arrays that can be written.
        values.flags.writeable = False
    choose_stages(town, ~nobody, view, one, nobody, 90)
    green_for(0, shown, since_s, one, town.group_start, 0)


def _plan_once() -> None:
    """Let one signal of two stages and two lanes plan its next seconds."""
    table = StageTable(
        stage_start=np.array([0, 2], np.int32),
        lane_start=np.array([0, 2], np.int32),
        approach=np.arange(2, dtype=np.int32),
        lane_of=np.arange(2, dtype=np.int32),
        rate_start=np.array([0, 4], np.int32),
        rate=np.array([0.5, 0.0, 0.0, 0.5]),
        service=np.array([0, 0, 1, 1], np.int32),
        clearance_start=np.array([0, 4], np.int32),
        clearance_s=np.array([0, 4, 4, 0], np.int32),
        min_green_s=np.full(2, 5, np.int32),
        room=np.full(2, 20.0),
        speed_m_s=np.full(2, 13.9),
    )
    one, two = np.zeros(1, np.int32), np.zeros(2, np.int32)
    weighed = Weighed(
        now_s=0,
        due=np.ones(1, bool),
        ran=one,
        runs=one,
        step=one,
        overdue=[],
        blocked=np.zeros(1, bool),
        earliest_s=two,
        waited_s=two,
        cost=np.zeros(3),
        queue=np.zeros(2),
        came=np.zeros((2, Settings().horizon_s + 2)),
        rate=table.rate.copy(),
        weight=np.ones(2),
        startup_s=np.ones(2),
        joint=np.zeros(1, bool),
    )
    faced = Faced(
        weighed.rate, weighed.due, weighed.ran, weighed.earliest_s, weighed.queue, weighed.came,
        weighed.weight, weighed.startup_s,
    )  # fmt: skip
    plan_stages(table, Settings(), faced, weighed.cost)
    _plan_pair_once(table, faced, weighed.cost)
    price_options(table, Settings(), weighed)


def _plan_pair_once(table: StageTable, faced: Faced, cost: Floats) -> None:
    """Let no pair of signals be planned together."""
    none = np.zeros(0, np.int32)
    one = np.zeros(1, np.int32)
    plan_pairs(
        *horizon_tables(table, Settings(), faced),
        PairLanes(none, none, one, none, none, one, none),
        np.zeros(0),
        faced.due,
        faced.stage,
        faced.earliest_s,
        faced.queue,
        faced.came,
        faced.came,
        cost,
        one,
    )


def _sum_once() -> None:
    """Let one detector's window take an event, close, and take one that is late."""
    one = Events(
        time_us=np.full(1, 10**9),
        detector=np.zeros(1, np.int32),
        count=np.ones(1, np.int32),
        occupancy=np.ones(1, np.float32),
        speed_m_s=np.ones(1, np.float32),
    )
    windows = SourceWindows(WindowRules())
    windows.add(one, 10**9, 1)
    windows.pass_time(2 * 10**9)
    windows.add(one, 10**9, 1)


def _walk_once() -> None:
    """Let one home and one place on one street find each other."""
    zero, ten = np.zeros(1, np.int32), np.full(1, 10, np.int32)
    chains = fold(2, zero, np.ones(1, np.int32), ten, ten)
    at = place_points(chains, ten, ten, zero, zero, zero, zero)
    times = np.array([0, 1], np.int32)
    places = Places(at, times, times, zero, ten, np.zeros(1))
    reach(chains, at, places, 10, 1)
    pairs(chains, at, places, 10)
    nearest_one(chains, at, at, 10)


def _measure_once() -> None:
    """Work out the measures of one cycle of one phase."""
    codes = np.array([82, 1, 82, 81, 8, 10, 1], np.int16)
    log = make_log(
        ("warm",),
        np.zeros(len(codes), np.int32),
        np.arange(len(codes)) * 10**6,
        codes,
        np.array([2, 2, 2, 2, 2, 2, 2], np.int16),
    )
    setup = DetectorSetup(
        device=np.zeros(3, np.int32),
        phase=np.full(3, 2, np.int32),
        detector=np.full(3, 2, np.int32),
        function=("Advance", "Presence", "Yellow_Red"),
    )
    for _ in work_out(log, setup, MeasureRules(), lambda _: b""):
        pass
    queues_of_log(log, setup, QueueRules())


def _site_once() -> None:
    """Let one site serve one demand."""
    one, none = np.ones(1), np.zeros(0, np.int32)
    savings = Savings(np.array([0, 1]), np.zeros(1, np.int32), one, one, np.zeros(1))
    bound(savings, 1.0, 1.0, np.zeros(1), 1)
    swap(savings, 1.0, greedy(savings, 1.0, none), 1)
