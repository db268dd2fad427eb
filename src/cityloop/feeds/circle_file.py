"""A city's circle file (TOML): its extract, its people, its registers, its changes."""

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from cityloop.city.errors import InputError
from cityloop.feeds.coordinates import Datum

EXTRACT_SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")


class PeopleSource(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where people are from.

    Attributes
    ----------
    file
        A table with geometry, or with columns `lon` and `lat`.
    coordinates
        Which coordinates it holds; must be said.
    count
        The column of all people, or nothing if `ages` says all.
    ages
        Column of each age group, such as `{"0-6" = "pop_0_6"}`.
    lon, lat
        The columns of a CSV.
    name
        The column that names each area; areas become neighbourhoods.
    """

    file: str
    coordinates: Datum
    count: str = ""
    ages: dict[str, str] = {}
    lon: str = "lon"
    lat: str = "lat"
    name: str = ""


class Register(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A register of facilities.

    Attributes
    ----------
    file, coordinates, lon, lat
        As for people.
    type
        The facility type of all rows; or
    type_column, types
        a column, and the facility type that each of its values means.
    where
        A column; rows where it is empty or 0 are no facility.
    id, name, name_zh, name_en, hours, wheelchair, capacity
        Columns.
    """

    file: str
    coordinates: Datum
    type: str = ""
    type_column: str = ""
    types: dict[str, str] = {}
    where: str = ""
    lon: str = "lon"
    lat: str = "lat"
    id: str = ""
    name: str = ""
    name_zh: str = ""
    name_en: str = ""
    hours: str = ""
    wheelchair: str = ""
    capacity: str = ""


class CircleFile(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All that a city gives.

    Attributes
    ----------
    extract
        The OSM extract.
    name
        The city's name.
    timezone, country
        For opening hours: `Europe/Oslo`, `NO`.
    people
        Where people are from; without it they are spread over dwellings, and that is said.
    people_assumed
        How many people to assume where nothing says so.
    register
        Registers of facilities. Of a type that a register speaks of, OSM's places do not count.
    """

    extract: str
    name: str = ""
    timezone: str = ""
    country: str = ""
    people: PeopleSource | None = None
    people_assumed: float = 0.0
    register: list[Register] = []


def read_circle_file(path: Path) -> CircleFile:
    """Read a city's circle file, or take an extract alone for one.

    Parameters
    ----------
    path
        A `.toml`, or an OSM extract.

    Returns
    -------
    What it says; file names become paths, beside the circle file unless they are absolute.

    Raises
    ------
    InputError
        If it is not there, or says what nobody knows.
    """
    if path.name.endswith(EXTRACT_SUFFIXES):
        return CircleFile(extract=str(path), name=path.name.split(".")[0])
    try:
        text = path.read_text(encoding="utf-8")
        given = msgspec.convert(tomllib.loads(text), CircleFile)
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(
            file=path,
            place="",
            cause=f"cannot be read ({said})",
            remedy="give a circle file (.toml) or an OSM extract (.osm.pbf)",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            file=path, place="", cause=f"this is no TOML ({error})", remedy="mend the line"
        ) from None
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        raise InputError(
            file=path,
            place=place.strip("`"),
            cause=said,
            remedy="see docs/circle.md for what a circle file may say",
        ) from None

    def beside(name: str) -> str:
        return str(path.parent / name)

    people = given.people
    if people is not None:
        people = msgspec.structs.replace(people, file=beside(people.file))
    return msgspec.structs.replace(
        given,
        extract=beside(given.extract),
        name=given.name or path.stem,
        people=people,
        register=[msgspec.structs.replace(r, file=beside(r.file)) for r in given.register],
    )
