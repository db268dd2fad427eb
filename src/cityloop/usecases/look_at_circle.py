"""The service circle as people look at it: domains, kinds, a home, how evenly, neighbourhoods."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.circle.gaps import Status, TypeGaps
from cityloop.circle.persons import PERSONS
from cityloop.circle.picture import (
    REASONS,
    Picture,
    count_groups,
    count_type,
    places_meant,
    spread_of_access,
)
from cityloop.city.errors import InputError
from cityloop.kernels.chains import NEVER
from cityloop.usecases.draw_circle import Question, draw_circle

MINUTE_MS: Final = 60_000


class KindLine(NamedTuple):
    """People by how they stand with one kind of place; `meant` is how many places are meant."""

    key: str
    known: bool
    within_min: float
    concerned: float
    served: float
    lacking: float
    unsure: float
    reasons: tuple[tuple[str, float], ...]
    places: int
    meant: tuple[int, int] | None


class HomeLine(NamedTuple):
    """How one home stands with one kind: minutes to the nearest usable place, and why if not."""

    key: str
    status: str
    minutes: float | None
    within_min: float


class AreaLine(NamedTuple):
    """People of a neighbourhood and an age group who are concerned, and who lack the kind."""

    neighbourhood: str
    age: str
    concerned: float
    lacking: float


class Circles:
    """The pictures of one city, drawn once for each person profile.

    Parameters
    ----------
    question
        City and standard.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self._drawn: dict[str, Picture] = {}

    def picture(self, person: str) -> Picture:
        """Give the picture for a person profile, whatever the hours.

        Parameters
        ----------
        person
            Key of the profile.

        Returns
        -------
        The picture.

        Raises
        ------
        InputError
            If there is no such profile.
        """
        if person not in PERSONS:
            raise InputError(
                file="person",
                place=person[:60],
                cause="there is no such profile",
                remedy=f"choose from {', '.join(PERSONS)}",
            )
        if person not in self._drawn:
            self._drawn[person] = draw_circle(self.question._replace(person=PERSONS[person]))
        return self._drawn[person]

    def kinds(self, person: str) -> list[KindLine]:
        """Count people by kind of place.

        Parameters
        ----------
        person
            Key of the profile.

        Returns
        -------
        One line a kind, in the standard's order.
        """
        homes = self.question.survey.homes
        found = []
        for gaps in self.picture(person).types:
            line = count_type(gaps, homes)
            named = zip((each.name.lower() for each in REASONS), line.reasons, strict=True)
            found.append(
                KindLine(
                    key=gaps.kind.key,
                    known=gaps.known,
                    within_min=gaps.cutoff_ms / MINUTE_MS,
                    concerned=line.concerned,
                    served=line.served,
                    lacking=line.lacking,
                    unsure=line.unsure,
                    reasons=tuple((name, float(value)) for name, value in named if value > 0),
                    places=len(gaps.place_ids),
                    meant=places_meant(gaps),
                )
            )
        return found

    def home(self, person: str, home: int) -> list[HomeLine]:
        """Say how one home stands with every kind that is known.

        Parameters
        ----------
        person
            Key of the profile.
        home
            The home's index.

        Returns
        -------
        One line a kind.

        Raises
        ------
        InputError
            If there is no such home.
        """
        if not 0 <= home < len(self.question.survey.homes.lon):
            raise InputError(
                file="home", place=str(home), cause="there is no such home",
                remedy="choose one on the map",
            )  # fmt: skip
        found = []
        for gaps in self.picture(person).types:
            if not gaps.known:
                continue
            away_ms = int(gaps.anywhere_ms[home])
            found.append(
                HomeLine(
                    key=gaps.kind.key,
                    status=Status(int(gaps.status[home])).name.lower(),
                    minutes=None if away_ms >= NEVER else away_ms / MINUTE_MS,
                    within_min=gaps.cutoff_ms / MINUTE_MS,
                )
            )
        return found

    def areas(self, person: str, kind: str) -> list[AreaLine]:
        """Count people by neighbourhood and age group for one kind, the most lacking first.

        Parameters
        ----------
        person
            Key of the profile.
        kind
            Key of the kind.

        Returns
        -------
        One line where somebody is concerned.
        """
        homes = self.question.survey.homes
        counts = count_groups(self.gaps(person, kind), homes)
        lacking = counts[:, :, [int(each) for each in REASONS]].sum(axis=2)
        lines = [
            AreaLine(
                homes.neighbourhoods[n], homes.ages[a], float(counts[n, a].sum()),
                float(lacking[n, a]),
            )
            for n, a in np.argwhere(counts.sum(axis=2) > 0).tolist()
        ]  # fmt: skip
        return sorted(lines, key=lambda line: -line.lacking)

    def gaps(self, person: str, kind: str) -> TypeGaps:
        """Give how homes stand with one kind.

        Parameters
        ----------
        person
            Key of the profile.
        kind
            Key of the kind.

        Returns
        -------
        The gaps.

        Raises
        ------
        InputError
            If the standard has no such kind.
        """
        for gaps in self.picture(person).types:
            if gaps.kind.key == kind:
                return gaps
        raise InputError(
            file="kind", place=kind[:60], cause="the standard has no such kind",
            remedy="choose one from the list",
        )  # fmt: skip

    def lorenz(self, person: str) -> tuple[float, list[tuple[float, float]]]:
        """Say how unevenly the share of kinds within reach is spread over people.

        Parameters
        ----------
        person
            Key of the profile.

        Returns
        -------
        Gini, and points of the Lorenz curve, 0 to 1, thinned to a hundred or so.
        """
        told = spread_of_access(self.picture(person), self.question.survey.homes)
        step = max(1, len(told.lorenz_people) // 100)
        keep = np.unique([*range(0, len(told.lorenz_people), step), len(told.lorenz_people) - 1])
        points = zip(told.lorenz_people[keep].tolist(), told.lorenz_had[keep].tolist(), strict=True)
        return float(told.gini), list(points)
