"""The page of a junction: its stages and movements, what is green, and what has happened there."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloop.city.errors import InputError
from cityloop.city.signals import Lamp
from cityloop.console.who import needs
from cityloop.store.records.accounts.models import Change
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.live.hub import OURS, OWN, find_hub
from cityloop.usecases.live.junction_history import find_signal, tell_junction
from cityloop.usecases.live.junction_plan import draw_junction, list_periods

CHANGES_SHOWN = 20
DAY_S = 86_400


def lamp_words() -> dict[int, str]:
    """Name what a lamp shows."""
    return {
        int(Lamp.RED): _("red"),
        int(Lamp.RED_YELLOW): _("red and yellow"),
        int(Lamp.YELLOW): _("yellow"),
        int(Lamp.GREEN): _("green"),
        int(Lamp.GREEN_YIELD): _("green, yields"),
        int(Lamp.OFF): _("off"),
        int(Lamp.FLASHING): _("flashing"),
        int(Lamp.STOP_THEN_GO): _("flashing red"),
    }


@never_cache
@require_safe
@needs(Right.SEE)
def show(request: HttpRequest, signal: str) -> HttpResponse:
    """Show a junction.

    Parameters
    ----------
    request
        What is asked; `?twin=ours` for the other twin.
    signal
        The signal's name.

    Returns
    -------
    The page.

    Raises
    ------
    Http404
        If there is no live picture, or no such signal.
    """
    hub = find_hub()
    if hub is None:
        raise Http404
    twin = OURS if request.GET.get("twin") == OURS else OWN
    try:
        s = find_signal(hub.city, signal)
        history = tell_junction(hub, signal, twin)
    except InputError as error:
        raise Http404(str(error)) from None
    lamps = lamp_words()
    drawn = draw_junction(hub.city, s, hub.running.get(signal))
    groups = [
        (
            each,
            lamps[each.lamps[-1].lamp] if each.lamps else "-",
            each.lamps[-1].lamp if each.lamps else "",
        )
        for each in history.groups
    ]
    return render(
        request,
        "console/junction.html",
        {
            "signal": signal,
            "twin": twin,
            "twins": [(OWN, _("The city's own plans")), (OURS, _("Ours: adaptive"))],
            "drawn": drawn,
            "groups": groups,
            "detectors": history.detectors,
            "judged": history.judged,
            "periods": [
                (each, clock(each.begin_s), clock(each.end_s or DAY_S))
                for each in list_periods(hub.timetable, signal, hub.now_s)
            ],
            "applied": signal in hub.applied,
            "queue": history.queue[-1] if history.queue else "-",
            "changes": _changes(signal),
            "by_clock": twin == OWN,
            "words": {
                "lamps": lamps,
                "vehicles": _("standing vehicles"),
                "turns": {
                    "straight": _("straight"),
                    "left": _("left"),
                    "right": _("right"),
                    "U-turn": _("U-turn"),
                },
                "from": _("from"),
                "silent": _("silent"),
                "sound": _("sound"),
                "unjudged": _("not judged"),
            },
        },
    )


def clock(second_s: int) -> str:
    """Tell a second of the day as hours and minutes, and seconds where there are any."""
    told = f"{second_s // 3600:02d}:{second_s // 60 % 60:02d}"
    return told if second_s % 60 == 0 else f"{told}:{second_s % 60:02d}"


def _changes(signal: str) -> list[Change]:
    """List what people have changed at a signal: plans that were applied or undone there."""
    asked = Change.objects.select_related("by").filter(subject="plan")
    return [
        each
        for each in asked.filter(action__in=["plan.apply", "plan.undo"])[:200]
        if signal in each.detail.get("signals", ())
    ][:CHANGES_SHOWN]
