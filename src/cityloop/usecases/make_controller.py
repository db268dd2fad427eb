"""Which controllers there are, and building the one that is named."""

from pathlib import Path

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.store.plan_file import read_timetable
from cityloop.traffic.control.adaptive import Adaptive
from cityloop.traffic.control.coordinated import Coordinated
from cityloop.traffic.control.fixed_time import FixedTime
from cityloop.traffic.control.horizon import Settings
from cityloop.traffic.control.max_pressure import MaxPressure
from cityloop.traffic.control.protocol import Controller, RunsPlans
from cityloop.traffic.control.time_of_day import TimeOfDay
from cityloop.traffic.plan.compatible import compatible_stages
from cityloop.traffic.plan.stages import shipped_stages
from cityloop.traffic.plan.timetable import Timetable, always, list_switches
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.opened_city import City


def make_controller(
    control: str, city: City, plan: Path | None, settings: Settings | None = None
) -> Controller:
    """Build the controller that an order names.

    Parameters
    ----------
    control
        One of `COMMANDED`.
    city
        What it is for.
    plan
        For `fixed-time` and `coordinated`: our plans as a file; without it, the shipped
        programmes, repaired.
    settings
        For `adaptive`: other parameters than its own.

    Returns
    -------
    The controller.

    Raises
    ------
    InputError
        If the plan file cannot be used, or the gate refuses a plan in it.
    """
    if control == "adaptive":
        settings = settings or Settings()
        stages = shipped_stages(city.signals, city.programmes)
        if settings.beyond_shipped:
            fixed = city.scenario.junctions_with_fixed_stages
            stages = compatible_stages(city.network, city.signals, city.programmes, fixed)
        own = repaired_plans(city)
        return Adaptive(city.network, city.signals, city.table, city.view, stages, settings, own)
    if control == "max-pressure":
        stages = shipped_stages(city.signals, city.programmes)
        return MaxPressure(city.network, city.signals, city.table, city.view, stages)
    return run_timetable(control, city, own_timetable(city, plan))


def own_timetable(city: City, plan: Path | None) -> Timetable:
    """Give the plans that a city's own signals run.

    Parameters
    ----------
    city
        The city.
    plan
        Plans as a file; None for the shipped programmes, repaired.

    Returns
    -------
    The plans, all of them proven.

    Raises
    ------
    InputError
        If the file cannot be used, or the gate refuses a plan in it.
    """
    return always(repaired_plans(city)) if plan is None else read_proven(plan, city)


def run_timetable(control: str, city: City, timetable: Timetable) -> Controller:
    """Build what runs plans.

    Parameters
    ----------
    control
        `fixed-time` or `coordinated`.
    city
        The city.
    timetable
        The plans, proven.

    Returns
    -------
    The controller.
    """
    runs = [_run_plans(control, city, plans) for plans in timetable.plans]
    if len(runs) == 1:
        return runs[0]
    return TimeOfDay(city.signals, city.table, timetable, runs)


def _run_plans(control: str, city: City, plans: tuple[Plan, ...]) -> RunsPlans:
    if control == "coordinated":
        return Coordinated(city.network, city.signals, city.table, city.view, plans)
    return FixedTime(city.signals, city.table, plans)


def repaired_plans(city: City) -> tuple[Plan, ...]:
    """Make the shipped programmes into plans that keep the safety table.

    Parameters
    ----------
    city
        The city.

    Returns
    -------
    One plan for each signal whose programme, or what can be made of it, the gate has proven.
    """
    return tuple(each.approved.plan for each in city.fallbacks if each.approved is not None)


def read_proven(path: Path, city: City) -> Timetable:
    """Read plans and have the gate prove each of them, and each switch between two of them.

    Parameters
    ----------
    path
        The file, of plans that always run or by time of day.
    city
        The city.

    Returns
    -------
    The plans.

    Raises
    ------
    InputError
        If the file cannot be used, or the gate refuses a plan or a switch in it.
    """
    timetable = read_timetable(path, city.signals, city.table)
    pairs: list[tuple[Plan | None, Plan]] = [
        (None, plan) for plans in timetable.plans for plan in plans
    ]
    for running, plan in [*pairs, *list_switches(timetable)]:
        said = prove_plan(
            city.network, city.signals, city.table, running, plan, mode=timetable.mode
        )
        if isinstance(said, Refusal):
            what = "the plan" if running is None else "the switch from the plan before it"
            raise InputError(
                file=path,
                place=f"signal {plan.signal_id}",
                cause=f"the gate refuses {what}: {said}",
                remedy="correct it, or make the plan again",
            )
    return timetable
