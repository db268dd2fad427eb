"""Plans that may be taken, before the gate: each of them, and every switch between them."""

from typing import Final

from cityloop.traffic.plan.mode import Mode
from cityloop.traffic.plan.options import Option
from cityloop.traffic.plan.timetable import DAY_S, Timetable, list_switches
from cityloop.traffic.safety.approval import Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.opened_city import City
from cityloop.usecases.rank_plans import Choice

MODES: Final = (Mode.SHORT_WAY, Mode.DWELL, Mode.MAX_STEP)
"""How signals get into step with the plan of another time of day; the first that is proven."""


def prove_option(city: City, option: Option, period_s: int) -> Choice | Refusal:
    """Have the gate prove the plans, and the switches in the first mode in which it does.

    Parameters
    ----------
    city
        Whose.
    option
        The plans.
    period_s
        Length of the periods in which it counts its times of day. [s]

    Returns
    -------
    The plans as a timetable; or why the gate refuses them.
    """
    for plans in option.plans:
        for plan in plans:
            said = prove_plan(city.network, city.signals, city.table, None, plan)
            if isinstance(said, Refusal):
                return said
    begin_s = int(city.scenario.begin_s)
    begins_s = [(begin_s + first * period_s) % DAY_S for first in option.begins]
    by_time = sorted(range(len(begins_s)), key=lambda k: begins_s[k])
    refused: Refusal | None = None
    for mode in MODES:
        timetable = Timetable(
            begin_s=tuple(begins_s[k] for k in by_time) if len(begins_s) > 1 else (0,),
            plans=tuple(option.plans[k] for k in by_time),
            mode=mode,
        )
        refused = _refused_switch(city, timetable)
        if refused is None:
            return Choice(option.name, timetable, option.delay, option.saturation, option.zone)
    assert refused is not None  # noqa: S101  there is a mode at least
    return refused


def _refused_switch(city: City, timetable: Timetable) -> Refusal | None:
    for running, plan in list_switches(timetable):
        said = prove_plan(
            city.network, city.signals, city.table, running, plan, mode=timetable.mode
        )
        if isinstance(said, Refusal):
            return said
    return None
