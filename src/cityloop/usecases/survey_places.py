"""Places of a survey: from OSM and from registers, each set before the edge that it faces."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import shapely

from cityloop.circle.snap import Snapper, join_spots
from cityloop.city.errors import InputError
from cityloop.city.places import Places
from cityloop.city.remarks import Remark
from cityloop.city.ways import Floats, Spots, Ways
from cityloop.feeds.circle_file import Register
from cityloop.feeds.coordinates import Datum, to_wgs84, wgs84_to_gcj02
from cityloop.feeds.osm_extract import KIND_KEYS, Extract, RawPlace
from cityloop.feeds.osm_ways import project, wheelchair_of
from cityloop.feeds.tables import Table, read_table

OPEN_AREAS: Final = frozenset(
    {
        "park",
        "garden",
        "playground",
        "pitch",
        "sports_centre",
        "nature_reserve",
        "recreation_ground",
    }
)
OUTSIDE_SHARE_MAX: Final = 0.5
"""If more of a register than this lies outside of the survey, something is wrong with it."""
SHIFT_GAIN: Final = 0.5
"""Read as GCJ-02, a register must come this much nearer to the streets to be suspected."""
SHIFT_M_MIN: Final = 25.0
KINDS_NAMED_MAX: Final = 5
_MARGIN_DEGREE: Final = 0.02


class Row(NamedTuple):
    """A place before it has doors."""

    place_id: str
    tags: dict[str, str]
    register_type: str
    source: str
    lon: float
    lat: float
    capacity: float


def osm_places(extract: Extract, ways: Ways, snapper: Snapper) -> Places:
    """Take the places of an extract, with entrances where they are known.

    Parameters
    ----------
    extract
        What was read.
    ways
        The network.
    snapper
        Its edges.

    Returns
    -------
    Places that face a way.
    """
    rows = [
        Row(p.place_id, p.tags, "", "OpenStreetMap", p.lon, p.lat, _capacity(p.tags))
        for p in extract.places
    ]
    lon, lat = np.array([r.lon for r in rows]), np.array([r.lat for r in rows])
    x_m, y_m = project(ways.crs, lon, lat) if rows else (lon, lat)
    middle = snapper.snap(x_m, y_m)
    entrances = np.array(list(extract.entrances.values())).reshape(-1, 2)
    entrance_x, entrance_y = project(ways.crs, entrances[:, 0], entrances[:, 1])
    tree = shapely.STRtree(np.asarray(shapely.points(entrance_x, entrance_y)))
    doors = []
    for p, place in enumerate(extract.places):
        own = one_spot(middle, p)
        if place.outline is not None:
            own = _area_doors(place, ways, snapper, tree, own)
        doors.append(own)
    return make_places(rows, doors)


def one_spot(spots: Spots, p: int) -> Spots:
    """Give one of some spots.

    Parameters
    ----------
    spots
        Some spots.
    p
        Which.

    Returns
    -------
    That one alone.
    """
    part = slice(p, p + 1)
    return Spots(edge=spots.edge[part], share=spots.share[part], access_m=spots.access_m[part])


def _area_doors(
    place: RawPlace, ways: Ways, snapper: Snapper, entrances: shapely.STRtree, middle: Spots
) -> Spots:
    """Find the doors of an area: its entrances, for open ground the ways in, else its middle."""
    shape: shapely.Geometry = shapely.from_wkb(place.outline or b"")
    flat = shapely.get_coordinates(shape)
    shape = shapely.set_coordinates(shape, np.stack(project(ways.crs, *flat.T.copy()), axis=1))
    at = entrances.query(shapely.buffer(shapely.boundary(shape), 0.5), predicate="intersects")
    if len(at):
        xy = shapely.get_coordinates(entrances.geometries[np.sort(at)])
        doors = snapper.snap(xy[:, 0].copy(), xy[:, 1].copy())
        if (doors.edge >= 0).any():
            return doors
    if place.tags.get("leisure") in OPEN_AREAS:
        doors = snapper.ways_in(shape)
        if len(doors.edge):
            return doors
    # From the middle the way to the street leads through the building; only what lies outside of
    # the outline is walked.
    inside_m = 0.0
    if middle.edge[0] >= 0:
        e, share = middle.edge[0], middle.share[0]
        head, tail = ways.head[e], ways.tail[e]
        x_m = ways.node_x_m[head] * (1 - share) + ways.node_x_m[tail] * share
        y_m = ways.node_y_m[head] * (1 - share) + ways.node_y_m[tail] * share
        inside_m = middle.access_m[0] - float(shapely.distance(shape, shapely.Point(x_m, y_m)))
    return Spots(
        edge=middle.edge,
        share=middle.share,
        access_m=np.maximum(0.0, middle.access_m - max(0.0, inside_m)),
    )


def register_places(
    register: Register, ways: Ways, snapper: Snapper
) -> tuple[Places, tuple[str, ...], tuple[Remark, ...]]:
    """Read a register and set its places before the ways.

    Parameters
    ----------
    register
        Its file and columns.
    ways
        The network.
    snapper
        Its edges.

    Returns
    -------
    Its places, the facility types that it speaks of, and remarks.

    Raises
    ------
    InputError
        If it cannot be read, or lies elsewhere.
    """
    table = read_table(Path(register.file))
    lon, lat = lonlat_of(table, register.coordinates, register.lon, register.lat)
    kinds = _kinds(register, table)
    there = np.array([bool(kind) for kind in kinds]) & ~np.isnan(lon) & ~np.isnan(lat)
    if register.where:
        there &= np.nan_to_num(table.numbers(register.where)) > 0
    check_inside(table, ways, lon[there], lat[there])
    lost = int(np.sum(np.isnan(lon) | np.isnan(lat)))
    x_m, y_m = project(ways.crs, lon[there], lat[there])
    spots = snapper.snap(x_m, y_m)
    shifted = find_shift(table, register.coordinates, ways, snapper, (lon[there], lat[there]))
    remarks = [*_left_out(table, lost, register, kinds), *([] if shifted is None else [shifted])]
    columns = {
        key: table.texts(column)
        for key, column in (
            ("name", register.name), ("name:zh", register.name_zh),
            ("name:en", register.name_en), ("opening_hours", register.hours),
            ("wheelchair", register.wheelchair), ("id", register.id),
        )
        if column
    }  # fmt: skip
    capacity = np.full(len(table), np.nan)
    if register.capacity:
        capacity = table.numbers(register.capacity, least=0.0)
    rows = [
        Row(
            f"{table.path.stem}:{columns['id'][r] if 'id' in columns else r + 1}",
            {key: values[r] for key, values in columns.items() if values[r]},
            kinds[r],
            table.path.name,
            float(lon[r]),
            float(lat[r]),
            float(capacity[r]),
        )
        for r in np.flatnonzero(there)
    ]
    doors = [one_spot(spots, p) for p in range(len(rows))]
    spoken = {kind for kind in (register.type, *register.types.values()) if kind}
    return make_places(rows, doors), tuple(sorted(spoken)), tuple(remarks)


def lonlat_of(table: Table, datum: Datum, lon: str, lat: str) -> tuple[Floats, Floats]:
    """Give where the rows of a table are, in WGS-84.

    Parameters
    ----------
    table
        With geometry, or with columns.
    datum
        What its coordinates are.
    lon
        The column of longitudes.
    lat
        The column of latitudes.

    Returns
    -------
    (rows,) longitudes and latitudes. [degree]

    Raises
    ------
    InputError
        If a latitude is none.
    """
    if table.geometry is not None:
        import pyproj  # noqa: PLC0415

        middle = shapely.point_on_surface(table.geometry)
        x, y = shapely.get_x(middle), shapely.get_y(middle)
        turn = pyproj.Transformer.from_crs(table.crs, "EPSG:4326", always_xy=True)
        x, y = (np.asarray(each, np.float64) for each in turn.transform(x, y))
    else:
        x, y = table.numbers(lon), table.numbers(lat)
    wrong = np.flatnonzero((np.abs(y) > 90) | (np.abs(x) > 180))  # noqa: PLR2004  the globe
    if len(wrong):
        swapped = bool(np.all(np.abs(np.nan_to_num(x)) <= 90))  # noqa: PLR2004
        raise InputError(
            file=table.path,
            place=f"row {wrong[0] + 2}",
            cause=f"latitude {y[wrong[0]]:g}, longitude {x[wrong[0]]:g} is nowhere on earth"
            + ("; read the other way round it is" if swapped else ""),
            remedy="swap the columns lon and lat" if swapped else "correct the coordinates",
        )
    return to_wgs84(datum, x, y)


def check_inside(table: Table, ways: Ways, lon: Floats, lat: Floats) -> None:
    """Refuse a table most of which lies elsewhere, and say if lon and lat are swapped.

    Parameters
    ----------
    table
        The table.
    ways
        The network.
    lon
        (rows,) WGS-84. [degree]
    lat
        (rows,) WGS-84. [degree]

    Raises
    ------
    InputError
        If more than half of it lies outside.
    """
    if len(lon) == 0:
        return
    outside = 1.0 - _inside(ways, lon, lat)
    if outside <= OUTSIDE_SHARE_MAX:
        return
    if _inside(ways, lat, lon) > OUTSIDE_SHARE_MAX:
        cause = f"{outside:.0%} of its rows lie outside of the extract, but inside if swapped"
        raise InputError(
            file=table.path, place="", cause=cause, remedy="swap the columns lon and lat"
        )
    box = f"{ways.node_lon.min():.3f},{ways.node_lat.min():.3f} to "
    box += f"{ways.node_lon.max():.3f},{ways.node_lat.max():.3f}"
    raise InputError(
        file=table.path,
        place="",
        cause=f"{outside:.0%} of its rows lie outside of the extract ({box})",
        remedy="check the coordinates and the extract",
    )


def _inside(ways: Ways, lon: Floats, lat: Floats) -> float:
    margin = _MARGIN_DEGREE
    inside = (lon > ways.node_lon.min() - margin) & (lon < ways.node_lon.max() + margin)
    inside &= (lat > ways.node_lat.min() - margin) & (lat < ways.node_lat.max() + margin)
    return float(inside.mean())


def _left_out(table: Table, lost: int, register: Register, kinds: list[str]) -> list[Remark]:
    """Say which rows of a register are no places."""
    name, remarks = table.path.name, []
    if lost:
        remarks.append(
            Remark(
                f"{name}：{lost}行没有坐标，已略去",
                f"{name}: {lost} rows without coordinates are left out",
            )
        )
    if not register.type:
        said = Counter(table.texts(register.type_column))
        unknown = [f"{kind!r} ({n})" for kind, n in said.items() if kind not in register.types]
        if unknown:
            which = ", ".join(unknown[:KINDS_NAMED_MAX])
            which += " …" if len(unknown) > KINDS_NAMED_MAX else ""
            rows = sum(not kind for kind in kinds)
            remarks.append(
                Remark(
                    f"{name}：types 未说明以下{register.type_column}的值，{rows}行已略去：{which}",
                    f"{name}: {rows} rows are left out, since types does not say what these values "
                    f"of {register.type_column} are: {which}",
                )
            )
    return remarks


def find_shift(
    table: Table, datum: Datum, ways: Ways, snapper: Snapper, lonlat: tuple[Floats, Floats]
) -> Remark | None:
    """Say with figures if points that are called WGS-84 lie better when read as GCJ-02 or BD-09.

    Parameters
    ----------
    table
        Where they are from.
    datum
        What they are said to be.
    ways
        The network.
    snapper
        Its edges.
    lonlat
        (points,) each. [degree]

    Returns
    -------
    The remark; None if they lie well.
    """
    lon, lat = lonlat
    if (
        datum is not Datum.WGS_84
        or len(lon) == 0
        or np.array_equal(lon, wgs84_to_gcj02(lon, lat)[0])
    ):
        return None

    def away_m(read_as: Datum) -> float:
        spots = snapper.snap(*project(ways.crs, *to_wgs84(read_as, lon, lat)), within_m=1000.0)
        return float(np.median(np.where(spots.edge < 0, 1000.0, spots.access_m)))

    given_m = away_m(Datum.WGS_84)
    read_m, read_as = min((away_m(each), each.value) for each in (Datum.GCJ_02, Datum.BD_09))
    if given_m < SHIFT_M_MIN or read_m > SHIFT_GAIN * given_m:
        return None
    name = table.path.name
    return Remark(
        f"{name}：声明为WGS-84时，各点距最近道路{given_m:.0f}米（中位数）；按{read_as}解读为"
        f'{read_m:.0f}米：若确为{read_as}，请写明 coordinates = "{read_as}"',
        f"{name}: given as WGS-84, its places lie {given_m:.0f} m from the nearest way (median); "
        f"read as {read_as}, {read_m:.0f} m: if that is what they are, say "
        f'coordinates = "{read_as}"',
    )


def _kinds(register: Register, table: Table) -> list[str]:
    if register.type:
        return [register.type] * len(table)
    if not register.type_column:
        raise InputError(
            file=register.file,
            place="register",
            cause="it says neither type nor type_column",
            remedy="say which facility type its rows are",
        )
    return [register.types.get(said, "") for said in table.texts(register.type_column)]


def _capacity(tags: dict[str, str]) -> float:
    for key in ("capacity", "capacity:persons", "capacity:beds", "beds"):
        if tags.get(key, "").isdecimal():
            return float(tags[key])
    return float("nan")


def make_places(rows: list[Row], doors: list[Spots]) -> Places:
    """Put places together.

    Parameters
    ----------
    rows
        The places.
    doors
        The doors of each; one that faces no way has edge -1.

    Returns
    -------
    The places.
    """
    tags = [row.tags for row in rows]
    return Places(
        place_ids=tuple(row.place_id for row in rows),
        names=tuple(each.get("name", "") for each in tags),
        names_zh=tuple(each.get("name:zh", each.get("name:zh-Hans", "")) for each in tags),
        names_en=tuple(each.get("name:en", "") for each in tags),
        tags=tuple(
            " ".join(f"{key}={'_'.join(each[key].split())}" for key in KIND_KEYS if key in each)
            for each in tags
        ),
        register_types=tuple(row.register_type for row in rows),
        sources=tuple(row.source for row in rows),
        lon=np.array([row.lon for row in rows], np.float64),
        lat=np.array([row.lat for row in rows], np.float64),
        hours=tuple(each.get("opening_hours", "") for each in tags),
        wheelchair=np.array([wheelchair_of(each) for each in tags], np.uint8),
        capacity=np.array([row.capacity for row in rows], np.float64),
        door_start=np.cumsum([0, *(len(spots.edge) for spots in doors)]).astype(np.int32),
        doors=join_spots(doors),
    )


def join_places(parts: list[Places]) -> Places:
    """Put places one after the other.

    Parameters
    ----------
    parts
        Some places.

    Returns
    -------
    All of them.
    """
    counts = np.concatenate([np.diff(part.door_start) for part in parts])
    return Places(
        place_ids=sum((part.place_ids for part in parts), ()),
        names=sum((part.names for part in parts), ()),
        names_zh=sum((part.names_zh for part in parts), ()),
        names_en=sum((part.names_en for part in parts), ()),
        tags=sum((part.tags for part in parts), ()),
        register_types=sum((part.register_types for part in parts), ()),
        sources=sum((part.sources for part in parts), ()),
        lon=np.concatenate([part.lon for part in parts]),
        lat=np.concatenate([part.lat for part in parts]),
        hours=sum((part.hours for part in parts), ()),
        wheelchair=np.concatenate([part.wheelchair for part in parts]),
        capacity=np.concatenate([part.capacity for part in parts]),
        door_start=np.cumsum([0, *counts]).astype(np.int32),
        doors=join_spots([part.doors for part in parts]),
    )
