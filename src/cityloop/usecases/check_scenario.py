"""Refuse what SUMO would refuse, before a run, with the line that is to blame."""

from typing import Final

from cityloop.city.errors import InputError
from cityloop.city.faults import Severity
from cityloop.city.scenario import Scenario
from cityloop.feeds.sumo_net import read_network
from cityloop.usecases.inspect_scenario import inspect_scenario

# Errors that stop SUMO or leave nothing to measure; what is only unsafe runs as a reference.
_STOPS: Final = frozenset(
    {
        "demand",
        "detector",
        "no-demand",
        "no-phase",
        "no-programme",
        "no-signals",
        "programme-twice",
        "state-length",
        "unknown-signal",
    }
)
_TRUE: Final = frozenset({"true", "t", "1", "yes", "on", "x"})


def check_runnable(scenario: Scenario) -> None:
    """Read all files of a scenario, within our bounds, and see that it can be run.

    SUMO itself reads whatever it is given, without bounds, and often only names the vehicle.

    Parameters
    ----------
    scenario
        The scenario.

    Raises
    ------
    InputError
        If a file is broken, or holds what SUMO stops at; the first of several. If an incident
        closes a lane that is not there.
    """
    stops = _STOPS
    if dict(scenario.options).get("ignore-route-errors", "").lower() in _TRUE:
        stops = stops - {"demand"}
    for finding in inspect_scenario(scenario).findings:
        if finding.severity is Severity.ERROR and finding.kind in stops:
            raise InputError(
                file=finding.file,
                place=finding.place,
                cause=finding.cause,
                remedy=finding.remedy,
            )
    closed = {incident.closed_lane for incident in scenario.incidents} - {""}
    if closed:
        network, _ = read_network(scenario.net_file)
        unknown = sorted(closed - set(network.lane_ids))
        if unknown:
            raise InputError(
                file=scenario.net_file,
                place=unknown[0],
                cause="an incident closes this lane, and there is none of that name",
                remedy=f"give a lane's name, such as {network.lane_ids[0]}",
            )
