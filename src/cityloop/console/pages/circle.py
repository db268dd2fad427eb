"""The page of the service circle: gaps by domain and person, a home, how evenly, next sites."""

import json
from typing import Any, NamedTuple

import numpy as np
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cityloop.circle.persons import PERSONS
from cityloop.city.errors import InputError
from cityloop.console.circles import find_circles
from cityloop.console.exports import csv_answer
from cityloop.console.who import account_of, forbidden, may, needs
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.look_at_circle import Circles
from cityloop.usecases.site_places import Method, Sited, get_type, read_candidates, site_places

LIMIT_S = 10.0
SITES_MAX = 50
CAPACITY = 1000.0
SIDE = 300.0
"""Of the Lorenz curve. [px]"""


class _Asked(NamedTuple):
    person: str
    kind: str
    home: int | None


def _names() -> tuple[bool, dict[str, str]]:
    return get_language() == "zh-hans", {
        "served": _("within reach"),
        "full": _("full"),
        "closed": _("closed then"),
        "not_usable": _("not usable for this person"),
        "too_far": _("too far"),
        "none_exists": _("there is none"),
        "beyond_rim": _("unknown: beyond the survey's rim"),
    }


def _asked(request: HttpRequest, circles: Circles) -> _Asked:
    given = request.GET
    keys = [kind.key for kind in circles.question.standard.types]
    person, kind, home = given.get("person", ""), given.get("kind", ""), given.get("home", "")
    kinds = {line.key: line for line in circles.kinds(person if person in PERSONS else "adult")}
    worst = max(kinds.values(), key=lambda line: line.lacking)
    return _Asked(
        person if person in PERSONS else "adult",
        kind if kind in keys else worst.key,
        int(home) if home.isascii() and home.isdigit() and len(home) < 10 else None,  # noqa: PLR2004
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE)
def show(request: HttpRequest) -> HttpResponse:
    """Show the circle, or propose sites for who may plan them.

    Parameters
    ----------
    request
        What is asked: `?person=`, `?kind=`, `?home=`.

    Returns
    -------
    The page; 503 where no city is set.
    """
    circles = find_circles()
    if circles is None:
        return render(request, "console/no_city.html", status=503)
    sited: Sited | None = None
    asked = _asked(request, circles)
    if request.method == "POST":
        account = account_of(request)
        if account is None or not account.has_right(Right.SITE):
            return forbidden(request, Right.SITE)
        try:
            sited = _propose(circles, asked, request.POST.get("count", ""))
        except (InputError, ValueError) as error:
            said = str(error) if isinstance(error, InputError) else _("Write whole numbers.")
            messages.error(request, said)
    return render(request, "console/circle.html", _shown(request, circles, asked, sited))


def _propose(circles: Circles, asked: _Asked, count: str) -> Sited:
    budget = int(count)
    if not 1 <= budget <= SITES_MAX:
        raise InputError(
            file="count", place=str(budget), cause="out of bounds", remedy=f"1 to {SITES_MAX} sites"
        )
    question = circles.question._replace(person=PERSONS[asked.person])
    kind = get_type(question.standard, asked.kind)
    candidates = read_candidates(question, None, CAPACITY)
    return site_places(question, kind, candidates, Method.COVERING, budget, LIMIT_S)


def _shown(
    request: HttpRequest, circles: Circles, asked: _Asked, sited: Sited | None
) -> dict[str, Any]:
    chinese, words = _names()
    standard = circles.question.standard
    named = {k.key: k.name_zh if chinese else k.name_en for k in standard.types}
    lines = {line.key: line for line in circles.kinds(asked.person)}
    domains = [
        (
            d.name_zh if chinese else d.name_en,
            [
                (lines[k.key], named[k.key], [(words[r], n) for r, n in lines[k.key].reasons])
                for k in standard.types
                if k.domain == d.key
            ],
        )
        for d in standard.domains
    ]
    home: list[tuple[str, Any, str]] = []
    if asked.home is not None and asked.home < len(circles.question.survey.homes.lon):
        told = circles.home(asked.person, asked.home)
        home = [(named[each.key], each, words[each.status]) for each in told]
    gini, points = circles.lorenz(asked.person)
    return {
        "title": standard.title_zh if chinese else standard.title_en,
        "asked": asked,
        "persons": [(p.key, p.name_zh if chinese else p.name_en) for p in PERSONS.values()],
        "kinds": list(named.items()),
        "kind_name": named[asked.kind],
        "domains": domains,
        "areas": circles.areas(asked.person, asked.kind)[:40],
        "home": home,
        "gini": gini,
        "lorenz": " ".join(f"{SIDE * x:.1f},{SIDE * (1 - y):.1f}" for x, y in points),
        "may_site": may(request, Right.SITE),
        "sited": sited,
        "sites": _sites(sited),
        "covers": 0 if sited is None or sited.lacking <= 0 else sited.choice.worth / sited.lacking,
        "words": {
            "map": _("Homes; the chosen one is ringed. Arrow keys choose the next home."),
            "status": words,
        },
    }


def _sites(sited: Sited | None) -> list[tuple[int, float, float]]:
    if sited is None:
        return []
    places = sited.candidates.places
    return [
        (n + 1, round(float(places.lon[i]), 5), round(float(places.lat[i]), 5))
        for n, i in enumerate(sited.choice.sites.tolist())
    ]


@require_safe
@needs(Right.SEE)
def homes(request: HttpRequest) -> HttpResponse:
    """Give the homes as GeoJSON, with how each stands with a kind; for the map, and to be kept.

    Parameters
    ----------
    request
        `?person=`, `?kind=`.

    Returns
    -------
    The features; `status` is 0 for within reach, 6 for unknown, else why not.

    Raises
    ------
    Http404
        Where no city is set.
    """
    circles = find_circles()
    if circles is None:
        raise Http404
    asked = _asked(request, circles)
    gaps, at = circles.gaps(asked.person, asked.kind), circles.question.survey.homes
    people = at.people.sum(axis=1)
    rows = zip(
        np.round(at.lon, 6).tolist(), np.round(at.lat, 6).tolist(), gaps.status.tolist(),
        np.round(people, 1).tolist(), strict=True,
    )  # fmt: skip
    features = [
        {
            "type": "Feature",
            "id": i,
            "geometry": {"type": "Point", "coordinates": [x, y]},
            "properties": {"status": int(status), "people": who},
        }
        for i, (x, y, status, who) in enumerate(rows)
    ]
    body = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    return HttpResponse(body, content_type="application/geo+json")


@require_safe
@needs(Right.SEE)
def areas(request: HttpRequest) -> HttpResponse:
    """Give gaps by neighbourhood and age as CSV.

    Parameters
    ----------
    request
        `?person=`, `?kind=`.

    Returns
    -------
    The file.

    Raises
    ------
    Http404
        Where no city is set.
    """
    circles = find_circles()
    if circles is None:
        raise Http404
    asked = _asked(request, circles)
    rows = circles.areas(asked.person, asked.kind)
    return csv_answer(
        f"gaps-{asked.kind}-{asked.person}.csv",
        ("neighbourhood", "age", "concerned", "lacking"),
        rows,
    )
