"""Open a city for its service circle, by whatever name a person gives."""

from collections.abc import Callable
from pathlib import Path

from cityloop.city.errors import InputError
from cityloop.city.survey import Survey
from cityloop.feeds.circle_file import EXTRACT_SUFFIXES, read_circle_file
from cityloop.feeds.datasets import list_datasets
from cityloop.store.survey_file import SUFFIXES, read_survey
from cityloop.usecases.fetch_dataset import fetch_dataset
from cityloop.usecases.survey_city import survey_city

TIMEZONES = {"helsinki": ("Europe/Helsinki", "FI")}


def open_survey(given: str, say: Callable[[str], None]) -> Survey:
    """Open a survey, or make one.

    Parameters
    ----------
    given
        A survey, a circle file, an OSM extract, or the name of a data set of kind `osm`.
    say
        Told one line a step.

    Returns
    -------
    The survey.

    Raises
    ------
    InputError
        If it is none of these or cannot be used.
    """
    path = Path(given)
    if given.endswith(SUFFIXES):
        return read_survey(path)
    if path.suffix == ".toml" or given.endswith(EXTRACT_SUFFIXES):
        return survey_city(read_circle_file(path), say)
    names = [dataset.name for dataset in list_datasets() if dataset.kind == "osm"]
    if given in names:
        folder = fetch_dataset(given, say)
        (extract,) = sorted(folder.glob("*.osm.pbf"))
        city = read_circle_file(extract)
        timezone, country = TIMEZONES.get(given, ("", ""))
        city = type(city)(extract=city.extract, name=city.name, timezone=timezone, country=country)
        return survey_city(city, say)
    raise InputError(
        file=given,
        place="",
        cause="this is no survey, circle file, OSM extract or data set",
        remedy=f"give a .toml, .osm.pbf or .survey file, or {' or '.join(names)}",
    )
