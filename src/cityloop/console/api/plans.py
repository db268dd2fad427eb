"""Corridors and plans for programs: try a timing, compute one, to the gate, apply, undo.

What works with plans is loaded when it is first asked for: it draws in numba and the gate.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from cityloop.city.errors import InputError
from cityloop.console.api.live import get_hub
from cityloop.console.api.root import JSON, PROBLEMS, caller_of, holds, problem, tagged
from cityloop.console.corridors import find_corridors
from cityloop.console.who import now
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.plans.models import PlanSet
from cityloop.usecases.plans.trajectories import list_trajectories

if TYPE_CHECKING:
    from cityloop.usecases.plans.corridors import Corridors, Timing

router = Router(tags=["plans"])
Seconds = Annotated[int, Field(ge=0, le=3600)]


class TimingGiven(Schema):
    """A cycle, an offset a signal, and the speed of progression as a share of the limits."""

    cycle_s: Seconds
    offset_s: Annotated[list[Seconds], Field(max_length=200)]
    speed: Annotated[float, Field(ge=0.3, le=1.2)] = 1.0


class CyclesGiven(Schema):
    """Bounds of the cycle; both 0 for the one that runs."""

    least_s: Seconds = 0
    most_s: Seconds = 0


class PlansGiven(TimingGiven):
    """A timing for one corridor."""

    corridor: Annotated[int, Field(ge=0, le=10_000)]


class WhyGiven(Schema):
    """The reason that the log keeps."""

    why: Annotated[str, Field(min_length=1, max_length=500)]


def get_corridors() -> "Corridors":
    """Give the corridors, or say that there is no live picture."""
    get_hub()
    found = find_corridors()
    assert found is not None  # noqa: S101  there is a hub
    return found


def _get(number: int) -> "Corridors":
    corridors = get_corridors()
    try:
        corridors.get(number)
    except InputError as error:
        raise HttpError(HTTPStatus.NOT_FOUND, str(error)) from None
    return corridors


def _timing(given: TimingGiven) -> "Timing":
    from cityloop.usecases.plans.corridors import Timing  # noqa: PLC0415

    return Timing(given.cycle_s, given.offset_s, given.speed)


def _answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(body), status=status, content_type=JSON)


SEES: list[Any] = holds(Right.SEE)
PLANS: list[Any] = holds(Right.EDIT_PLANS)
APPLIES: list[Any] = holds(Right.APPLY)
ANY = {200: dict[str, object], **PROBLEMS}


@router.get(
    "/corridors",
    auth=SEES,
    response={200: list[dict[str, object]], **PROBLEMS},
    summary="Corridors",
)
def corridors(request: HttpRequest) -> HttpResponse:
    """List the corridors: number and signals, in the order of the outbound direction."""
    found = get_corridors()
    rows = [{"number": i, "signals": found.names(i)} for i in range(len(found.found))]
    return tagged(request, msgspec.json.encode(rows))


@router.get("/corridors/{number}", auth=SEES, response=ANY, summary="What runs there")
def corridor(request: HttpRequest, number: int) -> HttpResponse:
    """Give the timing that runs, with its greens, bands and predicted delay."""
    del request
    found = _get(number)
    timing = found.running(number)
    return _answer({"timing": timing, "gives": found.attempt(number, timing)})


@router.post("/corridors/{number}/try", auth=SEES, response=ANY, summary="Try a timing")
def attempt(request: HttpRequest, number: int, given: TimingGiven) -> HttpResponse:
    """Say what a timing would give; nothing is kept or changed."""
    del request
    return _answer(_get(number).attempt(number, _timing(given)))


@router.post("/corridors/{number}/compute", auth=PLANS, response=ANY, summary="Widest bands")
def compute(request: HttpRequest, number: int, given: CyclesGiven) -> HttpResponse:
    """Find the offsets with the widest bands, at the cycle within bounds that predicts least."""
    del request
    found = _get(number)
    bounds = (given.least_s, given.most_s) if given.most_s else None
    if bounds and not bounds[0] <= bounds[1] <= bounds[0] + 120:
        return problem(HTTPStatus.BAD_REQUEST, "the bounds are not in order, or over 120 s apart")
    timing = found.compute(number, bounds)
    return _answer({"timing": timing, "gives": found.attempt(number, timing)})


@router.get("/corridors/{number}/trajectories", auth=SEES, response=ANY, summary="Who drove there")
def trajectories(
    request: HttpRequest, number: int, seconds: Annotated[int, Query(ge=1, le=600)] = 240
) -> HttpResponse:
    """Give where vehicles of the city's own twin drove along a corridor, of late."""
    del request
    found, hub = _get(number), get_hub()
    tried = found.attempt(number, found.running(number))
    at_m = np.array([each.at_m for each in tried.signals])
    lines = list_trajectories(hub, found.get(number), at_m, seconds)
    newest = hub.newest
    return _answer({"now_s": newest[2].second_s if newest else 0, "lines": lines})


def describe_set(one: PlanSet) -> dict[str, object]:
    """Give a set of plans as the API does."""
    return {
        "number": one.pk,
        "signals": one.signals,
        "cycle_s": one.cycle_s,
        "state": one.state,
        "proof": one.proof,
        "made_by": str(one.made_by),
        "made_at": one.made_at.isoformat(),
        "plans": msgspec.Raw(one.plans.encode()),
    }


def _caller(request: HttpRequest) -> Account:
    found = caller_of(request)
    assert found is not None  # noqa: S101  these rights are never public
    return found


@router.get("/plans", auth=SEES, response=ANY, summary="Sets of plans")
def plans(
    request: HttpRequest,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HttpResponse:
    """List sets of plans, the newest first, page by page."""
    every = PlanSet.objects.select_related("made_by").filter(scenario=get_hub().city.scenario.name)
    part = every[(page - 1) * size : page * size]
    body = {"count": every.count(), "page": page, "items": [describe_set(each) for each in part]}
    return tagged(request, msgspec.json.encode(body))


@router.get("/plans/{number}", auth=SEES, response=ANY, summary="One set of plans")
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """Give a set of plans with what the gate has said of it."""
    return tagged(request, msgspec.json.encode(describe_set(_set(number))))


@router.post(
    "/plans", auth=PLANS, response={201: dict[str, object], **PROBLEMS}, summary="To the gate"
)
def submit(request: HttpRequest, given: PlansGiven) -> HttpResponse:
    """Bring a timing to the gate: 201 with its proof, or with its refusal."""
    from cityloop.usecases.plans.plan_sets import submit_plans  # noqa: PLC0415

    found = _get(given.corridor)
    made = found.plans(given.corridor, _timing(given))
    one = submit_plans(get_hub(), made, by=_caller(request), now=now())
    return _answer(describe_set(one), 201)


@router.post("/plans/{number}/apply", auth=APPLIES, response=ANY, summary="Apply")
def apply(request: HttpRequest, number: int, given: WhyGiven) -> HttpResponse:
    """Run a set of plans at the city's own signals; the gate proves it once more."""
    from cityloop.usecases.plans.plan_sets import apply_set  # noqa: PLC0415

    _set(number)
    return _answer(
        describe_set(apply_set(get_hub(), number, given.why, by=_caller(request), now=now()))
    )


@router.post("/plans/{number}/undo", auth=APPLIES, response=ANY, summary="Undo")
def undo(request: HttpRequest, number: int, given: WhyGiven) -> HttpResponse:
    """Take a set back."""
    from cityloop.usecases.plans.plan_sets import undo_set  # noqa: PLC0415

    _set(number)
    return _answer(
        describe_set(undo_set(get_hub(), number, given.why, by=_caller(request), now=now()))
    )


def _set(number: int) -> PlanSet:
    scenario = get_hub().city.scenario.name
    one = None
    if 0 < number < 2**62:
        one = PlanSet.objects.filter(pk=number, scenario=scenario).first()
    if one is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "there is no such set of plans")
    return one
