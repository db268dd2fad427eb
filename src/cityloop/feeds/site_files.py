"""Where a city's detectors and cameras are, in tables that a person writes."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.traffic.estimate.live.sites import Site
from cityloop.traffic.estimate.live.travel_times import Way

_ROWS_MAX: Final = 1_000_000
_LANES_MAX: Final = 20
_SITE_COLUMNS: Final = ("detector",)
_WAY_COLUMNS: Final = ("name", "cameras")


def read_sites(path: Path) -> dict[str, list[Site]]:
    """Read where detectors are.

    Parameters
    ----------
    path
        A CSV file with the columns detector, and as far as they are known source, junction, from,
        to, lanes, free_m_s and neighbours (names with blanks between).

    Returns
    -------
    Source to its detectors; those without a source are under the empty name.

    Raises
    ------
    InputError
        If it cannot be read, or a row cannot be used.
    """
    found: dict[str, list[Site]] = {}
    seen: set[tuple[str, str]] = set()
    for number, row in _rows(path, _SITE_COLUMNS):
        source, name = row.get("source", ""), row["detector"]
        if not name or (source, name) in seen:
            cause = f"detector {name} stands twice" if name else "it names no detector"
            raise _unusable(path, number, cause, "give each detector one row")
        seen.add((source, name))
        if not row.get("junction") and (row.get("from") or row.get("to")):
            raise _unusable(path, number, "its arms are of no junction", "name the junction")
        lanes = _number(path, number, row, "lanes", 1.0)
        if not 1 <= lanes <= _LANES_MAX or lanes != int(lanes):
            raise _unusable(path, number, f"{lanes:g} lanes", f"give 1 to {_LANES_MAX}")
        site = Site(
            detector=name,
            junction=row.get("junction", ""),
            arm=row.get("from", ""),
            to=row.get("to", ""),
            lanes=int(lanes),
            free_m_s=_positive(path, number, row, "free_m_s"),
            neighbours=tuple(row.get("neighbours", "").split()),
        )
        found.setdefault(source, []).append(site)
    if not found:
        raise _unusable(path, 1, "it has no detectors", "give a row a detector")
    return found


def read_ways(path: Path) -> list[Way]:
    """Read the links and corridors whose travel times are wanted.

    Parameters
    ----------
    path
        A CSV file with the columns name and cameras (names with blanks between, in the order in
        which they are passed), and as far as they are known length_m and free_s.

    Returns
    -------
    They, in its order.

    Raises
    ------
    InputError
        If it cannot be read, or a row cannot be used.
    """
    found: list[Way] = []
    names: set[str] = set()
    for number, row in _rows(path, _WAY_COLUMNS):
        name, cameras = row["name"], tuple(row["cameras"].split())
        if not name or name in names:
            cause = f"{name} stands twice" if name else "it has no name"
            raise _unusable(path, number, cause, "give each way one row and a name")
        if len(cameras) < 2:  # noqa: PLR2004  a way has two ends
            raise _unusable(path, number, f"{name} has fewer than two cameras", "name two or more")
        names.add(name)
        length_m, free_s = (_positive(path, number, row, each) for each in ("length_m", "free_s"))
        found.append(Way(name, cameras, length_m, free_s))
    if not found:
        raise _unusable(path, 1, "it has no ways", "give a row a link or corridor")
    return found


def _rows(path: Path, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = [(each or "").strip().lower() for each in rows.fieldnames or ()]
            for each in wanted:
                if each not in names:
                    raise _unusable(
                        path,
                        1,
                        f"there is no column {each}; there are {', '.join(names)[:200] or 'none'}",
                        "write the columns' names in the first line",
                    )
            rows.fieldnames = names
            for number, row in enumerate(rows, start=2):
                if number > _ROWS_MAX:
                    raise _unusable(path, number, "it is too long", "give less of it")
                if None in row:
                    raise _unusable(path, number, "it has more values than names", "mend the row")
                yield number, {name: (value or "").strip() for name, value in row.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            file=path,
            place="",
            cause=f"it cannot be read ({str(error)[:200]})",
            remedy="give a CSV file in UTF-8",
        ) from None


def _number(path: Path, number: int, row: dict[str, str], name: str, default: float) -> float:
    said = row.get(name, "")
    if not said:
        return default
    try:
        found = float(said)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise _unusable(path, number, f"{name} is {said[:40]!r}, which is no number", "mend it")
    return found


def _positive(path: Path, number: int, row: dict[str, str], name: str) -> float:
    found = _number(path, number, row, name, math.nan)
    if found <= 0:
        raise _unusable(path, number, f"{name} is {found:g}", "give a number above 0, or nothing")
    return found


def _unusable(path: Path, line: int, cause: str, remedy: str) -> InputError:
    return InputError(file=path, place=f"line {line}", cause=cause, remedy=remedy)
