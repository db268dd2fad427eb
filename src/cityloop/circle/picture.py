"""The whole picture: every kind of a standard, domain by domain, people by people."""

import math

import numpy as np

from cityloop.circle.gaps import Status, TypeGaps, lacking, unsure
from cityloop.circle.inequality import Inequality, inequality
from cityloop.circle.persons import Person
from cityloop.circle.standard import Standard, people_of_age
from cityloop.city.people import Homes
from cityloop.city.records import record
from cityloop.city.ways import Bools, Floats

REASONS = (Status.FULL, Status.CLOSED, Status.NOT_USABLE, Status.TOO_FAR, Status.NONE_EXISTS)


@record
class Picture:
    """How a city stands with a standard, for one person profile at one time.

    Parameters
    ----------
    standard
        The standard.
    person
        Who goes.
    departure
        When, such as `2026-11-21 21:40`; empty for whatever the hours.
    types
        How homes stand with each facility type, in the standard's order.
    """

    standard: Standard
    person: Person
    departure: str
    types: tuple[TypeGaps, ...]


@record
class Line:
    """One line of a table: people by how they stand.

    Parameters
    ----------
    concerned, served, unsure
        People whom it is for, who have it, of whom nobody knows.
    reasons
        (5,) people without it, by `REASONS`.
    """

    concerned: float
    served: float
    unsure: float
    reasons: Floats

    @property
    def lacking(self) -> float:
        """People who lack it for certain."""
        return float(self.reasons.sum())


def count_type(gaps: TypeGaps, homes: Homes, some: Bools | None = None) -> Line:
    """Count the people of one kind of place.

    Parameters
    ----------
    gaps
        How homes stand with it.
    homes
        The homes.
    some
        (homes,) which to count; all if not given.

    Returns
    -------
    Their line; all 0 where there are no data.
    """
    people = np.where(some, gaps.concerned, 0.0) if some is not None else gaps.concerned
    if not gaps.known:
        people = np.zeros(len(homes.lon))
    by_status = np.bincount(gaps.status, people, minlength=len(Status)).astype(np.float64)
    return Line(
        concerned=float(people.sum()),
        served=float(by_status[Status.SERVED]),
        unsure=float(by_status[Status.BEYOND_RIM]),
        reasons=by_status[list(REASONS)],
    )


def count_groups(gaps: TypeGaps, homes: Homes) -> Floats:
    """Count the people of one kind of place by neighbourhood, age group and status.

    Parameters
    ----------
    gaps
        How homes stand with it.
    homes
        The homes.

    Returns
    -------
    (neighbourhoods, ages, statuses) people whom it is for.
    """
    shape = (len(homes.neighbourhoods), len(homes.ages), len(Status))
    counted = np.zeros(shape)
    for age, name in enumerate(homes.ages):
        concerned = people_of_age(homes.people[:, age : age + 1], (name,), gaps.kind.age)
        cell = homes.neighbourhood * len(Status) + gaps.status
        counted[:, age] = np.bincount(cell, concerned, minlength=shape[0] * shape[2]).reshape(
            shape[0], shape[2]
        )
    return counted


def places_meant(gaps: TypeGaps) -> tuple[int, int] | None:
    """Say how many places the standard means for so many people.

    Parameters
    ----------
    gaps
        How homes stand with one kind of place.

    Returns
    -------
    The fewest and the most; None where the standard names no number of people.
    """
    fewest_people, most_people = gaps.kind.people_per_place
    if fewest_people <= 0 or not gaps.known:
        return None
    people = float(gaps.concerned.sum())
    return math.ceil(people / most_people), math.ceil(people / fewest_people)


def lacks_domain(picture: Picture, domain: str) -> tuple[Bools, Bools] | None:
    """Tell which homes lack a domain: some known kind of it.

    Parameters
    ----------
    picture
        The picture.
    domain
        The domain's key.

    Returns
    -------
    (homes,) who lacks it for certain, and of whom nobody knows; None for no data, which is no gap.
    """
    of = [each for each in picture.types if each.kind.domain == domain and each.known]
    if not of:
        return None
    lacks = np.any([lacking(each) & (each.concerned > 0) for each in of], axis=0)
    maybe = np.any([unsure(each) & (each.concerned > 0) for each in of], axis=0)
    return lacks, maybe & ~lacks


def met_share(picture: Picture) -> Floats:
    """Give the share of kinds that each home has within the standard, of those known there.

    Parameters
    ----------
    picture
        The picture.

    Returns
    -------
    (homes,) 0 to 1; NaN where nothing is known, also because the reach goes beyond the rim.
    """
    known = [each for each in picture.types if each.known]
    if not known:
        return np.full(len(picture.types[0].status) if picture.types else 0, np.nan)
    status = np.stack([each.status for each in known])
    told = np.sum(status != Status.BEYOND_RIM, axis=0)
    met = np.sum(status == Status.SERVED, axis=0).astype(np.float64)
    share = np.full(len(met), np.nan)
    share[told > 0] = met[told > 0] / told[told > 0]
    return share


def spread_of_access(picture: Picture, homes: Homes) -> Inequality:
    """Say how unevenly the share of kinds met is spread over people.

    Parameters
    ----------
    picture
        The picture.
    homes
        The homes.

    Returns
    -------
    Lorenz, Gini and Palma.
    """
    share = met_share(picture)
    return inequality(np.nan_to_num(share), np.where(np.isnan(share), 0, homes.people.sum(axis=1)))


@record
class Change:
    """What a scenario changes for one kind of place.

    Parameters
    ----------
    key
        The facility type.
    gained, lost
        People who had none and have one, and the other way round.
    longer
        People who still have one and go at least a minute longer.
    """

    key: str
    gained: float
    lost: float
    longer: float


MINUTE_MS = 60_000


def compare(before: Picture, after: Picture) -> tuple[Change, ...]:
    """Compare two pictures of the same homes.

    Parameters
    ----------
    before
        As it is.
    after
        As it would be.

    Returns
    -------
    One change a facility type that is known in both.
    """
    changes = []
    for one, other in zip(before.types, after.types, strict=True):
        if not (one.known and other.known):
            continue
        had, has = one.status == Status.SERVED, other.status == Status.SERVED
        more_ms = other.reach.nearest_ms[:, 0].astype(np.int64) - one.reach.nearest_ms[:, 0]
        people = one.concerned
        changes.append(
            Change(
                key=one.kind.key,
                gained=float(people[has & ~had].sum()),
                lost=float(people[had & ~has].sum()),
                longer=float(people[had & has & (more_ms >= MINUTE_MS)].sum()),
            )
        )
    return tuple(changes)
