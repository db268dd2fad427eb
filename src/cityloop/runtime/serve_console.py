"""The process of the console: the pages, the API and the live streams at one port."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from a2wsgi.asgi_typing import ASGIApp
from django.core.wsgi import get_wsgi_application

from cityloop.city.scenario import Scenario
from cityloop.field.sensor_faults import Fault
from cityloop.runtime.case_clock import case_clock
from cityloop.runtime.experiment_worker import experiment_worker
from cityloop.runtime.listen import listen, serve_until_told
from cityloop.runtime.live_loop import LiveLoop
from cityloop.runtime.live_stream import PATH, LiveStream
from cityloop.runtime.open_apart import open_apart
from cityloop.runtime.pages_in_threads import PagesInThreads
from cityloop.store.frame_log import FrameLog
from cityloop.store.records.plans.models import PlanSet, PlanState
from cityloop.usecases.controls import BEST_CONTROL
from cityloop.usecases.live.hub import OURS, OWN, Hub, set_hub
from cityloop.usecases.live.twin_orders import LASTS_S, TwinOrder

_WORKERS: Final = 16
_GRACE_S: Final = 5
_OWN_CONTROL: Final = "fixed-time"


class LiveOrder(NamedTuple):
    """What the live picture shows.

    Attributes
    ----------
    scenario
        What both twins run.
    pace
        Seconds of the city in a second, > 0.
    faults
        How great a part of our twin's sensors fails in each way, 0-1.
    plans
        Plans of the city's own twin, as a file; None for those that the scenario is shipped with.
    """

    scenario: Scenario
    pace: float
    faults: tuple[tuple[Fault, float], ...] = ()
    plans: Path | None = None


def serve_console(
    folder: Path, host: str, port: int, live: LiveOrder | None, say: Callable[[str], None]
) -> None:
    """Serve the console until the process is told to stop.

    The records must be open (`open_records`).

    Parameters
    ----------
    folder
        Where everything lies that the console keeps.
    host
        The address to listen at.
    port
        The port there; 0 is any that is free.
    live
        What the live picture shows; None for none.
    say
        Told one line when the pages can be opened.

    Raises
    ------
    InputError
        If the port, the folder, the rules of cases or the scenario cannot be used.
    """
    listening = listen(host, port)
    host, port = listening.getsockname()[:2]
    told = f"The console is at http://{host}:{port}/ and keeps what it knows in {folder}"
    with case_clock(), _live_picture(folder, live, say) as hub, experiment_worker():
        stream = LiveStream(hub)
        serve_until_told(
            build_console(stream),
            listening,
            lambda: say(told),
            lifespan=False,
            grace_s=_GRACE_S,
            ending=stream.end,
        )
    say("Stopped.")


@contextmanager
def _live_picture(
    folder: Path, live: LiveOrder | None, say: Callable[[str], None]
) -> Iterator[Hub | None]:
    """Keep the twins going meanwhile."""
    if live is None:
        yield None
        return
    hub, loop = _open_live(folder, live, say)
    _restore_plans(hub)
    set_hub(hub)
    loop.start()
    try:
        yield hub
    finally:
        loop.stop()
        set_hub(None)


def _open_live(folder: Path, live: LiveOrder, say: Callable[[str], None]) -> tuple[Hub, LiveLoop]:
    """Open the city of a live picture, and make its loop ready."""
    scenario = live.scenario
    opened = open_apart(scenario, live.plans, say)
    hub = Hub(opened.city, FrameLog(folder / "live"), opened.timetable)
    lasts_s = LASTS_S if scenario.end_s is None else int(scenario.end_s - scenario.begin_s)
    own = TwinOrder(
        name=OWN, scenario=scenario, control=_OWN_CONTROL, lasts_s=lasts_s, plans=live.plans
    )
    ours = TwinOrder(
        name=OURS, scenario=scenario, control=BEST_CONTROL, lasts_s=lasts_s, faults=live.faults
    )
    return hub, LiveLoop(hub, (own, ours), live.pace, say)


def _restore_plans(hub: Hub) -> None:
    """Run again what was applied before the restart."""
    applied = PlanSet.objects.filter(scenario=hub.city.scenario.name, state=PlanState.APPLIED)
    if applied.exists():
        # Only then: it draws in the gate, which who only watches can do without.
        from cityloop.usecases.plans.plan_sets import restore_plans  # noqa: PLC0415

        restore_plans(hub)


def build_console(stream: LiveStream) -> ASGIApp:
    """Put the pages and the live stream under ASGI.

    Parameters
    ----------
    stream
        The live stream.

    Returns
    -------
    The application: Django in threads, since under ASGI it costs many times the CPU.
    """
    # Django types its answer more loosely than a2wsgi asks for.
    wsgi: Any = get_wsgi_application()
    pages = PagesInThreads(wsgi, _WORKERS)

    async def console(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  ASGI's own
        to = stream if scope["type"] == "http" and scope["path"] == PATH else pages
        await to(scope, receive, send)

    return console
