"""Plans of a corridor from the draft to the field and back: made, proven, applied, undone.

Every step asks the gate anew: what was proven yesterday is not taken for granted today.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.signals import Plan
from cityloop.store.plan_file import format_plans, parse_plans
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.changes import Deed, changing
from cityloop.store.records.plans.models import PlanSet, PlanState
from cityloop.traffic.safety.approval import ApprovedPlan, Refusal
from cityloop.traffic.safety.plan_proof import prove_plan
from cityloop.usecases.live.hub import Hub
from cityloop.usecases.opened_city import City

NEXT: Final[dict[str, frozenset[str]]] = {
    PlanState.PROVEN: frozenset({PlanState.APPLIED}),
    PlanState.APPLIED: frozenset({PlanState.UNDONE}),
    PlanState.UNDONE: frozenset({PlanState.APPLIED}),
    PlanState.REFUSED: frozenset(),
}
"""From each state to those that may follow."""

WHY_MAX: Final = 500


def submit_plans(hub: Hub, plans: tuple[Plan, ...], *, by: Account, now: datetime) -> PlanSet:
    """Bring plans to the gate and keep what it says, proof or refusal.

    Parameters
    ----------
    hub
        The live picture, whose own signals they are for.
    plans
        One a signal, at least one.
    by
        Who made them.
    now
        The present time.

    Returns
    -------
    The set, proven or refused.
    """
    said = [_judge(hub, plan) for plan in plans]
    refused = [each for each in said if isinstance(each, Refusal)]
    proof = {
        "refused": [str(each) for each in refused],
        "proven": {
            each.plan.signal_id: {"lines": list(each.proven), "warnings": list(each.warnings)}
            for each in said
            if isinstance(each, ApprovedPlan)
        },
    }
    made = PlanSet(
        scenario=hub.city.scenario.name,
        signals=[plan.signal_id for plan in plans],
        cycle_s=plans[0].cycle_s,
        plans=format_plans(plans).decode(),
        state=PlanState.REFUSED if refused else PlanState.PROVEN,
        proof=proof,
        made_by=by,
        made_at=now,
    )
    with changing(now) as deeds:
        made.save()
        deeds.append(_deed(f"plan.{made.state}", made, by, ""))
    return made


def apply_set(hub: Hub, number: int, why: str, *, by: Account, now: datetime) -> PlanSet:
    """Run a set of plans at the city's own signals.

    Parameters
    ----------
    hub
        The live picture.
    number
        The set's.
    why
        The reason that the person gives.
    by
        Who applies it.
    now
        The present time.

    Returns
    -------
    The set.

    Raises
    ------
    InputError
        If there is no such set, it may not be applied, or the gate refuses it now.
    """
    return _move(hub, number, PlanState.APPLIED, why, by=by, now=now)


def undo_set(hub: Hub, number: int, why: str, *, by: Account, now: datetime) -> PlanSet:
    """Take a set back: its signals run what they would run without it.

    Parameters
    ----------
    hub
        The live picture.
    number
        The set's.
    why
        The reason that the person gives.
    by
        Who undoes it.
    now
        The present time.

    Returns
    -------
    The set.

    Raises
    ------
    InputError
        If there is no such set, or it is not applied.
    """
    return _move(hub, number, PlanState.UNDONE, why, by=by, now=now)


def restore_plans(hub: Hub) -> None:
    """Run again, after a restart, what was applied before it.

    Parameters
    ----------
    hub
        The live picture.

    Raises
    ------
    InputError
        If the gate refuses now what it had proven.
    """
    _show(hub, _applied(hub))


def _move(
    hub: Hub, number: int, state: PlanState, why: str, *, by: Account, now: datetime
) -> PlanSet:
    if not why.strip():
        raise _refuse("why", "no reason is given", "say why, in a few words")
    with changing(now) as deeds:
        found = PlanSet.objects.select_for_update().filter(
            pk=number, scenario=hub.city.scenario.name
        )
        one = found.first()
        if one is None:
            raise _refuse(str(number), "there is no such set of plans here", "see the list")
        if state not in NEXT[one.state]:
            raise _refuse(str(number), f"it is {one.state} and cannot be {state}", "see the list")
        one.state = state
        one.applied_at = now if state is PlanState.APPLIED else one.applied_at
        one.save(update_fields=["state", "applied_at"])
        action = "plan.apply" if state is PlanState.APPLIED else "plan.undo"
        deeds.append(_deed(action, one, by, why.strip()[:WHY_MAX]))
        # The field comes last: what it refuses is not kept either.
        _show(hub, _applied(hub))
    return one


def _applied(hub: Hub) -> list[PlanSet]:
    applied = PlanSet.objects.filter(scenario=hub.city.scenario.name, state=PlanState.APPLIED)
    return list(applied.order_by("applied_at", "pk"))


def _show(hub: Hub, sets: list[PlanSet]) -> None:
    """Have the field run all sets that are applied; of two for one signal the later one counts."""
    plans: dict[str, Plan] = {}
    for each in sets:
        plans |= {plan.signal_id: plan for plan in read_set(hub.city, each)}
    proofs = []
    for plan in plans.values():
        said = _judge(hub, plan)
        if isinstance(said, Refusal):
            raise _refuse(plan.signal_id, f"the gate refuses it: {said}", "make the plan anew")
        proofs.append(said)
    hub.apply(int(sets[-1].pk) if sets else 0, tuple(proofs))


def read_set(city: City, one: PlanSet) -> tuple[Plan, ...]:
    """Read the plans of a set.

    Parameters
    ----------
    city
        The city that they are for.
    one
        The set.

    Returns
    -------
    The plans.

    Raises
    ------
    InputError
        If they no longer fit the city.
    """
    path = Path(f"plan-{one.pk}.json")
    return parse_plans(one.plans.encode(), path, city.signals, city.table)


def _judge(hub: Hub, plan: Plan) -> ApprovedPlan | Refusal:
    city = hub.city
    running = hub.running.get(plan.signal_id)
    return prove_plan(city.network, city.signals, city.table, running, plan)


def _deed(action: str, one: PlanSet, by: Account, why: str) -> Deed:
    detail = {"signals": one.signals, "cycle_s": one.cycle_s}
    return Deed(action, "plan", str(one.pk), by, why, detail)


def _refuse(place: str, cause: str, remedy: str) -> InputError:
    return InputError(file="plan", place=place, cause=cause, remedy=remedy)
