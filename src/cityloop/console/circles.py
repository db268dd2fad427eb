"""The city of the service circle, opened once; the first who asks waits for it."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cityloop.usecases.look_at_circle import Circles

_OPENING = Lock()


def find_circles() -> "Circles | None":
    """Find the city's circles; None where no city is set (`CITYLOOP_CITY`)."""
    if not settings.CITY:
        return None
    with _OPENING:
        return _open(settings.CITY, settings.CIRCLE_STANDARD, settings.SCENARIOS)


@cache
def _open(city: str, standard: str, scenarios: str) -> "Circles":
    # Only here: they draw in numba and scipy, which who only watches can do without.
    from cityloop.usecases.change_survey import read_scenarios  # noqa: PLC0415
    from cityloop.usecases.look_at_circle import Circles  # noqa: PLC0415
    from cityloop.usecases.open_circle import open_question  # noqa: PLC0415

    asked = open_question(city, lambda _: None, profile=standard)
    return Circles(asked, read_scenarios(scenarios))
