"""What the sensors of every signal can see: lanes, distances and where they lead."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cityloop.city.network import Floats, Ints, Network, Turn
from cityloop.city.records import record
from cityloop.city.signals import Signals

VIEW_M = 150.0
"""How far before the stop line a camera sees. [m]"""


@record
class View:
    """The part of the network that sensors cover.

    An *approach lane* ends at a signal's stop line. A *view lane* is a lane of which some part lies
    within the view of one signal: the approach lanes themselves and, where the approach is split
    into several links, the lanes upstream. An *exit lane* is one that a signal's streams lead to.

    Attributes
    ----------
    approach_lane, approach_signal
        (approaches,) lane, and the signal at its end.
    lane, signal
        (views,) lane, and the signal that sees it.
    offset_m
        (views,) from the lane's end to the stop line. [m]
    feed_start, feed_approach, feed_weight
        Approach lanes that view lane `v` leads to, `[feed_start[v], feed_start[v + 1])`, with the
        share of its vehicles that we expect in each before anything is learnt. Shares sum to 1 or
        less: some vehicles turn off before the signal.
    exit_lane, exit_signal
        (exits,) lanes that signalled streams lead to, and the (first) signal of those streams.
    below_start, below_view, below_weight
        View lanes in which vehicles of exit lane `e` come into sight of the next signal, with the
        share that does.
    """

    approach_lane: Ints
    approach_signal: Ints
    lane: Ints
    signal: Ints
    offset_m: Floats
    feed_start: Ints
    feed_approach: Ints
    feed_weight: Floats
    exit_lane: Ints
    exit_signal: Ints
    below_start: Ints
    below_view: Ints
    below_weight: Floats


class _Graph(NamedTuple):
    """Connectors by the lane at either end, but U-turns out of a lane; and what ends a view."""

    network: Network
    into: list[list[int]]
    out_of: list[list[int]]
    signalled: npt.NDArray[np.bool_]
    straight_on: npt.NDArray[np.bool_]


def build_view(network: Network, signals: Signals) -> View:
    """Work out what the sensors of all signals cover.

    The view follows the road upstream over nodes without a signal, as long as the way is straight
    or the only one, up to `VIEW_M` before the stop line. At a fork every way is as likely.

    Parameters
    ----------
    network
        The network.
    signals
        Its signals.

    Returns
    -------
    The view.
    """
    graph = _graph(network, signals)
    owner = np.searchsorted(signals.group_start, signals.stream_group, side="right") - 1
    approaches: dict[int, int] = {}
    approach_signal = []
    exits: dict[int, int] = {}
    for c in range(network.connector_count):
        if not graph.signalled[c]:
            continue
        lane = int(network.connector_from_lane[c])
        if lane not in approaches:
            approaches[lane] = len(approaches)
            approach_signal.append(int(owner[c]))
        exits.setdefault(int(network.connector_to_lane[c]), int(owner[c]))

    offsets: dict[tuple[int, int], float] = {}
    feeds: dict[tuple[int, int], dict[int, float]] = {}
    for lane, approach in approaches.items():
        signal = approach_signal[approach]
        for seen, offset_m, share in _upstream(graph, lane):
            key = (signal, seen)
            offsets[key] = min(offset_m, offsets.get(key, np.inf))
            shares = feeds.setdefault(key, {})
            shares[approach] = shares.get(approach, 0.0) + share

    seen_by_lane: dict[int, list[int]] = {}
    for v, (_, lane) in enumerate(offsets):
        seen_by_lane.setdefault(lane, []).append(v)
    below = [_below(graph, lane, seen_by_lane) for lane in exits]
    feed_start, feed_approach, feed_weight = _rows([list(f.items()) for f in feeds.values()])
    below_start, below_view, below_weight = _rows(below)
    return View(
        approach_lane=np.array(list(approaches), np.int32),
        approach_signal=np.array(approach_signal, np.int32),
        lane=np.array([lane for _, lane in offsets], np.int32),
        signal=np.array([signal for signal, _ in offsets], np.int32),
        offset_m=np.array(list(offsets.values()), float),
        feed_start=feed_start,
        feed_approach=feed_approach,
        feed_weight=feed_weight,
        exit_lane=np.array(list(exits), np.int32),
        exit_signal=np.array(list(exits.values()), np.int32),
        below_start=below_start,
        below_view=below_view,
        below_weight=below_weight,
    )


def _graph(network: Network, signals: Signals) -> _Graph:
    into: list[list[int]] = [[] for _ in network.lane_ids]
    out_of: list[list[int]] = [[] for _ in network.lane_ids]
    turn = network.movement_turn
    u_turn = turn[network.connector_movement] == Turn.U_TURN
    for c in range(network.connector_count):
        into[network.connector_to_lane[c]].append(c)
        if not u_turn[c]:
            out_of[network.connector_from_lane[c]].append(c)
    arrivals = np.bincount(
        network.movement_to_link[turn != Turn.U_TURN], minlength=len(network.link_ids)
    )
    straight_on = (turn == Turn.STRAIGHT) | (
        (arrivals[network.movement_to_link] == 1) & (turn != Turn.U_TURN)
    )
    return _Graph(
        network=network,
        into=into,
        out_of=out_of,
        signalled=signals.stream_group[: network.connector_count] >= 0,
        straight_on=straight_on[network.connector_movement],
    )


def _upstream(graph: _Graph, lane: int) -> list[tuple[int, float, float]]:
    """List (lane, metres from its end to the stop line, share that leads here)."""
    network = graph.network
    found = []
    waiting = [(lane, 0.0, 1.0)]
    while waiting:
        here, offset_m, share = waiting.pop()
        found.append((here, offset_m, share))
        begins_m = offset_m + float(network.lane_length_m[here])
        for c in graph.into[here]:
            if graph.signalled[c] or not graph.straight_on[c]:
                continue
            before = int(network.connector_from_lane[c])
            ends_m = begins_m + float(network.connector_length_m[c])
            if ends_m < VIEW_M and not any(graph.signalled[o] for o in graph.out_of[before]):
                waiting.append((before, ends_m, share / len(graph.out_of[before])))
    return found


def _below(graph: _Graph, lane: int, seen_by_lane: dict[int, list[int]]) -> list[tuple[int, float]]:
    """Follow an exit lane down to the view lanes of the next signal: (view lane, share)."""
    network = graph.network
    found: dict[int, float] = {}
    waiting = [(lane, 0.0, 1.0)]
    while waiting:
        here, way_m, share = waiting.pop()
        for v in seen_by_lane.get(here, ()):
            found[v] = found.get(v, 0.0) + share
        way_m += float(network.lane_length_m[here])
        onward = graph.out_of[here]
        if way_m > VIEW_M or any(graph.signalled[c] for c in onward):
            continue
        waiting += [(int(network.connector_to_lane[c]), way_m, share / len(onward)) for c in onward]
    return list(found.items())


def _rows(rows: list[list[tuple[int, float]]]) -> tuple[Ints, Ints, Floats]:
    """Lay rows of (index, weight) end to end."""
    start = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int32)
    flat = [pair for row in rows for pair in row]
    return (
        start,
        np.array([i for i, _ in flat], np.int32),
        np.array([w for _, w in flat], float),
    )
