"""The city of the service circle, opened once; the first who asks waits for it."""

from functools import cache
from threading import Lock

from django.conf import settings

from cityloop.usecases.change_survey import read_scenarios
from cityloop.usecases.look_at_circle import Circles
from cityloop.usecases.open_circle import open_question

_OPENING = Lock()


def find_circles() -> Circles | None:
    """Find the city's circles; None where no city is set (`CITYLOOP_CITY`)."""
    if not settings.CITY:
        return None
    with _OPENING:
        return _open(settings.CITY, settings.CIRCLE_STANDARD, settings.SCENARIOS)


@cache
def _open(city: str, standard: str, scenarios: str) -> Circles:
    asked = open_question(city, lambda _: None, profile=standard)
    return Circles(asked, read_scenarios(scenarios))
