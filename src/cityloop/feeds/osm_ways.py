"""OSM ways as a network for walking and riding."""

# ruff: noqa: RUF001  Chinese has punctuation of its own

from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from cityloop.city.remarks import Remark
from cityloop.city.ways import Open, WayKind, Ways, Wheelchair
from cityloop.feeds.osm_extract import Extract

Array = npt.NDArray[Any]

PIECE_NODES_MIN: Final = 20
"""A piece of network that hangs together with nothing else and is smaller is left out."""
AMID_NODES_MAX: Final = 1000
AMID_M: Final = 50.0
"""A smaller piece, most of which lies nearer than this to the main network, is cut off: left out.
[m]"""
DEGREE_M: Final = 111_320.0
LENGTH_M_MIN: Final = 0.001

_KINDS: Final = {
    "steps": WayKind.STEPS,
    "cycleway": WayKind.CYCLEWAY,
    "track": WayKind.TRACK,
    **dict.fromkeys(
        ("footway", "path", "pedestrian", "corridor", "bridleway", "trail", "elevator"),
        WayKind.FOOTWAY,
    ),
    **dict.fromkeys(
        ("trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link"),
        WayKind.MAIN_ROAD,
    ),
}
_NOT_ALLOWED: Final = frozenset({"no", "private", "use_sidepath"})
_ROUGH: Final = frozenset(
    {"gravel", "sand", "ground", "dirt", "earth", "grass", "mud", "cobblestone", "pebblestone"}
    | {"unhewn_cobblestone", "rock", "woodchips", "stepping_stones", "unpaved", "grass_paver"}
)
_WHEELCHAIR: Final = {
    "yes": Wheelchair.YES,
    "designated": Wheelchair.YES,
    "limited": Wheelchair.LIMITED,
    "no": Wheelchair.NO,
}
_INCLINE_MAX: Final = 0.6


def wheelchair_of(tags: dict[str, str]) -> Wheelchair:
    """Say what `wheelchair=` says.

    Parameters
    ----------
    tags
        All tags.

    Returns
    -------
    UNKNOWN where it says nothing that we know.
    """
    return _WHEELCHAIR.get(tags.get("wheelchair", ""), Wheelchair.UNKNOWN)


def open_to(tags: dict[str, str]) -> Open:
    """Say who may use a way, and in which direction.

    Parameters
    ----------
    tags
        The way's tags.

    Returns
    -------
    Both directions on foot unless it is shut; riding follows `oneway`, steps are not ridden on.
    """
    highway, access = tags["highway"], tags.get("access", "yes")
    shut = access in _NOT_ALLOWED
    allowed = Open(0)
    foot = tags.get("foot", "")
    trunk = highway.startswith("trunk") and tags.get("sidewalk", "no") in {"no", "none"}
    only_bicycles = highway == "cycleway" and tags.get("segregated") is None and foot == "no"
    if foot not in _NOT_ALLOWED and (foot or not (shut or trunk or only_bicycles)):
        allowed |= Open.FOOT_THERE | Open.FOOT_BACK
    bicycle = tags.get("bicycle", "")
    unridden = highway in {"steps", "footway", "pedestrian", "corridor", "elevator", "bridleway"}
    if bicycle not in _NOT_ALLOWED and (bicycle or not (shut or unridden)):
        oneway = tags.get("oneway:bicycle", tags.get("oneway", "no"))
        if tags.get("junction") == "roundabout" and oneway == "no":
            oneway = "yes"
        if oneway != "-1":
            allowed |= Open.BICYCLE_THERE
        if oneway in {"no", "-1"} or tags.get("cycleway", "").startswith("opposite"):
            allowed |= Open.BICYCLE_BACK
    return allowed


def build_ways(extract: Extract) -> tuple[Ways, tuple[Remark, ...]]:
    """Build the network of an extract.

    Parameters
    ----------
    extract
        What was read.

    Returns
    -------
    The network, projected around its middle, nodes in the order of a walk along the plane; and a
    remark on what was left out.
    """
    table, refs, names = _list_ways(extract)
    ends = np.searchsorted(extract.node_ids, refs).astype(np.int32)
    piece = _pieces(len(extract.node_ids), ends)
    kept = np.bincount(piece, minlength=1)[piece] >= PIECE_NODES_MIN
    kept &= ~_cut_off(piece, extract.node_lonlat)
    if not kept.any():
        kept[:] = True
    used = np.zeros(len(kept), bool)
    used[ends.ravel()] = True
    kept &= used
    number_of = np.cumsum(kept) - 1
    inside = kept[ends[:, 0]] if len(ends) else np.zeros(0, bool)
    table, ends = table[inside], number_of[ends[inside]].astype(np.int32)
    lonlat = extract.node_lonlat[kept]
    ways = _measured(lonlat, ends, table, names)
    kerb = np.isin(extract.node_ids[kept], np.array(sorted(extract.kerbs), np.int64))
    lost = int(np.sum(used & ~kept))
    if lost == 0:
        return _with_kerbs(ways, kerb), ()
    said = Remark(
        f"有{lost}个道路节点不与路网相连，已略去",
        f"{lost} nodes of ways that lead nowhere were left out",
    )
    return _with_kerbs(ways, kerb), (said,)


def _list_ways(extract: Extract) -> tuple[Array, Array, tuple[str, ...]]:
    """List the edges of all ways that are open to somebody.

    Returns
    -------
    (edges, 6) kind, open to, wheelchair, rough, incline, name; (edges, 2) node ids; the names.
    """
    names: dict[str, int] = {}
    rows: list[tuple[int, int, int, bool, float, int]] = []
    refs: list[Array] = [np.zeros((0, 2), np.int64)]
    counts: list[int] = []
    for way in extract.ways:
        allowed = int(open_to(way.tags))
        if allowed == 0:
            continue
        nodes = np.array(way.refs, np.int64)
        edges = np.stack([nodes[:-1], nodes[1:]], axis=1)
        refs.append(edges[edges[:, 0] != edges[:, 1]])
        counts.append(len(refs[-1]))
        name = way.tags.get("name", "")
        rows.append(
            (
                int(_KINDS.get(way.tags["highway"], WayKind.STREET)),
                allowed,
                int(wheelchair_of(way.tags)),
                way.tags.get("surface", "") in _ROUGH,
                _incline(way.tags),
                names.setdefault(name, len(names)) if name else -1,
            )
        )
    table = np.repeat(np.array(rows, np.float64).reshape(-1, 6), counts, axis=0)
    return table, np.concatenate(refs), tuple(names)


def _incline(tags: dict[str, str]) -> float:
    text = tags.get("incline", "").replace(" ", "")
    try:
        value = float(text.removesuffix("%")) / 100 if text.endswith("%") else float("nan")
    except ValueError:
        return float("nan")
    return value if abs(value) <= _INCLINE_MAX else float("nan")


def _pieces(nodes: int, ends: Array) -> Array:
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1])


def _cut_off(piece: Array, lonlat: Array) -> Array:
    """Tell which nodes are of small pieces amid the main network, such as passages underground.

    An island lies apart and stays.
    """
    size = np.bincount(piece, minlength=1)
    small = (size[piece] < AMID_NODES_MAX) & (size[piece] >= PIECE_NODES_MIN)
    small &= piece != np.argmax(size)
    if not small.any():
        return small
    stretch = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0]) * DEGREE_M
    main = cKDTree(lonlat[piece == np.argmax(size)] * stretch)
    near = np.zeros(len(piece), bool)
    near[small] = main.query(lonlat[small] * stretch)[0] < AMID_M
    return np.asarray(small & (2 * np.bincount(piece, near, minlength=1) > size)[piece])


def _measured(
    lonlat: Array,
    ends: Array,
    table: Array,
    names: tuple[str, ...],
) -> Ways:
    lon, lat = lonlat[:, 0].copy(), lonlat[:, 1].copy()
    crs = local_crs(float(lon.mean()), float(lat.mean()))
    x_m, y_m = project(crs, lon, lat)
    head, tail = ends[:, 0].copy(), ends[:, 1].copy()
    import pyproj  # noqa: PLC0415  as in `_transformer`

    _, _, length_m = pyproj.Geod(ellps="WGS84").inv(lon[head], lat[head], lon[tail], lat[tail])
    return Ways(
        crs=crs,
        node_lon=lon,
        node_lat=lat,
        node_x_m=x_m,
        node_y_m=y_m,
        head=head,
        tail=tail,
        length_m=np.maximum(np.asarray(length_m, np.float64), LENGTH_M_MIN),
        kind=table[:, 0].astype(np.uint8),
        open_to=table[:, 1].astype(np.uint8),
        wheelchair=table[:, 2].astype(np.uint8),
        rough=table[:, 3].astype(bool),
        kerb=np.zeros(len(head), bool),
        incline=table[:, 4].copy(),
        way_names=names,
        edge_name=table[:, 5].astype(np.int32),
    )


def _with_kerbs(ways: Ways, kerb: Array) -> Ways:
    # A kerb stands between the pavement and the crossing: both edges at it are footways.
    foot = ways.kind == WayKind.FOOTWAY
    return replace(ways, kerb=foot & (kerb[ways.head] | kerb[ways.tail]))


def local_crs(lon: float, lat: float) -> str:
    """Name a projection that hardly distorts lengths around a point.

    Parameters
    ----------
    lon
        WGS-84. [degree]
    lat
        WGS-84. [degree]

    Returns
    -------
    A transverse Mercator in PROJ's words.
    """
    return f"+proj=tmerc +lat_0={lat:.4f} +lon_0={lon:.4f} +ellps=WGS84 +units=m"


def project(crs: str, lon: Array, lat: Array) -> tuple[Array, Array]:
    """Project points.

    Parameters
    ----------
    crs
        From `local_crs`.
    lon
        (points,) WGS-84. [degree]
    lat
        (points,) WGS-84. [degree]

    Returns
    -------
    (points,) x and y. [m]
    """
    x_m, y_m = _transformer(crs).transform(lon, lat)
    return np.asarray(x_m, np.float64), np.asarray(y_m, np.float64)


@cache
def _transformer(crs: str) -> Any:  # noqa: ANN401  loaded when it is needed
    # Who asks for traffic alone shall not load it. Making a transformer takes longer than
    # projecting a thousand points with it.
    import pyproj  # noqa: PLC0415

    return pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
