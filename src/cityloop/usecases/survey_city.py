"""Survey a city: ways, places and people, from files to what reach is worked out of."""

# ruff: noqa: RUF001  Chinese sentences end as Chinese sentences do

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from cityloop.circle.snap import SNAP_M_MAX, Snapper
from cityloop.circle.spread import Areas, Sites, spread, street_sites
from cityloop.city.errors import InputError
from cityloop.city.people import Homes
from cityloop.city.places import Places, choose
from cityloop.city.remarks import Remark
from cityloop.city.survey import Survey
from cityloop.city.ways import Floats, Ints, Ways
from cityloop.feeds.circle_file import CircleFile, PeopleSource
from cityloop.feeds.osm_extract import Extract, read_extract
from cityloop.feeds.osm_ways import build_ways, project
from cityloop.feeds.tables import Table, read_table
from cityloop.usecases.survey_places import (
    check_inside,
    join_places,
    lonlat_of,
    osm_places,
    register_places,
)

Say = Callable[[str], None]
SQUARE_M: Final = 1000.0
"""Where no neighbourhood has a name, squares of this size stand for them. [m]"""
LOCALITIES_MIN: Final = 3
NAMED_MAX: Final = 3
"""So many of the places that are left out are named."""
FLOOR_M2: Final = 45.0
"""Floor a person, walls and stairs included, assumed where nobody was counted. [m2]"""
STREET_PEOPLE: Final = 0.35
"""People a metre of street, assumed where the map knows few dwellings. [1/m]"""
RIM_CELL_M: Final = 50.0
"""The rim is drawn around one node of each square of this size. [m]"""
RIM_RATIO: Final = 0.2
"""How closely it is drawn: 0 as closely as can be, 1 for the convex hull."""
DEGREE_M: Final = 111_320.0
"""Length of a degree of latitude. [m]"""


def survey_city(city: CircleFile, say: Say) -> Survey:
    """Read all that a city gives and set it on its ways.

    Parameters
    ----------
    city
        The circle file.
    say
        Told one line a step.

    Returns
    -------
    The survey.

    Raises
    ------
    InputError
        If a file cannot be used.
    """
    say(f"reading {Path(city.extract).name}")
    extract = read_extract(Path(city.extract))
    ways, remarks = build_ways(extract)
    snapper = Snapper(ways)
    say(f"setting {len(extract.places)} places before their doors")
    parts, registered = [osm_places(extract, ways, snapper)], set[str]()
    said = list(remarks)
    for register in city.register:
        say(f"reading the register {Path(register.file).name}")
        places, spoken, odd = register_places(register, ways, snapper)
        parts.append(places)
        registered |= set(spoken)
        said += odd
    places = join_places(parts)
    lost = (
        np.add.reduceat(places.doors.edge >= 0, places.door_start[:-1]) == 0
        if len(places.place_ids)
        else np.zeros(0, bool)
    )
    if lost.any():
        said.append(_lost(places, np.flatnonzero(lost)))
        places = choose(places, ~lost)
    say("spreading people to homes")
    homes, odd = _homes(city, extract, ways, snapper)
    return Survey(
        name=city.name,
        timezone=city.timezone,
        country=city.country,
        ways=ways,
        places=_with_facing_doors(places),
        homes=homes,
        registered=tuple(sorted(registered)),
        remarks=(*said, *odd),
    )


def _lost(places: Places, lost: npt.NDArray[np.intp]) -> Remark:
    named = ", ".join(places.place_ids[p] for p in lost[:NAMED_MAX].tolist())
    named += " …" if len(lost) > NAMED_MAX else ""
    return Remark(
        f"{len(lost)}处设施距任何道路都超过{SNAP_M_MAX:.0f}米，已略去：{named}",
        f"{len(lost)} places lie further than {SNAP_M_MAX:.0f} m from every way and are left out: "
        + named,
    )


def _with_facing_doors(places: Places) -> Places:
    """Leave out doors that face no way; each place has another."""
    faces = places.doors.edge >= 0
    if faces.all():
        return places
    count = np.add.reduceat(faces, places.door_start[:-1])
    doors = replace(
        places.doors,
        edge=places.doors.edge[faces],
        share=places.doors.share[faces],
        access_m=places.doors.access_m[faces],
    )
    door_start = np.cumsum([0, *count]).astype(np.int32)
    return replace(places, doors=doors, door_start=door_start)


def _homes(
    city: CircleFile, extract: Extract, ways: Ways, snapper: Snapper
) -> tuple[Homes, tuple[Remark, ...]]:
    sites, each, where = _sites(extract, ways)
    remarks: tuple[Remark, ...] = ()
    if city.people is None:
        people = sites.weight / sites.weight.sum()
        total = city.people_assumed or float(sites.weight.sum()) * each
        table, of = people[:, None] * total, None
        ages: tuple[str, ...] = ("all",)
        names: tuple[str, ...] = ()
        assumed = Remark(
            f"没有人口数据：假定{total:.0f}人，{where.zh}分布",
            f"no population was given: {total:.0f} people are assumed, spread over {where.en}",
        )
    else:
        areas, ages, names, remarks = _areas(city.people, ways)
        sites, table, of = spread(areas, sites)
        assumed = Remark(
            f"各区域内的人口{where.zh}分布",
            f"within each area people are spread over {where.en}",
        )
        if city.people.name == "":
            names = ()
    spots = snapper.snap(sites.x_m, sites.y_m, within_m=5000.0)
    faces = spots.edge >= 0
    if not faces.all():
        lost = float(table[~faces].sum())
        said = Remark(
            f"{lost:.0f}人距任何道路都超过5公里，已略去",
            f"{lost:.0f} people live further than 5 km from every way and are left out",
        )
        remarks = (*remarks, said)
    if of is None or not names:
        of, names = _neighbourhoods(extract, ways, sites)
    lon, lat = _unproject(ways, sites)
    to_rim_m = _to_rim(ways, sites)
    beyond = float(table[(to_rim_m == 0) & faces].sum())
    if beyond >= 1:
        said = Remark(
            f"{beyond:.0f}人住在底图之外：没有设施的按未知计",
            f"{beyond:.0f} people live outside of the extract: without a place they are unsure",
        )
        remarks = (*remarks, said)
    homes = Homes(
        lon=lon[faces],
        lat=lat[faces],
        spots=replace(
            spots, edge=spots.edge[faces], share=spots.share[faces], access_m=spots.access_m[faces]
        ),
        people=table[faces],
        ages=ages,
        neighbourhood=of[faces],
        neighbourhoods=names,
        to_rim_m=to_rim_m[faces],
        assumed=assumed,
    )
    return homes, remarks


def _to_rim(ways: Ways, sites: Sites) -> Floats:
    """Say how far the rim of the survey is, 0 for who lives outside of it."""
    xy = np.stack([ways.node_x_m, ways.node_y_m], axis=1)
    _, first = np.unique(np.floor(xy / RIM_CELL_M), axis=0, return_index=True)
    hull = shapely.concave_hull(shapely.multipoints(xy[first]), ratio=RIM_RATIO)
    rim = shapely.buffer(hull, RIM_CELL_M)
    at = np.asarray(shapely.points(sites.x_m, sites.y_m))
    shapely.prepare(rim)
    away_m = np.asarray(shapely.distance(shapely.boundary(rim), at), np.float64)
    return np.where(shapely.covers(rim, at), away_m, 0.0)


def _sites(extract: Extract, ways: Ways) -> tuple[Sites, float, Remark]:
    """Take dwellings where the extract has them, else streets; and the people of one weight."""
    streets = street_sites(ways)
    # A few dwellings in a city of streets are a sample of nothing.
    if len(extract.building_size) * 10 < len(streets.x_m):
        return streets, STREET_PEOPLE, Remark("按街道长度", "streets, by length")
    x_m, y_m = project(ways.crs, *extract.building_lonlat.T.copy())
    where = Remark("按住宅建筑面积", "buildings, by floor area")
    # Footprints are in square degrees.
    lat = np.radians(extract.building_lonlat[:, 1])
    floor_m2 = extract.building_size * DEGREE_M**2 * np.cos(lat)
    return Sites(x_m=x_m, y_m=y_m, weight=floor_m2), 1 / FLOOR_M2, where


def _areas(
    people: PeopleSource, ways: Ways
) -> tuple[Areas, tuple[str, ...], tuple[str, ...], tuple[Remark, ...]]:
    table = read_table(Path(people.file))
    columns = people.ages or {"all": people.count}
    if not people.ages and not people.count:
        raise InputError(
            file=people.file,
            place="people",
            cause="it says neither count nor ages",
            remedy="say which column holds the people",
        )
    counts = [table.numbers(name, least=0.0) for name in columns.values()]
    lon, lat = lonlat_of(table, people.coordinates, people.lon, people.lat)
    known = ~np.isnan(lon) & ~np.isnan(lat)
    check_inside(table, ways, lon[known], lat[known])
    numbers = np.nan_to_num(np.stack(counts, axis=1))
    remarks = []
    empty = int(np.isnan(np.stack(counts, axis=1)).any(axis=1).sum())
    if empty:
        remarks.append(
            Remark(
                f"{table.path.name}：{empty}行没有人数，按无人计",
                f"{table.path.name}: {empty} rows without a count hold nobody",
            )
        )
    if not known.all():
        lost = float(numbers[~known].sum())
        remarks.append(
            Remark(
                f"{table.path.name}：{np.sum(~known)}行没有坐标，共{lost:.0f}人，已略去",
                f"{table.path.name}: {np.sum(~known)} rows without coordinates, {lost:.0f} people, "
                "are left out",
            )
        )
    shape = shapely.points(*project(ways.crs, lon, lat))
    if table.geometry is not None and shapely.get_dimensions(table.geometry).max() == 2:  # noqa: PLR2004
        shape = _projected(table, people, ways)
    names = table.texts(people.name) if people.name else ()
    return (
        Areas(shape=np.asarray(shape)[known], people=numbers[known]),
        tuple(columns),
        tuple(name for name, there in zip(names, known, strict=True) if there) if names else (),
        tuple(remarks),
    )


def _projected(table: Table, people: PeopleSource, ways: Ways) -> np.ndarray:
    import pyproj  # noqa: PLC0415

    from cityloop.feeds.coordinates import to_wgs84  # noqa: PLC0415

    turn = pyproj.Transformer.from_crs(table.crs, "EPSG:4326", always_xy=True)

    def turned(xy: Floats) -> Floats:
        lonlat = turn.transform(xy[:, 0], xy[:, 1])
        lon, lat = to_wgs84(people.coordinates, *(np.asarray(each) for each in lonlat))
        return np.stack(project(ways.crs, lon, lat), axis=1)

    return np.asarray(shapely.transform(table.geometry, turned))


def _neighbourhoods(extract: Extract, ways: Ways, sites: Sites) -> tuple[Ints, tuple[str, ...]]:
    """Give each site to the nearest named place, or to a square where too few have names."""
    named = sorted(set(extract.localities))
    if len(named) >= LOCALITIES_MIN:
        at = np.array([place[1:] for place in named])
        xy = np.stack(project(ways.crs, at[:, 0].copy(), at[:, 1].copy()), axis=1)
        _, nearest = cKDTree(xy).query(np.stack([sites.x_m, sites.y_m], axis=1))
        return np.asarray(nearest, np.int32), tuple(place[0] for place in named)
    column = np.floor((sites.x_m - ways.node_x_m.min()) / SQUARE_M).astype(int)
    row = np.floor((ways.node_y_m.max() - sites.y_m) / SQUARE_M).astype(int)
    keys, of = np.unique(np.stack([row, column], axis=1), axis=0, return_inverse=True)
    names = tuple(f"{_letters(c)}{r + 1}" for r, c in keys.tolist())
    return np.asarray(of.reshape(-1), np.int32), names


def _letters(number: int) -> str:
    """Name a column as a spreadsheet does: after Z comes AA."""
    text = ""
    number += 1
    while number > 0:
        number, digit = divmod(number - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def _unproject(ways: Ways, sites: Sites) -> tuple[Floats, Floats]:
    import pyproj  # noqa: PLC0415

    turn = pyproj.Transformer.from_crs(ways.crs, "EPSG:4326", always_xy=True)
    lon, lat = turn.transform(sites.x_m, sites.y_m)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)
