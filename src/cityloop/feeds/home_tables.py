"""Homes and what they reach, as GeoParquet, GeoJSON or CSV; docs/circle.md names the columns."""

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from cityloop.circle.gaps import Status
from cityloop.circle.picture import Picture
from cityloop.city.errors import InputError
from cityloop.city.people import Homes
from cityloop.feeds.whole_file import write_whole
from cityloop.kernels.chains import NEVER

SUFFIXES: Final = (".csv", ".geojson", ".parquet")
_MINUTE_MS: Final = 60_000
_DIGITS: Final = 6


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


def home_columns(picture: Picture, homes: Homes) -> dict[str, list[Any]]:
    """Lay a picture out as columns, one row a home.

    Parameters
    ----------
    picture
        The picture.
    homes
        Its homes.

    Returns
    -------
    The columns that docs/circle.md describes; None where there is nothing to say.
    """
    people = homes.people.sum(axis=1)
    columns: dict[str, list[Any]] = {
        "lon": np.round(homes.lon, _DIGITS).tolist(),
        "lat": np.round(homes.lat, _DIGITS).tolist(),
        "neighbourhood": [homes.neighbourhoods[i] for i in homes.neighbourhood.tolist()],
        "people": np.round(people, 3).tolist(),
        "to_rim_m": np.round(homes.to_rim_m, 1).tolist(),
    }
    for gaps in picture.types:
        key = gaps.kind.key
        if not gaps.known:
            columns[f"{key}_status"] = ["no_data"] * len(people)
            continue
        near = gaps.reach.nearest_ms
        for k in range(near.shape[1]):
            suffix = "min" if k == 0 else f"min_{k + 1}"
            columns[f"{key}_{suffix}"] = [
                None if ms >= NEVER else round(ms / _MINUTE_MS, 3) for ms in near[:, k].tolist()
            ]
        columns[f"{key}_count"] = gaps.reach.count.tolist()
        columns[f"{key}_capacity"] = gaps.reach.capacity.tolist()
        columns[f"{key}_per_1000"] = [
            None if np.isnan(value) else round(value, 4) for value in gaps.per_1000.tolist()
        ]
        columns[f"{key}_status"] = [Status(value).name.lower() for value in gaps.status.tolist()]
    return columns


def write_homes(path: Path, columns: dict[str, list[Any]]) -> None:
    """Write a table of homes, whole or not at all.

    Parameters
    ----------
    path
        Where to; what its name ends in says the format.
    columns
        From `home_columns`.

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
