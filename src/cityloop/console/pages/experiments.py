"""The pages of experiments: order a comparison, see how far it is, what came out and how sure."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cityloop.city.errors import InputError
from cityloop.console.exports import csv_answer
from cityloop.console.who import account_of, forbidden, may, needs, now
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.plans.models import Experiment, JobState
from cityloop.usecases.controls import CONTROLS
from cityloop.usecases.experiments.jobs import (
    ExperimentOrder,
    cancel_experiment,
    list_scenarios,
    order_experiment,
    read_order,
    tell_result,
    write_result,
)

SHOWN = 50
FIGURES = ("total_delay_s", "stops", "longest_red_s", "teleports")
CSV_HEADS = (
    "control", "seed", "total_delay_s", "stops", "longest_wait_s", "longest_red_s", "demanded",
    "inserted", "arrived", "teleports", "collisions",
)  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.SEE)
def index(request: HttpRequest) -> HttpResponse:
    """List experiments, or order one.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The page, or where the new experiment is.
    """
    given = {
        "scenario": "", "control": ["fixed-time", "adaptive"], "seeds": "1-3", "minutes": "60",
    }  # fmt: skip
    if request.method == "POST":
        account = account_of(request)
        if account is None or not account.has_right(Right.EXPERIMENT):
            return forbidden(request, Right.EXPERIMENT)
        given = {
            "scenario": request.POST.get("scenario", "")[:200],
            "control": request.POST.getlist("control"),
            "seeds": request.POST.get("seeds", "")[:100],
            "minutes": request.POST.get("minutes", "")[:5],
        }
        try:
            order = _read_order(given)
            return redirect("experiment", order_experiment(order, by=account, now=now()).pk)
        except (InputError, ValueError) as error:
            said = str(error) if isinstance(error, InputError) else _("Write whole numbers.")
            messages.error(request, said)
    return render(
        request,
        "console/experiments.html",
        {
            "given": given,
            "scenarios": list_scenarios(),
            "controls": CONTROLS,
            "may_order": may(request, Right.EXPERIMENT),
            "rows": Experiment.objects.select_related("made_by")[:SHOWN],
        },
    )


def _read_order(given: Mapping[str, object]) -> ExperimentOrder:
    seeds: list[int] = []
    for part in str(given["seeds"]).split(","):
        first, _dash, last = part.strip().partition("-")
        seeds += range(int(first), int(last or first) + 1) if int(last or 0) < 2**31 else []
        if len(seeds) > 200:  # noqa: PLR2004
            break
    controls = given["control"] if isinstance(given["control"], list) else []
    return ExperimentOrder(str(given["scenario"]), controls, seeds, 60 * int(str(given["minutes"])))


@never_cache
@require_safe
@needs(Right.SEE)
def show(request: HttpRequest, number: int) -> HttpResponse:
    """Show an experiment; HTMX asks for the inner part alone, every two seconds.

    Parameters
    ----------
    request
        What is asked.
    number
        The experiment's.

    Returns
    -------
    The page, or the part.
    """
    one = _get(number)
    comparison = tell_result(one)
    order = read_order(one)
    open_still = one.state in (JobState.WAITING, JobState.RUNNING)
    given = {
        "one": one,
        "order": order,
        "open": open_still,
        "percent": round(100 * one.done),
        "minutes": None if one.seconds_left is None else max(1, round(one.seconds_left / 60)),
        "runs": comparison.runs,
        "rows": [
            (each, _sure(each.low, each.high))
            for figure in FIGURES
            for each in comparison.differences
            if each.figure == figure
        ],
        "finished": one.runs.count(),
        "count": len(order.controls) * len(order.seeds),
        "may_cancel": open_still and may(request, Right.EXPERIMENT),
    }
    part = bool(request.headers.get("HX-Request"))
    name = "console/experiment_part.html" if part else "console/experiment.html"
    return render(request, name, given)


def _sure(low: float | None, high: float | None) -> str:
    """Say what the interval of a difference lets one say."""
    if low is None or high is None:
        return _("one pair alone: not to be told")
    if low > 0:
        return _("more")
    if high < 0:
        return _("less")
    return _("not certain")


@require_POST
@needs(Right.EXPERIMENT)
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for an experiment to be stopped.

    Parameters
    ----------
    request
        What is asked.
    number
        The experiment's.

    Returns
    -------
    Back to it.
    """
    account = account_of(request)
    assert account is not None  # noqa: S101  the right is never public
    try:
        cancel_experiment(number, by=account, now=now())
    except InputError as error:
        messages.error(request, str(error))
    _get(number)
    return redirect("experiment", number)


@require_safe
@needs(Right.SEE)
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Give the report of an experiment, one HTML file, to be kept.

    Parameters
    ----------
    request
        What is asked.
    number
        The experiment's.

    Returns
    -------
    The file; 404 as long as no seed is finished.

    Raises
    ------
    Http404
        If there is nothing to report.
    """
    del request
    try:
        body = write_result(_get(number))
    except InputError as error:
        raise Http404(str(error)) from None
    answer = HttpResponse(body, content_type="text/html; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="experiment-{number}.html"'
    return answer


@require_safe
@needs(Right.SEE)
def table(request: HttpRequest, number: int) -> HttpResponse:
    """Give the runs of an experiment as CSV.

    Parameters
    ----------
    request
        What is asked.
    number
        The experiment's.

    Returns
    -------
    The file.
    """
    del request
    runs = tell_result(_get(number)).runs
    rows = [[getattr(run, head) for head in CSV_HEADS] for run in runs]
    return csv_answer(f"experiment-{number}.csv", CSV_HEADS, rows)


def _get(number: int) -> Experiment:
    one = Experiment.objects.select_related("made_by").filter(pk=min(number, 2**62)).first()
    if one is None:
        raise Http404
    return one
