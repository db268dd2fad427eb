"""The service circle as people look at it: domains, kinds, a home, how evenly, neighbourhoods.

A look is who goes, when, and in which scenario; what was drawn for the last few is kept.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from cityloop.circle.gaps import Status, TypeGaps
from cityloop.circle.persons import PERSONS
from cityloop.circle.picture import (
    REASONS,
    Picture,
    compare,
    count_groups,
    count_type,
    places_meant,
    spread_of_access,
)
from cityloop.city.errors import InputError
from cityloop.city.places import choose
from cityloop.kernels.chains import NEVER
from cityloop.usecases.change_survey import Scenario, change_survey
from cityloop.usecases.circle_look import SITES_MAX, Look
from cityloop.usecases.draw_circle import Question, draw_circle, parse_moment, places_of
from cityloop.usecases.site_places import Method, Sited, get_type, read_candidates, site_places
from cityloop.usecases.survey_places import join_places

MINUTE_MS: Final = 60_000
STATUS: Final = tuple(each.name.lower() for each in Status)
KEPT: Final = 24
"""So many looks are kept drawn."""
LIMIT_S: Final = 10.0
"""How long proposing sites may take. [s]"""
CAPACITY: Final = 1000.0
"""Of a proposed site, where capacity counts. [people]"""


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
    """How one home stands with one kind: minutes to the nearest usable place, and why if not.

    `place` names the place that serves it; empty where none does.
    """

    key: str
    status: str
    minutes: float | None
    within_min: float
    place: str


class ChangeLine(NamedTuple):
    """What a scenario changes for one kind, in people; `longer` keep one, a minute farther."""

    key: str
    lacking: float
    lacking_then: float
    gained: float
    lost: float
    longer: float


class PlaceLine(NamedTuple):
    """A place of a kind; WGS-84 [degree], capacity NaN where it is not known."""

    id: str
    name: str
    name_zh: str
    name_en: str
    lon: float
    lat: float
    hours: str
    capacity: float
    source: str


class AreaLine(NamedTuple):
    """People of a neighbourhood and an age group who are concerned, and who lack the kind."""

    neighbourhood: str
    age: str
    concerned: float
    lacking: float


class Circles:
    """The pictures of one city, drawn once for each look.

    Parameters
    ----------
    question
        City and standard.
    scenarios
        What the city might be, by name.
    """

    def __init__(self, question: Question, scenarios: Mapping[str, Scenario] | None = None) -> None:
        self.question = question
        self.scenarios = dict(scenarios or {})
        self._drawn: OrderedDict[Look, Picture] = OrderedDict()
        self._surveys = {"": question.survey}
        self._drawing = Lock()

    def ask(self, look: Look) -> Question:
        """Turn a look into the question that it asks.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.

        Returns
        -------
        The question.

        Raises
        ------
        InputError
            If there is no such profile or scenario, or this is no day and hour.
        """
        person, at, scenario = look
        if person not in PERSONS:
            raise _refuse("person", person, "there is no such profile", ", ".join(PERSONS))
        if scenario and scenario not in self.scenarios:
            known = ", ".join(self.scenarios) or "none, there are no scenarios"
            raise _refuse("scenario", scenario, "there is no such scenario", known)
        if scenario not in self._surveys:
            self._surveys[scenario] = change_survey(self.question.survey, self.scenarios[scenario])
        return self.question._replace(
            survey=self._surveys[scenario],
            person=PERSONS[person],
            departure=parse_moment(at.replace("T", " ")) if at else None,
        )

    def picture(self, look: Look) -> Picture:
        """Give the picture of a look.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.

        Returns
        -------
        The picture.

        Raises
        ------
        InputError
            If there is no such profile or scenario, or this is no day and hour.
        """
        with self._drawing:
            if look not in self._drawn:
                self._drawn[look] = draw_circle(self.ask(look))
            self._drawn.move_to_end(look)
            while len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
            return self._drawn[look]

    def kinds(self, look: Look) -> list[KindLine]:
        """Count people by kind of place.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.

        Returns
        -------
        One line a kind, in the standard's order.
        """
        homes = self.question.survey.homes
        found = []
        for gaps in self.picture(look).types:
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

    def home(self, look: Look, home: int) -> list[HomeLine]:
        """Say how one home stands with every kind that is known.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.
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
            raise _refuse("home", str(home), "there is no such home", "one on the map")
        found, names = [], dict(zip(*self._named(look), strict=True))
        for gaps in self.picture(look).types:
            if not gaps.known:
                continue
            away_ms, which = int(gaps.anywhere_ms[home]), int(gaps.reach.which[home, 0])
            found.append(
                HomeLine(
                    key=gaps.kind.key,
                    status=Status(int(gaps.status[home])).name.lower(),
                    minutes=None if away_ms >= NEVER else away_ms / MINUTE_MS,
                    within_min=gaps.cutoff_ms / MINUTE_MS,
                    place=names.get(gaps.place_ids[which], "") if which >= 0 else "",
                )
            )
        return found

    def _named(self, look: Look) -> tuple[tuple[str, ...], tuple[str, ...]]:
        places = self.ask(look).survey.places
        return places.place_ids, places.names

    def areas(self, look: Look, kind: str) -> list[AreaLine]:
        """Count people by neighbourhood and age group for one kind, the most lacking first.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.
        kind
            Key of the kind.

        Returns
        -------
        One line where somebody is concerned.
        """
        homes = self.question.survey.homes
        counts = count_groups(self.gaps(look, kind), homes)
        lacking = counts[:, :, [int(each) for each in REASONS]].sum(axis=2)
        lines = [
            AreaLine(
                homes.neighbourhoods[n], homes.ages[a], float(counts[n, a].sum()),
                float(lacking[n, a]),
            )
            for n, a in np.argwhere(counts.sum(axis=2) > 0).tolist()
        ]  # fmt: skip
        return sorted(lines, key=lambda line: -line.lacking)

    def gaps(self, look: Look, kind: str) -> TypeGaps:
        """Give how homes stand with one kind.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.
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
        for gaps in self.picture(look).types:
            if gaps.kind.key == kind:
                return gaps
        raise _refuse("kind", kind, "the standard has no such kind", "one of the list")

    def status_names(self, look: Look, kind: str) -> list[str]:
        """Say how each home stands with one kind.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.
        kind
            Key of the kind.

        Returns
        -------
        (homes,) names of `Status`, such as `too_far`; `no_data` where nothing is known of the kind.

        Raises
        ------
        InputError
            If the standard has no such kind.
        """
        gaps = self.gaps(look, kind)
        if not gaps.known:
            return ["no_data"] * len(gaps.status)
        return [STATUS[each] for each in gaps.status.tolist()]

    def lorenz(self, look: Look) -> tuple[float, list[tuple[float, float]]]:
        """Say how unevenly the share of kinds within reach is spread over people.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.

        Returns
        -------
        Gini, and points of the Lorenz curve, 0 to 1, thinned to a hundred or so.
        """
        told = spread_of_access(self.picture(look), self.question.survey.homes)
        step = max(1, len(told.lorenz_people) // 100)
        keep = np.unique([*range(0, len(told.lorenz_people), step), len(told.lorenz_people) - 1])
        points = zip(told.lorenz_people[keep].tolist(), told.lorenz_had[keep].tolist(), strict=True)
        return float(told.gini), list(points)

    def changes(self, look: Look) -> list[ChangeLine]:
        """Say what a look's scenario changes, against the city as it is.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.

        Returns
        -------
        One line a kind that is known.

        Raises
        ------
        InputError
            If there is no such profile or scenario, or this is no day and hour.
        """
        before, after = look._replace(scenario=""), look
        lacking = [
            {line.key: line.lacking for line in self.kinds(each)} for each in (before, after)
        ]
        return [
            ChangeLine(
                each.key,
                lacking[0][each.key],
                lacking[1][each.key],
                each.gained,
                each.lost,
                each.longer,
            )
            for each in compare(self.picture(before), self.picture(after))
        ]

    def places(self, look: Look, kind: str) -> list[PlaceLine]:
        """List the places of a kind.

        Parameters
        ----------
        look
            In which scenario.
        kind
            Key of the kind.

        Returns
        -------
        The places, in the survey's order.

        Raises
        ------
        InputError
            If the standard has no such kind.
        """
        found = places_of(self.ask(look).survey, get_type(self.question.standard, kind))
        columns = zip(
            found.place_ids, found.names, found.names_zh, found.names_en, found.lon.tolist(),
            found.lat.tolist(), found.hours, found.capacity.tolist(), found.sources, strict=True,
        )  # fmt: skip
        return [PlaceLine(*each) for each in columns]

    def propose(self, look: Look, kind: str, count: int) -> Sited:
        """Find where the next places of a kind help most; hours do not count.

        Parameters
        ----------
        look
            Who goes, in which scenario.
        kind
            Key of the kind.
        count
            How many, 1 to `SITES_MAX`.

        Returns
        -------
        The sites, with their proven gap.

        Raises
        ------
        InputError
            If one of them cannot be used.
        """
        if not 1 <= count <= SITES_MAX:
            raise _refuse("count", str(count), "out of bounds", f"1 to {SITES_MAX} sites")
        question = self.ask(look)
        chosen = get_type(question.standard, kind)
        candidates = read_candidates(question, None, CAPACITY)
        return site_places(question, chosen, candidates, Method.COVERING, count, LIMIT_S)

    def with_sites(self, look: Look, sited: Sited) -> TypeGaps:
        """Draw how homes would stand with a kind if proposed sites were open, at every hour.

        Parameters
        ----------
        look
            Who goes, when, in which scenario.
        sited
            From `propose`.

        Returns
        -------
        The gaps as they would be.
        """
        question, places = self.ask(look), sited.candidates.places
        taken = np.isin(np.arange(len(places.place_ids)), sited.choice.sites)
        opened = choose(places, taken)
        count = len(opened.place_ids)
        opened = replace(opened, register_types=(sited.kind.key,) * count, hours=("24/7",) * count)
        survey = replace(question.survey, places=join_places([question.survey.places, opened]))
        alone = replace(question.standard, types=(sited.kind,))
        drawn = draw_circle(question._replace(survey=survey, standard=alone))
        return drawn.types[0]


def _refuse(what: str, found: str, cause: str, choose_from: str) -> InputError:
    return InputError(file=what, place=found[:60], cause=cause, remedy=f"choose from {choose_from}")
