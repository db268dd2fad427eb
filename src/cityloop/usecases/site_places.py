"""Where the next places of a kind help most, existing ones kept."""

import json
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cityloop.circle.capacitated import capacitated
from cityloop.circle.narrow import Choice
from cityloop.circle.reach import always, list_pairs, nearest, stand, weave
from cityloop.circle.siting import (
    Reachable,
    covering,
    p_median,
    set_covering,
)
from cityloop.circle.snap import Snapper
from cityloop.circle.standard import FacilityType, Standard, cutoff_ms, people_of_age
from cityloop.city.errors import InputError
from cityloop.city.places import Places
from cityloop.city.ways import Floats, Spots
from cityloop.feeds.coordinates import Datum
from cityloop.feeds.osm_ways import project
from cityloop.feeds.tables import read_table
from cityloop.feeds.whole_file import write_whole
from cityloop.usecases.draw_circle import Question, places_of
from cityloop.usecases.survey_places import Row, lonlat_of, make_places, one_spot

CANDIDATES = 1000
"""So many homes stand for candidates where none are given."""
FAR = 3.0
"""Ways up to so many times the standard count for p-median."""


class Method(StrEnum):
    """What the best sites are best at."""

    COVERING = "covering"
    P_MEDIAN = "p-median"
    SET_COVERING = "set-covering"
    CAPACITATED = "capacitated"


class Candidates(NamedTuple):
    """Where a place might open.

    Attributes
    ----------
    places
        They, as places.
    cost, capacity
        (sites,) of each.
    """

    places: Places
    cost: Floats
    capacity: Floats


class Sited(NamedTuple):
    """Where the next places help most.

    Attributes
    ----------
    kind
        What would open.
    method
        What is best.
    candidates
        Where it might.
    choice
        Where it should, with the proven gap.
    lacking
        People who are not within the standard today.
    """

    kind: FacilityType
    method: Method
    candidates: Candidates
    choice: Choice
    lacking: float


def get_type(standard: Standard, key: str) -> FacilityType:
    """Give a facility type.

    Parameters
    ----------
    standard
        The standard.
    key
        Its key, or what people call it in either language.

    Returns
    -------
    The type.

    Raises
    ------
    InputError
        If the standard knows none.
    """
    for kind in standard.types:
        if key in {kind.key, kind.name_zh, kind.name_en}:
            return kind
    raise InputError(
        file=key,
        place="--type",
        cause="the profile has no facility type of this name",
        remedy=f"take one of {', '.join(kind.key for kind in standard.types)}",
    )


def read_candidates(question: Question, path: Path | None, capacity: float) -> Candidates:
    """Read candidate sites, or take homes evenly where none are given.

    Parameters
    ----------
    question
        What is asked.
    path
        A table with `lon` and `lat` in WGS-84 or with geometry, and perhaps `name`, `cost` and
        `capacity`; None for homes.
    capacity
        How many people a site without a capacity of its own serves.

    Returns
    -------
    The candidates.

    Raises
    ------
    InputError
        If the table cannot be used.
    """
    if path is None:
        return _homes_as_candidates(question, capacity)
    survey = question.survey
    table = read_table(path)
    lon, lat = lonlat_of(table, Datum.WGS_84, "lon", "lat")
    spots = Snapper(survey.ways).snap(*project(survey.ways.crs, lon, lat))
    names = table.texts("name") if "name" in table.columns else ("",) * len(lon)
    cost, room = np.ones(len(lon)), np.full(len(lon), capacity)
    if "cost" in table.columns:
        cost = table.numbers("cost", least=1e-9)
    if "capacity" in table.columns:
        room = np.nan_to_num(table.numbers("capacity", least=0.0), nan=capacity)
    bad = np.flatnonzero((spots.edge < 0) | np.isnan(cost))
    if len(bad):
        raise InputError(
            file=path,
            place=f"row {bad[0] + 2}",
            cause="it faces no way of the survey, or has no cost",
            remedy="correct it or leave it out",
        )
    return Candidates(_as_places(names, lon, lat, spots), cost, room)


def _homes_as_candidates(question: Question, capacity: float) -> Candidates:
    homes = question.survey.homes
    count = min(CANDIDATES, len(homes.lon))
    taken = np.unique(np.linspace(0, len(homes.lon) - 1, count).astype(int))
    spots = Spots(
        edge=homes.spots.edge[taken],
        share=homes.spots.share[taken],
        access_m=homes.spots.access_m[taken],
    )
    names = ("",) * len(taken)
    places = _as_places(names, homes.lon[taken], homes.lat[taken], spots)
    return Candidates(places, np.ones(len(taken)), np.full(len(taken), capacity))


def _as_places(names: tuple[str, ...], lon: Floats, lat: Floats, spots: Spots) -> Places:
    rows = [
        Row(f"candidate:{i + 1}", {"name": name}, "", "candidate", float(x), float(y), np.nan)
        for i, (name, x, y) in enumerate(zip(names, lon, lat, strict=True))
    ]
    return make_places(rows, [one_spot(spots, i) for i in range(len(rows))])


def site_places(
    question: Question,
    kind: FacilityType,
    candidates: Candidates,
    method: Method,
    budget: float,
    limit_s: float,
) -> Sited:
    """Find where the next places of a kind help most.

    Parameters
    ----------
    question
        City, standard and who goes; hours do not count.
    kind
        What would open.
    candidates
        Where it might.
    method
        What is best.
    budget
        How many sites, or what they may cost together.
    limit_s
        How long HiGHS may take. [s]

    Returns
    -------
    The sites, with their proven gap.
    """
    survey, person = question.survey, question.person
    web = weave(survey.ways, person)
    homes = stand(web, survey.homes.spots)
    limit_ms = cutoff_ms(kind, person)
    farthest_ms = round(limit_ms * FAR) if method is Method.P_MEDIAN else limit_ms
    existing_ms, _ = nearest(web, homes, places_of(survey, kind))
    people = people_of_age(survey.homes.people, survey.homes.ages, kind.age)
    places = candidates.places
    site, demand, time_ms = list_pairs(web, homes, places, always(places), farthest_ms)
    reachable = Reachable(
        site=site,
        demand=demand,
        time_ms=time_ms,
        sites=len(places.place_ids),
        people=people,
        had_ms=existing_ms.astype(np.float64),
        limit_ms=float(farthest_ms),
    )
    choice = _choose(method, reachable, candidates, budget, limit_s)
    lacking = float(people[existing_ms > limit_ms].sum())
    return Sited(kind, method, candidates, choice, lacking)


def _choose(
    method: Method, reachable: Reachable, candidates: Candidates, budget: float, limit_s: float
) -> Choice:
    cost, rng = candidates.cost, np.random.default_rng(0)
    match method:
        case Method.COVERING:
            return covering(reachable, cost, budget, limit_s, rng)
        case Method.P_MEDIAN:
            return p_median(reachable, cost, budget, limit_s, rng)
        case Method.SET_COVERING:
            return set_covering(reachable, cost, limit_s)
        case Method.CAPACITATED:
            return capacitated(reachable, cost, budget, candidates.capacity, limit_s, rng)


def write_sites(path: Path, sited: Sited) -> None:
    """Write the chosen sites as GeoJSON.

    Parameters
    ----------
    path
        Where to.
    sited
        The answer.
    """
    places, choice = sited.candidates.places, sited.choice
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [places.lon[i], places.lat[i]]},
            "properties": {
                "id": places.place_ids[i],
                "name": places.names[i],
                "type": sited.kind.key,
                "cost": float(sited.candidates.cost[i]),
            },
        }
        for i in choice.sites.tolist()
    ]
    about = {
        "type": "FeatureCollection",
        "method": sited.method.value,
        "worth": choice.worth,
        "bound": choice.bound,
        "gap": choice.gap,
        "features": features,
    }
    write_whole(path, json.dumps(about, ensure_ascii=False, indent=1).encode() + b"\n")
