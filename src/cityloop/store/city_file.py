"""A city as one file of ours: network, signals, safety table and shipped programmes."""

from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from cityloop.city.errors import InputError
from cityloop.city.network import Network
from cityloop.city.signals import Programme, SafetyTable, Signals
from cityloop.store.city_checks import check_network, check_programme, check_signals, check_table
from cityloop.store.records_json import UnfitError, decode_record, encode_record
from cityloop.store.whole_file import read_whole, write_whole

FORMAT: Final = "cityloop-city"
VERSION: Final = 1
_REMEDY: Final = "write the city again from the network that it was made of"


class CityFile(NamedTuple):
    """What a city file holds.

    Attributes
    ----------
    network, signals, table
        The roads, their signals, and what these must keep.
    programmes
        The programmes that were shipped.
    """

    network: Network
    signals: Signals
    table: SafetyTable
    programmes: tuple[Programme, ...]


class _Head(msgspec.Struct):
    """What is read first: whose file it is."""

    format: str
    version: int


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["cityloop-city"]
    version: Literal[1]
    network: dict[str, Any]
    signals: dict[str, Any]
    table: dict[str, Any]
    programmes: list[dict[str, Any]]


def write_city(
    path: Path,
    network: Network,
    signals: Signals,
    table: SafetyTable,
    programmes: tuple[Programme, ...],
) -> None:
    """Write a city, whole or not at all.

    Parameters
    ----------
    path
        Where to; packed with gzip if the name ends in `.gz`. Equal cities give equal bytes.
    network
        The roads.
    signals
        Their signals.
    table
        What the signals must keep.
    programmes
        The programmes that were shipped.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    body = _Body(
        format=FORMAT,
        version=VERSION,
        network=encode_record(network),
        signals=encode_record(signals),
        table=encode_record(table),
        programmes=[encode_record(programme) for programme in programmes],
    )
    write_whole(path, msgspec.json.encode(body) + b"\n")


def read_city(path: Path) -> CityFile:
    """Read a city that `write_city` has written.

    Parameters
    ----------
    path
        The file, plain or gzip.

    Returns
    -------
    CityFile
        Equal to what was written, and consistent in itself.

    Raises
    ------
    InputError
        If the file cannot be read, is none of ours or of another version, or what it holds does not
        fit together.
    """
    data = read_whole(path)
    try:
        _check_head(msgspec.json.decode(data, type=_Head))
        body = msgspec.json.decode(data, type=_Body)
        return _city(body)
    except UnfitError as error:
        raise InputError(file=path, place=error.place, cause=error.cause, remedy=_REMEDY) from None
    except msgspec.ValidationError as error:
        said, _, place = str(error).partition(" - at ")
        raise InputError(
            file=path, place=place.strip("`") or "$", cause=said, remedy=_REMEDY
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            file=path, place="", cause=f"the JSON is broken ({error})", remedy=_REMEDY
        ) from None


def _check_head(head: _Head) -> None:
    if head.format != FORMAT:
        raise UnfitError("$.format", f"found {head.format[:60]!r}, expected {FORMAT!r}")
    if head.version != VERSION:
        raise UnfitError("$.version", f"found {head.version}, this cityloop reads {VERSION}")


def _city(body: _Body) -> CityFile:
    network = decode_record(Network, body.network, "$.network")
    check_network(network, "$.network")
    signals = decode_record(Signals, body.signals, "$.signals")
    check_signals(signals, network, "$.signals")
    table = decode_record(SafetyTable, body.table, "$.table")
    check_table(table, signals, "$.table")
    programmes = []
    for i, given in enumerate(body.programmes):
        programme = decode_record(Programme, given, f"$.programmes[{i}]")
        check_programme(programme, f"$.programmes[{i}]")
        programmes.append(programme)
    return CityFile(network, signals, table, tuple(programmes))
