"""Where an arterial runs through a network: from stop line to stop line, both ways."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from cityloop.city.errors import InputError
from cityloop.city.network import Network, Turn, Use
from cityloop.city.signals import Signals

APART_M_MAX: Final = 800.0
"""Signals farther apart are not taken for one arterial by themselves: platoons have spread. [m]"""

TURN_S: Final = 30.0
"""What a turn at a signal counts when ways are compared, in seconds of driving. [s]"""

_REACH_S: Final = 600.0
_SIGNALS_MIN: Final = 3


class Pass(NamedTuple):
    """How an arterial passes one signal in one direction.

    Attributes
    ----------
    signal
        Index of the signal.
    from_link, to_link
        The link that ends at its stop line, and the one that is entered.
    groups
        Groups of the whole network that must be green.
    """

    signal: int
    from_link: int
    to_link: int
    groups: tuple[int, ...]


class Route(NamedTuple):
    """One direction of an arterial.

    Attributes
    ----------
    passes
        One a signal, in the direction of travel.
    length_m, drive_s
        From each stop line to the next: distance, and time at the speed limits. [m], [s]
    """

    passes: tuple[Pass, ...]
    length_m: tuple[float, ...]
    drive_s: tuple[float, ...]


class Corridor(NamedTuple):
    """An arterial in a network.

    Attributes
    ----------
    signals
        Their indices, in the order of the outbound direction.
    out, into
        Both directions; the inbound one begins at the last signal. None where one cannot drive.
    """

    signals: tuple[int, ...]
    out: Route | None
    into: Route | None


class _Step(NamedTuple):
    """A movement from link to link: where it leads, what it takes, whom it asks for green."""

    to_link: int
    length_m: float
    drive_s: float
    straight: bool
    signal: int
    groups: tuple[int, ...]


class Roads:
    """A network as the links that one can drive to from each link.

    Parameters
    ----------
    network
        The network.
    signals
        Its signals.
    """

    def __init__(self, network: Network, signals: Signals) -> None:
        self.network, self.signals = network, signals
        cars = (network.lane_uses & Use.CAR) > 0
        links = len(network.link_ids)
        self.length_m, self.speed_m_s = np.zeros(links), np.zeros(links)
        for lane in np.flatnonzero(cars):
            link = network.lane_link[lane]
            self.length_m[link] = max(self.length_m[link], network.lane_length_m[lane])
            self.speed_m_s[link] = max(self.speed_m_s[link], network.lane_speed_m_s[lane])
        drive = cars[network.connector_from_lane] & cars[network.connector_to_lane]
        of_movement: dict[int, list[int]] = {}
        for c in np.flatnonzero(drive).tolist():
            of_movement.setdefault(int(network.connector_movement[c]), []).append(c)
        self.steps: list[list[_Step]] = [[] for _ in range(links)]
        for movement, connectors in of_movement.items():
            if network.movement_turn[movement] != Turn.U_TURN:
                link = int(network.movement_from_link[movement])
                self.steps[link].append(self._step(movement, connectors))
        self.approaches: dict[int, list[int]] = {}
        for link, steps in enumerate(self.steps):
            for signal in {step.signal for step in steps if step.signal >= 0}:
                self.approaches.setdefault(signal, []).append(link)

    def _step(self, movement: int, connectors: list[int]) -> _Step:
        network, signals = self.network, self.signals
        groups = sorted({int(signals.stream_group[c]) for c in connectors} - {-1})
        owner = -1
        if groups:
            owner = int(np.searchsorted(signals.group_start, groups[0], side="right")) - 1
        length_m = float(np.mean(network.connector_length_m[connectors]))
        to_link = int(network.movement_to_link[movement])
        drive_s = length_m / float(network.connector_speed_m_s[connectors].max())
        return _Step(
            to_link=to_link,
            length_m=length_m + float(self.length_m[to_link]),
            drive_s=drive_s + float(self.length_m[to_link] / max(self.speed_m_s[to_link], 0.1)),
            straight=network.movement_turn[movement] == Turn.STRAIGHT,
            signal=owner,
            groups=tuple(groups),
        )

    def onward(self, link: int, signal: int) -> Iterator[tuple[int, "_Hop"]]:
        """Find what can be reached from a stop line of a signal: other signals' stop lines.

        Parameters
        ----------
        link
            A link that ends at a stop line of the signal.
        signal
            The signal; it may be passed several times at once, any other one ends the way.

        Yields
        ------
        The next signal and the fastest way to each of its stop lines, nearest first.
        """
        first = [_Hop(link, 0.0, 0.0, 0.0, (), -1)]
        waiting = [(0.0, link, 0)]
        done: set[int] = set()
        while waiting:
            cost_s, at, index = heapq.heappop(waiting)
            if at in done or cost_s > _REACH_S:
                continue
            done.add(at)
            hop = first[index]
            others = {step.signal for step in self.steps[at]} - {signal, -1}
            if others and at != link:
                yield min(others), hop
                continue
            for step in self.steps[at]:
                if step.signal not in (signal, -1) or step.to_link in done:
                    continue
                turned_s = 0.0 if step.straight else TURN_S
                first.append(
                    _Hop(
                        step.to_link,
                        cost_s + step.drive_s + turned_s,
                        hop.length_m + step.length_m,
                        hop.drive_s + step.drive_s,
                        tuple(dict.fromkeys((*hop.groups, *step.groups))),
                        hop.entered if hop.entered >= 0 else step.to_link,
                    )
                )
                heapq.heappush(waiting, (first[-1].cost_s, step.to_link, len(first) - 1))


class _Hop(NamedTuple):
    """A way from a stop line: the link where it is, cost, lengths, groups, first link entered."""

    link: int
    cost_s: float
    length_m: float
    drive_s: float
    groups: tuple[int, ...]
    entered: int


def find_corridor(roads: Roads, names: Sequence[str]) -> Corridor:
    """Find how an arterial leads along signals that a person names.

    Parameters
    ----------
    roads
        The network.
    names
        Names of its signals in the order of the outbound direction.

    Returns
    -------
    The corridor, in at least one direction.

    Raises
    ------
    InputError
        If a name is unknown or there twice, there are fewer than two, or no road leads from one to
        the next without passing another signal, in either direction.
    """
    known = {name: s for s, name in enumerate(roads.signals.signal_ids)}
    for name in names:
        if name not in known:
            near = ", ".join(list(known)[:6])
            _refuse(name, "the network has no such signal", f"choose from {near}, …")
    if len(names) < 2 or len(set(names)) < len(names):  # noqa: PLR2004
        _refuse(
            ",".join(names), f"{len(set(names))} different signals", "name two or more, each once"
        )
    along = [known[name] for name in names]
    out, into = _way(roads, along), _way(roads, along[::-1])
    if out is None and into is None:
        one, two = _missing(roads, along)
        remedy = "name the signals in the order in which one drives past them, none left out"
        _refuse(
            f"from {roads.signals.signal_ids[one]} to {roads.signals.signal_ids[two]}",
            "no road leads there without passing another signal",
            remedy,
        )
    return Corridor(tuple(along), out, into)


def _way(roads: Roads, along: Sequence[int]) -> Route | None:
    """Find the fastest way past the signals, turns counted: layer by layer of stop lines."""
    costs = dict.fromkeys(roads.approaches.get(along[0], ()), 0.0)
    layers: list[dict[int, tuple[int, _Hop]]] = []
    for here, there in pairwise(along):
        best: dict[int, tuple[float, int, _Hop]] = {}
        for link, cost_s in costs.items():
            for signal, hop in roads.onward(link, here):
                total_s = cost_s + hop.cost_s
                if signal == there and total_s < best.get(hop.link, (np.inf,))[0]:
                    best[hop.link] = (total_s, link, hop)
        if not best:
            return None
        costs = {link: total_s for link, (total_s, _, _) in best.items()}
        layers.append({link: (before, hop) for link, (_, before, hop) in best.items()})
    ends = {link: _leaving(roads, link, along[-1]) for link in costs}
    link = min(costs, key=lambda at: (costs[at] + (0.0 if ends[at].straight else TURN_S), at))
    last = Pass(along[-1], link, ends[link].to_link, ends[link].groups)
    passes, lengths, times = [last], [], []
    for i in range(len(layers) - 1, -1, -1):
        link, hop = layers[i][link]
        passes.append(Pass(along[i], link, hop.entered, hop.groups))
        lengths.append(hop.length_m)
        times.append(hop.drive_s)
    return Route(tuple(passes[::-1]), tuple(lengths[::-1]), tuple(times[::-1]))


def _leaving(roads: Roads, link: int, signal: int) -> _Step:
    """Choose how an arterial leaves its last signal: straight on if one can."""
    steps = [step for step in roads.steps[link] if step.signal == signal]
    return min(steps, key=lambda step: (not step.straight, step.to_link))


def _missing(roads: Roads, along: Sequence[int]) -> tuple[int, int]:
    for here, there in pairwise(along):
        if _way(roads, (here, there)) is None and _way(roads, (there, here)) is None:
            return here, there
    return along[0], along[-1]


def find_corridors(roads: Roads) -> list[Corridor]:
    """Find arterials: chains of signals that one drives through straight on, both ways.

    From a stop line the road is followed straight on, and where it has no straight continuation
    between signals, along its only one. It is a hop if it comes to another signal within
    `APART_M_MAX`, and counts where a hop leads back, too. Chains of hops are ranked by the number
    of signals; the first is taken, and each next one among the signals that are left, as long as it
    has three. Where there is none of three, one of two is taken.

    Parameters
    ----------
    roads
        The network.

    Returns
    -------
    The corridors, longest first; none shares a signal with another.
    """
    straight: dict[int, tuple[int, int]] = {}
    for signal, links in roads.approaches.items():
        for link in links:
            hop = _straight_hop(roads, link, signal)
            if hop is not None:
                straight[link] = hop
    pairs = {(_signal_of(roads, link), hop[0]) for link, hop in straight.items()}
    chains = []
    for first in straight:
        chain, link = [_signal_of(roads, first)], first
        while link in straight:
            signal, link = straight[link]
            if signal in chain or (signal, chain[-1]) not in pairs:
                break
            chain.append(signal)
        chains.append(chain)
    found: list[Corridor] = []
    taken: set[int] = set()
    while True:
        parts = [part for chain in chains for part in _untaken(chain, taken)]
        best = max(parts, key=lambda part: (len(part), [-s for s in part]), default=[])
        if len(best) < (_SIGNALS_MIN if found else 2):
            return found
        taken.update(best)
        names = [roads.signals.signal_ids[s] for s in min(best, best[::-1])]
        found.append(find_corridor(roads, names))


def _untaken(chain: list[int], taken: set[int]) -> Iterator[list[int]]:
    part: list[int] = []
    for signal in chain:
        if signal in taken:
            if part:
                yield part
            part = []
        else:
            part.append(signal)
    if part:
        yield part


def _signal_of(roads: Roads, link: int) -> int:
    return max(step.signal for step in roads.steps[link])


def _straight_hop(roads: Roads, link: int, signal: int) -> tuple[int, int] | None:
    """Follow the road straight on to the next signal's stop line."""
    at, length_m, seen = link, 0.0, {link}
    while length_m <= APART_M_MAX:
        steps = roads.steps[at]
        if at != link and {step.signal for step in steps} - {signal, -1}:
            return _signal_of(roads, at), at
        onward = [step for step in steps if step.straight] or (steps if len(steps) == 1 else [])
        if at == link:
            onward = [step for step in onward if step.signal == signal]
        if not onward or onward[0].to_link in seen:
            return None
        length_m += onward[0].length_m
        at = onward[0].to_link
        seen.add(at)
    return None


def _refuse(place: str, cause: str, remedy: str) -> None:
    raise InputError(file="--along", place=place, cause=cause, remedy=remedy)
