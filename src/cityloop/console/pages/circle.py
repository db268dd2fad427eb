"""The page of the service circle: gaps by domain and person, a home, how evenly, next sites."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

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
from cityloop.usecases.circle_look import Look
from cityloop.usecases.look_at_circle import Circles
from cityloop.usecases.site_places import Sited

SIDE = 300.0
"""Of the Lorenz curve. [px]"""


class _Asked(NamedTuple):
    look: Look
    kind: str
    home: int | None

    @property
    def query(self) -> str:
        """The same look and kind in an address."""
        return urlencode({**self.look._asdict(), "kind": self.kind})


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
    """Read what is asked; what cannot be used is left out, and said."""
    given = request.GET
    keys = [kind.key for kind in circles.question.standard.types]
    person, kind, home = given.get("person", ""), given.get("kind", ""), given.get("home", "")
    look = Look(person if person in PERSONS else "adult")
    for name in ("at", "scenario"):
        wanted = look._replace(**{name: given.get(name, "")})
        try:
            circles.ask(wanted)
        except InputError:
            messages.error(request, _("The hour or the scenario cannot be used."))
        else:
            look = wanted
    if kind not in keys:
        kind = max(circles.kinds(look), key=lambda line: line.lacking).key
    number = int(home) if home.isascii() and home.isdigit() and len(home) < 10 else None  # noqa: PLR2004
    return _Asked(look, kind, number)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE)
def show(request: HttpRequest) -> HttpResponse:
    """Show the circle, or propose sites for who may plan them.

    Parameters
    ----------
    request
        What is asked: `?person=`, `?at=`, `?scenario=`, `?kind=`, `?home=`.

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
            sited = circles.propose(asked.look, asked.kind, int(request.POST.get("count", "")))
        except (InputError, ValueError) as error:
            said = str(error) if isinstance(error, InputError) else _("Write whole numbers.")
            messages.error(request, said)
    return render(request, "console/circle.html", _shown(request, circles, asked, sited))


def _shown(
    request: HttpRequest, circles: Circles, asked: _Asked, sited: Sited | None
) -> dict[str, Any]:
    chinese, words = _names()
    standard, look = circles.question.standard, asked.look
    named = {k.key: k.name_zh if chinese else k.name_en for k in standard.types}
    as_is = look._replace(scenario="")
    gini, points = circles.lorenz(as_is)
    return {
        "title": standard.title_zh if chinese else standard.title_en,
        "asked": asked,
        "persons": [(p.key, p.name_zh if chinese else p.name_en) for p in PERSONS.values()],
        "kinds": list(named.items()),
        "scenarios": list(circles.scenarios),
        "kind_name": named[asked.kind],
        "domains": _domains(circles, as_is, named, words),
        "areas": circles.areas(look, asked.kind)[:40],
        "home": _home(circles, asked, named, words),
        "gini": _told(gini),
        "lorenz": _line(points),
        "may_site": may(request, Right.SITE),
        "sited": sited,
        "sites": _sites(sited),
        "covers": 0 if sited is None or sited.lacking <= 0 else sited.choice.worth / sited.lacking,
        "then": _then(circles, asked, named, sited),
        "words": {
            "map": _("Homes; the chosen one is ringed. Arrow keys choose the next home."),
            "status": words,
        },
    }


def _domains(
    circles: Circles, look: Look, named: dict[str, str], words: dict[str, str]
) -> list[tuple[str, list[Any]]]:
    """Put the lines of kinds under the names of their domains."""
    lines = {line.key: line for line in circles.kinds(look)}
    standard = circles.question.standard
    return [
        (
            domain.name_zh if get_language() == "zh-hans" else domain.name_en,
            [
                (lines[k.key], named[k.key], [(words[r], n) for r, n in lines[k.key].reasons])
                for k in standard.types
                if k.domain == domain.key
            ],
        )
        for domain in standard.domains
    ]


def _home(
    circles: Circles, asked: _Asked, named: dict[str, str], words: dict[str, str]
) -> list[dict[str, Any]]:
    """Say what the chosen home reaches, as it is and in the scenario."""
    count = len(circles.question.survey.homes.lon)
    if asked.home is None or asked.home >= count:
        return []
    as_is = circles.home(asked.look._replace(scenario=""), asked.home)
    then = circles.home(asked.look, asked.home) if asked.look.scenario else as_is
    return [
        {"name": named[one.key], "is": one, "why": words[one.status], "then": other,
         "why_then": words[other.status]}
        for one, other in zip(as_is, then, strict=False)
    ]  # fmt: skip


def _then(
    circles: Circles, asked: _Asked, named: dict[str, str], sited: Sited | None
) -> dict[str, Any] | None:
    """Say how it would be: with the sites that are proposed, or in the scenario; None for neither.

    `status` has a digit a home, for the second map.
    """
    look = asked.look
    if sited is not None:
        gaps = circles.with_sites(look, sited)
        return {"name": _("With the proposed sites"), "status": _digits(gaps.status)}
    if not look.scenario:
        return None
    gini, points = circles.lorenz(look)
    return {
        "name": look.scenario,
        "status": _digits(circles.gaps(look, asked.kind).status),
        "changes": [(named[line.key], line) for line in circles.changes(look)],
        "gini": _told(gini),
        "lorenz": _line(points),
    }


def _told(gini: float) -> float | None:
    """Give a figure that there is: where nobody has anything, nothing is spread."""
    return None if np.isnan(gini) else gini


def _digits(status: np.ndarray) -> str:
    return "".join(map(str, status.tolist()))


def _line(points: list[tuple[float, float]]) -> str:
    """Turn shares into the points of a line in the square of the curve."""
    return " ".join(f"{SIDE * x:.1f},{SIDE * (1 - y):.1f}" for x, y in points)


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
        `?person=`, `?at=`, `?kind=`.

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
    # The map beside it has the scenario.
    gaps = circles.gaps(asked.look._replace(scenario=""), asked.kind)
    at = circles.question.survey.homes
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
        `?person=`, `?at=`, `?kind=`.

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
    rows = circles.areas(asked.look, asked.kind)
    return csv_answer(
        f"gaps-{asked.kind}-{asked.look.person}.csv",
        ("neighbourhood", "age", "concerned", "lacking"),
        rows,
    )
