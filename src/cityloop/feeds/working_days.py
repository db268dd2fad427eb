"""China's working days, as the State Council announces them, from the package chinesecalendar."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from chinese_calendar import constants

from cityloop.casework.working_days import WorkingDays

CHINA = ZoneInfo("Asia/Shanghai")
SATURDAY = 5


def chinas_working_days(off: Iterable[date] = (), made_up: Iterable[date] = ()) -> WorkingDays:
    """Read the days that are announced.

    A year is announced late in the year before. Until a release of the package knows it, a city
    gives its days itself; otherwise that year follows plain weeks.

    Parameters
    ----------
    off
        More holidays, Monday to Friday.
    made_up
        More days of weekends that are worked.

    Returns
    -------
    The working days, in China's time zone.
    """
    more = tuple(off), tuple(made_up)
    holidays = {day for day in constants.holidays if day.weekday() < SATURDAY}
    years = {day.year for day in (*constants.holidays, *more[0])}
    return WorkingDays(
        zone=CHINA,
        off=frozenset(holidays.union(more[0])),
        made_up=frozenset(set(constants.workdays).union(more[1])),
        years=frozenset(years),
    )
