"""A city's rules for its cases, as one record: what differs from place to place is data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cityloop.casework.deadline import Limit
from cityloop.casework.routing import ANY, Route, RoutingRule, route
from cityloop.casework.working_days import WorkingDays


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One thing that people turn to their city for.

    Attributes
    ----------
    code
        Its key, also for Open311.
    group
        What it is listed under.
    limit
        The key of its limit.
    keywords
        Words by which people look for it.
    name_zh, name_en, help_zh, help_en
        What people read.
    """

    code: str
    group: str
    limit: str
    keywords: tuple[str, ...]
    name_zh: str
    name_en: str
    help_zh: str
    help_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """Who answers: a key and what people read."""

    key: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """A part of the city.

    Attributes
    ----------
    key, name_zh, name_en
        Its key and what people read.
    box
        West, south, east, north. [°]
    district
        The department that takes what is unclear there.
    """

    key: str
    name_zh: str
    name_en: str
    box: tuple[float, float, float, float]
    district: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How one city hears and answers.

    Attributes
    ----------
    key, name_zh, name_en, source
        Which city, and where its rules are from.
    services, departments, areas, limits
        By key.
    routing
        Who is responsible; see `routing.route`.
    district
        The department that takes what is unclear outside all areas.
    days
        The working days.
    complex_limit
        The limit that a case gets when it turns out to be complex; empty for none.
    rating_days
        After so many days without a rating a case is closed without one. [d]
    call_back_h
        Within so many hours a dissatisfied citizen is called. [h]
    retention_days
        How long personal data are kept after the end of a case, by kind: contact, text, photo. [d]
    """

    key: str
    name_zh: str
    name_en: str
    source: str
    services: Mapping[str, Service]
    departments: Mapping[str, Department]
    areas: Mapping[str, Area]
    limits: Mapping[str, Limit]
    routing: Sequence[RoutingRule]
    district: str
    days: WorkingDays
    complex_limit: str
    rating_days: int
    call_back_h: int
    retention_days: Mapping[str, int]

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return self.days.zone

    def limit_of(self, service: str) -> Limit:
        """Tell how long a case of a service may take."""
        return self.limits[self.services[service].limit]

    def route(self, service: str, area: str, at: datetime) -> Route:
        """Tell who is responsible."""
        districts = {ANY: self.district, **{a.key: a.district for a in self.areas.values()}}
        return route(self.routing, districts, service=service, area=area, at=at, zone=self.zone)

    def area_at(self, lon: float, lat: float) -> str:
        """Find the area of a place: the first whose box holds it, `*` outside of all."""
        for area in self.areas.values():
            west, south, east, north = area.box
            if west <= lon <= east and south <= lat <= north:
                return area.key
        return ANY
