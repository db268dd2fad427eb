"""A city's rules for its cases, as one record: what differs from place to place is data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cityloop.casework.deadline import Limit
from cityloop.casework.routing import Route, RoutingRule, route
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
class Named:
    """A department or an area: a key and what people read."""

    key: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How one city hears and answers.

    Attributes
    ----------
    key, name_zh, name_en, source
        Which city, and where its rules are from.
    services, departments, areas, limits
        By key.
    routing, districts
        Who is responsible; see `routing.route`.
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
    departments: Mapping[str, Named]
    areas: Mapping[str, Named]
    limits: Mapping[str, Limit]
    routing: Sequence[RoutingRule]
    districts: Mapping[str, str]
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
        return route(
            self.routing, self.districts, service=service, area=area, at=at, zone=self.zone
        )
