"""A scenario: what a city would be with a school closed, a bridge built, longer hours."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cityloop.circle.picture import Change, Picture, compare
from cityloop.circle.snap import SNAP_M_MAX, Snapper
from cityloop.city.errors import InputError
from cityloop.city.places import Places, choose
from cityloop.city.survey import Survey
from cityloop.city.ways import Open, WayKind, Ways, Wheelchair
from cityloop.feeds.osm_ways import project
from cityloop.usecases.draw_circle import Question, Watch, draw_circle
from cityloop.usecases.survey_places import Row, join_places, make_places, one_spot

LANDING_M_MAX: Final = 100.0
"""A bridge must end this near to a node of the ways. [m]"""


class NewPlace(msgspec.Struct, forbid_unknown_fields=True):
    """A place that would open; WGS-84. [degree]."""

    type: str
    lon: float
    lat: float
    name: str = ""
    capacity: float | None = None
    hours: str = ""


class Bridge(msgspec.Struct, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}):
    """A way that would be built, from (longitude, latitude) to the same; WGS-84. [degree]."""

    begin: tuple[float, float]
    end: tuple[float, float]


class Hours(msgspec.Struct, forbid_unknown_fields=True):
    """Opening hours that would change."""

    place: str
    hours: str


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """What would change.

    Attributes
    ----------
    path
        Its file.
    close
        Identifiers of places that would close.
    open, bridge, hours
        Places that would open, ways that would be built, hours that would change.
    """

    path: str = ""
    close: list[str] = []
    open: list[NewPlace] = []
    bridge: list[Bridge] = []
    hours: list[Hours] = []


def read_scenario(path: Path) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    path
        A TOML file.

    Returns
    -------
    What would change.

    Raises
    ------
    InputError
        If it cannot be read or says what nobody knows.
    """
    try:
        scenario = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Scenario)
    except (OSError, ValueError) as error:
        said = str(error).replace("`", "")
        raise InputError(
            file=path,
            place="",
            cause=f"this is no scenario ({said})",
            remedy="see docs/circle.md for what a scenario may say",
        ) from None
    scenario.path = str(path)
    return scenario


def read_scenarios(folder: str) -> dict[str, Scenario]:
    """Read the scenarios of a folder.

    Parameters
    ----------
    folder
        With a file `NAME.toml` each; empty for none.

    Returns
    -------
    They, by name.

    Raises
    ------
    InputError
        If the folder is not there, or one of them cannot be used.
    """
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise InputError(
            file=folder,
            place="",
            cause="there is no such folder",
            remedy="name that of the scenarios",
        )
    return {path.stem: read_scenario(path) for path in sorted(Path(folder).glob("*.toml"))}


def change_survey(survey: Survey, scenario: Scenario) -> Survey:
    """Apply a scenario.

    Parameters
    ----------
    survey
        The city as it is.
    scenario
        What would change.

    Returns
    -------
    The city as it would be, with the same homes.

    Raises
    ------
    InputError
        If it names a place that is not there, or a bridge lands nowhere.
    """
    places = _closed(survey.places, scenario)
    ways = survey.ways
    for number, bridge in enumerate(scenario.bridge):
        ways = _bridged(ways, bridge, scenario, f"bridge[{number}]")
    if scenario.open:
        places = join_places([places, _opened(ways, scenario)])
    return replace(survey, ways=ways, places=places)


def compare_circles(
    question: Question,
    before: Picture,
    scenario: Scenario,
    watch: Watch = lambda _kind, _share: None,
) -> tuple[Change, ...]:
    """Say what a scenario changes.

    Parameters
    ----------
    question
        What was asked.
    before
        The answer as it is.
    scenario
        What would change.
    watch
        Told how far it is.

    Returns
    -------
    One change a kind of place.
    """
    changed = question._replace(survey=change_survey(question.survey, scenario))
    return compare(before, draw_circle(changed, watch))


def _closed(places: Places, scenario: Scenario) -> Places:
    index = {place_id: p for p, place_id in enumerate(places.place_ids)}
    for named in (*scenario.close, *(each.place for each in scenario.hours)):
        if named not in index:
            raise InputError(
                file=scenario.path,
                place=named,
                cause="the survey knows no place by this identifier",
                remedy="take one from the table of `cityloop circle survey --places`",
            )
    hours = list(places.hours)
    for each in scenario.hours:
        hours[index[each.place]] = each.hours
    kept = np.ones(len(places.place_ids), bool)
    kept[[index[named] for named in scenario.close]] = False
    return choose(replace(places, hours=tuple(hours)), kept)


def _opened(ways: Ways, scenario: Scenario) -> Places:
    snapper = Snapper(ways)
    lon = np.array([each.lon for each in scenario.open])
    lat = np.array([each.lat for each in scenario.open])
    spots = snapper.snap(*project(ways.crs, lon, lat))
    if np.any(spots.edge < 0):
        raise _nowhere(
            scenario, f"open[{int(np.argmin(spots.edge))}]", f"over {SNAP_M_MAX:.0f} m away"
        )
    rows = [
        Row(
            f"scenario:{p + 1}",
            {"name": each.name, "opening_hours": each.hours},
            each.type,
            Path(scenario.path).name,
            each.lon,
            each.lat,
            float("nan") if each.capacity is None else each.capacity,
        )
        for p, each in enumerate(scenario.open)
    ]
    return make_places(rows, [one_spot(spots, p) for p in range(len(rows))])


def _bridged(ways: Ways, bridge: Bridge, scenario: Scenario, named: str) -> Ways:
    ends = np.array([bridge.begin, bridge.end], np.float64)
    x_m, y_m = project(ways.crs, ends[:, 0].copy(), ends[:, 1].copy())
    nodes = []
    for end, x, y in zip(("from", "to"), x_m, y_m, strict=True):
        away_m = np.hypot(ways.node_x_m - x, ways.node_y_m - y)
        nodes.append(int(np.argmin(away_m)))
        if away_m[nodes[-1]] > LANDING_M_MAX:
            raise _nowhere(scenario, f"{named}.{end}", f"{away_m[nodes[-1]]:.0f} m away")
    if nodes[0] == nodes[1]:
        raise _nowhere(scenario, named, "the same for both ends")
    length_m = float(
        np.hypot(*(np.diff(ways.node_x_m[nodes])[0], np.diff(ways.node_y_m[nodes])[0]))
    )
    both = Open.FOOT_THERE | Open.FOOT_BACK | Open.BICYCLE_THERE | Open.BICYCLE_BACK
    return replace(
        ways,
        head=np.append(ways.head, np.int32(nodes[0])),
        tail=np.append(ways.tail, np.int32(nodes[1])),
        length_m=np.append(ways.length_m, length_m),
        kind=np.append(ways.kind, np.uint8(WayKind.FOOTWAY)),
        open_to=np.append(ways.open_to, np.uint8(both)),
        wheelchair=np.append(ways.wheelchair, np.uint8(Wheelchair.YES)),
        rough=np.append(ways.rough, False),
        kerb=np.append(ways.kerb, False),
        incline=np.append(ways.incline, np.nan),
        edge_name=np.append(ways.edge_name, np.int32(-1)),
    )


def _nowhere(scenario: Scenario, place: str, found: str) -> InputError:
    return InputError(
        file=scenario.path,
        place=place,
        cause=f"the nearest way of the survey is {found}",
        remedy="check its longitude and latitude, in this order",
    )
