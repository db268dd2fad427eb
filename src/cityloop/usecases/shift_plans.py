"""Bringing shifts of offsets into plans, through the gate."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.store.plan_file import write_timetable
from cityloop.traffic.plan.timetable import Timetable, always, list_switches
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.make_controller import read_proven, repaired_plans
from cityloop.usecases.opened_city import City


def shift_plans(
    city: City, plans: Path | None, shifts: Mapping[str, tuple[int, int]], out: Path
) -> int:
    """Shift the offsets of plans, have the gate prove them and the switch to them; write them.

    Parameters
    ----------
    city
        The city.
    plans
        What runs now; None for the shipped programmes, repaired.
    shifts
        Signal to the cycle that was measured, and by how much later it shall begin. [s]
    out
        The file for the new plans, written only if all of them are proven.

    Returns
    -------
    How many plans have changed.

    Raises
    ------
    InputError
        If the plans cannot be used, their cycles are not the ones that were measured, or the gate
        refuses one.
    """
    before = always(repaired_plans(city)) if plans is None else read_proven(plans, city)
    place = plans or city.scenario.net_file
    known = {plan.signal_id for its in before.plans for plan in its}
    for name in shifts:
        if shifts[name][1] and name not in known:
            raise InputError(
                file=place,
                place=f"signal {name}",
                cause="it has no plan whose offset could be shifted",
                remedy="give plans for all signals of the log",
            )
    after = replace(
        before,
        plans=tuple(tuple(_shift(place, plan, shifts) for plan in its) for its in before.plans),
    )
    pairs: list[tuple[Plan | None, Plan]] = [*list_switches(after)]
    for old, new in zip(before.plans, after.plans, strict=True):
        pairs += [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    _prove(city, after, pairs, out)
    write_timetable(out, after)
    return sum(
        a != b
        for old, new in zip(before.plans, after.plans, strict=True)
        for a, b in zip(old, new, strict=True)
    )


def _shift(place: Path, plan: Plan, shifts: Mapping[str, tuple[int, int]]) -> Plan:
    cycle_s, shift_s = shifts.get(plan.signal_id, (plan.cycle_s, 0))
    if not shift_s:
        return plan
    if cycle_s != plan.cycle_s:
        raise InputError(
            file=place,
            place=f"signal {plan.signal_id}",
            cause=f"its cycle is {plan.cycle_s} s, that of the log {cycle_s} s",
            remedy="give the plan that ran while the log was written",
        )
    return replace(plan, offset_s=(plan.offset_s + shift_s) % plan.cycle_s)


def _prove(
    city: City, timetable: Timetable, pairs: list[tuple[Plan | None, Plan]], out: Path
) -> None:
    for running, plan in pairs:
        said = prove_plan(
            city.network, city.signals, city.table, running, plan, mode=timetable.mode
        )
        if isinstance(said, Refusal):
            raise InputError(
                file=out,
                place=f"signal {plan.signal_id}",
                cause=f"the gate refuses the shifted plan: {said}",
                remedy="leave its phases out, or shift it in smaller steps",
            )
