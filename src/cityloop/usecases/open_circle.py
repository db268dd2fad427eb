"""Ask a question about a city's circle: its survey, its standard, who goes, and when."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cityloop.circle.persons import Person
from cityloop.circle.picture import Picture
from cityloop.circle.standard import Standard
from cityloop.city.survey import Survey
from cityloop.feeds.circle_report import Language, circle_report
from cityloop.feeds.home_tables import home_columns, write_homes
from cityloop.feeds.standards import read_standard
from cityloop.feeds.whole_file import write_whole
from cityloop.store.survey_file import write_survey
from cityloop.usecases.draw_circle import (
    UnknownHours,
    Watch,
    draw_circle,
    get_person,
    parse_moment,
    unread_hours,
)
from cityloop.usecases.open_survey import open_survey


class Question(NamedTuple):
    """What is asked.

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
    """

    survey: Survey
    standard: Standard
    person: Person
    departure: datetime | None
    unknown: UnknownHours


def open_question(
    city: str,
    profile: str,
    person: str,
    at: str,
    unknown: UnknownHours,
    say: Callable[[str], None],
) -> Question:
    """Open all that a question is about; what is cheap to refuse comes first.

    Parameters
    ----------
    city
        As for `open_survey`.
    profile
        A standard that is shipped, or a file.
    person
        A person profile's name.
    at
        Day and hour; empty for whatever the hours.
    unknown
        What unknown opening hours count for.
    say
        Told one line a step, and one a remark.

    Returns
    -------
    The question.

    Raises
    ------
    InputError
        If something given cannot be used.
    """
    standard, who = read_standard(profile), get_person(person)
    departure = parse_moment(at) if at else None
    survey = open_survey(city, say)
    tell_remarks(survey, say)
    return Question(survey, standard, who, departure, unknown)


def tell_remarks(survey: Survey, say: Callable[[str], None]) -> None:
    """Tell what was odd in a city's input.

    Parameters
    ----------
    survey
        The survey.
    say
        Told a line each.
    """
    for remark in (*survey.remarks, *unread_hours(survey.places), survey.homes.assumed):
        if remark:
            say(f"remark: {remark}")


def draw(question: Question, watch: Watch) -> Picture:
    """Draw the picture that answers a question.

    Parameters
    ----------
    question
        What is asked.
    watch
        Told each type's number and its share done.

    Returns
    -------
    The picture.
    """
    survey, standard, person, departure, unknown = question
    return draw_circle(survey, standard, person, departure, unknown, watch)


def save_homes(path: Path, question: Question, picture: Picture) -> None:
    """Write a row a home.

    Parameters
    ----------
    path
        Where to.
    question
        What was asked.
    picture
        The answer.
    """
    write_homes(path, home_columns(picture, question.survey.homes))


def save_report(path: Path, question: Question, picture: Picture, lang: Language) -> None:
    """Write the report.

    Parameters
    ----------
    path
        Where to.
    question
        What was asked.
    picture
        The answer.
    lang
        Its language.
    """
    write_whole(path, circle_report(question.survey, picture, lang))


def save_survey(city: str, out: Path, say: Callable[[str], None]) -> Survey:
    """Survey a city and write it down.

    Parameters
    ----------
    city
        As for `open_survey`.
    out
        Where to.
    say
        Told one line a step, and one a remark.

    Returns
    -------
    The survey.
    """
    survey = open_survey(city, say)
    write_survey(out, survey)
    tell_remarks(survey, say)
    say(f"wrote {out}")
    return survey
