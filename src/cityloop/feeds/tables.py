"""Tables of places and people: CSV, GeoJSON, GeoPackage, GeoParquet."""

import csv
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from cityloop.city.errors import InputError

_ROWS_MAX: Final = 20_000_000
_FIELD_MAX: Final = 10_000_000
_LONLAT: Final = "EPSG:4326"


class Table(NamedTuple):
    """A table with or without geometry.

    Attributes
    ----------
    path
        The file.
    columns
        (rows,) texts or numbers of each column.
    geometry
        (rows,) shapes, or None.
    crs
        What the geometry is in, for pyproj; empty without one.
    """

    path: Path
    columns: dict[str, list[Any]]
    geometry: npt.NDArray[np.object_] | None
    crs: str

    def __len__(self) -> int:
        if self.geometry is not None:
            return len(self.geometry)
        return len(next(iter(self.columns.values()), []))

    def column(self, name: str) -> list[Any]:
        """Give a column.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        (rows,) its values.

        Raises
        ------
        InputError
            If there is none of this name.
        """
        if name not in self.columns:
            raise InputError(
                file=self.path,
                place=name,
                cause=f"there is no such column among {', '.join(self.columns) or 'none'}",
                remedy="correct the column mapping",
            )
        return self.columns[name]

    def numbers(self, name: str, *, least: float = -np.inf) -> npt.NDArray[np.float64]:
        """Give a column of numbers.

        Parameters
        ----------
        name
            Its name.
        least
            The least that is allowed.

        Returns
        -------
        (rows,) its values, NaN where a cell is empty.

        Raises
        ------
        InputError
            If a cell is no number or less than allowed; it names the row.
        """
        values = np.full(len(self), np.nan)
        for row, cell in enumerate(self.column(name)):
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                continue
            try:
                values[row] = float(cell)
            except (TypeError, ValueError):
                raise self._bad(row, name, cell, "a number") from None
            if values[row] < least or np.isinf(values[row]):
                raise self._bad(row, name, cell, f"a number from {least:g} on")
        return values

    def texts(self, name: str) -> tuple[str, ...]:
        """Give a column as texts, empty where a cell is.

        Parameters
        ----------
        name
            Its name.

        Returns
        -------
        (rows,) texts.
        """
        return tuple("" if cell is None else str(cell).strip() for cell in self.column(name))

    def _bad(self, row: int, name: str, cell: object, wanted: str) -> InputError:
        return InputError(
            file=self.path,
            place=f"row {row + 2}, {name}" if self.path.suffix == ".csv" else f"{name}[{row}]",
            cause=f"found {str(cell)[:40]!r}, expected {wanted}",
            remedy="correct it or empty the cell",
        )


def read_table(path: Path) -> Table:
    """Read a table by what its name ends in.

    Parameters
    ----------
    path
        `.csv`, `.parquet` (with or without GeoParquet's geometry), or what GDAL reads: `.gpkg`,
        `.geojson`, `.json`, `.shp`, `.fgb`.

    Returns
    -------
    Its columns and geometry.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if not path.is_file():
        raise InputError(file=path, place="", cause="there is no such file", remedy="give another")
    try:
        match path.suffix.lower():
            case ".csv":
                return _csv(path)
            case ".parquet" | ".geoparquet":
                return _parquet(path)
            case _:
                return _gdal(path)
    except InputError:
        raise
    except (ValueError, OSError, RuntimeError, KeyError, csv.Error) as error:
        said = str(error).splitlines()[0][:150] if str(error) else type(error).__name__
        raise InputError(
            file=path,
            place="",
            cause=f"this is no table that can be read ({said})",
            remedy="give a CSV, GeoJSON, GeoPackage or GeoParquet file",
        ) from None


def _csv(path: Path) -> Table:
    csv.field_size_limit(_FIELD_MAX)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        names = next(rows, [])
        if not names or len(set(names)) < len(names):
            raise ValueError("its first line does not name every column once")
        cells: list[list[str]] = []
        for row in rows:
            if len(row) != len(names):
                raise InputError(
                    file=path,
                    place=f"line {rows.line_num}",
                    cause=f"found {len(row)} cells, expected {len(names)}",
                    remedy="mend the line",
                )
            cells.append(row)
            if len(cells) > _ROWS_MAX:
                raise ValueError(f"more than {_ROWS_MAX} rows")
    return Table(path, {name: [row[i] for row in cells] for i, name in enumerate(names)}, None, "")


def _parquet(path: Path) -> Table:
    import pyarrow.parquet as pq  # noqa: PLC0415  heavy, and seldom needed

    table = pq.read_table(path)
    head = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    primary = head.get("primary_column")
    columns = {name: table[name].to_pylist() for name in table.column_names if name != primary}
    if primary is None:
        return Table(path, columns, None, "")
    about = head["columns"][primary]
    if about.get("encoding") != "WKB":
        raise ValueError(f"geometry encoded as {about.get('encoding')}, expected WKB")
    crs = about.get("crs")
    geometry = shapely.from_wkb(np.array(table[primary].to_pylist(), object))
    return Table(path, columns, geometry, json.dumps(crs) if crs else _LONLAT)


def _gdal(path: Path) -> Table:
    import pyogrio  # noqa: PLC0415

    try:
        meta, _, wkb, fields = pyogrio.raw.read(path)
    except pyogrio.errors.DataSourceError as error:
        raise ValueError(str(error)) from None
    columns = {name: list(values) for name, values in zip(meta["fields"], fields, strict=True)}
    geometry = None if wkb is None else shapely.from_wkb(wkb)
    return Table(path, columns, geometry, meta["crs"] or _LONLAT)
