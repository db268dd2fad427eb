"""An OpenStreetMap extract, pbf or xml: ways, places, buildings and named places."""

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.errors import InputError

PLACE_KEYS: Final = (
    *("amenity", "shop", "leisure", "healthcare", "social_facility", "office", "tourism"),
    *("government", "club", "sport", "community_centre", "military", "craft"),
)
KIND_KEYS: Final = (*PLACE_KEYS, "isced:level", "social_facility:for", "school", "grades")
LOCALITIES: Final = frozenset({"suburb", "quarter", "neighbourhood", "village", "hamlet", "town"})
SHUT_WAYS: Final = frozenset(
    {"motorway", "motorway_link", "construction", "proposed", "platform", "raceway", "razed"}
    | {"abandoned", "bus_guideway", "emergency_bay", "rest_area", "services", "escape"}
)
HOMELESS: Final = frozenset(
    {"commercial", "retail", "industrial", "office", "school", "hospital", "church", "garage"}
    | {"garages", "shed", "warehouse", "roof", "kiosk", "university", "kindergarten", "public"}
    | {"hotel", "parking", "train_station", "greenhouse", "barn", "hut", "service", "chapel"}
    | {"cathedral", "government", "museum", "civic", "stable", "farm_auxiliary", "carport"}
    | {"transportation", "ruins", "construction", "sports_hall", "fire_station", "temple"}
)
_LEVELS_MAX: Final = 200.0


class RawWay(NamedTuple):
    """A way as it stands in the extract."""

    refs: "array[int]"
    tags: dict[str, str]


class RawPlace(NamedTuple):
    """A place as it stands in the extract; `outline` is its area as WKB, or None for a node."""

    place_id: str
    lon: float
    lat: float
    tags: dict[str, str]
    outline: bytes | None


class Extract(NamedTuple):
    """What an extract holds of use here.

    Attributes
    ----------
    ways
        Ways with a `highway` that may be walked or ridden on.
    node_ids, node_lonlat
        (nodes,), (nodes, 2) their nodes, sorted. [-, degree]
    kerbs, entrances
        Nodes with a raised kerb or a gate in the way; nodes that are entrances.
    places
        What has a key of `PLACE_KEYS`.
    building_lonlat, building_size
        (buildings, 2), (buildings,) dwellings: centre, and footprint times storeys. [degree, -]
    localities
        Named places: name, longitude, latitude.
    """

    ways: list[RawWay]
    node_ids: npt.NDArray[np.int64]
    node_lonlat: npt.NDArray[np.float64]
    kerbs: frozenset[int]
    entrances: dict[int, tuple[float, float]]
    places: list[RawPlace]
    building_lonlat: npt.NDArray[np.float64]
    building_size: npt.NDArray[np.float64]
    localities: list[tuple[str, float, float]]


def read_extract(path: Path) -> Extract:
    """Read an extract.

    Parameters
    ----------
    path
        A file that osmium knows: `.osm.pbf`, `.osm`, `.osm.gz`, `.osm.bz2`.

    Returns
    -------
    What is of use here.

    Raises
    ------
    InputError
        If it cannot be read to its end, or holds no way to walk on.
    """
    if not path.is_file():
        raise InputError(
            file=path, place="", cause="there is no such file", remedy="give an OSM extract"
        )
    gathered = _Gathered()
    try:
        for thing in _things(path):
            gathered.take(thing)
    except (RuntimeError, ValueError, KeyError) as error:
        raise InputError(
            file=path,
            place="",
            cause=f"this is no whole OSM extract ({str(error) or type(error).__name__})",
            remedy="fetch it again, or check it with `osmium fileinfo -e`",
        ) from None
    if not gathered.ways:
        raise InputError(
            file=path,
            place="",
            cause="it holds no way that one may walk on",
            remedy="take an extract with `highway` ways and their nodes",
        )
    return gathered.extract()


def _things(path: Path) -> Iterator[Any]:
    # Half a second to import; who asks for traffic alone shall not pay it.
    import osmium  # noqa: PLC0415

    keys = (*PLACE_KEYS, "building")
    areas = osmium.filter.KeyFilter(*keys)
    yield from osmium.FileProcessor(str(path)).with_areas(areas)


class _Gathered:
    """What has been read so far."""

    def __init__(self) -> None:
        import osmium  # noqa: PLC0415

        self.wkb = osmium.geom.WKBFactory()
        self.ways: list[RawWay] = []
        # Of millions of nodes, plain numbers take a tenth of the room that objects do.
        self.node_ids, self.node_lonlat = array("q"), array("d")
        self.kerbs: set[int] = set()
        self.entrances: dict[int, tuple[float, float]] = {}
        self.places: list[RawPlace] = []
        self.buildings: list[tuple[float, float, float]] = []
        self.localities: list[tuple[str, float, float]] = []

    def take(self, thing: Any) -> None:  # noqa: ANN401  osmium has a type for each
        """Take one node, way or area."""
        if not thing.tags:
            return
        if thing.is_node():
            self._node(thing)
        elif thing.is_way():
            self._way(thing)
        elif thing.is_area():
            self._area(thing)

    def _node(self, node: Any) -> None:  # noqa: ANN401
        tags = dict(node.tags)
        if tags.get("kerb") == "raised" or tags.get("barrier") in {"kerb", "stile", "turnstile"}:
            self.kerbs.add(node.id)
        if "entrance" in tags or tags.get("barrier") in {"gate", "entrance"}:
            self.entrances[node.id] = (node.lon, node.lat)
        if tags.get("place") in LOCALITIES and "name" in tags:
            self.localities.append((tags["name"], node.lon, node.lat))
        if any(key in tags for key in PLACE_KEYS):
            self.places.append(RawPlace(f"osm:n{node.id}", node.lon, node.lat, tags, None))

    def _way(self, way: Any) -> None:  # noqa: ANN401
        highway = way.tags.get("highway")
        if highway is None or highway in SHUT_WAYS or way.tags.get("area") == "yes":
            return
        nodes = [node for node in way.nodes if node.location.valid()]
        if len(nodes) > 1:
            refs = array("q", [node.ref for node in nodes])
            self.node_ids.extend(refs)
            for node in nodes:
                self.node_lonlat.extend((node.lon, node.lat))
            self.ways.append(RawWay(refs, dict(way.tags)))

    def _area(self, area: Any) -> None:  # noqa: ANN401
        import shapely  # noqa: PLC0415

        tags = dict(area.tags)
        try:
            outline = bytes.fromhex(self.wkb.create_multipolygon(area))
        except RuntimeError:  # an outline that does not close; its node or register may still tell
            return
        shape = shapely.from_wkb(outline)
        centre = shape.representative_point()
        if any(key in tags for key in PLACE_KEYS):
            letter = "w" if area.from_way() else "r"
            place_id = f"osm:{letter}{area.orig_id()}"
            self.places.append(RawPlace(place_id, centre.x, centre.y, tags, outline))
        kind = tags.get("building", "no")
        if kind != "no" and kind not in HOMELESS and not any(k in tags for k in PLACE_KEYS):
            self.buildings.append((centre.x, centre.y, shape.area * _levels(tags)))

    def extract(self) -> Extract:
        """Give all that has been read."""
        ids, first = np.unique(np.array(self.node_ids, np.int64), return_index=True)
        built = np.array(self.buildings, np.float64).reshape(-1, 3)
        return Extract(
            ways=self.ways,
            node_ids=ids,
            node_lonlat=np.array(self.node_lonlat, np.float64).reshape(-1, 2)[first],
            kerbs=frozenset(self.kerbs),
            entrances=self.entrances,
            places=self.places,
            building_lonlat=built[:, :2].copy(),
            building_size=built[:, 2].copy(),
            localities=self.localities,
        )


def _levels(tags: dict[str, str]) -> float:
    try:
        return min(max(float(tags.get("building:levels", "1")), 1.0), _LEVELS_MAX)
    except ValueError:
        return 1.0
