"""From a scenario's files to a city in memory."""

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.scenario import Scenario
from cityloop.city.signals import SafetyTable, Signals
from cityloop.feeds.signal_rules import FILE_NAME
from cityloop.feeds.sumo_additional import read_additional
from cityloop.feeds.sumo_net import read_network
from cityloop.feeds.sumo_programmes import decode_programme, running_programmes
from cityloop.traffic.observe.view import build_view
from cityloop.traffic.safety.table_proof import find_table_faults
from cityloop.traffic.safety.tables import make_table
from cityloop.usecases.opened_city import City


def open_city(scenario: Scenario) -> City:
    """Read all that is fixed of a scenario.

    Parameters
    ----------
    scenario
        Its files.

    Returns
    -------
    The city.

    Raises
    ------
    InputError
        If a file is broken, the network has no signals, or the city's own rules for a signal are
        out of range.
    """
    network, signals = read_network(scenario.net_file)
    if not signals.signal_ids:
        raise InputError(
            file=scenario.net_file,
            place="",
            cause="the network has no signals",
            remedy="give a network with tlLogic elements, or have netconvert guess them",
        )
    running = running_programmes(
        text
        for path in (scenario.net_file, *scenario.additional_files)
        for text in read_additional(path).programmes
    )
    texts = tuple(running[name][1] for name in signals.signal_ids if name in running)
    sizes = {name: signals.groups_of(s) for s, name in enumerate(signals.signal_ids)}
    return City(
        scenario=scenario,
        network=network,
        signals=signals,
        table=_table(scenario, signals),
        view=build_view(network, signals),
        programmes=tuple(
            decode_programme(text, sizes[text.signal_id].stop - sizes[text.signal_id].start)
            for text in texts
        ),
        texts=texts,
    )


def _table(scenario: Scenario, signals: Signals) -> SafetyTable:
    """Work out what the signals must keep; refuse rules by which nothing could be proven."""
    file = scenario.origin.parent / FILE_NAME
    remedy = "correct the city's rules for it, see docs/safety.md"
    try:
        table = make_table(signals, scenario.signal_rules)
    except ValueError as error:
        raise InputError(file=file, place="", cause=f"{error}", remedy=remedy) from None
    named = {each.signal_id for each in scenario.signal_rules}
    judged = np.array([name in named for name in signals.signal_ids], bool)
    for fault in find_table_faults(signals, table, judged, now_s=0):
        place = f'signals."{fault.signal_id}"'
        cause = f"{fault.found}, expected {fault.needed} (rule {fault.rule})"
        raise InputError(file=file, place=place, cause=cause, remedy=remedy)
    return table
