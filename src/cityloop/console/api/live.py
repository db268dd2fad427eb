"""The live picture for programs: the scene, frames, junctions with their queues."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from ninja.errors import HttpError

from cityloop.city.errors import InputError
from cityloop.console.api.root import JSON, PROBLEMS, holds, tagged
from cityloop.store.records.accounts.rights import Right
from cityloop.usecases.live.hub import OWN, Hub, find_hub
from cityloop.usecases.live.junction_history import SECONDS_MAX, find_signal, tell_junction

router = Router(auth=holds(Right.SEE), tags=["live"])


class Kept(Schema):
    """Which frames are kept."""

    scenario: str
    first: int
    last: int
    trouble: str


def get_hub() -> Hub:
    """Give the live picture, or say that there is none."""
    hub = find_hub()
    if hub is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "no live picture: serve with --demo or --live")
    return hub


@router.get("", response={200: Kept, **PROBLEMS}, summary="Which frames are kept")
def kept(request: HttpRequest) -> HttpResponse:
    """Say which frames are kept, and what is wrong if no new ones come."""
    del request
    hub = get_hub()
    body = {
        "scenario": hub.city.scenario.name,
        "first": hub.first,
        "last": hub.last,
        "trouble": hub.trouble,
    }
    return HttpResponse(msgspec.json.encode(body), content_type=JSON)


@router.get("/scene", response={200: dict[str, object], **PROBLEMS}, summary="What stands still")
def scene(request: HttpRequest) -> HttpResponse:
    """Give roads, signals and approaches, as a map needs them: docs/console.md names the keys."""
    return tagged(request, get_hub().scene)


@router.get("/frames/{number}", response={200: dict[str, object], **PROBLEMS}, summary="One second")
def frame(request: HttpRequest, number: Annotated[int, Path(ge=1, lt=2**53)]) -> HttpResponse:
    """Give a frame by its number, as the stream sends it."""
    body = get_hub().read(number)
    if body is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "this frame is not kept")
    answer = tagged(request, body)
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


@router.get(
    "/junctions", response={200: list[dict[str, object]], **PROBLEMS}, summary="Junctions by queue"
)
def junctions(request: HttpRequest) -> HttpResponse:
    """List the signals, the longest queue first."""
    del request
    body = [{"id": name, "queue": queue} for name, queue in get_hub().worst_signals()]
    return HttpResponse(msgspec.json.encode(body), content_type=JSON)


@router.get(
    "/junctions/{name}",
    response={200: dict[str, object], **PROBLEMS},
    summary="What happened there",
)
def junction(
    request: HttpRequest,
    name: str,
    twin: Annotated[str, Query(pattern="^(own|ours)$")] = OWN,
    seconds: Annotated[int, Query(ge=1, le=SECONDS_MAX)] = 600,
    until: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
) -> HttpResponse:
    """Give lamps, queue, splits and arrivals on green of a junction, from the frames kept."""
    hub = get_hub()
    try:
        find_signal(hub.city, name)
    except InputError as error:
        raise HttpError(HTTPStatus.NOT_FOUND, str(error)) from None
    told = tell_junction(hub, name, twin, seconds=seconds, until=until)
    return tagged(request, msgspec.json.encode(told))
