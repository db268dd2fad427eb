"""What a city's monitoring reads: figures in Prometheus' text format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import resource
from collections import Counter
from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cityloop.console.who import may, now
from cityloop.store.records.accounts.models import Token
from cityloop.store.records.accounts.rights import Right
from cityloop.store.records.plans.models import Experiment, JobState, PlanSet, PlanState
from cityloop.usecases.live.hub import find_hub

KIND: Final = "text/plain; version=0.0.4; charset=utf-8"
_Sample = tuple[dict[str, str], float]


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Give all figures to who may see: by session, or `Authorization: Bearer …`.

    Parameters
    ----------
    request
        What is asked.

    Returns
    -------
    The figures, or 401.
    """
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    token = Token.find(bearer, now=now()) if bearer else None
    if not (may(request, Right.SEE) or (token is not None and token.has_right(Right.SEE))):
        answer = HttpResponse("send a token that may see\n", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    text = "".join(_family(*each) for each in _families())
    return HttpResponse(text, content_type=KIND)


def _families() -> Iterator[tuple[str, str, str, list[_Sample]]]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield (
        "cityloop_cpu_seconds_total", "counter", "CPU time of the console's process",
        [({}, used.ru_utime + used.ru_stime)],
    )  # fmt: skip
    states = Counter(Experiment.objects.values_list("state", flat=True))
    yield (
        "cityloop_experiments", "gauge", "Experiments by state",
        [({"state": str(state)}, states[state]) for state in JobState.values],
    )  # fmt: skip
    sets = Counter(PlanSet.objects.values_list("state", flat=True))
    yield (
        "cityloop_plans", "gauge", "Sets of plans by state",
        [({"state": str(state)}, sets[state]) for state in PlanState.values],
    )  # fmt: skip
    hub = find_hub()
    if hub is None:
        return
    yield "cityloop_live_up", "gauge", "Whether the live picture comes", [({}, not hub.trouble)]
    yield "cityloop_live_frames_total", "counter", "Frames so far", [({}, hub.last)]
    newest = hub.newest
    if newest is None:
        return
    twins = newest[2].twins
    for key, kind, told in (
        ("delay_s", "counter", "Time lost since the run began"),
        ("stops", "counter", "Stops since the run began"),
        ("arrived", "counter", "Vehicles arrived since the run began"),
        ("standing", "gauge", "Vehicles that stand"),
        ("waiting", "gauge", "Vehicles that find no room to enter"),
    ):
        name = f"cityloop_twin_{key.replace('_s', '_seconds')}"
        samples: list[_Sample] = [({"twin": t.name}, float(getattr(t, key))) for t in twins]
        yield name + ("_total" if kind == "counter" else ""), kind, told, samples
    alerts = Counter((t.name, alert.kind) for t in twins for alert in t.alerts)
    kinds = ("spillback", "silent", "refused", "fallback")
    yield (
        "cityloop_alerts", "gauge", "Alerts now",
        [({"twin": t.name, "kind": k}, alerts[t.name, k]) for t in twins for k in kinds],
    )  # fmt: skip


def _family(name: str, kind: str, told: str, samples: list[_Sample]) -> str:
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{each}"' for key, each in labels.items())
        lines.append(
            f"{name}{{{inside}}} {float(value):g}" if inside else f"{name} {float(value):g}"
        )
    return "\n".join(lines) + "\n"
