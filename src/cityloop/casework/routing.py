"""Which department answers: rules as data, over service, area and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

ANY: Final = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class RoutingRule:
    """Who is responsible for a service in an area at a time.

    Attributes
    ----------
    service, area
        Keys, or `*` for each.
    department
        The department's key.
    from_day, until_day
        First and last day on which the rule holds; None for no end.
    from_hour, until_hour
        Hours of the day in which it holds, the second not included; over midnight when the second
        comes first, always when both are equal.
    """

    service: str
    area: str
    department: str
    from_day: date | None = None
    until_day: date | None = None
    from_hour: time = time(0)
    until_hour: time = time(0)

    def holds(self, service: str, area: str, local: datetime) -> bool:
        """Say whether the rule speaks of a case that came at a local time."""
        if self.service not in {ANY, service} or self.area not in {ANY, area}:
            return False
        day, hour = local.date(), local.time()
        if (self.from_day and day < self.from_day) or (self.until_day and day > self.until_day):
            return False
        begin, end = self.from_hour, self.until_hour
        if begin == end:
            return True
        return begin <= hour < end if begin < end else hour >= begin or hour < end

    @property
    def narrowness(self) -> tuple[bool, bool, bool]:
        """How narrowly it speaks: by service first, then by area, then by hour."""
        return self.service != ANY, self.area != ANY, self.from_hour != self.until_hour


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Where a case goes.

    Attributes
    ----------
    lead
        The department that answers.
    helpers
        Others whom the same rules name.
    clear
        False when no rule spoke, and the district decides.
    """

    lead: str
    helpers: tuple[str, ...]
    clear: bool


def route(
    rules: Sequence[RoutingRule],
    districts: Mapping[str, str],
    *,
    service: str,
    area: str,
    at: datetime,
    zone: ZoneInfo,
) -> Route:
    """Find who is responsible.

    The narrowest rules win: a service's over an area's over those of the city as a whole. Of
    several as narrow the first leads, and the others help. Where none speaks the district takes
    the case.

    Parameters
    ----------
    rules
        In the order in which the city gives them.
    districts
        The district's department of every area; `*` for areas that are not named.
    service
        Its key.
    area
        Its key.
    at
        When it came.
    zone
        The city's.

    Returns
    -------
    The route.
    """
    local = at.astimezone(zone)
    held = [rule for rule in rules if rule.holds(service, area, local)]
    if not held:
        return Route(lead=districts.get(area, districts[ANY]), helpers=(), clear=False)
    narrowest = max(rule.narrowness for rule in held)
    named = dict.fromkeys(rule.department for rule in held if rule.narrowness == narrowest)
    lead, *helpers = named
    return Route(lead=lead, helpers=tuple(helpers), clear=True)
