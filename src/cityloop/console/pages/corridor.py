"""The page of a corridor: time and space, bands, and a plan's way through the gate to the field."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cityloop.city.errors import InputError
from cityloop.console.corridors import find_corridors
from cityloop.console.who import account_of, forbidden, may, needs, now
from cityloop.store.records.accounts.models import Change
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.plans.models import PlanSet, PlanState
from cityloop.usecases.live.hub import find_hub
from cityloop.usecases.plans.corridors import CYCLES_S, Corridors, Timing
from cityloop.usecases.plans.plan_sets import apply_set, submit_plans, undo_set

SETS_SHOWN = 10


@never_cache
@require_safe
@needs(Right.SEE)
def choose(request: HttpRequest) -> HttpResponse:
    """Lead to a corridor: the one through `?at=SIGNAL`, or the longest.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    Where to go, or that there is none.
    """
    corridors = find_corridors()
    if corridors is None or not corridors.found:
        return render(request, "console/city_none.html", {"sees": True})
    at = request.GET.get("at")
    through = [i for i in range(len(corridors.found)) if at in corridors.names(i)]
    return redirect("corridor", through[0] if through else 0)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show a corridor, or take a step with a plan for it.

    Parameters
    ----------
    request
        What is asked.
    number
        The corridor's.

    Returns
    -------
    The page.

    Raises
    ------
    Http404
        If there is no such corridor.
    """
    corridors = find_corridors()
    if corridors is None or number >= len(corridors.found):
        raise Http404
    if request.method == "POST":
        return _step(request, corridors, number)
    names = corridors.names(number)
    timing = corridors.running(number)
    sets = [
        each
        for each in PlanSet.objects.select_related("made_by").filter(
            scenario=corridors.city.scenario.name
        )[:50]
        if each.signals == names
    ][:SETS_SHOWN]
    chosen = request.GET.get("set", "")
    one = next((each for each in sets if str(each.pk) == chosen), sets[0] if sets else None)
    running = next((each for each in sets if each.state == PlanState.APPLIED), None)
    return render(
        request,
        "console/corridor.html",
        {
            "number": number,
            "corridors": [
                (i, f"{corridors.names(i)[0]} - {corridors.names(i)[-1]}")
                for i in range(len(corridors.found))
            ],
            "rows": list(zip(names, timing.offset_s, strict=True)),
            "timing": timing,
            "cycles": CYCLES_S,
            "sets": sets,
            "one": one,
            "running": running,
            "may_plan": may(request, Right.EDIT_PLANS),
            "may_apply": may(request, Right.APPLY),
            "changes": _changes(sets),
            "words": _words(),
        },
    )


def _words() -> dict[str, str]:
    return {
        "out": _("out"),
        "into": _("in"),
        "now": _("now"),
        "seconds": _("s"),
        "diagram": _("Time-space diagram: greens of each signal over time, bands, vehicles"),
        "counting": _("still counting"),
    }


def _changes(sets: list[PlanSet]) -> list[Change]:
    keys = [str(each.pk) for each in sets]
    asked = Change.objects.select_related("by").filter(subject="plan", key__in=keys)
    return list(asked[:SETS_SHOWN])


def _step(request: HttpRequest, corridors: Corridors, number: int) -> HttpResponse:
    """Bring a timing to the gate, apply a set, or undo it."""
    hub, account, given = find_hub(), account_of(request), request.POST
    right = Right.EDIT_PLANS if given.get("step") == "gate" else Right.APPLY
    if not may(request, right) or account is None:
        return forbidden(request, right)
    if hub is None:
        raise Http404
    here = reverse("corridor", args=[number])
    try:
        if given.get("step") == "gate":
            offsets = [int(each) for each in given.getlist("offset_s")]
            timing = Timing(int(given.get("cycle_s", "")), offsets)
            one = submit_plans(hub, corridors.plans(number, timing), by=account, now=now())
        else:
            act = apply_set if given.get("step") == "apply" else undo_set
            key, why = int(given.get("set", "")), given.get("why", "")
            one = act(hub, key, why, by=account, now=now())
    except (InputError, ValueError) as error:
        said = str(error) if isinstance(error, InputError) else _("Write whole seconds.")
        messages.error(request, said)
        return redirect(here)
    return redirect(f"{here}?set={one.pk}#gate")
