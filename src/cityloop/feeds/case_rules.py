"""A city's rules for its cases (TOML): those that are shipped, and a city's own."""

import tomllib
from dataclasses import fields
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from cityloop.casework.deadline import Limit
from cityloop.casework.routing import ANY, RoutingRule
from cityloop.casework.rules import Area, Department, Rules, Service
from cityloop.city.errors import InputError
from cityloop.feeds.working_days import chinas_working_days

T = TypeVar("T")
SHIPPED: Final = ("tiered", "working-days")
KINDS_OF_DATA: Final = ("contact", "text", "photo")


class _Calendar(msgspec.Struct, forbid_unknown_fields=True):
    off: tuple[date, ...] = ()
    made_up: tuple[date, ...] = ()


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    name_zh: str
    name_en: str
    source: str
    district: str
    complex_limit: str
    rating_days: int
    call_back_h: int
    retention_days: dict[str, int]
    departments: list[dict[str, Any]]
    areas: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    services: list[dict[str, Any]]
    routing: list[dict[str, Any]]
    calendar: _Calendar = msgspec.field(default_factory=_Calendar)


def read_case_rules(name: str) -> Rules:
    """Read a city's rules.

    Parameters
    ----------
    name
        One that is shipped, or a file.

    Returns
    -------
    The rules, whole in themselves: every key that is named is there.

    Raises
    ------
    InputError
        If there is none, or it says what nobody knows.
    """
    if name in SHIPPED:
        place = resources.files("cityloop.feeds").joinpath("profiles", f"cases-{name}.toml")
        return _rules(name, place.read_text(encoding="utf-8"))
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            file=name,
            place="",
            cause="there is no such file of rules",
            remedy=f"take {' or '.join(SHIPPED)}, or a file",
        ) from None
    return _rules(name, text)


def _rules(name: str, text: str) -> Rules:
    try:
        given = msgspec.convert(tomllib.loads(text), _Rules)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            file=name, place="", cause=f"this is no TOML ({error})", remedy="mend the line"
        ) from None
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        _refuse(name, place.strip("`").removeprefix("$."), said)
    rules = Rules(
        key=given.key,
        name_zh=given.name_zh,
        name_en=given.name_en,
        source=given.source,
        services=_by(name, "services", given.services, Service, "code"),
        departments=_by(name, "departments", given.departments, Department),
        areas=_by(name, "areas", given.areas, Area),
        limits=_by(name, "limits", given.limits, Limit),
        routing=tuple(
            _convert(name, f"routing {i}", each, RoutingRule)
            for i, each in enumerate(given.routing)
        ),
        district=given.district,
        days=chinas_working_days(given.calendar.off, given.calendar.made_up),
        complex_limit=given.complex_limit,
        rating_days=given.rating_days,
        call_back_h=given.call_back_h,
        retention_days=given.retention_days,
    )
    _check(name, rules)
    return rules


def _by(
    name: str, what: str, rows: list[dict[str, Any]], kind: type[T], key: str = "key"
) -> dict[str, T]:
    found: dict[str, T] = {}
    for i, row in enumerate(rows):
        place = f"{what} {row.get(key, i)}"
        thing = _convert(name, place, row, kind)
        if found.setdefault(row[key], thing) is not thing:
            _refuse(name, place, "this key stands there twice")
    return found


def _convert(name: str, place: str, row: dict[str, Any], kind: type[T]) -> T:
    unknown = set(row) - {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown:
        _refuse(name, place, f"there is no {', '.join(sorted(unknown))} here")
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        _refuse(name, place, str(error))


def _check(name: str, rules: Rules) -> None:
    for service in rules.services.values():
        if service.limit not in rules.limits:
            _refuse(name, f"services {service.code}", f"there is no limit {service.limit!r}")
    if rules.complex_limit and rules.complex_limit not in rules.limits:
        _refuse(name, "complex_limit", f"there is no limit {rules.complex_limit!r}")
    for limit in rules.limits.values():
        if limit.amount <= 0 or limit.extension < 0 or limit.extensions_max < 0:
            _refuse(name, f"limits {limit.key}", "a figure is too small")
        hours = limit.escalate_after_h
        if not 0 <= limit.warn_left_percent <= 100 or list(hours) != sorted(set(hours)):  # noqa: PLR2004
            _refuse(name, f"limits {limit.key}", "a share beyond 100 %, or hours that do not rise")
    if set(rules.retention_days) != set(KINDS_OF_DATA):
        _refuse(name, "retention_days", f"it needs {', '.join(KINDS_OF_DATA)}, and no more")
    _check_routing(name, rules)


def _check_routing(name: str, rules: Rules) -> None:
    named = [("district", rules.district)]
    named += [(f"areas {area.key}", area.district) for area in rules.areas.values()]
    named += [(f"routing {i}", rule.department) for i, rule in enumerate(rules.routing)]
    for place, department in named:
        if department not in rules.departments:
            _refuse(name, place, f"there is no department {department!r}")
    for i, rule in enumerate(rules.routing):
        if rule.service not in {ANY, *rules.services}:
            _refuse(name, f"routing {i}", f"there is no service {rule.service!r}")
        if rule.area not in {ANY, *rules.areas}:
            _refuse(name, f"routing {i}", f"there is no area {rule.area!r}")


def _refuse(name: str, place: str, cause: str) -> NoReturn:
    raise InputError(file=name, place=place, cause=cause, remedy="correct the rules")
