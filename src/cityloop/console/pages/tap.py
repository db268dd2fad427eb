"""One tap 一键达: a need, from where, when, for whom; the nearest open place, and the way."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cityloop.circle.persons import PERSONS
from cityloop.circle.way import Way
from cityloop.city.errors import InputError
from cityloop.usecases.draw_circle import Question, parse_moment
from cityloop.usecases.go_there import MINUTE_MS, Answer, go_there, parse_lonlat, step_text
from cityloop.usecases.open_circle import open_question

SIDE: Final = 300.0
"""Of the drawing of a way. [px]"""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """Ask, and answer. Where somebody stands comes in the body, so that no log has it.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page.
    """
    if not settings.CITY:
        return render(request, "console/no_city.html", status=503)
    question = city_question()
    chinese = get_language() == "zh-hans"
    now = datetime.now(UTC).astimezone(ZoneInfo(settings.TIME_ZONE))
    given = {
        "need": "", "begin": "", "at": now.strftime("%Y-%m-%dT%H:%M"), "person": "adult",
        **{key: value[:100] for key, value in request.POST.dict().items()},
    }  # fmt: skip
    known = {
        "given": given,
        "needs": [i.name_zh if chinese else i.name_en for i in question.standard.items],
        "persons": [
            (each.key, each.name_zh if chinese else each.name_en) for each in PERSONS.values()
        ],
    }
    if request.method != "POST":
        return render(request, "console/tap.html", known)
    try:
        answer = _answer(question, given)
    except InputError as error:
        known["wrong"] = _said(error.place)
        return render(request, "console/tap.html", known, status=400)
    return render(request, "console/tap.html", {**known, **_shown(answer)})


@cache
def city_question() -> Question:
    """Open the city once; the first who asks waits for it."""
    return open_question(settings.CITY, lambda _: None, profile=settings.CIRCLE_STANDARD)


def _answer(question: Question, given: dict[str, str]) -> Answer:
    begin = parse_lonlat(given["begin"])
    if given["person"] not in PERSONS:
        raise InputError(file="", place="--as", cause="unknown", remedy="")
    asked = question._replace(
        person=PERSONS[given["person"]], departure=parse_moment(given["at"].replace("T", " "))
    )
    return go_there(asked, begin, given["need"], "zh" if get_language() == "zh-hans" else "en")


def _said(place: str) -> str:
    """Say what could not be used, in the reader's language."""
    return {
        "--need": _("This need is not known here. Choose one from the list."),
        "--from": _("The place cannot be used: longitude, comma, latitude, within the city."),
    }.get(place, _("The time or the person cannot be used."))


def _shown(answer: Answer) -> dict[str, Any]:
    chinese = get_language() == "zh-hans"
    kind, item, way = answer.kind, answer.item, answer.way
    return {
        "answered": True,
        "kind": "" if kind is None else kind.name_zh if chinese else kind.name_en,
        "places": [(p.name, round(p.time_ms / MINUTE_MS), p.why) for p in answer.places],
        "closed": answer.closed,
        "steps": []
        if way is None
        else [step_text(s, "zh" if chinese else "en") for s in way.steps],
        "line": "" if way is None else draw_way(way),
        "apply": ""
        if item is None
        else (item.entitlement_zh, item.qualifies_zh, item.apply_zh)
        if chinese
        else (item.entitlement_en, item.qualifies_en, item.apply_en),
    }


def draw_way(way: Way) -> str:
    """Turn a way into the points of a line, north at the top.

    Parameters
    ----------
    way
        The way.

    Returns
    -------
    `x,y x,y …` within a square of `SIDE`.
    """
    x = (way.lon - way.lon.mean()) * np.cos(np.radians(way.lat.mean()))
    y = way.lat.mean() - way.lat
    span = max(np.ptp(x), np.ptp(y), 1e-9)
    x, y = ((each - (each.min() + each.max()) / 2) / span + 0.5 for each in (x, y))
    edge = 20
    return " ".join(
        f"{edge + a * (SIDE - 2 * edge):.1f},{edge + b * (SIDE - 2 * edge):.1f}"
        for a, b in zip(x, y, strict=True)
    )
