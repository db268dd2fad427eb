"""Incidents: as people write them, and as SUMO is told of closed lanes."""

import re
from pathlib import Path
from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.scenario import Incident, Scenario
from cityloop.feeds.xml_writer import figure, tag, write_xml

DEMAND_MAX: Final = 10.0
PASSING: Final = "emergency authority"
"""Who may still drive on a closed lane."""
_INCIDENT: Final = re.compile(r"(closed|demand)=(.+)@(\d{1,6})-(\d{1,6})")


def parse_incidents(text: str, option: str = "--incident") -> tuple[Incident, ...]:
    """Read incidents as a person writes them.

    Parameters
    ----------
    text
        Such as `demand=2@1200-1800,closed=LANE@1200-1800`, with seconds from the scenario's begin;
        empty for none.
    option
        Where it was given.

    Returns
    -------
    The incidents.

    Raises
    ------
    InputError
        If one is written otherwise, ends before it begins, or multiplies demand by more than 10.
    """
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        said = _INCIDENT.fullmatch(part)
        incident = None if said is None else _incident(*said.groups())
        if incident is None:
            raise InputError(
                file=option,
                place=part,
                cause="it names no closed lane or factor of demand with a time",
                remedy="write such as demand=2@1200-1800 or closed=LANE@1200-1800, in seconds",
            )
        found.append(incident)
    return tuple(found)


def _incident(kind: str, value: str, begin: str, end: str) -> Incident | None:
    begin_s, end_s = int(begin), int(end)
    if end_s <= begin_s:
        return None
    if kind == "closed":
        return Incident(begin_s=begin_s, end_s=end_s, closed_lane=value)
    try:
        demand = float(value)
    except ValueError:
        return None
    if not 0 <= demand <= DEMAND_MAX:
        return None
    return Incident(begin_s=begin_s, end_s=end_s, demand=demand)


def write_closed_lanes(folder: Path, scenario: Scenario) -> tuple[Path, ...]:
    """Write the file that makes SUMO close lanes and open them again.

    Parameters
    ----------
    folder
        The run's own folder.
    scenario
        With its incidents.

    Returns
    -------
    The additional file, or none where no lane is closed.
    """
    closed = [each for each in scenario.incidents if each.closed_lane]
    if not closed:
        return ()
    tags = []
    for number, each in enumerate(closed):
        begin_s, end_s = (scenario.begin_s + at_s for at_s in (each.begin_s, each.end_s))
        lane = tag("closingLaneReroute", {"id": each.closed_lane, "allow": PASSING})
        interval = tag("interval", {"begin": figure(begin_s), "end": figure(end_s)}, [lane])
        edge = each.closed_lane.rpartition("_")[0]
        tags.append(tag("rerouter", {"id": f"closed-{number}", "edges": edge}, [interval]))
    path = folder / "closed.add.xml"
    write_xml(path, "additional", tags)
    return (path,)
