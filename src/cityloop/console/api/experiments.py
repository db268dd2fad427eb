"""Experiments for programs: order, look, cancel, take the results.

What compares runs is loaded when it is first asked for: it draws in numba and scipy.
"""

from http import HTTPStatus
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from cityloop.console.api.root import JSON, PROBLEMS, caller_of, holds, tagged
from cityloop.console.who import now
from cityloop.store.records.accounts.models import Account
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.plans.models import Experiment

router = Router(tags=["experiments"])
ANY = {200: dict[str, object], **PROBLEMS}
Name = Annotated[str, Field(min_length=1, max_length=200)]


class OrderGiven(Schema):
    """What is compared with what; the first controller is the measure."""

    scenario: Name
    controls: Annotated[list[Name], Field(min_length=1, max_length=20)]
    seeds: Annotated[list[int], Field(min_length=1, max_length=200)]
    duration_s: Annotated[int, Field(ge=60, le=7200)] = 3600


def describe(one: Experiment) -> dict[str, object]:
    """Give an experiment as the API does."""
    return {
        "number": one.pk,
        "order": one.order,
        "state": one.state,
        "done": one.done,
        "seconds_left": one.seconds_left,
        "trouble": one.trouble,
        "made_by": str(one.made_by),
        "made_at": one.made_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }


def _get(number: int) -> Experiment:
    found = Experiment.objects.select_related("made_by").filter(pk=number) if number > 0 else None
    one = found.first() if found is not None and number < 2**62 else None
    if one is None:
        raise HttpError(HTTPStatus.NOT_FOUND, "there is no such experiment")
    return one


def _caller(request: HttpRequest) -> Account:
    found = caller_of(request)
    assert found is not None  # noqa: S101  the right is never public
    return found


@router.get("", auth=holds(Right.SEE), response=ANY, summary="Experiments")
def experiments(
    request: HttpRequest,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HttpResponse:
    """List experiments, the newest first, page by page."""
    every = Experiment.objects.select_related("made_by")
    part = every[(page - 1) * size : page * size]
    body = {"count": every.count(), "page": page, "items": [describe(each) for each in part]}
    return tagged(request, msgspec.json.encode(body))


@router.post(
    "",
    auth=holds(Right.EXPERIMENT),
    response={201: dict[str, object], **PROBLEMS},
    summary="Order one",
)
def order(request: HttpRequest, given: OrderGiven) -> HttpResponse:
    """Order a comparison: 201, waiting."""
    from cityloop.usecases.experiments.jobs import ExperimentOrder, order_experiment  # noqa: PLC0415

    wanted = ExperimentOrder(given.scenario, given.controls, given.seeds, given.duration_s)
    made = order_experiment(wanted, by=_caller(request), now=now())
    return HttpResponse(msgspec.json.encode(describe(made)), status=201, content_type=JSON)


@router.get("/{number}", auth=holds(Right.SEE), response=ANY, summary="One experiment")
def experiment(request: HttpRequest, number: int) -> HttpResponse:
    """Say how far an experiment is."""
    return tagged(request, msgspec.json.encode(describe(_get(number))))


@router.post("/{number}/cancel", auth=holds(Right.EXPERIMENT), response=ANY, summary="Cancel")
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for an experiment to be stopped; what is finished of it stays."""
    from cityloop.usecases.experiments.jobs import cancel_experiment  # noqa: PLC0415

    _get(number)
    one = cancel_experiment(number, by=_caller(request), now=now())
    return HttpResponse(msgspec.json.encode(describe(one)), content_type=JSON)


@router.get("/{number}/result", auth=holds(Right.SEE), response=ANY, summary="What came out")
def result(request: HttpRequest, number: int) -> HttpResponse:
    """Give runs and differences, as `cityloop traffic compare --json` writes them."""
    from cityloop.store.run_file import encode_comparison  # noqa: PLC0415
    from cityloop.usecases.experiments.jobs import tell_result  # noqa: PLC0415

    comparison = tell_result(_get(number))
    return tagged(request, encode_comparison(comparison.runs, comparison.differences))
