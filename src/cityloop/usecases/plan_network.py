"""A network's timing from what its cameras have counted: observe, model, search, prove, try out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Floats
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import encode_plan
from cityloop.feeds.timing_sheet import write_timing_sheet
from cityloop.field.sensing import COUNT_MISSED_SHARE
from cityloop.kernels.streets import Streets
from cityloop.store.plan_file import write_plans
from cityloop.traffic.estimate.counts import Counts
from cityloop.traffic.estimate.flows import Flows, estimate_flows
from cityloop.traffic.model.queues import Queues, build_queues
from cityloop.traffic.model.streets import Demand, build_streets
from cityloop.traffic.plan.network import (
    MASTERS_KEPT,
    MASTERS_S,
    make_plans,
    search,
    time_alone,
)
from cityloop.traffic.plan.stock import Pool, build_pool
from cityloop.traffic.plan.timings import least_cycles_s
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.measure_run import HOUR_S
from cityloop.usecases.observe_counts import observe_counts
from cityloop.usecases.open_scenario import City, open_city
from cityloop.usecases.simulate_plans import simulate_plans

CLOSE: Final = 1.15
"""Who is so much worse than the best with the first seed is not tried with the others."""

LOSS_S: Final = 1.0
"""A vehicle that waits so much longer than before is told of. [s]"""

TRIED: Final = 3
"""So many candidates are tried with all seeds."""


@dataclass(frozen=True, kw_only=True)
class PlanOrder:
    """What is asked for.

    Attributes
    ----------
    scenario
        The files.
    observe_seeds
        Days on which cameras count.
    rank_seeds
        Days on which the last candidates are tried; none of the days that will be judged.
    observe_under
        `native` or `actuated`: who switches the signals while cameras count.
    duration_s
        How long a day is. [s]
    search_seed
        Fixes the order in which signals take their turns.
    workers
        Runs at a time.
    """

    scenario: Scenario
    observe_seeds: tuple[int, ...]
    rank_seeds: tuple[int, ...]
    observe_under: str = "native"
    duration_s: int = HOUR_S
    search_seed: int = 0
    workers: int = 1


class Tried(NamedTuple):
    """A candidate and what came of it.

    Attributes
    ----------
    name
        Its cycle, or what it is.
    predicted_s
        Delay by the model, per vehicle and signal crossed; NaN where it was not asked. [s]
    simulated_s
        (rank seeds,) TOTAL delay; NaN where it was not tried. [s]
    """

    name: str
    predicted_s: float
    simulated_s: Floats


class JunctionGain(NamedTuple):
    """What the model expects of one signal.

    Attributes
    ----------
    signal_id
        The signal.
    vehicles_h
        Vehicles that cross its stop lines. [veh/h]
    before_s, after_s
        Delay per vehicle with its own programme, repaired, and with the plan. [s]
    saturation
        Highest flow over capacity of its queues with the plan.
    worse
        Approaches that are expected to lose: link, seconds per vehicle more.
    """

    signal_id: str
    vehicles_h: float
    before_s: float
    after_s: float
    saturation: float
    worse: tuple[tuple[str, float], ...]


class NetworkPlan(NamedTuple):
    """What came out.

    Attributes
    ----------
    city
        Whose signals are timed.
    plans
        One a signal, proven.
    flows, queues
        What was learnt, and of what.
    tried
        The candidates, the chosen one first.
    gains
        Of every signal.
    """

    city: City
    plans: tuple[Plan, ...]
    flows: Flows
    queues: Queues
    tried: tuple[Tried, ...]
    gains: tuple[JunctionGain, ...]


def count_steps(order: PlanOrder) -> int:
    """Tell how many steps `plan_network` reports at most.

    Parameters
    ----------
    order
        What is asked for.

    Returns
    -------
    The number.
    """
    runs = len(order.rank_seeds)
    tries = (MASTERS_KEPT + 3) + max(runs - 1, 0) * (TRIED + 1) if runs else 0
    return len(order.observe_seeds) + len(MASTERS_S) + MASTERS_KEPT + tries


def plan_network(order: PlanOrder, done: Callable[[], None]) -> NetworkPlan:
    """Time a network.

    Parameters
    ----------
    order
        What is asked for.
    done
        Called after each step.

    Returns
    -------
    The plans with the reasons.

    Raises
    ------
    InputError
        If nothing was counted, if no cycle is long enough for a signal's least greens, or if the
        gate refuses what was found.
    """
    city = open_city(order.scenario)
    counts = observe_counts(
        order.scenario,
        order.observe_seeds,
        control=order.observe_under,
        duration_s=order.duration_s,
        done=done,
        workers=order.workers,
    )
    queues = build_queues(city.network, city.signals, city.view)
    flows = learn_flows(order.scenario, queues, counts)
    pool = city_pool(city, queues)
    check_cycles(city, pool)
    streets = build_streets(queues, as_demand(flows))
    rng = np.random.default_rng(order.search_seed)
    before = _own_cycles(city, streets, pool, "own programmes, made safe", anew=False)
    choices = [
        _Choice(
            f"cycle {each.master_s} s",
            make_plans(city.signals, city.table, pool, each),
            each.delay,
            each.saturation,
        )
        for each in search(streets, pool, rng, done=done)
    ]
    choices += [_own_cycles(city, streets, pool, "own cycles, new greens", anew=True), before]
    proven = [each for each in choices if each.plans and _refusal(city, each.plans) is None]
    if not proven:
        raise InputError(
            file=order.scenario.net_file,
            place="",
            cause=f"the gate refuses every plan that was found: {_refusal(city, choices[0].plans)}",
            remedy="run `cityloop traffic inspect`, and correct the signal's safety table",
        )
    chosen, tried = _rank(order, flows, proven, done)
    gains = _gains(city, queues, flows, before, chosen)
    return NetworkPlan(city, chosen.plans, flows, queues, tried, gains)


class _Choice(NamedTuple):
    """Plans that may be taken, with what the model says: delay and saturation of each queue."""

    name: str
    plans: tuple[Plan, ...]
    delay: Floats
    saturation: Floats


def _own_cycles(city: City, streets: Streets, pool: Pool, name: str, *, anew: bool) -> _Choice:
    """Take each signal's own programme as the gate lets it run, with its greens or with new ones.

    Signals with no such programme have no plan in it.
    """
    queues = len(streets.storage)
    delay, saturation = np.full(queues, np.nan), np.full(queues, np.nan)
    plans = []
    for s, each in enumerate(city.fallbacks):
        if each.approved is None:
            continue
        plan = each.approved.plan
        said = time_alone(streets, pool, s, plan, anew=anew)
        if said is not None:
            own = slice(int(streets.queue_start[s]), int(streets.queue_start[s + 1]))
            delay[own], saturation[own] = said.delay, said.saturation
            plan = said.plan
        plans.append(plan)
    return _Choice(name, tuple(plans), delay, saturation)


def save_plan(
    found: NetworkPlan, *, out: Path, sumo: Path | None = None, csv: Path | None = None
) -> None:
    """Write plans where they are wanted.

    Parameters
    ----------
    found
        What came out.
    out
        In our format.
    sumo
        As programmes in a SUMO additional file; None for none.
    csv
        As a timing sheet; None for none.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    city = found.city
    write_plans(out, found.plans)
    if sumo is not None:
        texts = tuple(encode_plan(city.signals, city.table, plan) for plan in found.plans)
        write_programmes(sumo, texts)
    if csv is not None:
        write_timing_sheet(csv, found.plans, _links_of_groups(city))


def _links_of_groups(city: City) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Name the links from which each group of each signal comes."""
    network, signals = city.network, city.signals
    found: list[set[str]] = [set() for _ in range(signals.group_count)]
    for c in np.flatnonzero(signals.stream_group[: network.connector_count] >= 0).tolist():
        link = int(network.lane_link[network.connector_from_lane[c]])
        found[signals.stream_group[c]].add(network.link_ids[link])
    return {
        name: tuple(tuple(sorted(each)) for each in found[signals.groups_of(s)])
        for s, name in enumerate(signals.signal_ids)
    }


def learn_flows(scenario: Scenario, queues: Queues, counts: Sequence[Counts]) -> Flows:
    """Estimate flows from counts.

    Parameters
    ----------
    scenario
        Whose.
    queues
        Its queues.
    counts
        What cameras counted.

    Returns
    -------
    The flows.

    Raises
    ------
    InputError
        If nobody crossed a stop line.
    """
    if not sum(int(each.crossed.sum()) for each in counts):
        raise InputError(
            file=scenario.origin,
            place="",
            cause="no vehicle crossed a stop line in all the time of watching",
            remedy="give a scenario with traffic, or watch for longer with --duration",
        )
    return estimate_flows(queues, counts, missed_share=COUNT_MISSED_SHARE)


def as_demand(flows: Flows) -> Demand:
    """Take of the flows what the model has to know.

    Parameters
    ----------
    flows
        What was learnt.

    Returns
    -------
    The demand.
    """
    return Demand(
        volume_veh_h=flows.volume_veh_h,
        share=flows.share,
        way_share=flows.way_share,
        part_sat=flows.part_sat,
        start_loss_s=flows.start_loss_s,
        period_s=flows.period_s,
        share_sd=flows.share_sd,
    )


def city_pool(city: City, queues: Queues) -> Pool:
    """Put together the stages that a city's plans may be made of.

    Parameters
    ----------
    city
        The city.
    queues
        Its queues.

    Returns
    -------
    The pool.
    """
    fixed = city.scenario.junctions_with_fixed_stages
    return build_pool(city.signals, city.table, queues, city.programmes, fixed)


def check_cycles(city: City, pool: Pool) -> None:
    """Refuse signals whose least greens fit into no cycle.

    Parameters
    ----------
    city
        The city.
    pool
        What its signals may show.

    Raises
    ------
    InputError
        If there is one; the worst is named.
    """
    least_s = least_cycles_s(pool)
    longest = int(np.argmax(least_s))
    if least_s[longest] > max(MASTERS_S):
        raise InputError(
            file=city.scenario.net_file,
            place=f"signal {city.signals.signal_ids[longest]}",
            cause=f"its least greens and clearances take {least_s[longest]} s,"
            f" the longest cycle is {max(MASTERS_S)} s",
            remedy="shorten the minimums in its safety table, or let more groups share a stage",
        )


def _refusal(city: City, plans: tuple[Plan, ...]) -> Refusal | None:
    for plan in plans:
        said = prove_plan(city.network, city.signals, city.table, None, plan)
        if isinstance(said, Refusal):
            return said
    return None


def _rank(
    order: PlanOrder,
    flows: Flows,
    proven: list[_Choice],
    done: Callable[[], None],
) -> tuple[_Choice, tuple[Tried, ...]]:
    """Try the candidates beside what runs now, first with one seed, the best with all."""
    crossings = float(flows.volume_veh_h.sum()) * flows.period_s / HOUR_S
    predicted = [float(each.delay.sum()) / max(crossings, 1.0) for each in proven]
    delay_s = np.full((len(proven) + 1, len(order.rank_seeds)), np.nan)
    if order.rank_seeds:
        choices: list[tuple[Plan, ...]] = [each.plans for each in proven] + [()]

        def run(which: list[int], seeds: Sequence[int]) -> Floats:
            return simulate_plans(
                order.scenario,
                [choices[i] for i in which],
                seeds,
                duration_s=order.duration_s,
                done=done,
                workers=order.workers,
            )

        everyone = list(range(len(choices)))
        delay_s[:, 0] = run(everyone, order.rank_seeds[:1])[:, 0]
        first = np.argsort(delay_s[:-1, 0], kind="stable")
        close = [int(i) for i in first[:TRIED] if delay_s[i, 0] <= CLOSE * delay_s[first[0], 0]]
        if len(order.rank_seeds) > 1:
            close_all = [*close, len(proven)]
            delay_s[close_all, 1:] = run(close_all, order.rank_seeds[1:])
        best = min(close, key=lambda i: float(delay_s[i].mean()))
    else:
        best = 0
    tried = [Tried(proven[i].name, predicted[i], delay_s[i]) for i in range(len(proven))]
    ordered = [tried[best], *(each for i, each in enumerate(tried) if i != best)]
    ordered.append(Tried("what runs now", float("nan"), delay_s[-1]))
    return proven[best], tuple(ordered)


def _gains(
    city: City, queues: Queues, flows: Flows, own: _Choice, chosen: _Choice
) -> tuple[JunctionGain, ...]:
    """Compare, signal by signal, its own programme as the gate lets it run with the plan."""
    before, signal = own.delay, queues.queue_signal
    total = flows.volume_veh_h.sum(axis=0) * flows.period_s / HOUR_S
    hours = len(flows.volume_veh_h) * flows.period_s / HOUR_S
    gains = []
    for s, name in enumerate(city.signals.signal_ids):
        mine = np.flatnonzero(signal == s)
        vehicles = max(float(total[mine].sum()), 1e-9)
        more_s = (chosen.delay[mine] - before[mine]) / np.maximum(total[mine], 1.0)
        worst = mine[more_s > LOSS_S]
        gains.append(
            JunctionGain(
                signal_id=name,
                vehicles_h=vehicles / hours,
                before_s=float(before[mine].sum()) / vehicles,
                after_s=float(chosen.delay[mine].sum()) / vehicles,
                saturation=float(chosen.saturation[mine].max(initial=0.0)),
                worse=_worse(city, queues, worst, more_s[more_s > LOSS_S]),
            )
        )
    return tuple(gains)


def _worse(
    city: City, queues: Queues, which: np.ndarray, more_s: Floats
) -> tuple[tuple[str, float], ...]:
    """Name the links whose vehicles are expected to lose, each with the most that they lose."""
    by_link: dict[str, float] = {}
    for q, s in zip(which.tolist(), more_s.tolist(), strict=True):
        link = city.network.link_ids[queues.queue_link[q]]
        by_link[link] = max(s, by_link.get(link, 0.0))
    return tuple(sorted(by_link.items(), key=lambda item: -item[1]))
