"""Draw the picture of a city: reach and gaps of every facility type of a standard."""

# ruff: noqa: RUF001  Chinese has punctuation of its own

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from cityloop.circle.competition import Competition
from cityloop.circle.gaps import TypeGaps, find_gaps
from cityloop.circle.persons import PERSONS, Person, Wheels
from cityloop.circle.picture import Picture
from cityloop.circle.reach import ALWAYS, Windows, stand, weave
from cityloop.circle.standard import FacilityType, Standard, cutoff_ms, of_type
from cityloop.city.errors import InputError
from cityloop.city.places import Places, choose
from cityloop.city.remarks import Remark
from cityloop.city.survey import Survey
from cityloop.feeds.opening_hours import can_be_read, open_windows

Watch = Callable[[int, float], None]
"""Told the number of a kind of place and which share of its work is done, 0-1."""


class UnknownHours(StrEnum):
    """What unknown opening hours count for."""

    OPEN = "open"
    CLOSED = "closed"


class Question(NamedTuple):
    """What is asked about a city.

    Attributes
    ----------
    survey, standard
        The city, and what it is measured by.
    person
        Who goes.
    departure
        When; None for whatever the hours.
    unknown
        What unknown opening hours count for.
    competition
        How capacity is divided among those who compete for it.
    """

    survey: Survey
    standard: Standard
    person: Person
    departure: datetime | None = None
    unknown: UnknownHours = UnknownHours.OPEN
    competition: Competition = Competition.TWO_STEP


SPARSE_PEOPLE: Final = 50_000
"""Fewer places of OSM than one for so many people are taken for a hole in the map; assumed."""
PLAIN_STEPS: Final = 0.5
"""Where steps are no obstacle, for someone as fast: their share of the speed on level ground."""


def get_person(key: str) -> Person:
    """Give a person profile.

    Parameters
    ----------
    key
        Its name.

    Returns
    -------
    The profile.

    Raises
    ------
    InputError
        If there is none.
    """
    if key not in PERSONS:
        raise InputError(
            file=key,
            place="--as",
            cause="nobody is known by this name",
            remedy=f"take one of {', '.join(PERSONS)}",
        )
    return PERSONS[key]


def parse_moment(said: str) -> datetime:
    """Turn a day and hour into a moment, by the city's clock.

    Parameters
    ----------
    said
        Such as `2026-11-21 21:40`.

    Returns
    -------
    The moment, without a time zone.

    Raises
    ------
    InputError
        If it is none.
    """
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
        try:
            return datetime.strptime(said, form)  # noqa: DTZ007  the city's clock is meant
        except ValueError:
            continue
    raise InputError(
        file=said, place="--at", cause="this is no day and hour", remedy="write 2026-11-21 21:40"
    )


def known_type(survey: Survey, kind: FacilityType, places: Places) -> bool:
    """Tell whether anything is known of a kind: a register speaks of it, or OSM has one.

    Parameters
    ----------
    survey
        The survey.
    kind
        The facility type.
    places
        The places of this kind.

    Returns
    -------
    False means unknown, which is no gap. So few places of OSM for so many people that most must be
    missing from the map are no data.
    """
    if kind.key in survey.registered:
        return True
    people = float(survey.homes.people.sum())
    return len(places.place_ids) * SPARSE_PEOPLE >= max(people, 1.0)


def hours_of(
    survey: Survey,
    places: Places,
    departure: datetime | None,
    horizon_ms: int,
    unknown: UnknownHours = UnknownHours.OPEN,
) -> Windows:
    """Say when each place is open after a departure.

    Parameters
    ----------
    survey
        For the city's time zone and country.
    places
        Some places.
    departure
        When one leaves home; None for whatever the hours.
    horizon_ms
        How far to look. [ms]
    unknown
        What to take unknown hours for.

    Returns
    -------
    The windows of each place.
    """
    if departure is None:
        return (ALWAYS,) * len(places.place_ids)
    otherwise = ALWAYS if unknown is UnknownHours.OPEN else ()
    said = []
    for hours in places.hours:
        windows = open_windows(hours, departure, horizon_ms, survey.timezone, survey.country)
        said.append(otherwise if windows is None else windows)
    return tuple(said)


def unread_hours(places: Places) -> tuple[Remark, ...]:
    """List opening hours that cannot be read; they are kept and count as unknown.

    Parameters
    ----------
    places
        All places.

    Returns
    -------
    A remark each, with the place.
    """
    return tuple(
        Remark(
            f"{place_id}：开放时间{hours[:60]!r}无法解读，按未知计",
            f"{place_id}: opening hours {hours[:60]!r} cannot be read and count as unknown",
        )
        for place_id, hours in zip(places.place_ids, places.hours, strict=True)
        if not can_be_read(hours)
    )


def unhindered(person: Person) -> Person:
    """Give someone as fast whom steps and kerbs do not stop.

    Parameters
    ----------
    person
        Who goes.

    Returns
    -------
    The same for those on foot or bicycle.
    """
    if person.wheels in {Wheels.NONE, Wheels.BICYCLE}:
        return person
    speed_m_s = person.speed_m_s
    return replace(person, wheels=Wheels.NONE, steps_m_s=PLAIN_STEPS * speed_m_s)


def draw_circle(question: Question, watch: Watch = lambda _kind, _share: None) -> Picture:
    """Work out how every home stands with every facility type.

    Parameters
    ----------
    question
        What is asked.
    watch
        Told how far it is.

    Returns
    -------
    The picture.
    """
    survey, person = question.survey, question.person
    web = weave(survey.ways, person)
    other = unhindered(person)
    free = web if other is person else weave(survey.ways, other)
    at = stand(web, survey.homes.spots)
    stands = (at, at if free is web else stand(free, survey.homes.spots))
    types: list[TypeGaps] = []
    for number, kind in enumerate(question.standard.types):
        places = places_of(survey, kind)
        limit = cutoff_ms(kind, person)
        windows = hours_of(survey, places, question.departure, limit, question.unknown)
        known = known_type(survey, kind, places)
        types.append(
            find_gaps(
                web, free, stands, survey.homes, kind, places, windows, question.competition, known
            )
        )
        watch(number, 1.0)
    when = question.departure
    said = "" if when is None else f"{when:%Y-%m-%d %H:%M}"
    return Picture(standard=question.standard, person=person, departure=said, types=tuple(types))


def places_of(survey: Survey, kind: FacilityType) -> Places:
    """Choose the places of a kind.

    Parameters
    ----------
    survey
        The city.
    kind
        The facility type.

    Returns
    -------
    Those of its registers, if a register speaks of this kind; else those of OSM.
    """
    chosen = of_type(survey.places, kind)
    if kind.key in survey.registered:
        # Whom a register knows, OSM would count twice.
        chosen &= np.array([bool(said) for said in survey.places.register_types], bool)
    return choose(survey.places, chosen)
