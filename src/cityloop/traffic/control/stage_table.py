"""What every candidate stage lets go, lane by lane, and the clearances between stages."""

from typing import NamedTuple

import numpy as np

from cityloop.city.network import Floats, Ints, Network, Turn
from cityloop.city.records import record
from cityloop.city.signals import Bools, Relation, SafetyTable, Signals
from cityloop.traffic.observe.view import VIEW_M, View
from cityloop.traffic.plan.inner import InnerLinks, change_s, find_inner_links
from cityloop.traffic.plan.stages import Stages

HEADWAY_S = 1.1
HEADWAY_M = 1.59 * 7.5
"""Saturation headway is 1.1 s plus the time for 1.59 times a vehicle's length and gap. [s], [m]"""

YIELD_SHARE = 0.5
"""What a yielding turn is expected to let go before anything is learnt."""

VEHICLE_M = 7.5

U_TURN_WEIGHT = 0.02
"""Few turn back, and nothing tells how many."""


@record
class StageTable:
    """Lanes are approach lanes, ordered by signal.

    Attributes
    ----------
    stage_start
        (signals + 1,) first stage of each signal.
    lane_start
        (signals + 1,) first lane of each signal.
    approach
        (lanes,) approach lane of the view.
    lane_of
        (approaches,) the inverse.
    rate_start, rate
        Tables of (stages, lanes), signal by signal: expected discharge. [veh/s]
    service
        (entries of `rate`,) number of the service that a lane has in a stage: stages in which the
        same groups of the lane are green and yield to the same others share what is learnt.
    clearance_start, clearance_s
        Tables of (stages, stages), signal by signal. [s]
    min_green_s
        (stages,) longest minimum green of its groups. [s]
    room
        (lanes,) vehicles that the lane holds up to where the road forks upstream.
    speed_m_s
        (lanes,) free speed. [m/s]
    """

    stage_start: Ints
    lane_start: Ints
    approach: Ints
    lane_of: Ints
    rate_start: Ints
    rate: Floats
    service: Ints
    clearance_start: Ints
    clearance_s: Ints
    min_green_s: Ints
    room: Floats
    speed_m_s: Floats


def build_stage_table(
    network: Network, signals: Signals, table: SafetyTable, view: View, stages: Stages
) -> StageTable:
    """Work out the table.

    Parameters
    ----------
    network
        The roads.
    signals
        Their signals.
    table
        What they must keep.
    view
        What the sensors cover.
    stages
        What may be chosen.

    Returns
    -------
    The table.
    """
    count = len(signals.signal_ids)
    approach = np.argsort(view.approach_signal, kind="stable").astype(np.int32)
    lane_of = np.empty_like(approach)
    lane_of[approach] = np.arange(len(approach), dtype=np.int32)
    lane_start = np.searchsorted(view.approach_signal[approach], np.arange(count + 1)).astype(
        np.int32
    )
    streams = _streams_by_lane(network, signals, view, lane_of)
    links = find_inner_links(network, signals)
    rates: list[Floats] = []
    services: dict[tuple[int, bytes, bytes], int] = {}
    service: list[int] = []
    clearances: list[Ints] = []
    least_s: list[int] = []
    for s in range(count):
        greens = stages.of(s)
        part = signals.groups_of(s)
        relation = signals.square(signals.relation, s)
        lanes = range(int(lane_start[s]), int(lane_start[s + 1]))
        for green in greens:
            yields = green & ((relation == Relation.YIELDS) & green).any(axis=1)
            to = (relation == Relation.YIELDS) & green
            rates.append(np.array([_rate(streams[i], green, yields, part.start) for i in lanes]))
            for i in lanes:
                own = np.zeros(len(green), bool)
                own[[stream.group - part.start for stream in streams[i]]] = True
                key = (i, (own & green).tobytes(), to[own & green].any(axis=0).tobytes())
                service.append(services.setdefault(key, len(services)))
            least_s.append(int(table.min_green_s[part][green].max(initial=1)))
        clearances += _changes_s(signals, table, links, s, greens)
    stage_count = np.diff(stages.start).astype(np.int64)
    lanes_count = np.diff(lane_start).astype(np.int64)
    return StageTable(
        stage_start=stages.start,
        lane_start=lane_start,
        approach=approach,
        lane_of=lane_of,
        rate_start=np.concatenate([[0], np.cumsum(stage_count * lanes_count)]).astype(np.int32),
        rate=np.concatenate([np.zeros(0), *rates]),
        service=np.array(service, np.int32),
        clearance_start=np.concatenate([[0], np.cumsum(stage_count**2)]).astype(np.int32),
        clearance_s=np.concatenate([np.zeros(0, np.int32), *clearances]).astype(np.int32),
        min_green_s=np.array(least_s, np.int32),
        room=_rooms(network, view, view.approach_lane[approach]),
        speed_m_s=network.lane_speed_m_s[view.approach_lane[approach]].copy(),
    )


def _changes_s(
    signals: Signals, table: SafetyTable, links: InnerLinks, signal: int, greens: Bools
) -> list[Ints]:
    """Give how long it takes from each stage of a signal to each. [s]."""
    return [
        np.array([change_s(signals, table, links, signal, a, b) for b in greens], np.int32)
        for a in greens
    ]


class _Stream(NamedTuple):
    """A signalled stream of a lane: its group, its part of the lane, its flow."""

    group: int
    weight: float
    flow: float


def _streams_by_lane(
    network: Network, signals: Signals, view: View, lane_of: Ints
) -> list[list[_Stream]]:
    lane_at = np.full(len(network.lane_ids), -1)
    lane_at[view.approach_lane] = lane_of
    group = signals.stream_group[: network.connector_count]
    turn = network.movement_turn[network.connector_movement]
    found: list[list[_Stream]] = [[] for _ in lane_of]
    for c in np.flatnonzero(group >= 0):
        lane = network.connector_from_lane[c]
        speed = min(network.lane_speed_m_s[lane], network.connector_speed_m_s[c])
        found[lane_at[lane]].append(
            _Stream(
                group=int(group[c]),
                weight=U_TURN_WEIGHT if turn[c] == Turn.U_TURN else 1.0,
                flow=1.0 / (HEADWAY_S + HEADWAY_M / speed),
            )
        )
    return found


def _rate(streams: list[_Stream], green: Bools, yields: Bools, first: int) -> float:
    """Give a lane's discharge in a stage: one blocked vehicle holds up all behind it."""
    total = sum(stream.weight for stream in streams)
    served = [stream for stream in streams if green[stream.group - first]]
    share = sum(stream.weight for stream in served) / total
    flow = sum(
        stream.weight * stream.flow * (YIELD_SHARE if yields[stream.group - first] else 1.0)
        for stream in served
    )
    return float(flow / total * share)


def _rooms(network: Network, view: View, lanes: Ints) -> Floats:
    """Follow each lane upstream as long as it is one lane, and count vehicles that fit on it.

    It ends at another signal: who stands back over that one's line blocks it.
    """
    into: list[list[int]] = [[] for _ in network.lane_ids]
    out_of = np.zeros(len(network.lane_ids), int)
    turn = network.movement_turn[network.connector_movement]
    signal_at_end = np.full(len(network.lane_ids), -1)
    signal_at_end[view.approach_lane] = view.approach_signal
    for c in np.flatnonzero(turn != Turn.U_TURN):
        into[network.connector_to_lane[c]].append(int(network.connector_from_lane[c]))
        out_of[network.connector_from_lane[c]] += 1
    rooms = []
    for lane in lanes:
        here, length_m = int(lane), float(network.lane_length_m[lane])
        while len(into[here]) == 1 and length_m < VIEW_M:
            before = into[here][0]
            if out_of[before] != 1 or signal_at_end[before] not in {-1, signal_at_end[lane]}:
                break
            here = before
            length_m += float(network.lane_length_m[here])
        rooms.append(max(length_m / VEHICLE_M, 1.0))
    return np.array(rooms)
