"""Opening hours as OSM writes them, at a given day and hour."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from cityloop.kernels.chains import NEVER

ALWAYS: Final = ((0, NEVER),)
_MS: Final = timedelta(milliseconds=1)
_CLOCK_CHANGE: Final = timedelta(hours=2)
"""By the clock, an hour may pass in no time."""


def open_windows(
    hours: str, departure: datetime, horizon_ms: int, timezone: str = "", country: str = ""
) -> tuple[tuple[int, int], ...] | None:
    """Say when a place is open, seen from a departure.

    Parameters
    ----------
    hours
        Opening hours; empty where unknown.
    departure
        When somebody leaves home, by the clock of the place.
    horizon_ms
        How far to look. [ms]
    timezone
        The city's, for daylight saving; may be empty.
    country
        For public holidays; may be empty.

    Returns
    -------
    From and until, counted from the departure [ms]; None if the hours are unknown or cannot be
    read.
    """
    spoken = _parsed(hours, country)
    if spoken is None:
        return None
    end = departure + horizon_ms * _MS + _CLOCK_CHANGE
    windows = []
    unknown = False
    for begin, until, state, _ in spoken.intervals(departure, end):
        word = str(state).upper().rpartition(".")[2]
        unknown |= word == "UNKNOWN"
        if word == "OPEN":
            low = max(0, _elapsed_ms(departure, begin, timezone))
            # What is open as far as we look is open; so is whoever arrives at the last moment.
            endless = until is None or until >= end
            windows.append((low, NEVER if endless else _elapsed_ms(departure, until, timezone)))
    if unknown and not windows:
        return None
    return tuple((low, min(high, NEVER)) for low, high in windows if high > low)


def can_be_read(hours: str) -> bool:
    """Tell whether opening hours can be read.

    Parameters
    ----------
    hours
        As they are written.

    Returns
    -------
    False for what does not parse; True for none at all.
    """
    return not hours or _parsed(hours, "") is not None


def _elapsed_ms(departure: datetime, moment: datetime, timezone: str) -> int:
    """Count the time that really passes, also across a change of the clock."""
    if timezone:
        zone = ZoneInfo(timezone)
        away = moment.replace(tzinfo=zone).timestamp() - departure.replace(tzinfo=zone).timestamp()
        return round(1000 * away)
    return (moment - departure) // _MS


@lru_cache(maxsize=4096)
def _parsed(hours: str, country: str) -> Any:  # noqa: ANN401  the library has no types
    if not hours:
        return None
    import opening_hours  # noqa: PLC0415

    refused = getattr(opening_hours, "ParserError")  # noqa: B009  its stubs forget it
    try:
        return opening_hours.OpeningHours(hours, country=country or None)
    except (refused, SyntaxError, ValueError):
        return None
