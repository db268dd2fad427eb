"""Arrivals from beyond the view: what the signals upstream have let go, and will let go."""

from typing import Final, NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints, Network, Turn
from cityloop.city.signals import Bools, Signals
from cityloop.traffic.observe.view import View

FAR_M: Final = 1500.0
"""Signals farther upstream than this are not asked. [m]"""
LEAST_SHARE: Final = 0.02
START_S: Final = 2.0
"""What a vehicle from standing loses on the way to free speed. [s]"""
MEMORY_S: Final = 600.0
"""For how long turning shares are remembered. [s]"""
PLANNED_S: Final = 6
"""For how long ahead a stage is taken to go on as it was decided. [s]"""
BALANCE_S: Final = 30
PRIOR_VEH: Final = 10.0
"""How many vehicles the even share at first is worth. [veh]"""


class Paths(NamedTuple):
    """Ways from stop lines upstream to the approaches of signals.

    Attributes
    ----------
    source
        (paths,) approach lane upstream.
    link
        (paths,) approach link, as numbered by `link_of`.
    delay_s
        (paths,) from crossing the line upstream to the line downstream, undisturbed. [s]
    share
        (paths,) of what crosses the line upstream, before anything is learnt.
    way_m
        (paths,) from line to line, the shortest. [m]
    link_of
        (approaches,) number of each approach lane's link.
    """

    source: Ints
    link: Ints
    delay_s: Ints
    share: Floats
    way_m: Floats
    link_of: Ints


def find_paths(network: Network, signals: Signals, view: View) -> Paths:
    """Follow every approach upstream to the signals before it.

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
    The paths. Where roads join or fork without a signal, every way is taken as likely.
    """
    signalled = signals.stream_group[: network.connector_count] >= 0
    approach_of = np.full(len(network.lane_ids), -1)
    approach_of[view.approach_lane] = np.arange(len(view.approach_lane))
    turns_back = network.movement_turn[network.connector_movement] == Turn.U_TURN
    from_link = network.lane_link[network.connector_from_lane]
    to_link = network.lane_link[network.connector_to_lane]
    into: dict[int, list[int]] = {}
    onward: dict[int, set[int]] = {}
    ways_of_lane = np.bincount(
        network.connector_from_lane[~turns_back], minlength=len(network.lane_ids)
    )
    for c in np.flatnonzero(~turns_back).tolist():
        into.setdefault(int(to_link[c]), []).append(c)
        onward.setdefault(int(from_link[c]), set()).add(int(to_link[c]))
    links, link_of = np.unique(network.lane_link[view.approach_lane], return_inverse=True)
    length_m, speed_m_s = _link_sizes(network)
    found: dict[tuple[int, int], tuple[float, float, float]] = {}
    for number, link in enumerate(links.tolist()):
        waiting = [(link, 0.0, 0.0, 1.0)]
        seen = {link}
        while waiting:
            here, way_m, way_s, share = waiting.pop()
            way_m += float(length_m[here])
            way_s += float(length_m[here] / speed_m_s[here])
            if way_m > FAR_M:
                continue
            for c in into.get(here, ()):
                before, lane = int(from_link[c]), int(network.connector_from_lane[c])
                if signalled[c]:
                    key = (int(approach_of[lane]), number)
                    part = share / ways_of_lane[lane]
                    known = found.get(key, (way_s, 0.0, way_m))
                    found[key] = (
                        min(known[0], way_s), known[1] + part, min(known[2], way_m)
                    )  # fmt: skip
                elif before not in seen and share / len(onward[before]) > LEAST_SHARE:
                    seen.add(before)
                    waiting.append((before, way_m, way_s, share / len(onward[before])))
    pairs = sorted(found)
    return Paths(
        source=np.array([source for source, _ in pairs], np.int32),
        link=np.array([link for _, link in pairs], np.int32),
        delay_s=np.array([round(found[p][0] + START_S) for p in pairs], np.int32),
        share=np.array([min(found[p][1], 1.0) for p in pairs], float),
        way_m=np.array([found[p][2] for p in pairs], float),
        link_of=link_of.astype(np.int32),
    )


def _link_sizes(network: Network) -> tuple[Floats, Floats]:
    """Give length and free speed of every link. [m], [m/s]."""
    length_m = np.ones(len(network.link_ids))
    speed_m_s = np.ones(len(network.link_ids))
    length_m[network.lane_link] = network.lane_length_m
    speed_m_s[network.lane_link] = network.lane_speed_m_s
    return length_m, speed_m_s


class Upstream:
    """Keeps what is on its way to every approach lane.

    A vehicle that is counted at a stop line upstream comes to the line downstream after the time of
    free flow; which lane it takes is learnt from what each lane of its approach has let go. What no
    signal explains, such as side streets, comes at its usual rate.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    view
        What the sensors cover.
    horizon_s
        How far ahead. [s]

    Attributes
    ----------
    shares
        (paths,) of what crosses the line upstream, learnt.
    went, taken
        (approaches,) vehicles that crossed each line in the last while, or usually do where nobody
        looks; the same, with the even share of each link's lanes at first. [veh]
    """

    def __init__(self, network: Network, signals: Signals, view: View, horizon_s: int) -> None:
        self._paths = paths = find_paths(network, signals, view)
        self._horizon_s = horizon_s
        links = int(paths.link_of.max(initial=-1)) + 1
        self._depth = int(paths.delay_s.max(initial=0)) + horizon_s + 3
        self._coming = np.zeros((links, self._depth))
        lanes = np.bincount(paths.link_of, minlength=links)
        self.taken = PRIOR_VEH / lanes[paths.link_of]
        self._now_s = 0
        self.shares = paths.share.copy()
        self.went = np.zeros(len(view.approach_lane))

    def _balance(self, blind: Bools) -> None:
        """Fit the shares to what has been counted at both ends of the paths.

        Furness, K. P. (1965). Time function iteration. Traffic Engineering and Control 7, 458-460;
        with what leaves for places that nobody counts as one more column that stays as it is.
        """
        paths = self._paths
        links, sources = len(self._coming), len(self.went)
        arrived = PRIOR_VEH + np.bincount(paths.link_of, self.went, links).astype(float)
        # Where nobody looks at either end, nothing is learnt of the shares.
        unseen = blind[paths.source]
        known = np.bincount(paths.link_of, blind, links) == 0
        sure = known & (np.bincount(paths.link, unseen, links) == 0)
        for _ in range(3):
            explained = np.bincount(paths.link, self.shares * self.went[paths.source], links)
            growth = np.clip(arrived / (explained + PRIOR_VEH), 0.8, 1.25)
            share = self.shares * np.where(sure, growth, 1.0)[paths.link]
            total = np.bincount(paths.source, share, sources)
            self.shares = share / np.maximum(total, 1.0)[paths.source]

    @property
    def paths(self) -> Paths:
        """Ways from stop lines upstream to the approaches of signals."""
        return self._paths

    @property
    def lane_part(self) -> Floats:
        """(approaches,) what of all who come to a link takes each of its lanes, learnt, 0-1."""
        taken = np.bincount(self._paths.link_of, self.taken, len(self._coming))
        return np.asarray(self.taken / np.maximum(taken[self._paths.link_of], 1e-9))

    def nearest_s(self) -> Floats:
        """Give the way from the nearest signal upstream to each approach lane's line. [s]."""
        nearest = np.full(len(self._coming), 1e9)
        np.minimum.at(nearest, self._paths.link, self._paths.delay_s)
        return nearest[self._paths.link_of]

    def update(self, crossed: Floats, leaving: Floats, usual_rate: Floats, seen_s: int) -> None:
        """Take in one second.

        Parameters
        ----------
        crossed
            (approaches,) vehicles that crossed each stop line; -1 where not known.
        leaving
            (approaches, PLANNED_S) what was to cross each line; the first stands in for a count
            that is not known, when it comes to who is on the way.
        usual_rate
            (approaches,) what usually crosses; stands in for it in the balance. [veh/s]
        seen_s
            The second in which they did.
        """
        went = np.where(crossed >= 0, crossed, leaving[:, 0])
        taken = np.where(crossed >= 0, crossed, usual_rate)
        self.taken += taken - self.taken / MEMORY_S
        for passed_s in range(self._now_s + 1, seen_s + 1):
            self._coming[:, passed_s % self._depth] = 0.0
        self._now_s = seen_s
        paths = self._paths
        self.went += taken - self.went / MEMORY_S
        if seen_s % BALANCE_S == 0:
            self._balance(crossed < 0)
        moving = np.flatnonzero(went[paths.source] > 0)
        if moving.size:
            np.add.at(
                self._coming,
                (paths.link[moving], (seen_s + paths.delay_s[moving]) % self._depth),
                self.shares[moving] * went[paths.source[moving]],
            )

    def expect(self, now_s: int, leaving: Floats, rate: Floats) -> Floats:
        """Give what comes to each approach lane's line, second by second.

        Parameters
        ----------
        now_s
            The present second. [s]
        leaving
            (approaches, PLANNED_S) what will cross each line in the next seconds, as it is planned.
        rate
            (approaches,) what crosses each line, on the mean. [veh/s]

        Returns
        -------
        (approaches, horizon + 2) vehicles in each second from now.
        """
        paths = self._paths
        links = len(self._coming)
        seconds = self._horizon_s + 2
        expected = self._coming[:, (now_s + np.arange(seconds)) % self._depth].copy()
        flow = self.shares * rate[paths.source]
        steps = np.zeros((links, seconds))
        soon = paths.delay_s < seconds - 1
        np.add.at(steps, (paths.link[soon], paths.delay_s[soon] + 1), flow[soon])
        expected += np.cumsum(steps, axis=1)
        planned = self.shares[:, None] * (leaving - rate[:, None])[paths.source]
        when = paths.delay_s[:, None] + np.arange(1, PLANNED_S + 1)
        soon = when < seconds
        np.add.at(
            expected,
            (np.broadcast_to(paths.link[:, None], when.shape)[soon], when[soon]),
            planned[soon],
        )
        all_flow = np.bincount(paths.link, flow, links)
        seen_flow = np.bincount(paths.link_of, rate, links)
        scale = np.minimum(seen_flow / np.maximum(all_flow, 1e-9), 1.0)
        rest = np.maximum(seen_flow - all_flow, 0.0)
        expected = expected * scale[:, None] + rest[:, None]
        return np.asarray(expected[paths.link_of] * self.lane_part[:, None])
