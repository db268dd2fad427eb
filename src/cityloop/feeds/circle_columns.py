"""The circle's answers as columns of tables; docs/circle.md describes each."""

from typing import Any, Final

import numpy as np

from cityloop.circle.gaps import Status
from cityloop.circle.picture import REASONS, Picture, count_groups
from cityloop.city.people import Homes
from cityloop.city.places import Places
from cityloop.city.ways import Wheelchair
from cityloop.kernels.chains import NEVER

_MINUTE_MS: Final = 60_000
_DIGITS: Final = 6

Columns = dict[str, list[Any]]


def home_columns(picture: Picture, homes: Homes) -> Columns:
    """Lay a picture out, one row a home.

    Parameters
    ----------
    picture
        The picture.
    homes
        Its homes.

    Returns
    -------
    The columns; None where there is nothing to say.
    """
    people = homes.people.sum(axis=1)
    columns: Columns = {
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
        near, which = gaps.reach.nearest_ms, gaps.reach.which
        for k in range(near.shape[1]):
            rank = "" if k == 0 else f"_{k + 1}"
            columns[f"{key}_min{rank}"] = [
                None if ms >= NEVER else round(ms / _MINUTE_MS, 3) for ms in near[:, k].tolist()
            ]
            columns[f"{key}_place{rank}"] = [
                None if p < 0 else gaps.place_ids[p] for p in which[:, k].tolist()
            ]
        columns[f"{key}_count"] = gaps.reach.count.tolist()
        columns[f"{key}_capacity"] = gaps.reach.capacity.tolist()
        columns[f"{key}_per_1000"] = [
            None if np.isnan(value) else round(value, 4) for value in gaps.per_1000.tolist()
        ]
        columns[f"{key}_status"] = [Status(value).name.lower() for value in gaps.status.tolist()]
    return columns


def place_columns(places: Places) -> Columns:
    """Lay places out, one row a place.

    Parameters
    ----------
    places
        Some places.

    Returns
    -------
    The columns; None where nothing is known.
    """
    return {
        "lon": np.round(places.lon, _DIGITS).tolist(),
        "lat": np.round(places.lat, _DIGITS).tolist(),
        "id": list(places.place_ids),
        "name": list(places.names),
        "name_zh": list(places.names_zh),
        "name_en": list(places.names_en),
        "register_type": list(places.register_types),
        "tags": list(places.tags),
        "hours": list(places.hours),
        "wheelchair": [Wheelchair(value).name.lower() for value in places.wheelchair.tolist()],
        "capacity": [None if np.isnan(value) else value for value in places.capacity.tolist()],
        "doors": np.diff(places.door_start).tolist(),
        "source": list(places.sources),
    }


def area_columns(picture: Picture, homes: Homes) -> Columns:
    """Count people without a service, one row a neighbourhood, age group and kind of place.

    Parameters
    ----------
    picture
        The picture.
    homes
        Its homes.

    Returns
    -------
    The columns, `lon` and `lat` the middle of a neighbourhood's people; no row for a kind without
    data, nor where it concerns nobody.
    """
    n, people = len(homes.neighbourhoods), homes.people.sum(axis=1)
    lived = np.bincount(homes.neighbourhood, people, minlength=n)
    middle = [
        np.bincount(homes.neighbourhood, people * at, minlength=n) / np.maximum(lived, 1e-12)
        for at in (homes.lon, homes.lat)
    ]
    rows: list[tuple[Any, ...]] = []
    for gaps in picture.types:
        if not gaps.known:
            continue
        counted = count_groups(gaps, homes)
        for area, age in np.argwhere(counted.sum(axis=2) > 0).tolist():
            by_status = counted[area, age]
            lacking = by_status[list(REASONS)]
            rows.append((
                round(float(middle[0][area]), _DIGITS),
                round(float(middle[1][area]), _DIGITS),
                homes.neighbourhoods[area],
                homes.ages[age],
                gaps.kind.domain,
                gaps.kind.key,
                *(
                    round(float(value), 3)
                    for value in (
                        by_status.sum(), by_status[Status.SERVED], lacking.sum(), *lacking,
                        by_status[Status.BEYOND_RIM],
                    )
                ),
            ))  # fmt: skip
    names = (
        *("lon", "lat", "neighbourhood", "age", "domain", "kind", "people", "served", "lacking"),
        *(reason.name.lower() for reason in REASONS),
        "unsure",
    )
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
