"""Phases as signal controllers number them: what lanes are served by, and who walks."""

from typing import NamedTuple

import numpy as np

from cityloop.city.network import Network
from cityloop.city.signals import GroupKind, Signals
from cityloop.traffic.observe.view import View


class Phase(NamedTuple):
    """One phase of a signal.

    Attributes
    ----------
    signal
        Index of the signal.
    number
        From 1 on, within the signal.
    groups
        The groups that belong to it; it has green when one of them has.
    walk
        Whether people on foot have it.
    approaches
        Indices of the approach lanes that it serves.
    """

    signal: int
    number: int
    groups: tuple[int, ...]
    walk: bool
    approaches: tuple[int, ...]


def number_phases(network: Network, signals: Signals, view: View) -> tuple[Phase, ...]:
    """Give the phases of all signals their numbers.

    Lanes that are served by the same groups are served by one phase. A lane that several groups
    serve has green when one of them has, as everywhere else.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        What the sensors cover.

    Returns
    -------
    The phases, by signal and number; vehicles' before those of walks.
    """
    count = network.connector_count
    served: dict[int, set[int]] = {}
    for stream, group in enumerate(signals.stream_group[:count].tolist()):
        if group >= 0:
            served.setdefault(int(network.connector_from_lane[stream]), set()).add(group)
    found: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for approach, lane in enumerate(view.approach_lane.tolist()):
        key = (int(view.approach_signal[approach]), tuple(sorted(served.get(lane, ()))))
        found.setdefault(key, []).append(approach)
    owner = np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
    walks = np.flatnonzero(signals.group_kind == GroupKind.WALK).tolist()
    phases: list[Phase] = []
    for signal in range(len(signals.signal_ids)):
        its = sorted((groups, lanes) for (s, groups), lanes in found.items() if s == signal)
        number = 0
        for groups, lanes in its:
            number += 1
            phases.append(Phase(signal, number, groups, walk=False, approaches=tuple(lanes)))
        for group in walks:
            if owner[group] == signal:
                number += 1
                phases.append(Phase(signal, number, (group,), walk=True, approaches=()))
    return tuple(phases)
