"""Ask a question about a city's circle: its survey, its standard, who goes, and when."""

from collections.abc import Callable
from pathlib import Path

from cityloop.circle.competition import Competition
from cityloop.circle.picture import Picture
from cityloop.city.survey import Survey
from cityloop.feeds.circle_columns import area_columns, home_columns, place_columns
from cityloop.feeds.circle_report import Language, circle_report
from cityloop.feeds.point_tables import write_points
from cityloop.feeds.standards import read_standard
from cityloop.feeds.whole_file import write_whole
from cityloop.store.survey_file import write_survey
from cityloop.usecases.draw_circle import (
    Question,
    UnknownHours,
    get_person,
    parse_moment,
    unread_hours,
)
from cityloop.usecases.open_survey import open_survey


def open_question(
    city: str,
    say: Callable[[str], None],
    *,
    profile: str = "zhejiang",
    person: str = "adult",
    at: str = "",
    unknown: UnknownHours = UnknownHours.OPEN,
    competition: Competition = Competition.TWO_STEP,
) -> Question:
    """Open all that a question is about; what is cheap to refuse comes first.

    Parameters
    ----------
    city
        As for `open_survey`.
    say
        Told one line a step, and one a remark.
    profile
        A standard that is shipped, or a file.
    person
        A person profile's name.
    at
        Day and hour; empty for whatever the hours.
    unknown
        What unknown opening hours count for.
    competition
        How capacity is divided among those who compete for it.

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
    strange = set(survey.registered) - {kind.key for kind in standard.types}
    if strange:
        say(f"remark: the profile {profile} knows no {', '.join(sorted(strange))}: not counted")
    return Question(survey, standard, who, departure, unknown, competition)


def tell_remarks(survey: Survey, say: Callable[[str], None]) -> None:
    """Tell what was odd in a city's input.

    Parameters
    ----------
    survey
        The survey.
    say
        Told a line each.
    """
    assumed = survey.homes.assumed
    said = (*survey.remarks, *unread_hours(survey.places), *([] if assumed is None else [assumed]))
    for remark in said:
        say(f"remark: {remark.en}")


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
    write_points(path, home_columns(picture, question.survey.homes))


def save_areas(path: Path, question: Question, picture: Picture) -> None:
    """Write a row a neighbourhood, age group and kind of place.

    Parameters
    ----------
    path
        Where to.
    question
        What was asked.
    picture
        The answer.
    """
    write_points(path, area_columns(picture, question.survey.homes))


def save_places(path: Path, survey: Survey) -> None:
    """Write a row a place.

    Parameters
    ----------
    path
        Where to.
    survey
        The city.
    """
    write_points(path, place_columns(survey.places))


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
