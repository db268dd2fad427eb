"""A city's survey as one file of ours."""

from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.survey import Survey
from cityloop.city.ways import Ints, Spots
from cityloop.store.records_json import UnfitError, decode_record, encode_record
from cityloop.store.whole_file import read_whole, write_whole

FORMAT: Final = "cityloop-survey"
SUFFIXES: Final = (".survey", ".survey.gz")
_REMEDY: Final = "survey the city again"


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["cityloop-survey"]
    version: Literal[2]
    survey: dict[str, Any]


def write_survey(path: Path, survey: Survey) -> None:
    """Write a survey, whole or not at all.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`.
    survey
        The survey.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    body = _Body(format=FORMAT, version=2, survey=encode_record(survey))
    write_whole(path, msgspec.json.encode(body) + b"\n")


def read_survey(path: Path) -> Survey:
    """Read a survey that `write_survey` has written.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    Equal to what was written, and consistent in itself.

    Raises
    ------
    InputError
        If the file cannot be read, is none of ours, or what it holds does not fit together.
    """
    data = read_whole(path)
    try:
        survey = decode_record(Survey, msgspec.json.decode(data, type=_Body).survey, "$.survey")
        _check(survey)
    except UnfitError as error:
        raise InputError(file=path, place=error.place, cause=error.cause, remedy=_REMEDY) from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            file=path, place="", cause=f"this is no survey of ours ({error})", remedy=_REMEDY
        ) from None
    return survey


def _check(survey: Survey) -> None:
    """Refuse what would lead a search out of its arrays."""
    ways, places, homes = survey.ways, survey.places, survey.homes
    nodes, edges, n = len(ways.node_lon), len(ways.head), len(homes.lon)
    _lead("ways.head", ways.head, 0, nodes)
    _lead("ways.tail", ways.tail, 0, nodes)
    _lead("ways.edge_name", ways.edge_name, -1, len(ways.way_names))
    of_edges = (ways.tail, ways.length_m, ways.kind, ways.open_to, ways.wheelchair, ways.rough)
    for array in (*of_edges, ways.kerb, ways.incline, ways.edge_name):
        _long("ways", len(array), edges)
    if np.any(ways.head == ways.tail) or not np.all(ways.length_m > 0):
        raise UnfitError("$.survey.ways", "an edge leads nowhere")
    for name, spots in (("places.doors", places.doors), ("homes.spots", homes.spots)):
        _spots(name, spots, edges)
    p = len(places.place_ids)
    for values in (places.names, places.names_zh, places.names_en, places.tags, places.hours):
        _long("places", len(values), p)
    for values in (places.register_types, places.sources):
        _long("places", len(values), p)
    for array in (places.lon, places.lat, places.wheelchair, places.capacity):
        _long("places", len(array), p)
    door = places.door_start
    _long("places.door_start", len(door), p + 1)
    if door[0] != 0 or door[-1] != len(places.doors.edge) or np.any(np.diff(door) < 1):
        raise UnfitError("$.survey.places.door_start", "places without a door")
    for array in (homes.lat, homes.spots.edge, homes.neighbourhood, homes.to_rim_m):
        _long("homes", len(array), n)
    if homes.people.shape != (n, len(homes.ages)) or not np.all(homes.people >= 0):
        raise UnfitError("$.survey.homes.people", "expected 0 or more by homes and ages")
    _lead("homes.neighbourhood", homes.neighbourhood, 0, len(homes.neighbourhoods))


def _spots(name: str, spots: Spots, edges: int) -> None:
    _lead(f"{name}.edge", spots.edge, 0, edges)
    _long(name, len(spots.share), len(spots.edge))
    _long(name, len(spots.access_m), len(spots.edge))
    if not (np.all(spots.share >= 0) and np.all(spots.share <= 1) and np.all(spots.access_m >= 0)):
        raise UnfitError(f"$.survey.{name}", "a share or an access is out of its range")


def _lead(name: str, index: Ints, low: int, high: int) -> None:
    if np.any((index < low) | (index >= high)):
        raise UnfitError(f"$.survey.{name}", f"an index is not from {low} to {high - 1}")


def _long(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise UnfitError(f"$.survey.{name}", f"found {found} values, expected {wanted}")
