"""Places where services are given, and the items that are given there."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from cityloop.city.records import record
from cityloop.city.ways import Bytes, Floats, Ints, Spots

Channel = Literal["on site", "online", "both"]


@record
class Places:
    """Places of a city, each with its doors.

    Parameters
    ----------
    place_ids
        (places,) such as `osm:n123` or a register's own.
    names, names_zh, names_en
        (places,) as it stands, in Chinese, in English; empty where unknown.
    tags
        (places,) `key=value` of what tells its kind, parted by blanks.
    register_types
        (places,) the facility type that a register says, empty for OSM.
    sources
        (places,) where each is from.
    lon, lat
        (places,) WGS-84. [degree]
    hours
        (places,) opening hours as OSM writes them, empty where unknown.
    wheelchair
        (places,) `Wheelchair`.
    capacity
        (places,) places, beds or seats; NaN where unknown.
    door_start
        (places + 1,) the doors of each.
    doors
        Where the doors are.
    """

    place_ids: tuple[str, ...]
    names: tuple[str, ...]
    names_zh: tuple[str, ...]
    names_en: tuple[str, ...]
    tags: tuple[str, ...]
    register_types: tuple[str, ...]
    sources: tuple[str, ...]
    lon: Floats
    lat: Floats
    hours: tuple[str, ...]
    wheelchair: Bytes
    capacity: Floats
    door_start: Ints
    doors: Spots


@record
class ServiceItem:
    """A service item: one thing that a person may ask of the city, as people say it.

    Parameters
    ----------
    key
        Its name for programs.
    domain
        The domain of the standard that it belongs to.
    facility_type
        Where it is given: a facility type of the standard; empty if online alone.
    name_zh, name_en
        What it is called.
    said
        Words by which people name the need, in both languages.
    entitlement_zh, entitlement_en
        What one gets.
    qualifies_zh, qualifies_en
        Who may have it.
    channel
        On site, online or both.
    apply_zh, apply_en
        How to apply, in a sentence.
    source
        Where this is from; `assumed` if from nowhere.
    """

    key: str
    domain: str
    facility_type: str
    name_zh: str
    name_en: str
    said: tuple[str, ...]
    entitlement_zh: str
    entitlement_en: str
    qualifies_zh: str
    qualifies_en: str
    channel: Channel
    apply_zh: str
    apply_en: str
    source: str


def choose(places: Places, wanted: npt.NDArray[np.bool_]) -> Places:
    """Keep some of the places, with their doors.

    Parameters
    ----------
    places
        All places.
    wanted
        (places,) which to keep.

    Returns
    -------
    Those, in the same order.
    """
    kept = np.flatnonzero(wanted)
    count = np.diff(places.door_start)[kept]
    door = np.concatenate(
        [np.arange(places.door_start[p], places.door_start[p + 1]) for p in kept]
        or [np.zeros(0, np.int32)]
    )

    def some(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(values[p] for p in kept)

    return Places(
        place_ids=some(places.place_ids),
        names=some(places.names),
        names_zh=some(places.names_zh),
        names_en=some(places.names_en),
        tags=some(places.tags),
        register_types=some(places.register_types),
        sources=some(places.sources),
        lon=places.lon[kept],
        lat=places.lat[kept],
        hours=some(places.hours),
        wheelchair=places.wheelchair[kept],
        capacity=places.capacity[kept],
        door_start=np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        doors=Spots(
            edge=places.doors.edge[door],
            share=places.doors.share[door],
            access_m=places.doors.access_m[door],
        ),
    )
