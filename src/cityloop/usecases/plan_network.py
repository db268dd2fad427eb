"""A network's timing from what its cameras have counted: observe, model, search, prove, try out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Ints
from cityloop.city.scenario import Scenario
from cityloop.city.signals import Plan
from cityloop.feeds.sumo_additional import write_programmes
from cityloop.feeds.sumo_programmes import encode_timetable
from cityloop.feeds.timing_sheet import write_timing_sheet
from cityloop.field.sensing import COUNT_MISSED_SHARE
from cityloop.kernels.streets import Streets
from cityloop.store.plan_file import write_timetable
from cityloop.traffic.estimate.counts import Counts
from cityloop.traffic.estimate.flows import Flows, estimate_flows
from cityloop.traffic.model.queues import Queues, build_queues
from cityloop.traffic.model.streets import Demand, build_streets
from cityloop.traffic.plan.alone import time_alone
from cityloop.traffic.plan.day import find_stretches
from cityloop.traffic.plan.masters import MASTERS_KEPT
from cityloop.traffic.plan.network import MASTERS_S
from cityloop.traffic.plan.options import COMMON_KEPT, Option, find_options
from cityloop.traffic.plan.stock import Pool, build_pool
from cityloop.traffic.plan.timetable import Timetable
from cityloop.traffic.plan.timings import least_cycles_s
from cityloop.traffic.safety.approval import Refusal
from cityloop.usecases.average_greens import average_greens
from cityloop.usecases.controls import RUNS_PLANS
from cityloop.usecases.draw_choices import CHECKED, draw_choices
from cityloop.usecases.expect_gains import JunctionGain, expect_gains
from cityloop.usecases.measure_run import HOUR_S
from cityloop.usecases.observe_counts import observe_counts
from cityloop.usecases.open_scenario import open_city
from cityloop.usecases.opened_city import City
from cityloop.usecases.prove_option import prove_option
from cityloop.usecases.rank_plans import TRIED, Choice, Days, Tried, rank_choices

OTHERS: Final = 6
"""Candidates beside those of each master cycle: a double one, by time of day, own cycles twice,
greens as followed twice."""

FOLLOWED: Final = 2
"""Runs from which those greens come."""

DRAWN: Final = 40
DRAWN_KEPT: Final = 4
"""Plans that are drawn and crossed if nothing else is asked for, and those of them that are tried
like all other candidates."""


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
    by_time_of_day
        Whether there may be other plans where flows change.
    by_zone
        Whether a network may be split where coordination does not pay.
    run_by
        Who will run the plans, and does on the days on which they are tried: `fixed-time` or
        `coordinated`.
    drawn
        So many plans, drawn at random or crossed, are tried for half a day; the best are
        candidates, too.
    """

    scenario: Scenario
    observe_seeds: tuple[int, ...]
    rank_seeds: tuple[int, ...]
    observe_under: str = "native"
    duration_s: int = HOUR_S
    search_seed: int = 0
    workers: int = 1
    by_time_of_day: bool = True
    by_zone: bool = True
    run_by: str = RUNS_PLANS[0]
    drawn: int = DRAWN


class NetworkPlan(NamedTuple):
    """What came out.

    Attributes
    ----------
    order
        What was asked for.
    city
        Whose signals are timed.
    timetable
        One plan a signal and time of day, proven with every switch.
    zone
        (signals,) signals of one zone share a master cycle.
    flows, queues
        What was learnt, and of what.
    tried
        The candidates, the chosen one first.
    gains
        Of every signal.
    """

    order: PlanOrder
    city: City
    timetable: Timetable
    zone: Ints
    flows: Flows
    queues: Queues
    tried: tuple[Tried, ...]
    gains: tuple[JunctionGain, ...]

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Plans of the first time of day."""
        return self.timetable.plans[0]


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
    choices = MASTERS_KEPT + COMMON_KEPT + OTHERS + min(order.drawn, DRAWN_KEPT) + 1
    tries = choices + max(runs - 1, 0) * (TRIED + 1) if runs else 0
    checked = min(order.drawn, CHECKED * DRAWN_KEPT) * max(runs - 1, 0)
    tries += FOLLOWED + order.drawn + checked if runs else 0
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
        If there is no signal, if nothing was counted, if no cycle is long enough for a signal's
        least greens, or if the gate refuses what was found.
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
    return plan_from_counts(order, city, counts, done)


def plan_from_counts(
    order: PlanOrder, city: City, counts: Sequence[Counts], done: Callable[[], None]
) -> NetworkPlan:
    """Time a network from counts that are there already.

    Parameters
    ----------
    order
        What is asked for.
    city
        Whose signals are timed.
    counts
        What its cameras have counted.
    done
        Called after each step.

    Returns
    -------
    The plans with the reasons.

    Raises
    ------
    InputError
        As `plan_network` does.
    """
    queues = build_queues(city.network, city.signals, city.view)
    flows = learn_flows(order.scenario, queues, counts)
    pool = city_pool(city, queues)
    check_cycles(city, pool)
    streets = build_streets(queues, as_demand(flows))
    stretches = find_stretches(flows.volume_veh_h, flows.volume_sd_veh_h)
    found = find_options(
        city.signals,
        city.table,
        streets,
        pool,
        stretches if order.by_time_of_day else stretches[:0],
        np.random.default_rng(order.search_seed),
        by_zone=order.by_zone,
        done=done,
    )
    before = _own_cycles(city, streets, pool, "own programmes, made safe", anew=False)
    options = [
        *found,
        _own_cycles(city, streets, pool, "own cycles, new greens", anew=True),
    ]
    if order.rank_seeds and order.run_by == RUNS_PLANS[0]:
        for each in [before, *found[:1]]:
            options.append(_followed(order, city, streets, pool, each))
            done()
    said = [
        prove_option(city, each, flows.period_s) for each in (*options, before) if each.plans[0]
    ]
    proven = [each for each in said if isinstance(each, Choice)]
    if not proven:
        refused = next((each for each in said if isinstance(each, Refusal)), None)
        raise InputError(
            file=order.scenario.net_file,
            place="",
            cause=f"the gate refuses every plan that was found: {refused}",
            remedy="run `cityloop traffic inspect`, and correct the signal's safety table",
        )
    crossings = float(flows.volume_veh_h.sum()) * flows.period_s / HOUR_S
    chosen, tried = rank_choices(
        city,
        [*proven, *_drawn(order, city, streets, pool, flows, done)],
        order.rank_seeds,
        control=order.run_by,
        crossings=crossings,
        duration_s=order.duration_s,
        done=done,
        workers=order.workers,
    )
    gains = expect_gains(city, queues, flows, before.delay, chosen.delay, chosen.saturation)
    return NetworkPlan(order, city, chosen.timetable, chosen.zone, flows, queues, tried, gains)


def _drawn(
    order: PlanOrder,
    city: City,
    streets: Streets,
    pool: Pool,
    flows: Flows,
    done: Callable[[], None],
) -> tuple[Choice, ...]:
    """Give the best of what chance has met; none where there is no day to try it on."""
    if not order.rank_seeds or not order.drawn:
        return ()
    return draw_choices(
        Days(city, RUNS_PLANS[0], order.duration_s, done, order.workers),
        order.rank_seeds,
        streets,
        pool,
        count=order.drawn,
        keep=DRAWN_KEPT,
        period_s=flows.period_s,
        # Its own: what the search finds does not depend on what is drawn.
        rng=np.random.default_rng((order.search_seed, 1)),
    )


def _own_cycles(city: City, streets: Streets, pool: Pool, name: str, *, anew: bool) -> Option:
    """Take each signal's own programme as the gate lets it run, with its greens or with new ones.

    Signals with no such programme have no plan in it.
    """
    own = [each.approved.plan for each in city.fallbacks if each.approved is not None]
    return _each_alone(city, streets, pool, own, name, anew=anew)


def _followed(order: PlanOrder, city: City, streets: Streets, pool: Pool, option: Option) -> Option:
    """Take an option's plans with the greens that they have on average if these follow traffic."""
    plans = average_greens(
        city, option.plans[0], seed=order.rank_seeds[0], duration_s=order.duration_s
    )
    found = _each_alone(city, streets, pool, plans, f"{option.name}, greens as followed")
    return found._replace(zone=option.zone)


def _each_alone(
    city: City, streets: Streets, pool: Pool, own: Iterable[Plan], name: str, *, anew: bool = False
) -> Option:
    """Take plans as the model sees them if all comes evenly, with their greens or with new ones."""
    queues = len(streets.storage)
    delay, saturation = np.full(queues, np.nan), np.full(queues, np.nan)
    plans = []
    for plan in own:
        s = city.signals.signal_ids.index(plan.signal_id)
        said = time_alone(streets, pool, s, plan, anew=anew)
        if said is not None:
            mine = slice(int(streets.queue_start[s]), int(streets.queue_start[s + 1]))
            delay[mine], saturation[mine] = said.delay, said.saturation
        plans.append(plan if said is None else said.plan)
    alone = np.arange(len(pool.stages), dtype=np.int32)
    return Option(name, (0,), (tuple(plans),), delay, saturation, alone)


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
    city, begin_s = found.city, int(found.order.scenario.begin_s)
    write_timetable(out, found.timetable)
    if sumo is not None:
        end_s = begin_s + found.order.duration_s
        texts = encode_timetable(
            city.signals, city.table, found.timetable, begin_s=begin_s, end_s=end_s
        )
        write_programmes(sumo, texts)
    if csv is not None:
        write_timing_sheet(csv, found.timetable, _links_of_groups(city))


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
