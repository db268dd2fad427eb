"""The service circle for programs: gaps, homes, neighbourhoods, places, scenarios, next sites."""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from cityloop.console.api.root import JSON, PROBLEMS, holds, tagged
from cityloop.console.circles import find_circles
from cityloop.console.exports import CSV, csv_bytes
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.circle_look import SITES_MAX, Look

if TYPE_CHECKING:
    from cityloop.usecases.look_at_circle import Circles

router = Router(auth=holds(Right.SEE), tags=["circle"])
ANY = {200: dict[str, object], **PROBLEMS}
GEOJSON = "application/geo+json"


class Looked(Schema):
    """Who goes, when, in which scenario."""

    person: Annotated[str, Field(max_length=60)] = "adult"
    at: Annotated[str, Field(max_length=16, description="such as 2026-11-21T21:40")] = ""
    scenario: Annotated[str, Field(max_length=200)] = ""

    @property
    def look(self) -> Look:
        """As the use case takes it."""
        return Look(self.person, self.at, self.scenario)


class Paged(Schema):
    """Which part of a long list."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=1000)] = 100


class SitesGiven(Looked):
    """For which kind, and how many sites."""

    kind: Annotated[str, Field(max_length=60)]
    count: Annotated[int, Field(ge=1, le=SITES_MAX)]


Asked = Annotated[Looked, Query()]
Part = Annotated[Paged, Query()]
Kind = Annotated[str, Query(max_length=60)]


def get_circles() -> "Circles":
    """Give the city's circles, or say that no city is set."""
    found = find_circles()
    if found is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "no city is set here: CITYLOOP_CITY")
    return found


def _told(request: HttpRequest, body: object) -> HttpResponse:
    return tagged(request, msgspec.json.encode(body))


def _page(request: HttpRequest, rows: Sequence[object], part: Paged) -> HttpResponse:
    first = (part.page - 1) * part.size
    body = {"count": len(rows), "page": part.page, "items": rows[first : first + part.size]}
    return _told(request, body)


def _points(
    request: HttpRequest, rows: Sequence[dict[str, Any]], places: Sequence[tuple[float, float]]
) -> HttpResponse:
    """Give rows as GeoJSON; `places` are longitude and latitude. [degree]."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": place},
            "properties": row,
        }
        for row, place in zip(rows, places, strict=True)
    ]
    body = msgspec.json.encode({"type": "FeatureCollection", "features": features})
    return tagged(request, body, GEOJSON)


@router.get("", response=ANY, summary="What can be asked")
def asked(request: HttpRequest) -> HttpResponse:
    """Name the standard, its kinds of place, the person profiles and the scenarios."""
    # Only here: it draws in numba, which who only watches can do without.
    from cityloop.circle.persons import PERSONS  # noqa: PLC0415

    circles = get_circles()
    standard = circles.question.standard
    return _told(
        request,
        {
            "title": {"zh": standard.title_zh, "en": standard.title_en},
            "homes": len(circles.question.survey.homes.lon),
            "persons": [
                {"key": each.key, "zh": each.name_zh, "en": each.name_en}
                for each in PERSONS.values()
            ],
            "kinds": [
                {"key": each.key, "domain": each.domain, "zh": each.name_zh, "en": each.name_en}
                for each in standard.types
            ],
            "scenarios": list(circles.scenarios),
        },
    )


@router.get("/kinds", response=ANY, summary="Gaps by kind of place")
def kinds(request: HttpRequest, given: Asked) -> HttpResponse:
    """Count people by kind: concerned, within reach, lacking and why, unknown."""
    lines = get_circles().kinds(given.look)
    return _told(request, {"items": [each._asdict() for each in lines]})


@router.get("/lorenz", response=ANY, summary="How evenly")
def lorenz(request: HttpRequest, given: Asked) -> HttpResponse:
    """Give Gini and the Lorenz curve of the share of kinds within reach."""
    gini, points = get_circles().lorenz(given.look)
    return _told(request, {"gini": gini, "points": points})


@router.get("/changes", response=ANY, summary="What a scenario changes")
def changes(request: HttpRequest, given: Asked) -> HttpResponse:
    """Say what a scenario changes for each kind, against the city as it is, in people."""
    lines = get_circles().changes(given.look)
    return _told(request, {"items": [each._asdict() for each in lines]})


def _homes(given: Looked, kind: str) -> tuple[list[dict[str, Any]], list[tuple[float, float]]]:
    circles = get_circles()
    at, names = circles.question.survey.homes, circles.status_names(given.look, kind)
    places = zip(np.round(at.lon, 6).tolist(), np.round(at.lat, 6).tolist(), strict=True)
    people = np.round(at.people.sum(axis=1), 1).tolist()
    rows = [
        {"home": i, "people": who, "status": name}
        for i, (who, name) in enumerate(zip(people, names, strict=True))
    ]
    return rows, list(places)


@router.get("/homes", response=ANY, summary="Homes")
def homes(request: HttpRequest, given: Asked, kind: Kind, part: Part) -> HttpResponse:
    """List homes with their people and how each stands with a kind, page by page."""
    rows, places = _homes(given, kind)
    full = [{**row, "lon": x, "lat": y} for row, (x, y) in zip(rows, places, strict=True)]
    return _page(request, full, part)


@router.get("/homes.geojson", response=ANY, summary="Homes as GeoJSON")
def homes_geojson(request: HttpRequest, given: Asked, kind: Kind) -> HttpResponse:
    """Give all homes as GeoJSON, with how each stands with a kind."""
    return _points(request, *_homes(given, kind))


@router.get("/homes.csv", response={200: str, **PROBLEMS}, summary="Homes as CSV")
def homes_csv(request: HttpRequest, given: Asked, kind: Kind) -> HttpResponse:
    """Give all homes as CSV, with how each stands with a kind."""
    rows, places = _homes(given, kind)
    heads = ("home", "lon", "lat", "people", "status")
    cells = (
        (row["home"], x, y, row["people"], row["status"])
        for row, (x, y) in zip(rows, places, strict=True)
    )
    return tagged(request, csv_bytes(heads, cells), CSV)


@router.get("/homes/{number}", response=ANY, summary="One home")
def home(request: HttpRequest, number: int, given: Asked) -> HttpResponse:
    """Say what a home reaches, in how many minutes, what is missing and why."""
    circles = get_circles()
    if not 0 <= number < len(circles.question.survey.homes.lon):
        raise HttpError(HTTPStatus.NOT_FOUND, "there is no such home")
    lines = circles.home(given.look, number)
    return _told(request, {"home": number, "items": [each._asdict() for each in lines]})


@router.get("/areas", response=ANY, summary="By neighbourhood and age")
def areas(request: HttpRequest, given: Asked, kind: Kind, part: Part) -> HttpResponse:
    """Count people by neighbourhood and age for a kind, the most lacking first, page by page."""
    lines = get_circles().areas(given.look, kind)
    return _page(request, [each._asdict() for each in lines], part)


@router.get("/areas.csv", response={200: str, **PROBLEMS}, summary="Neighbourhoods as CSV")
def areas_csv(request: HttpRequest, given: Asked, kind: Kind) -> HttpResponse:
    """Give the counts by neighbourhood and age as CSV."""
    heads = ("neighbourhood", "age", "concerned", "lacking")
    return tagged(request, csv_bytes(heads, get_circles().areas(given.look, kind)), CSV)


def _places(given: Looked, kind: str) -> list[dict[str, Any]]:
    rows = [each._asdict() for each in get_circles().places(given.look, kind)]
    return [
        {**row, "capacity": None if math.isnan(row["capacity"]) else row["capacity"]}
        for row in rows
    ]


@router.get("/places", response=ANY, summary="Places")
def places(request: HttpRequest, given: Asked, kind: Kind, part: Part) -> HttpResponse:
    """List the places of a kind, page by page."""
    return _page(request, _places(given, kind), part)


@router.get("/places.geojson", response=ANY, summary="Places as GeoJSON")
def places_geojson(request: HttpRequest, given: Asked, kind: Kind) -> HttpResponse:
    """Give the places of a kind as GeoJSON."""
    rows = _places(given, kind)
    return _points(request, rows, [(row["lon"], row["lat"]) for row in rows])


@router.get("/places.csv", response={200: str, **PROBLEMS}, summary="Places as CSV")
def places_csv(request: HttpRequest, given: Asked, kind: Kind) -> HttpResponse:
    """Give the places of a kind as CSV."""
    heads = ("id", "name", "name_zh", "name_en", "lon", "lat", "hours", "capacity", "source")
    rows = ([row[head] for head in heads] for row in _places(given, kind))
    return tagged(request, csv_bytes(heads, rows), CSV)


@router.post("/sites", auth=holds(Right.SITE), response=ANY, summary="Propose sites")
def sites(request: HttpRequest, given: SitesGiven) -> HttpResponse:
    """Find where the next places of a kind cover most people who lack it, with the proven gap."""
    del request
    circles = get_circles()
    sited = circles.propose(given.look, given.kind, given.count)
    at, choice = sited.candidates.places, sited.choice
    body = {
        "lacking": sited.lacking,
        "covered": choice.worth,
        "bound": choice.bound,
        "gap": choice.gap,
        "sites": [
            {"lon": float(at.lon[i]), "lat": float(at.lat[i])} for i in choice.sites.tolist()
        ],
    }
    return HttpResponse(msgspec.json.encode(body), content_type=JSON)
