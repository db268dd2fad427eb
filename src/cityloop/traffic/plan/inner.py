"""Links inside a junction that hold nobody: who is let into one must be let out of it.

One signal may control several nodes, such as those of two carriageways that are crossed one after
the other. Between them lie links so short that who waits on one stands on the crossing behind it,
in the way of others; two who do so on either side of each other lock the junction up.
"""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Ints, Network
from cityloop.city.signals import Bools, Relation, SafetyTable, Signals
from cityloop.traffic.plan.switch import clearance_s

HOLDS_M: Final = 12.0
"""The length of a bus: a shorter link holds nobody. [m]"""


class InnerLinks(NamedTuple):
    """Which groups lead into links that hold nobody, and which out of them.

    Attributes
    ----------
    outer, inner
        (pairs,) the group that lets vehicles in, and one that lets them out.
    way_s
        (pairs,) time from the one's stop line to the other's. [s]
    """

    outer: Ints
    inner: Ints
    way_s: Ints

    def at(self, part: slice) -> tuple[Ints, Ints, Ints]:
        """Give the pairs of one signal.

        Parameters
        ----------
        part
            Its groups.

        Returns
        -------
        `outer` and `inner`, counted from the signal's first group, and `way_s`. [s]
        """
        here = (self.outer >= part.start) & (self.outer < part.stop)
        return self.outer[here] - part.start, self.inner[here] - part.start, self.way_s[here]


def find_inner_links(network: Network, signals: Signals) -> InnerLinks:
    """Find all that hold nobody.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.

    Returns
    -------
    The links, by the groups of one signal before and after each.
    """
    group = signals.stream_group[: network.connector_count]
    owner = np.searchsorted(signals.group_start, np.arange(signals.group_count), "right") - 1
    way_s: dict[tuple[int, int], int] = {}
    into = network.connector_to_lane
    for c in np.flatnonzero((group >= 0) & (network.lane_length_m[into] < HOLDS_M)):
        way_m = network.connector_length_m[c] + network.lane_length_m[into[c]]
        for inner in group[network.connector_from_lane == into[c]]:
            if inner >= 0 and owner[inner] == owner[group[c]]:
                pair = int(group[c]), int(inner)
                need_s = int(np.ceil(way_m / network.connector_speed_m_s[c]))
                way_s[pair] = max(way_s.get(pair, 0), need_s)
    pairs = np.array(sorted(way_s), np.int32).reshape(-1, 2)
    times_s = np.array([way_s[outer, inner] for outer, inner in pairs.tolist()], np.int32)
    return InnerLinks(pairs[:, 0], pairs[:, 1], times_s)


def find_trapped(signals: Signals, links: InnerLinks, signal: int, stage: Bools) -> Ints:
    """Find the groups that a stage lets into a link from which it does not surely let them out.

    Parameters
    ----------
    signals
        The signals.
    links
        What `find_inner_links` gives.
    signal
        Index of the signal.
    stage
        (groups of the signal,) greens.

    Returns
    -------
    Groups, counted from the signal's first; who is let out only where it finds a gap counts, too.
    """
    outer, inner, _ = links.at(signals.groups_of(signal))
    relation = signals.square(signals.relation, signal)
    yields = ((relation == Relation.YIELDS) & stage).any(axis=1)
    return np.unique(outer[stage[outer] & ~(stage & ~yields)[inner]])


class Change(NamedTuple):
    """How a signal gets from one stage to another.

    Attributes
    ----------
    first
        (groups of the signal,) what is asked for first.
    late_s
        How long it takes until the stage itself may be asked for; 0 where `first` is the stage. [s]
    """

    first: Bools
    late_s: int


def change_stage(
    signals: Signals,
    table: SafetyTable,
    links: InnerLinks,
    signal: int,
    before: Bools,
    after: Bools,
) -> Change:
    """Say what a signal shows first on its way to a stage.

    Where a group ends that leads into a link that holds nobody, those that lead out of it stay
    green for a while longer, and what may not be green with them, or would make them wait for a
    gap, begins only then.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    links
        What `find_inner_links` gives.
    signal
        Index of the signal.
    before
        (groups of the signal,) greens of the first stage.
    after
        (groups of the signal,) greens of the second.

    Returns
    -------
    The change.
    """
    outer, inner, way_s = links.at(signals.groups_of(signal))
    ending = before & ~after
    trails = ending[outer] & ending[inner]
    if not trails.any():
        return Change(after, 0)
    stays = np.zeros(len(before), bool)
    stays[inner[trails]] = True
    relation = signals.square(signals.relation, signal)
    forbidden = relation == Relation.FORBIDDEN
    meets = (forbidden | forbidden.T | (relation == Relation.YIELDS))[stays].any(axis=0)
    first = (after & (before | ~meets)) | stays
    while (trapped := first[outer] & ~before[outer] & ~first[inner]).any():
        first[outer[trapped]] = False
    # Who crosses the outer line as its yellow ends finds the inner one green.
    late_s = table.yellow_s[signals.groups_of(signal)][outer] + way_s
    return Change(first, int(late_s[trails].max()))


def change_s(
    signals: Signals,
    table: SafetyTable,
    links: InnerLinks,
    signal: int,
    before: Bools,
    after: Bools,
) -> int:
    """Give the time from the end of one stage to the full green of the next, by such a change.

    Parameters
    ----------
    signals
        The signals.
    table
        What they must keep.
    links
        What `find_inner_links` gives.
    signal
        Index of the signal.
    before
        (groups of the signal,) greens of the first stage.
    after
        (groups of the signal,) greens of the second.

    Returns
    -------
    The time. [s]
    """
    change = change_stage(signals, table, links, signal, before, after)
    first_s = clearance_s(signals, table, signal, before, change.first)
    if not change.late_s:
        return first_s
    rest_s = clearance_s(signals, table, signal, change.first, after)
    return max(first_s, change.late_s) + rest_s
