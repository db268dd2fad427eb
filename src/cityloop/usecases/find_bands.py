"""Green bands along the arterials of a city: its plans with the offsets that make them widest."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.store.plan_file import read_plans, write_plans
from cityloop.traffic.plan.bands import measure_bands
from cityloop.traffic.plan.bands_arterial import Aim, Arterial, Bands, Way
from cityloop.traffic.plan.bands_corridor import (
    Corridor,
    Roads,
    find_corridor,
    find_corridors,
)
from cityloop.traffic.plan.bands_links import find_link_bands, measure_link_bands
from cityloop.traffic.plan.bands_parts import FAIR, Part, Parts, find_parts
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.band_variants import Variant, Variants, make_arterial
from cityloop.usecases.make_controller import repaired_plans
from cityloop.usecases.opened_city import City

LOSSES_S: Final = (0, 2)
"""Greens that another order of stages may cost through traffic; each is tried. [s]"""


class BandOrder(NamedTuple):
    """What a person asks for.

    Attributes
    ----------
    along
        Signals in the order of the outbound direction; empty to have arterials found.
    way, weight_in, least_band_s
        As in `Aim`.
    cycle_s
        Bounds of the common cycle, whole seconds; None for the longest of the plans' own. [s]
    speed
        Bounds of the speed of progression, shares of what the speed limits allow.
    slowness_change_s_m
        As in `Aim`. [s/m]
    queue_s
        Time that a standing queue needs to leave before the band. [s]
    fair
        As in `find_parts`; 0 keeps every arterial in one piece.
    free_order
        Whether stages may run in another order, left turns before or after, say.
    per_link
        Whether each link gets a band of its own width, the arterial in one piece.
    plan
        Plans to begin with; the shipped programmes, repaired, if None.
    """

    along: tuple[str, ...] = ()
    way: Way = Way.BOTH
    weight_in: float = 1.0
    least_band_s: float = 2.0
    cycle_s: tuple[int, int] | None = None
    speed: tuple[float, float] = (1.0, 1.0)
    slowness_change_s_m: float = float("inf")
    queue_s: float = 0.0
    fair: float = FAIR
    free_order: bool = False
    per_link: bool = False
    plan: Path | None = None


class Timed(NamedTuple):
    """One arterial with its bands.

    Attributes
    ----------
    corridor
        Where it runs.
    arterial
        What was computed with, at the common cycle.
    parts
        Its parts with their bands. Offsets in them are whole seconds, those of the plans.
    chosen
        What each signal runs, with its offset.
    measured_s
        Of each part the widths out and in with these offsets, in whole seconds as they are; means
        over the links where each has its own. [s]
    before_s
        Widths out and in over the whole with the plans to begin with; None where their cycles
        differ. [s]
    remarks
        What a reader must know, one sentence each.
    """

    corridor: Corridor
    arterial: Arterial
    parts: Parts
    chosen: tuple[Variant, ...]
    measured_s: tuple[tuple[float, float], ...]
    before_s: tuple[float, float] | None
    remarks: tuple[str, ...]


class BandPlans(NamedTuple):
    """All that comes out.

    Attributes
    ----------
    arterials
        At least one.
    plans
        Plans of all signals that have one, in the order of the signals; those along the arterials
        are new, the others as they were. All are proven.
    """

    arterials: tuple[Timed, ...]
    plans: tuple[Plan, ...]


def find_band_plans(city: City, order: BandOrder) -> BandPlans:
    """Find the widest green bands and the plans that show them.

    Parameters
    ----------
    city
        The city.
    order
        What is asked for.

    Returns
    -------
    Arterials, bands and plans.

    Raises
    ------
    InputError
        If there is no such arterial, a signal has no plan or cannot run the cycle, or no band of
        the least width is possible.
    """
    roads = Roads(city.network, city.signals)
    corridors = [find_corridor(roads, order.along)] if order.along else find_corridors(roads)
    if not corridors:
        raise InputError(
            file="--auto",
            place="",
            cause="no two signals are joined straight on, both ways, within 800 m",
            remedy="name the signals with --along",
        )
    plans = {plan.signal_id: plan for plan in _base_plans(city, order.plan)}
    timed = tuple(_time(city, order, corridor, plans) for corridor in corridors)
    for each in timed:
        plans |= {variant.plan.signal_id: variant.plan for variant in each.chosen}
    return BandPlans(timed, tuple(plans[s] for s in city.signals.signal_ids if s in plans))


def save_plans(path: Path, found: BandPlans) -> None:
    """Write the plans, whole or not at all.

    Parameters
    ----------
    path
        Where to.
    found
        What was found.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    write_plans(path, found.plans)


def _base_plans(city: City, path: Path | None) -> Iterable[Plan]:
    """Give the plans to begin with; what is read from a file is proven first."""
    if path is None:
        return repaired_plans(city)
    plans = read_plans(path, city.signals, city.table)
    for plan in plans:
        said = prove_plan(city.network, city.signals, city.table, None, plan)
        if isinstance(said, Refusal):
            raise InputError(
                file=path,
                place=f"signal {plan.signal_id}",
                cause=f"the gate refuses the plan: {said}",
                remedy="correct it, or make the plan again",
            )
    return plans


def _time(city: City, order: BandOrder, corridor: Corridor, plans: dict[str, Plan]) -> Timed:
    """Time one arterial: the best of all cycles that its signals can run."""
    remarks: list[str] = []
    if corridor.out is None:
        corridor = Corridor(corridor.signals[::-1], corridor.into, None)
        remarks.append("one cannot drive in the order of the names; out is the other way round")
    way = order.way
    if corridor.into is None and way is not Way.OUT:
        way = Way.OUT
        remarks.append("one cannot drive back, so there is one band, out")
    variants = Variants(city, corridor, plans, free_order=order.free_order, begin_in=way is Way.IN)
    cycles_s = list(range(order.cycle_s[0], order.cycle_s[1] + 1)) if order.cycle_s else []
    if not cycles_s:
        cycles_s = [max(variants.cycles_s)]
    if len({*variants.cycles_s, *cycles_s}) > 1:
        own = ", ".join(map(str, sorted(set(variants.cycles_s))))
        remarks.append(
            f"the plans have cycles of {own} s; their greens are stretched in proportion"
        )
    aim = Aim(
        cycle_s_min=cycles_s[0],
        cycle_s_max=cycles_s[0],
        way=way,
        weight_in=order.weight_in,
        slowness_change_s_m=order.slowness_change_s_m,
        least_band_s=order.least_band_s,
    )
    best: tuple[tuple[int, float], Arterial, Parts, list[list[Variant]]] | None = None
    refused: InputError | None = None
    losses_s = LOSSES_S if order.free_order else LOSSES_S[:1]
    for cycle_s, lost_s in product(cycles_s, losses_s):
        aim = replace(aim, cycle_s_min=cycle_s, cycle_s_max=cycle_s)
        try:
            arterial, its = _arterial(city, order, corridor, variants, (cycle_s, lost_s))
            parts = _parts(arterial, aim, order)
        except InputError as error:
            refused = refused or error
            continue
        score = (len(parts.parts), -_length_times_width(arterial, parts, order.weight_in))
        if best is None or score < best[0]:
            best = (score, arterial, parts, its)
    if best is None:
        assert refused is not None  # noqa: S101  there is at least one cycle
        raise refused
    _, arterial, parts, its = best
    before_s = _before(city, order, corridor, variants)
    return _settled(city, Timed(corridor, arterial, parts, (), (), before_s, tuple(remarks)), its)


def _parts(arterial: Arterial, aim: Aim, order: BandOrder) -> Parts:
    if not order.per_link:
        return find_parts(arterial, aim, order.fair)
    bands = find_link_bands(arterial, aim)
    return Parts(parts=(Part(0, arterial.count - 1, bands),), cycle_s=aim.cycle_s_min, reasons=())


def _arterial(
    city: City, order: BandOrder, corridor: Corridor, variants: Variants, at: tuple[int, int]
) -> tuple[Arterial, list[list[Variant]]]:
    """Put an arterial together for a cycle, and a green that an order of stages may cost."""
    cycle_s, lost_s = at
    its = variants.of_cycle(cycle_s, lost_s)
    names = [city.signals.signal_ids[s] for s in corridor.signals]
    arterial = make_arterial(
        corridor, names, its, cycle_s, speed=order.speed, queue_s=order.queue_s
    )
    return arterial, its


def _length_times_width(arterial: Arterial, parts: Parts, weight_in: float) -> float:
    total = 0.0
    for part in parts.parts:
        if part.bands is not None:
            between = slice(part.first, part.last)
            out = float((arterial.out_m[between] * part.bands.out_s).sum())
            into = float((arterial.in_m[between] * part.bands.in_s).sum())
            total += (out + weight_in * into) / parts.cycle_s
    return total


def _settled(city: City, timed: Timed, variants: list[list[Variant]]) -> Timed:
    """Round the offsets to whole seconds, prove the plans, and measure what bands are left."""
    chosen: list[Variant] = []
    parts, measured = [], []
    for part in timed.parts.parts:
        bands = part.bands
        order, offset_s = np.zeros(1, np.int32), np.zeros(1)
        if bands is not None:
            order, offset_s = bands.order, bands.offset_s
        whole_s = np.round(offset_s) % timed.parts.cycle_s
        for i in range(part.first, part.last + 1):
            variant = variants[i][int(order[i - part.first])]
            plan = replace(variant.plan, offset_s=int(whole_s[i - part.first]))
            said = prove_plan(city.network, city.signals, city.table, None, plan)
            if isinstance(said, Refusal):
                raise InputError(
                    file="--along",
                    place=f"signal {plan.signal_id}",
                    cause=f"the gate refuses its plan: {said}",
                    remedy="give another cycle or plan",
                )
            chosen.append(variant._replace(plan=plan))
        if bands is None:
            parts.append(part)
            measured.append((0.0, 0.0))
            continue
        rounded = replace(bands, offset_s=whole_s)
        parts.append(part._replace(bands=rounded))
        measured.append(_measured(timed.arterial.part(part.first, part.last), rounded))
    return timed._replace(
        parts=replace(timed.parts, parts=tuple(parts)),
        chosen=tuple(chosen),
        measured_s=tuple(measured),
    )


def _measured(arterial: Arterial, bands: Bands) -> tuple[float, float]:
    out_s, in_s = measure_bands(arterial, bands)
    if np.ptp(bands.out_s) > 0 or np.ptp(bands.in_s) > 0:
        each = measure_link_bands(arterial, bands)
        return float(each[0].mean()), float(each[1].mean())
    return max(0.0, out_s), max(0.0, in_s)


def _before(
    city: City, order: BandOrder, corridor: Corridor, variants: Variants
) -> tuple[float, float] | None:
    """Measure the bands of the plans to begin with, at the fastest speeds."""
    if len(set(variants.cycles_s)) > 1:
        return None
    cycle_s = variants.cycles_s[0]
    try:
        arterial, _ = _arterial(city, order, corridor, variants, (cycle_s, 0))
    except InputError:
        return None
    nothing = np.zeros(arterial.count - 1)
    shown = Bands(
        way=Way.BOTH,
        cycle_s=float(cycle_s),
        order=np.zeros(arterial.count, np.int32),
        offset_s=np.array([plan.offset_s for plan in variants.plans], float),
        out_s=nothing,
        in_s=nothing,
        out_speed_m_s=arterial.out_speed_max_m_s,
        in_speed_m_s=arterial.in_speed_max_m_s,
        out_leaves_s=nothing,
        in_leaves_s=nothing,
        value=0.0,
        bound=0.0,
        remarks=(),
    )
    return _measured(arterial, shown)
