"""The standard of a service circle, as data: domains, facility types, how near, how much."""

import re
from typing import Final

import numpy as np

from cityloop.circle.persons import Person
from cityloop.city.places import Places, ServiceItem
from cityloop.city.records import record
from cityloop.city.ways import Bools, Floats

ASSUMED: Final = "assumed"
MINUTE_MS: Final = 60_000


@record
class FacilityType:
    """One kind of place that a standard asks for.

    Parameters
    ----------
    key, name_zh, name_en
        Its name for programs and for people.
    domain
        The key of its domain.
    tags
        Alternatives; each is one or more `key=value`, or `key=*`, parted by blanks, all of which a
        place must have. Empty where OSM cannot tell.
    within_min
        How near in minutes for whoever goes; 0 where the standard speaks of metres. [min]
    within_m
        How near along the ways; 0 where it speaks of minutes. [m]
    per_1000
        Capacity asked for, per 1,000 people of `per_1000_age`; 0 for none.
    per_1000_age
        Whom `per_1000` counts.
    people_per_place
        For how many people one place is meant, from and to; 0, 0 for none.
    age
        Whom it is for, such as `0-3` or `60+`; `all` for everyone.
    source
        Where the figures are from; `assumed` if from nowhere.
    """

    key: str
    name_zh: str
    name_en: str
    domain: str
    tags: tuple[str, ...]
    within_min: float
    within_m: float
    per_1000: float
    per_1000_age: str
    people_per_place: tuple[float, float]
    age: str
    source: str


@record
class Domain:
    """One field of services.

    Parameters
    ----------
    key, name_zh, name_en
        Its name for programs and for people.
    """

    key: str
    name_zh: str
    name_en: str


@record
class Standard:
    """A whole standard.

    Parameters
    ----------
    key, title_zh, title_en
        Its name for programs and for people.
    note_zh, note_en
        What a reader must know about it.
    domains
        Its domains.
    types
        Its facility types.
    items
        What may be asked for by name.
    """

    key: str
    title_zh: str
    title_en: str
    note_zh: str
    note_en: str
    domains: tuple[Domain, ...]
    types: tuple[FacilityType, ...]
    items: tuple[ServiceItem, ...]


def cutoff_ms(kind: FacilityType, person: Person) -> int:
    """Give the time within which a person must reach a place of this kind.

    Parameters
    ----------
    kind
        The facility type.
    person
        Who goes; metres count at their speed on level ground.

    Returns
    -------
    The time. [ms]
    """
    if kind.within_m > 0:
        return round(1000 * kind.within_m / person.speed_m_s)
    return round(kind.within_min * MINUTE_MS)


def of_type(places: Places, kind: FacilityType) -> Bools:
    """Tell which places are of a kind, by what a register says or by their tags.

    Parameters
    ----------
    places
        All places.
    kind
        The facility type.

    Returns
    -------
    (places,) whether each is.
    """
    wanted = [set(each.split()) for each in kind.tags]
    found = np.zeros(len(places.place_ids), bool)
    for p, (tags, said) in enumerate(zip(places.tags, places.register_types, strict=True)):
        if said:
            found[p] = said == kind.key
        elif tags:
            had = set(tags.split())
            had |= {f"{tag.partition('=')[0]}=*" for tag in had}
            found[p] = any(each <= had for each in wanted)
    return found


AGE = re.compile(r"(\d+)(?:-(\d+)|\+)|all")
OLDEST: Final = 120.0


def age_span(said: str) -> tuple[float, float]:
    """Turn an age group into years.

    Parameters
    ----------
    said
        Such as `0-6`, up to the sixth birthday, `60+` or `all`.

    Returns
    -------
    From and to. [year]

    Raises
    ------
    ValueError
        If it is nothing of the kind.
    """
    met = AGE.fullmatch(said)
    if met is None:
        raise ValueError(f"{said!r} is no age group such as 0-6, 60+ or all")
    if met[1] is None:
        return 0.0, OLDEST
    return float(met[1]), float(met[2]) if met[2] else OLDEST


def people_of_age(people: Floats, ages: tuple[str, ...], wanted: str) -> Floats:
    """Count the people of an age group; a group that is half in it counts by half.

    Parameters
    ----------
    people
        (homes, ages) people.
    ages
        The age groups of the columns. Where everyone is in one group, everyone counts.
    wanted
        The age group that is asked for.

    Returns
    -------
    (homes,) people of that age.
    """
    low, high = age_span(wanted)
    shares = []
    for age in ages:
        begin, end = age_span(age)
        overlap = max(0.0, min(high, end) - max(low, begin))
        shares.append(1.0 if age == "all" else overlap / (end - begin))
    return np.asarray(people @ np.array(shares), np.float64)
