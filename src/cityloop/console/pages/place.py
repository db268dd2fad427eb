"""Where a case is: by address, by figures, or by pointing at a map of the city's own streets.

What was chosen goes in bodies alone and the map comes inside the page, so no address has a place.
"""

import base64
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from cityloop.city.errors import InputError
from cityloop.console.pages.tap import city_question
from cityloop.usecases.street_map import SIDE_PX, WIDTHS_M, draw_streets, find_street, view_of


def asked_to_look(request: HttpRequest) -> bool:
    """Say whether somebody looks for the place, and does not send the form yet."""
    return request.method == "POST" and ("look" in request.POST or "map.x" in request.POST)


def fields(given: Mapping[str, str]) -> dict[str, Any]:
    """Give what the form's part about the place shows.

    Parameters
    ----------
    given
        What the form holds: `address`, `lon`, `lat`; the map's centre and how close it is; what was
        pressed.

    Returns
    -------
    For the template: the place, the map if it is open, and whether an address was not found.
    """
    shown: dict[str, Any] = {
        "has_map": bool(settings.CITY),
        "given": {**given},
        "side": SIDE_PX,
        "closest": len(WIDTHS_M),
    }
    look = given.get("look", "map" if "map.x" in given else "")
    if not settings.CITY or not (look or given.get("closer")):
        return shown
    try:
        ways = city_question().survey.ways
    except InputError:
        return {**shown, "has_map": False}
    lon, lat = _degrees(given.get("lon", "")), _degrees(given.get("lat", ""))
    marked = None if lon is None or lat is None else (lon, lat)
    middle = _degrees(given.get("map_lon", "")), _degrees(given.get("map_lat", ""))
    closer = _whole(given.get("closer", ""))
    match look:
        case "map":
            x, y = _whole(given.get("map.x", "")), _whole(given.get("map.y", ""))
            # Pressed by key it says 0, 0: the middle is meant.
            x, y = (x, y) if x or y else (SIDE_PX // 2, SIDE_PX // 2)
            middle = marked = view_of(ways, *middle, closer).point(x, y)
            closer += 1
        case "find":
            found = find_street(ways, given.get("address", ""))
            shown["not_found"] = found is None
            middle, marked = (found, found) if found else (middle, marked)
            closer = max(closer, 2) if found else closer
        case "in":
            closer += 1
        case "out":
            closer -= 1
        case _:
            middle, closer = (middle, closer) if marked is None else (marked, 2)
    closer = min(max(closer, 0), len(WIDTHS_M))
    view = view_of(ways, *middle, closer)
    drawn = draw_streets(ways, view, marked)
    place = {} if marked is None else {"lon": str(marked[0]), "lat": str(marked[1])}
    return {
        **shown,
        "given": {**given, **place},
        "map": "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode(),
        "map_lon": view.lon,
        "map_lat": view.lat,
        "closer": closer,
    }


@require_POST
def show(request: HttpRequest) -> HttpResponse:
    """Draw the form's part about the place anew, for a page that need not be loaded for it."""
    return render(request, "console/cases/place.html", fields(request.POST.dict()))


def _degrees(text: object) -> float | None:
    try:
        found = float(str(text))
    except ValueError:
        return None
    return found if -180 <= found <= 180 else None  # noqa: PLR2004  degrees; NaN is none


def _whole(text: object) -> int:
    said = str(text)
    return int(said) if said.isdecimal() and len(said) < 5 else 0  # noqa: PLR2004  pixels, steps
