"""Tables of points, as GeoParquet, GeoJSON or CSV."""

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from cityloop.city.errors import InputError
from cityloop.feeds.whole_file import write_whole

SUFFIXES: Final = (".csv", ".geojson", ".parquet")


def check_suffix(path: Path) -> None:
    """Refuse a name that says no format.

    Parameters
    ----------
    path
        Where a table is to go.

    Raises
    ------
    InputError
        If its name ends in nothing that we write.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            file=path,
            place="--out",
            cause="the name does not say which format",
            remedy=f"let it end in {', '.join(SUFFIXES)}",
        )


def write_points(path: Path, columns: dict[str, list[Any]]) -> None:
    """Write a table of points, whole or not at all.

    Parameters
    ----------
    path
        Where to; what its name ends in says the format.
    columns
        One list a column, `lon` and `lat` (WGS-84, degree) first; None where there is nothing.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    check_suffix(path)
    match path.suffix.lower():
        case ".csv":
            data = _csv(columns)
        case ".geojson":
            data = _geojson(columns)
        case _:
            data = _parquet(columns)
    write_whole(path, data)


def _csv(columns: dict[str, list[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _geojson(columns: dict[str, list[Any]]) -> bytes:
    names = list(columns)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row[0], row[1]]},
            "properties": dict(zip(names[2:], row[2:], strict=True)),
        }
        for row in zip(*columns.values(), strict=True)
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False
    ).encode()


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    points = shapely.points(np.array(columns["lon"], float), np.array(columns["lat"], float))
    about = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    table = pa.table({**columns, "geometry": pa.array(shapely.to_wkb(points), pa.binary())})
    table = table.replace_schema_metadata({b"geo": json.dumps(about).encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()
