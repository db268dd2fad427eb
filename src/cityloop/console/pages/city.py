"""The page of the city: two twins side by side, live, and what was kept of them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloop.console.who import may
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.live.hub import OURS, OWN, find_hub

CLASSES = (
    ("75", "75 %+"),
    ("50", "50-75 %"),
    ("25", "25-50 %"),
    ("0", "0-25 %"),
)
"""Of pace, the share of the allowed speed that is driven; colours are in the style sheet."""

LOST = (("0", "0-0.5"), ("1", "0.5-2"), ("2", "2-5"), ("3", "5+"))
"""Of time lost: how many vehicles' worth of time is lost on a link."""


def words() -> dict[str, str]:
    """Give what the page's module says."""
    return {
        "own": _("The city's own plans"),
        "ours": _("Ours: adaptive"),
        "spillback": _("Queue back into the junction"),
        "silent": _("Silent camera"),
        "refused": _("Command refused by the gate"),
        "fallback": _("Signal on its fallback"),
        "none": _("No alerts."),
        "live": _("Live"),
        "past": _("Replay"),
        "lost": _("Connection lost, trying again"),
        "plan": _("plan no."),
        "fixed-time": _("fixed plans"),
        "adaptive": _("adaptive"),
    }


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show the city.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page; without the picture for who may not see it, or where there is none.
    """
    hub = find_hub()
    sees = may(request, Right.SEE)
    if hub is None or not sees:
        return render(request, "console/city_none.html", {"sees": sees})
    newest = hub.newest
    rows = []
    if newest is not None:
        twins = newest[2].twins
        ids = hub.city.signals.signal_ids
        rows = sorted(
            zip(ids, twins[0].queue, twins[-1].queue, strict=True), key=lambda row: -row[1]
        )
    return render(
        request,
        "console/city.html",
        {
            "twins": [(OWN, words()["own"]), (OURS, words()["ours"])],
            "words": words(),
            "classes": CLASSES,
            "lost": LOST,
            "first": hub.first,
            "last": hub.last,
            "rows": rows or [(name, "-", "-") for name in hub.city.signals.signal_ids],
            "trouble": hub.trouble,
        },
    )
