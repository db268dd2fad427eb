"""Where the next places of a kind help most, existing ones kept."""

import json
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from cityloop.circle.siting import (
    Choice,
    Reachable,
    capacitated,
    covering,
    p_median,
    set_covering,
)
from cityloop.circle.standard import FacilityType
from cityloop.city.places import Places
from cityloop.city.ways import Floats
from cityloop.feeds.whole_file import write_whole

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
    choice = _choose(method, reachable, candidates, budget, limit_s)
    lacking = float(people[existing_ms > limit_ms].sum())
    return Sited(kind, method, candidates, choice, lacking)


def _choose(
    method: Method, reachable: Reachable, candidates: Candidates, budget: float, limit_s: float
) -> Choice:
    cost = candidates.cost
    match method:
        case Method.COVERING:
            return covering(reachable, cost, budget, limit_s)
        case Method.P_MEDIAN:
            return p_median(reachable, cost, budget, limit_s)
        case Method.SET_COVERING:
            return set_covering(reachable, cost, limit_s)
        case Method.CAPACITATED:
            return capacitated(reachable, cost, budget, candidates.capacity, limit_s)


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
